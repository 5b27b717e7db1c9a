internal import Bytes
internal import CGcrypt
internal import Glibc

/// AES-GCM and AES-256-GCM-SIV on handles of libgcrypt. **Source** NIST SP 800-38D, RFC 8452.
///
/// **Cost** no allocation and no lock after `makeHandle`: outside FIPS mode the library takes none.
enum GcryptCipher {
    /// A handle, which serves both directions; without a key the first call has to give one.
    static func makeHandle(
        _ algorithm: AEADAlgorithm, key: UnsafePointer<UInt8>? = nil
    ) throws(CryptoError) -> OpaquePointer {
        guard CryptoLibraries.gcryptStarted else { throw .libraryFailure(operation: .start) }
        guard let (cipher, mode) = numbers(algorithm) else { throw .libraryFailure(operation: .makeContext) }
        var handle: OpaquePointer?
        guard gcry_cipher_open(&handle, Int32(bitPattern: cipher.rawValue), Int32(bitPattern: mode.rawValue), 0) == 0,
            let handle
        else { throw .libraryFailure(operation: .makeContext) }
        guard key == nil || gcry_cipher_setkey(handle, key, algorithm.keyLength) == 0 else {
            gcry_cipher_close(handle)
            throw .libraryFailure(operation: .setKey)
        }
        return handle
    }

    /// Seals; the plaintext may lie exactly where the ciphertext goes. **Layout** `ciphertext(n) ‖ tag(16)`.
    @inline(__always)
    static func seal(
        _ algorithm: AEADAlgorithm, _ handle: OpaquePointer, key: UnsafePointer<UInt8>?,
        nonce: UnsafePointer<UInt8>, _ plaintext: ByteView, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let count = plaintext.count
        guard begin(algorithm, handle, key: key, nonce: nonce, aad),
            gcry_cipher_encrypt(handle, output, count, plaintext.pointer, count) == 0,
            gcry_cipher_gettag(handle, output + count, AEADAlgorithm.tagLength) == 0
        else {
            explicit_bzero(output, count)
            _ = strongroom_gcry_reset(handle)
            throw .libraryFailure(operation: .seal)
        }
    }

    /// Opens `ciphertext(n) ‖ tag(16)` into `output`, which is zeroed when the tag does not fit.
    @inline(__always)
    static func open(
        _ algorithm: AEADAlgorithm, _ handle: OpaquePointer, key: UnsafePointer<UInt8>?,
        nonce: UnsafePointer<UInt8>, _ ciphertext: ByteView, tag: UnsafePointer<UInt8>,
        authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let count = ciphertext.count
        // GCM-SIV decrypts and compares in one go, so that it wants the tag beforehand.
        let comparesAtOnce = algorithm == .aes256GCMSIV
        guard begin(algorithm, handle, key: key, nonce: nonce, aad),
            !comparesAtOnce || strongroom_gcry_expect_tag(handle, tag, AEADAlgorithm.tagLength) == 0
        else {
            explicit_bzero(output, count)
            _ = strongroom_gcry_reset(handle)
            throw .libraryFailure(operation: .open)
        }
        var status = gcry_cipher_decrypt(handle, output, count, ciphertext.pointer, count)
        // Both ways the library compares in constant time.
        if status == 0, !comparesAtOnce { status = gcry_cipher_checktag(handle, tag, AEADAlgorithm.tagLength) }
        guard status == 0 else {
            explicit_bzero(output, count)
            _ = strongroom_gcry_reset(handle)
            throw gcry_err_code(status) == GPG_ERR_CHECKSUM
                ? .authenticationFailed : .libraryFailure(operation: .open)
        }
    }

    // In GCM a nonce begins a new message, provided that the last one came to its tag; where it did not, the handle
    // was reset then. A reset copies the key schedule, and reading the copy at once costs up to 50 ns.
    @inline(__always)
    private static func begin(
        _ algorithm: AEADAlgorithm, _ handle: OpaquePointer, key: UnsafePointer<UInt8>?,
        nonce: UnsafePointer<UInt8>, _ aad: ByteView
    ) -> Bool {
        let ready =
            if let key {
                gcry_cipher_setkey(handle, key, algorithm.keyLength) == 0
            } else {
                algorithm != .aes256GCMSIV || strongroom_gcry_reset(handle) == 0
            }
        return ready
            && gcry_cipher_setiv(handle, nonce, 12) == 0
            && (aad.isEmpty || gcry_cipher_authenticate(handle, aad.pointer, aad.count) == 0)
    }

    private static func numbers(_ algorithm: AEADAlgorithm) -> (gcry_cipher_algos, gcry_cipher_modes)? {
        switch algorithm {
        case .aes128GCM: (GCRY_CIPHER_AES, GCRY_CIPHER_MODE_GCM)
        case .aes256GCM: (GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM)
        case .aes256GCMSIV: (GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM_SIV)
        case .chacha20Poly1305, .xchacha20Poly1305, .xaes256GCM: nil
        }
    }
}
