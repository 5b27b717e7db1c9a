/// The key encapsulation mechanisms on offer, by their name on the wire.
package enum KEMAlgorithm: String, CaseIterable, Sendable {
    /// **Source** FIPS 203.
    case mlKEM768 = "ml-kem-768"
    /// **Source** FIPS 203.
    case mlKEM1024 = "ml-kem-1024"
    /// ML-KEM-768 and X25519 together: safe while either holds. **Source** draft-connolly-cfrg-xwing-kem-06.
    case xWing = "x-wing"

    /// The name in the standard.
    package var standardName: String {
        switch self {
        case .mlKEM768: "ML-KEM-768"
        case .mlKEM1024: "ML-KEM-1024"
        case .xWing: "X-Wing"
        }
    }

    /// Length of a public key (encapsulation key), in bytes. **Layout** of X-Wing: `ML-KEM-768(1184) ‖ X25519(32)`.
    package var publicKeyLength: Int {
        switch self {
        case .mlKEM768: 1184
        case .mlKEM1024: 1568
        case .xWing: 1216
        }
    }

    /// Length of a ciphertext, in bytes. **Layout** of X-Wing: `ML-KEM-768(1088) ‖ X25519(32)`.
    package var ciphertextLength: Int {
        switch self {
        case .mlKEM768: 1088
        case .mlKEM1024: 1568
        case .xWing: 1120
        }
    }

    /// Length in bytes of the seed from which a pair is made; that of ML-KEM is `d(32) ‖ z(32)`.
    package var seedLength: Int {
        switch self {
        case .mlKEM768, .mlKEM1024: 64
        case .xWing: 32
        }
    }

    /// Length of the shared secret, in bytes.
    package var sharedSecretLength: Int { 32 }
}
