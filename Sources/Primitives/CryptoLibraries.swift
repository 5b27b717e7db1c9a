internal import CGcrypt
internal import COpenSSL

/// Start-up of the cryptographic libraries.
package enum CryptoLibraries {
    // libgcrypt wants to be initialised once, before any other call, and is then safe on all threads.
    static let gcryptStarted = strongroom_gcry_start() == 0

    // In its FIPS mode, which the host decides, the library encrypts no AES-GCM under a nonce from outside.
    static let gcryptServesGCM = gcryptStarted && strongroom_gcry_fips_mode() == 0

    /// Readies both libraries and fetches every algorithm, so that no request pays for it.
    ///
    /// **Throws** `.libraryFailure` when a library lacks an algorithm. **Cost** a few milliseconds, once.
    package static func start() throws(CryptoError) {
        guard gcryptStarted else { throw .libraryFailure(operation: .start) }
        for cipher in Fetched.ciphers where cipher.pointer == nil {
            ERR_clear_error()
            throw .libraryFailure(operation: .fetch)
        }
        for digest in Fetched.digests where digest.pointer == nil {
            ERR_clear_error()
            throw .libraryFailure(operation: .fetch)
        }
    }
}

/// An algorithm object of OpenSSL, fetched once per process: a fetch takes locks and costs more than a short seal.
// swift-format-ignore: AlwaysUseLowerCamelCase
// Unchecked: an immutable pointer to an object that OpenSSL never changes and that is never freed.
struct Fetched: @unchecked Sendable {
    /// The object, or nil when this OpenSSL has no such algorithm.
    let pointer: OpaquePointer?

    private init(cipher name: String) { pointer = EVP_CIPHER_fetch(nil, name, nil) }
    private init(digest name: String) { pointer = EVP_MD_fetch(nil, name, nil) }

    static let aes128GCM = Fetched(cipher: "AES-128-GCM")
    static let aes256GCM = Fetched(cipher: "AES-256-GCM")
    static let aes256ECB = Fetched(cipher: "AES-256-ECB")
    static let chacha20 = Fetched(cipher: "ChaCha20")
    static let chacha20Poly1305 = Fetched(cipher: "ChaCha20-Poly1305")
    static let sha3_224 = Fetched(digest: "SHA3-224")
    static let sha3_256 = Fetched(digest: "SHA3-256")
    static let sha3_384 = Fetched(digest: "SHA3-384")
    static let sha3_512 = Fetched(digest: "SHA3-512")

    static var ciphers: [Fetched] { [aes128GCM, aes256GCM, aes256ECB, chacha20, chacha20Poly1305] }
    static var digests: [Fetched] { [sha3_224, sha3_256, sha3_384, sha3_512] }
}
