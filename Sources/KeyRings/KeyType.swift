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
    /// Signatures on the NIST curves; they also agree on secrets (`derive-key`).
    case ecdsaP256 = "ecdsa-p256"
    /// 384 bits.
    case ecdsaP384 = "ecdsa-p384"
    /// 521 bits.
    case ecdsaP521 = "ecdsa-p521"
    /// Signatures of RFC 8032; may be derived.
    case ed25519
    /// Encryption and signatures of RFC 8017.
    case rsa2048 = "rsa-2048"
    /// 3,072 bits.
    case rsa3072 = "rsa-3072"
    /// 4,096 bits.
    case rsa4096 = "rsa-4096"
    /// A MAC key of 32 to 512 bytes.
    case hmac
    /// AES-CMAC. NIST SP 800-38B.
    case aes128CMAC = "aes128-cmac"
    /// 192 bits.
    case aes192CMAC = "aes192-cmac"
    /// 256 bits.
    case aes256CMAC = "aes256-cmac"

    /// Post-quantum signatures. FIPS 204.
    case mlDSA = "ml-dsa"
    /// ML-DSA and a classic signature in one.
    case hybrid
    /// Post-quantum key encapsulation. FIPS 203. Our own addition.
    case mlKEM768 = "ml-kem-768"
    /// Category 5.
    case mlKEM1024 = "ml-kem-1024"
    /// ML-KEM-768 and X25519 in one. draft-connolly-cfrg-xwing-kem. Our own addition.
    case xWing = "x-wing"

    /// What the keys of a type are, and so what they can do.
    package enum Family: Equatable, Sendable {
        /// An authenticated cipher.
        case cipher(AEADAlgorithm)
        /// A classic key pair.
        case pair(AsymmetricAlgorithm)
        /// ML-DSA, or ML-DSA with a classic pair; which ones, the settings say.
        case postQuantum
        /// Key encapsulation.
        case kem(KEMAlgorithm)
        /// HMAC alone.
        case hmac
        /// AES-CMAC alone, with a key of so many bytes.
        case cmac(keyLength: Int)
    }

    /// The family; every other property follows from it.
    package var family: Family {
        switch self {
        case .aes128GCM96: .cipher(.aes128GCM)
        case .aes256GCM96: .cipher(.aes256GCM)
        case .chacha20Poly1305: .cipher(.chacha20Poly1305)
        case .xchacha20Poly1305: .cipher(.xchacha20Poly1305)
        case .aes256GCMSIV: .cipher(.aes256GCMSIV)
        case .xaes256GCM192: .cipher(.xaes256GCM)
        case .ecdsaP256: .pair(.ecdsaP256)
        case .ecdsaP384: .pair(.ecdsaP384)
        case .ecdsaP521: .pair(.ecdsaP521)
        case .ed25519: .pair(.ed25519)
        case .rsa2048: .pair(.rsa2048)
        case .rsa3072: .pair(.rsa3072)
        case .rsa4096: .pair(.rsa4096)
        case .mlDSA, .hybrid: .postQuantum
        case .mlKEM768: .kem(.mlKEM768)
        case .mlKEM1024: .kem(.mlKEM1024)
        case .xWing: .kem(.xWing)
        case .hmac: .hmac
        case .aes128CMAC: .cmac(keyLength: 16)
        case .aes192CMAC: .cmac(keyLength: 24)
        case .aes256CMAC: .cmac(keyLength: 32)
        }
    }

    /// The cipher of the symmetric types.
    package var cipher: AEADAlgorithm? {
        if case .cipher(let algorithm) = family { algorithm } else { nil }
    }

    /// The algorithm of the classic key pairs.
    package var pair: AsymmetricAlgorithm? {
        if case .pair(let algorithm) = family { algorithm } else { nil }
    }

    /// The mechanism of the key encapsulation types.
    package var kem: KEMAlgorithm? {
        if case .kem(let algorithm) = family { algorithm } else { nil }
    }

    /// Whether it is an RSA key.
    package var isRSA: Bool { pair?.modulusBits != nil }

    /// The number by which stored rings and backups name the type. The field's own numbers where it has them, ours
    /// from 1000 on. Two servers of the field give 10 and 11 different meanings; see `init(backupNumber:…)`.
    package var storedNumber: Int {
        switch self {
        case .aes256GCM96: 0
        case .ecdsaP256: 1
        case .ed25519: 2
        case .rsa2048: 3
        case .rsa4096: 4
        case .chacha20Poly1305: 5
        case .ecdsaP384: 6
        case .ecdsaP521: 7
        case .aes128GCM96: 8
        case .rsa3072: 9
        case .hmac: 10
        case .xchacha20Poly1305: 11
        case .aes128CMAC: 12
        case .aes256CMAC: 13
        case .mlDSA: 14
        case .hybrid: 15
        case .aes192CMAC: 16
        case .aes256GCMSIV: 1000
        case .xaes256GCM192: 1001
        case .mlKEM768: 1002
        case .mlKEM1024: 1003
        case .xWing: 1004
        }
    }

    /// The type with that number, if it is known.
    package init?(storedNumber: Int) {
        guard let type = Self.allCases.first(where: { $0.storedNumber == storedNumber }) else { return nil }
        self = type
    }
}

/// What the keys of a type can do. **Source** transit wire facts §3.
extension KeyType {
    /// Encrypt, decrypt, rewrap, data keys.
    package var supportsEncryption: Bool { cipher != nil || isRSA }

    /// Sign and verify.
    package var supportsSigning: Bool {
        switch family {
        case .pair, .postQuantum: true
        default: false
        }
    }

    /// HMACs under a key of each version; key types that are MACs already have no second one.
    package var supportsHMAC: Bool {
        if case .cmac = family { false } else { true }
    }

    /// Keys derived per context.
    package var supportsDerivation: Bool { cipher != nil || self == .ed25519 }

    /// Equal plaintext and context give equal ciphertext.
    package var supportsConvergence: Bool { cipher != nil }

    /// Agreement on a secret with somebody else's key.
    package var supportsAgreement: Bool { pair?.coordinateLength != nil }

    /// Whether the public half alone can be imported.
    package var hasPublicHalf: Bool { pair != nil || self == .mlDSA }

    /// True where random 96-bit nonces bound the messages under one key (NIST SP 800-38D §8.3: 2^32).
    /// GCM-SIV tolerates repeated nonces, but its bound for 2^32 random ones is the same order, so it counts too.
    package var isBoundByNonces: Bool {
        switch cipher {
        case .aes128GCM, .aes256GCM, .chacha20Poly1305, .aes256GCMSIV: true
        case .xchacha20Poly1305, .xaes256GCM, nil: false
        }
    }

    /// The text that clients know for a failed authentication tag of this cipher.
    package var authenticationFailedText: String {
        switch self {
        case .chacha20Poly1305, .xchacha20Poly1305: "chacha20poly1305: message authentication failed"
        default: "cipher: message authentication failed"
        }
    }

    /// Lengths in bytes that the secret of such a key may have; nil where it is not raw bytes.
    package var keyLengths: ClosedRange<Int>? {
        switch family {
        case .cipher(let algorithm): algorithm.keyLength...algorithm.keyLength
        case .hmac: 32...512
        case .cmac(let length): length...length
        case .kem(let algorithm): algorithm.seedLength...algorithm.seedLength
        case .pair, .postQuantum: nil
        }
    }
}
