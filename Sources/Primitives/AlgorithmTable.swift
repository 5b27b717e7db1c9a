/// The libraries that do the work.
package enum CryptoLibrary: Sendable {
    /// OpenSSL's libcrypto, 3.0 or later.
    case openssl
    /// libgcrypt, 1.10 or later.
    case gcrypt
}

// The one table of which library serves which algorithm.

extension AEADAlgorithm {
    /// The library behind the algorithm. XChaCha20-Poly1305 and XAES-256-GCM are our compositions of OpenSSL's ciphers.
    package var library: CryptoLibrary {
        switch self {
        case .aes128GCM, .aes256GCM, .chacha20Poly1305, .xchacha20Poly1305, .xaes256GCM: .openssl
        case .aes256GCMSIV: .gcrypt
        }
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
