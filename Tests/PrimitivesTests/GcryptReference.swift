import CGcrypt
import Primitives

/// libgcrypt's AES-GCM and ChaCha20-Poly1305: a second implementation to compare with.
struct GcryptReference: ~Copyable {
    private let handle: gcry_cipher_hd_t

    init?(_ algorithm: AEADAlgorithm, key: [UInt8]) {
        let (cipher, mode): (gcry_cipher_algos, gcry_cipher_modes)
        switch algorithm {
        case .aes128GCM: (cipher, mode) = (GCRY_CIPHER_AES, GCRY_CIPHER_MODE_GCM)
        case .aes256GCM: (cipher, mode) = (GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM)
        case .chacha20Poly1305: (cipher, mode) = (GCRY_CIPHER_CHACHA20, GCRY_CIPHER_MODE_POLY1305)
        default: return nil
        }
        var opened: gcry_cipher_hd_t?
        guard gcry_cipher_open(&opened, Int32(cipher.rawValue), Int32(mode.rawValue), 0) == 0, let opened else {
            return nil
        }
        guard gcry_cipher_setkey(opened, key, key.count) == 0 else {
            gcry_cipher_close(opened)
            return nil
        }
        handle = opened
    }

    deinit { gcry_cipher_close(handle) }

    /// **Layout** `nonce ‖ ciphertext ‖ tag`.
    func seal(_ plaintext: [UInt8], nonce: [UInt8], aad: [UInt8]) -> [UInt8]? {
        var ciphertext = plaintext
        var tag = [UInt8](repeating: 0, count: 16)
        guard begin(nonce, aad),
            plaintext.isEmpty || gcry_cipher_encrypt(handle, &ciphertext, ciphertext.count, nil, 0) == 0,
            gcry_cipher_gettag(handle, &tag, 16) == 0
        else { return nil }
        return nonce + ciphertext + tag
    }

    /// The plaintext, or nil when the tag does not fit.
    func open(_ sealed: [UInt8], aad: [UInt8]) -> [UInt8]? {
        var plaintext = Array(sealed[12..<(sealed.count - 16)])
        guard begin(Array(sealed[..<12]), aad),
            plaintext.isEmpty || gcry_cipher_decrypt(handle, &plaintext, plaintext.count, nil, 0) == 0,
            gcry_cipher_checktag(handle, Array(sealed.suffix(16)), 16) == 0
        else { return nil }
        return plaintext
    }

    private func begin(_ nonce: [UInt8], _ aad: [UInt8]) -> Bool {
        strongroom_gcry_reset(handle) == 0
            && gcry_cipher_setiv(handle, nonce, nonce.count) == 0
            && (aad.isEmpty || gcry_cipher_authenticate(handle, aad, aad.count) == 0)
    }
}
