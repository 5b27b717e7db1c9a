/// The key encapsulations of HPKE on offer, by their registered number. Which one it is, the key says.
///
/// **Source** RFC 9180 §7.1; for ML-KEM and X-Wing draft-ietf-hpke-pq.
package enum HPKEKEM: UInt16, CaseIterable, Sendable {
    /// DHKEM(P-256, HKDF-SHA256).
    case p256 = 0x0010
    /// DHKEM(P-384, HKDF-SHA384).
    case p384 = 0x0011
    /// DHKEM(P-521, HKDF-SHA512).
    case p521 = 0x0012
    case mlKEM768 = 0x0041
    case mlKEM1024 = 0x0042
    case xWing = 0x647A

    init?(_ algorithm: AsymmetricAlgorithm) {
        switch algorithm {
        case .ecdsaP256: self = .p256
        case .ecdsaP384: self = .p384
        case .ecdsaP521: self = .p521
        case .ed25519, .rsa2048, .rsa3072, .rsa4096: return nil
        }
    }

    init(_ algorithm: KEMAlgorithm) {
        switch algorithm {
        case .mlKEM768: self = .mlKEM768
        case .mlKEM1024: self = .mlKEM1024
        case .xWing: self = .xWing
        }
    }

    /// Length of the encapsulated key, in bytes.
    package var encapsulatedKeyLength: Int {
        switch self {
        case .p256: 65
        case .p384: 97
        case .p521: 133
        case .mlKEM768: KEMAlgorithm.mlKEM768.ciphertextLength
        case .mlKEM1024: KEMAlgorithm.mlKEM1024.ciphertextLength
        case .xWing: KEMAlgorithm.xWing.ciphertextLength
        }
    }
}

/// The key derivations of HPKE on offer, by their registered number. **Source** RFC 9180 §7.2.
package enum HPKEKDF: UInt16, CaseIterable, Sendable {
    case hkdfSHA256 = 0x0001
    case hkdfSHA384 = 0x0002
    case hkdfSHA512 = 0x0003

    var digest: DigestAlgorithm {
        switch self {
        case .hkdfSHA256: .sha2_256
        case .hkdfSHA384: .sha2_384
        case .hkdfSHA512: .sha2_512
        }
    }
}

/// The ciphers of HPKE on offer, by their registered number. **Source** RFC 9180 §7.3.
package enum HPKEAEAD: UInt16, CaseIterable, Sendable {
    case aes128GCM = 0x0001
    case aes256GCM = 0x0002
    case chaCha20Poly1305 = 0x0003

    /// The cipher itself.
    package var algorithm: AEADAlgorithm {
        switch self {
        case .aes128GCM: .aes128GCM
        case .aes256GCM: .aes256GCM
        case .chaCha20Poly1305: .chacha20Poly1305
        }
    }
}

/// What seals a message once the key encapsulation, which the recipient's key stands for, has given a secret.
package struct HPKESuite: Hashable, Sendable {
    /// How keys are derived from the secret.
    package let kdf: HPKEKDF
    /// What encrypts the message.
    package let aead: HPKEAEAD

    /// The pair of the two.
    package init(kdf: HPKEKDF, aead: HPKEAEAD) {
        self.kdf = kdf
        self.aead = aead
    }
}
