internal import Bytes
internal import CGcrypt
internal import Glibc

/// AES-256-GCM-SIV on handles of libgcrypt. **Source** RFC 8452.
enum GcryptGCMSIV {
    /// A handle; without a key the first call has to give one.
    static func makeHandle(key: UnsafePointer<UInt8>? = nil) throws(CryptoError) -> OpaquePointer {
        guard CryptoLibraries.gcryptStarted else { throw .libraryFailure(operation: .start) }
        var handle: OpaquePointer?
        let algorithm = Int32(bitPattern: GCRY_CIPHER_AES256.rawValue)
        let mode = Int32(bitPattern: GCRY_CIPHER_MODE_GCM_SIV.rawValue)
        guard gcry_cipher_open(&handle, algorithm, mode, 0) == 0, let handle else {
            throw .libraryFailure(operation: .makeContext)
        }
        guard key == nil || gcry_cipher_setkey(handle, key, 32) == 0 else {
            gcry_cipher_close(handle)
            throw .libraryFailure(operation: .setKey)
        }
        return handle
    }

    /// Seals; the plaintext may lie exactly where the ciphertext goes. **Layout** `ciphertext(n) ‖ tag(16)`.
    static func seal(
        _ handle: OpaquePointer, key: UnsafePointer<UInt8>?, nonce: UnsafePointer<UInt8>,
        _ plaintext: ByteView, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let count = plaintext.count
        guard begin(handle, key: key, nonce: nonce, aad),
            gcry_cipher_encrypt(handle, output, count, plaintext.pointer, count) == 0,
            gcry_cipher_gettag(handle, output + count, AEADAlgorithm.tagLength) == 0
        else {
            explicit_bzero(output, count)
            throw .libraryFailure(operation: .seal)
        }
    }

    /// Opens `ciphertext(n) ‖ tag(16)` into `output`, which is zeroed when the tag does not fit.
    static func open(
        _ handle: OpaquePointer, key: UnsafePointer<UInt8>?, nonce: UnsafePointer<UInt8>,
        _ ciphertext: ByteView, tag: UnsafePointer<UInt8>, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let count = ciphertext.count
        // The mode decrypts and compares in one go, so that it wants the tag beforehand.
        guard begin(handle, key: key, nonce: nonce, aad),
            strongroom_gcry_expect_tag(handle, tag, AEADAlgorithm.tagLength) == 0
        else {
            explicit_bzero(output, count)
            throw .libraryFailure(operation: .open)
        }
        let status = gcry_cipher_decrypt(handle, output, count, ciphertext.pointer, count)
        guard status == 0 else {
            explicit_bzero(output, count)
            throw gcry_err_code(status) == GPG_ERR_CHECKSUM
                ? .authenticationFailed : .libraryFailure(operation: .open)
        }
    }

    private static func begin(
        _ handle: OpaquePointer, key: UnsafePointer<UInt8>?, nonce: UnsafePointer<UInt8>, _ aad: ByteView
    ) -> Bool {
        let keyed = key == nil ? strongroom_gcry_reset(handle) == 0 : gcry_cipher_setkey(handle, key, 32) == 0
        return keyed
            && gcry_cipher_setiv(handle, nonce, 12) == 0
            && (aad.isEmpty || gcry_cipher_authenticate(handle, aad.pointer, aad.count) == 0)
    }
}
