internal import Bytes
internal import COpenSSL
internal import Glibc

/// OpenSSL's ciphers on contexts that are set up once: later calls give only a nonce, or a key and a nonce.
enum EVPCipher {
    // The interface counts in Int32; longer messages go in steps, which are a multiple of every block length.
    private static let step = 1 << 30

    /// A context for the cipher and direction; without a key the first call has to give one.
    static func makeContext(
        _ cipher: Fetched, sealing: Bool, key: UnsafePointer<UInt8>? = nil
    ) throws(CryptoError) -> OpaquePointer {
        guard let cipher = cipher.pointer, let context = EVP_CIPHER_CTX_new() else {
            ERR_clear_error()
            throw .libraryFailure(operation: .makeContext)
        }
        // Padding is a matter of ECB alone, and its mere being set makes every later initialisation of a context
        // slower.
        guard EVP_CipherInit_ex(context, cipher, nil, key, nil, sealing ? 1 : 0) == 1,
            EVP_CIPHER_get_iv_length(cipher) > 0 || EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
            throw .libraryFailure(operation: .makeContext)
        }
        return context
    }

    /// Keys a context that has no nonce anew.
    static func setKey(_ context: OpaquePointer, _ key: UnsafePointer<UInt8>) throws(CryptoError) {
        guard EVP_CipherInit_ex(context, nil, nil, key, nil, -1) == 1 else {
            ERR_clear_error()
            throw .libraryFailure(operation: .setKey)
        }
    }

    /// Seals; the plaintext may lie exactly where the ciphertext goes. **Layout** `ciphertext(n) ‖ tag(16)`.
    /// With a key the context is keyed anew, without one it keeps what it has.
    @inline(__always)
    static func seal(
        _ context: OpaquePointer, key: UnsafePointer<UInt8>?, nonce: UnsafePointer<UInt8>,
        _ plaintext: ByteView, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        var none: Int32 = 0
        guard EVP_EncryptInit_ex(context, nil, nil, key, nonce) == 1,
            update(context, aad, into: nil),
            update(context, plaintext, into: output),
            EVP_EncryptFinal_ex(context, output + plaintext.count, &none) == 1,
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_GET_TAG, Int32(AEADAlgorithm.tagLength), output + plaintext.count) == 1
        else {
            explicit_bzero(output, plaintext.count)
            ERR_clear_error()
            throw .libraryFailure(operation: .seal)
        }
    }

    /// Opens `ciphertext(n) ‖ tag(16)` into `output`, which is zeroed when the tag does not fit.
    @inline(__always)
    static func open(
        _ context: OpaquePointer, key: UnsafePointer<UInt8>?, nonce: UnsafePointer<UInt8>,
        _ ciphertext: ByteView, tag: UnsafePointer<UInt8>, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        var none: Int32 = 0
        // The control takes a mutable address for all its uses; this one only reads.
        let readOnly = UnsafeMutablePointer(mutating: tag)
        guard EVP_DecryptInit_ex(context, nil, nil, key, nonce) == 1,
            EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(AEADAlgorithm.tagLength), readOnly) == 1,
            update(context, aad, into: nil),
            update(context, ciphertext, into: output)
        else {
            explicit_bzero(output, ciphertext.count)
            ERR_clear_error()
            throw .libraryFailure(operation: .open)
        }
        guard EVP_DecryptFinal_ex(context, output + ciphertext.count, &none) == 1 else {
            explicit_bzero(output, ciphertext.count)
            ERR_clear_error()
            throw .authenticationFailed
        }
    }

    /// Feeds the input; without an output it is associated data.
    @inline(__always)
    static func update(
        _ context: OpaquePointer, _ input: ByteView, into output: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        if input.count <= step {
            var written: Int32 = 0
            return input.isEmpty
                || EVP_CipherUpdate(context, output, &written, input.pointer, Int32(input.count)) == 1
        }
        return updateInSteps(context, input, into: output)
    }

    @inline(never)
    private static func updateInSteps(
        _ context: OpaquePointer, _ input: ByteView, into output: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        for offset in stride(from: 0, to: input.count, by: step) {
            let part = input.slice(offset, step)
            var written: Int32 = 0
            let target = output.map { $0 + offset }
            guard EVP_CipherUpdate(context, target, &written, part.pointer, Int32(part.count)) == 1 else {
                return false
            }
        }
        return true
    }
}
