internal import CGcrypt
internal import COpenSSL

/// The contexts that a thread keeps for keys that are used once. Each holds its last key until the next call.
enum TransientContext: Int, CaseIterable {
    case sealAES128GCM
    case openAES128GCM
    case sealAES256GCM
    case openAES256GCM
    case sealChaCha20Poly1305
    case openChaCha20Poly1305
    case aes256ECB
    case chacha20
    case aes256GCMSIV
    case gcryptAES128GCM
    case gcryptAES256GCM
    case sha3

    fileprivate func make() throws(CryptoError) -> OpaquePointer {
        switch self {
        case .sealAES128GCM: return try EVPCipher.makeContext(.aes128GCM, sealing: true)
        case .openAES128GCM: return try EVPCipher.makeContext(.aes128GCM, sealing: false)
        case .sealAES256GCM: return try EVPCipher.makeContext(.aes256GCM, sealing: true)
        case .openAES256GCM: return try EVPCipher.makeContext(.aes256GCM, sealing: false)
        case .sealChaCha20Poly1305: return try EVPCipher.makeContext(.chacha20Poly1305, sealing: true)
        case .openChaCha20Poly1305: return try EVPCipher.makeContext(.chacha20Poly1305, sealing: false)
        case .aes256ECB: return try EVPCipher.makeContext(.aes256ECB, sealing: true)
        case .chacha20: return try EVPCipher.makeContext(.chacha20, sealing: true)
        case .aes256GCMSIV: return try GcryptCipher.makeHandle(.aes256GCMSIV)
        case .gcryptAES128GCM: return try GcryptCipher.makeHandle(.aes128GCM)
        case .gcryptAES256GCM: return try GcryptCipher.makeHandle(.aes256GCM)
        case .sha3:
            guard let context = EVP_MD_CTX_new() else { throw .libraryFailure(operation: .makeContext) }
            return context
        }
    }

    /// Frees what `make` made; keys within are zeroed by the library.
    func free(_ context: OpaquePointer) {
        switch self {
        case .aes256GCMSIV, .gcryptAES128GCM, .gcryptAES256GCM: gcry_cipher_close(context)
        case .sha3: EVP_MD_CTX_free(context)
        default: EVP_CIPHER_CTX_free(context)
        }
    }
}

extension UnsafeMutablePointer where Pointee == ThreadState {
    /// The thread's context of that kind, made when it is first asked for.
    @inline(__always)
    func transient(_ kind: TransientContext) throws(CryptoError) -> OpaquePointer {
        if let context = pointee.contexts[kind.rawValue] { return context }
        let context = try kind.make()
        pointee.contexts[kind.rawValue] = context
        return context
    }
}
