/// The authenticated ciphers on offer. All keep their tag at the end and 16 bytes long.
package enum AEADAlgorithm: UInt8, CaseIterable, Sendable {
    /// **Source** NIST SP 800-38D, FIPS 197.
    case aes128GCM
    /// **Source** NIST SP 800-38D, FIPS 197.
    case aes256GCM
    /// **Source** RFC 8439 §2.8.
    case chacha20Poly1305
    /// **Source** draft-irtf-cfrg-xchacha-03.
    case xchacha20Poly1305
    /// A repeated nonce reveals only that two messages are equal. **Source** RFC 8452.
    case aes256GCMSIV
    /// AES-256-GCM under a key derived per message from a 24-byte nonce. **Source** C2SP XAES-256-GCM.
    case xaes256GCM

    /// Length of every tag, in bytes.
    package static let tagLength = 16

    /// Key length in bytes.
    package var keyLength: Int { self == .aes128GCM ? 16 : 32 }

    /// Nonce length in bytes: 12, or 24 where random nonces may be drawn without counting.
    package var nonceLength: Int {
        switch self {
        case .aes128GCM, .aes256GCM, .chacha20Poly1305, .aes256GCMSIV: 12
        case .xchacha20Poly1305, .xaes256GCM: 24
        }
    }

    /// How many bytes a sealed message is longer than its plaintext: nonce and tag.
    package var overhead: Int { nonceLength + Self.tagLength }

    /// The name in its standard.
    package var standardName: String {
        switch self {
        case .aes128GCM: "AES-128-GCM"
        case .aes256GCM: "AES-256-GCM"
        case .chacha20Poly1305: "ChaCha20-Poly1305"
        case .xchacha20Poly1305: "XChaCha20-Poly1305"
        case .aes256GCMSIV: "AES-256-GCM-SIV"
        case .xaes256GCM: "XAES-256-GCM"
        }
    }

    /// The most plaintext bytes under one nonce. **Source** SP 800-38D §5.2.1.1, RFC 8439 §2.8, RFC 8452 §6.
    package var messageLimit: Int {
        switch self {
        case .aes128GCM, .aes256GCM, .xaes256GCM: (1 << 36) - 32
        case .aes256GCMSIV: 1 << 36
        case .chacha20Poly1305, .xchacha20Poly1305: (1 << 38) - 64
        }
    }

    /// The most associated bytes; the least of all the standards' limits, RFC 8452's.
    package static let associatedDataLimit = 1 << 36
}
