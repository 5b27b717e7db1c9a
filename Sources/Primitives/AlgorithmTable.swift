/// The libraries that do the work.
package enum CryptoLibrary: Sendable {
    /// OpenSSL's libcrypto, 3.0 or later.
    case openssl
    /// libgcrypt, 1.10 or later.
    case gcrypt
    /// BoringSSL as swift-crypto brings it, for signatures only.
    case boringssl
}

// The one table of which library serves which algorithm.

extension AEADAlgorithm {
    /// The longest message in bytes whose AES-GCM libgcrypt does; longer ones are OpenSSL's, whose loops for AVX-512,
    /// which libgcrypt lacks, pay off from there on.
    // measured: AMD EPYC (Zen 3; AVX2, VAES and VPCLMULQDQ, no AVX-512), OpenSSL 3.0.19 / libgcrypt 1.10.1, AES-256,
    // seal and open in ns. Kept keys: 32 B 275, 254 / 118, 115; 1 KiB 563, 538 / 303, 309; 4 KiB 1358, 1325 / 954, 924;
    // 8 KiB 2407, 2351 / 1855, 1826. One-use keys: 32 B 453, 417 / 259, 268. Called directly, libgcrypt stays ahead up
    // to 64 KiB here; the constant is lower for the sake of newer processors.
    package static let gcmCutOver = 8192

    /// The library behind long messages. XChaCha20-Poly1305 and XAES-256-GCM are our compositions of OpenSSL's ciphers.
    package var library: CryptoLibrary {
        switch self {
        case .aes128GCM, .aes256GCM, .chacha20Poly1305, .xchacha20Poly1305, .xaes256GCM: .openssl
        case .aes256GCMSIV: .gcrypt
        }
    }

    /// The libraries that can serve the algorithm; for XAES-256-GCM its inner cipher, the derivation is OpenSSL's.
    ///
    /// In FIPS mode libgcrypt refuses AES-GCM under a nonce that it did not draw itself.
    package var libraries: [CryptoLibrary] {
        switch self {
        case .aes128GCM, .aes256GCM, .xaes256GCM: CryptoLibraries.gcryptServesGCM ? [.openssl, .gcrypt] : [.openssl]
        case .chacha20Poly1305, .xchacha20Poly1305: [.openssl]
        case .aes256GCMSIV: [.gcrypt]
        }
    }

    /// The longest message in bytes that goes to libgcrypt, -1 when none does.
    var gcryptLimit: Int {
        switch self {
        case .aes128GCM, .aes256GCM, .xaes256GCM: CryptoLibraries.gcryptServesGCM ? Self.gcmCutOver : -1
        case .chacha20Poly1305, .xchacha20Poly1305: -1
        case .aes256GCMSIV: .max
        }
    }

    /// Refuses a library that is none of `libraries`. **Throws** `.libraryFailure`.
    @inline(__always)
    func check(_ library: CryptoLibrary) throws(CryptoError) {
        let serves =
            switch library {
            case .gcrypt: gcryptLimit >= 0
            case .openssl: self != .aes256GCMSIV
            case .boringssl: false
            }
        guard serves else { throw .libraryFailure(operation: .makeContext) }
    }
}

extension DigestAlgorithm {
    /// The library behind the digest, its HMAC and its HKDF.
    package var library: CryptoLibrary {
        switch self {
        case .sha1, .sha2_224, .sha2_256, .sha2_384, .sha2_512, .sha3_224, .sha3_256, .sha3_384, .sha3_512: .openssl
        }
    }
}

/// What is done with a signature.
package enum SignatureUse: CaseIterable, Sendable {
    /// Making one.
    case signing
    /// Checking one.
    case verifying
}

extension AsymmetricAlgorithm {
    /// The library that holds keys of this kind, makes and checks them, and does all but what the next row says.
    package var library: CryptoLibrary {
        switch self {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .ed25519, .rsa2048, .rsa3072, .rsa4096: .openssl
        }
    }

    /// The libraries that can sign and verify under such keys.
    package var signatureLibraries: [CryptoLibrary] {
        switch self {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521, .ed25519: [.openssl, .boringssl]
        case .rsa2048, .rsa3072, .rsa4096: [.openssl]
        }
    }

    /// The library that serves signatures: BoringSSL where it is at least 1.3 times as fast, else OpenSSL.
    // measured by signature-comparison: Intel Xeon (AVX-512), OpenSSL 3.0.19 / swift-crypto 4.5.2, median of the
    // ratios, sign and verify: P-256 1.08, 1.20; P-384 1.72, 1.49; P-521 0.25, 0.46; Ed25519 2.85, 1.57. swift-crypto's
    // allocations are in these: 14 blocks per ECDSA call, 2 and 0 for Ed25519.
    package func library(for use: SignatureUse) -> CryptoLibrary {
        switch (self, use) {
        case (.ecdsaP384, _), (.ed25519, _): .boringssl
        case (.ecdsaP256, _), (.ecdsaP521, _), (.rsa2048, _), (.rsa3072, _), (.rsa4096, _): .openssl
        }
    }
}
