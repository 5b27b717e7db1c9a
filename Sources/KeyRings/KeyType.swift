package import Primitives

/// What kind of key a ring holds.
package enum KeyType: String, CaseIterable, Sendable {
    /// AES-GCM with a random 96-bit nonce.
    case aes128GCM96 = "aes128-gcm96"
    /// The default.
    case aes256GCM96 = "aes256-gcm96"
    /// RFC 8439.
    case chacha20Poly1305 = "chacha20-poly1305"
    /// 192-bit nonces.
    case xchacha20Poly1305 = "xchacha20-poly1305"
    /// Misuse-resistant: a repeated nonce shows only that the same message was sealed. RFC 8452. Our own addition.
    case aes256GCMSIV = "aes256-gcm-siv"
    /// A key derived per message out of a 192-bit nonce, so no limit of 2^32 messages. C2SP. Our own addition.
    case xaes256GCM192 = "xaes256-gcm192"

    /// The cipher.
    package var algorithm: AEADAlgorithm {
        switch self {
        case .aes128GCM96: .aes128GCM
        case .aes256GCM96: .aes256GCM
        case .chacha20Poly1305: .chacha20Poly1305
        case .xchacha20Poly1305: .xchacha20Poly1305
        case .aes256GCMSIV: .aes256GCMSIV
        case .xaes256GCM192: .xaes256GCM
        }
    }

    /// The number by which stored rings name the type. The field's own numbers where it has them; ours from 1000 on.
    package var storedNumber: Int {
        switch self {
        case .aes256GCM96: 0
        case .chacha20Poly1305: 5
        case .aes128GCM96: 8
        case .xchacha20Poly1305: 11
        case .aes256GCMSIV: 1000
        case .xaes256GCM192: 1001
        }
    }

    /// The type with that number, if it is known.
    package init?(storedNumber: Int) {
        guard let type = Self.allCases.first(where: { $0.storedNumber == storedNumber }) else { return nil }
        self = type
    }

    /// True where random 96-bit nonces bound the messages under one key (NIST SP 800-38D §8.3: 2^32).
    /// GCM-SIV tolerates repeated nonces, but its bound for 2^32 random ones is the same order, so it counts too.
    package var isBoundByNonces: Bool {
        switch self {
        case .aes128GCM96, .aes256GCM96, .chacha20Poly1305, .aes256GCMSIV: true
        case .xchacha20Poly1305, .xaes256GCM192: false
        }
    }

    /// The text that clients know for a failed authentication tag of this cipher.
    package var authenticationFailedText: String {
        switch self {
        case .chacha20Poly1305, .xchacha20Poly1305: "chacha20poly1305: message authentication failed"
        default: "cipher: message authentication failed"
        }
    }
}
