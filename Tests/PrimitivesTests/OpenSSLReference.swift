import COpenSSL
import Primitives

/// OpenSSL's AES-GCM and ChaCha20-Poly1305 by a fresh context per message: nothing in common with the product's use.
struct OpenSSLReference {
    private let cipher: OpaquePointer
    private let key: [UInt8]

    init?(_ algorithm: AEADAlgorithm, key: [UInt8]) {
        let named: OpaquePointer? =
            switch algorithm {
            case .aes128GCM: EVP_aes_128_gcm()
            case .aes256GCM: EVP_aes_256_gcm()
            case .chacha20Poly1305: EVP_chacha20_poly1305()
            default: nil
            }
        guard let named else { return nil }
        cipher = named
        self.key = key
    }

    /// **Layout** `nonce ‖ ciphertext ‖ tag`.
    func seal(_ plaintext: [UInt8], nonce: [UInt8], aad: [UInt8]) -> [UInt8]? {
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: plaintext.count + 16)
        var tag = [UInt8](repeating: 0, count: 16)
        var length: Int32 = 0
        guard EVP_EncryptInit_ex(context, cipher, nil, key, nonce) == 1,
            aad.isEmpty || EVP_EncryptUpdate(context, nil, &length, aad, Int32(aad.count)) == 1,
            plaintext.isEmpty
                || EVP_EncryptUpdate(context, &output, &length, plaintext, Int32(plaintext.count)) == 1,
            EVP_EncryptFinal_ex(context, &tag, &length) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1
        else { return nil }
        return nonce + output.prefix(plaintext.count) + tag
    }

    /// The plaintext, or nil when the tag does not fit.
    func open(_ sealed: [UInt8], aad: [UInt8]) -> [UInt8]? {
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        let ciphertext = Array(sealed[12..<(sealed.count - 16)])
        var (tag, last) = (Array(sealed.suffix(16)), [UInt8](repeating: 0, count: 16))
        var output = [UInt8](repeating: 0, count: ciphertext.count + 16)
        var length: Int32 = 0
        guard EVP_DecryptInit_ex(context, cipher, nil, key, Array(sealed[..<12])) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag) == 1,
            aad.isEmpty || EVP_DecryptUpdate(context, nil, &length, aad, Int32(aad.count)) == 1,
            ciphertext.isEmpty
                || EVP_DecryptUpdate(context, &output, &length, ciphertext, Int32(ciphertext.count)) == 1,
            EVP_DecryptFinal_ex(context, &last, &length) == 1
        else { return nil }
        return Array(output.prefix(ciphertext.count))
    }
}
