package import Bytes
internal import COpenSSL
internal import Glibc

/// AES key wrap with padding, KWP: key material of any length under a key-encryption key of 16, 24 or 32 bytes.
///
/// **Source** RFC 5649, NIST SP 800-38F §6.3; Wycheproof.
package enum AESKeyWrap {
    /// Length of what wraps `count` bytes.
    package static func wrappedLength(_ count: Int) -> Int { (count + 7) / 8 * 8 + 8 }

    /// Wraps and returns `wrappedLength(material.count)`, for which `output` has room.
    ///
    /// **Throws** `.invalidKeyLength`, and `.messageTooLong` for no material or more than 1 GiB.
    package static func wrap(
        _ material: ByteView, key: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        guard !material.isEmpty, material.count <= 1 << 30 else { throw .messageTooLong }
        let context = try makeContext(key, wrapping: true)
        defer { EVP_CIPHER_CTX_free(context) }
        var length: Int32 = 0
        guard EVP_CipherUpdate(context, output, &length, material.pointer, Int32(material.count)) == 1,
            Int(length) == wrappedLength(material.count)
        else {
            ERR_clear_error()
            throw .libraryFailure(operation: .seal)
        }
        return Int(length)
    }

    /// Unwraps and returns the material's length; `output` has room for as many bytes as are wrapped.
    ///
    /// **Throws** `.invalidKeyLength`, and `.authenticationFailed` without detail, with the output zeroed.
    package static func unwrap(
        _ wrapped: ByteView, key: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        let context = try makeContext(key, wrapping: false)
        defer { EVP_CIPHER_CTX_free(context) }
        guard wrapped.count >= 16, wrapped.count.isMultiple(of: 8), wrapped.count <= 1 << 30 else {
            throw .authenticationFailed
        }
        var length: Int32 = 0
        guard EVP_CipherUpdate(context, output, &length, wrapped.pointer, Int32(wrapped.count)) == 1, length > 0
        else {
            explicit_bzero(output, wrapped.count)
            ERR_clear_error()
            throw .authenticationFailed
        }
        return Int(length)
    }

    private static func makeContext(_ key: ByteView, wrapping: Bool) throws(CryptoError) -> OpaquePointer {
        let cipher =
            switch key.count {
            case 16: EVP_aes_128_wrap_pad()
            case 24: EVP_aes_192_wrap_pad()
            case 32: EVP_aes_256_wrap_pad()
            default: throw .invalidKeyLength
            }
        guard let context = EVP_CIPHER_CTX_new() else {
            ERR_clear_error()
            throw .libraryFailure(operation: .makeContext)
        }
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW)
        guard EVP_CipherInit_ex(context, cipher, nil, key.pointer, nil, wrapping ? 1 : 0) == 1 else {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
            throw .libraryFailure(operation: .setKey)
        }
        return context
    }
}
