internal import Bytes
internal import Glibc

/// What an AEAD call works with: a context, and a key when the context is to be keyed for this call only.
struct AEADContext {
    /// Whose cipher does the work; for a cipher of two parts, whose the inner one is to be.
    let library: CryptoLibrary
    let context: OpaquePointer
    /// The key to set first, or nil when the context keeps its own.
    var key: UnsafePointer<UInt8>?
    /// For XAES-256-GCM with a kept context: K1, which comes from the key.
    var mask: UnsafePointer<UInt8>?
}

/// Sealing and opening, the same for kept keys and one-use keys.
enum AEADCore {
    /// A kept context of OpenSSL's for the algorithm and key. `sealing` matters only where each direction has its own.
    static func makeContext(
        _ algorithm: AEADAlgorithm, sealing: Bool, key: UnsafePointer<UInt8>
    ) throws(CryptoError) -> OpaquePointer {
        switch algorithm {
        case .aes128GCM: try EVPCipher.makeContext(.aes128GCM, sealing: sealing, key: key)
        case .aes256GCM: try EVPCipher.makeContext(.aes256GCM, sealing: sealing, key: key)
        case .chacha20Poly1305: try EVPCipher.makeContext(.chacha20Poly1305, sealing: sealing, key: key)
        case .xchacha20Poly1305: try EVPCipher.makeContext(.chacha20, sealing: true, key: key)
        case .xaes256GCM: try EVPCipher.makeContext(.aes256ECB, sealing: true, key: key)
        case .aes256GCMSIV: throw .libraryFailure(operation: .makeContext)
        }
    }

    /// The thread's context for a key that is used once.
    static func transientContext(
        _ algorithm: AEADAlgorithm, _ library: CryptoLibrary, sealing: Bool, _ thread: ThreadPointer
    ) throws(CryptoError) -> OpaquePointer {
        switch (algorithm, library) {
        case (.aes128GCM, .gcrypt): try thread.transient(.gcryptAES128GCM)
        case (.aes256GCM, .gcrypt): try thread.transient(.gcryptAES256GCM)
        case (.aes128GCM, _): try thread.transient(sealing ? .sealAES128GCM : .openAES128GCM)
        case (.aes256GCM, _): try thread.transient(sealing ? .sealAES256GCM : .openAES256GCM)
        case (.chacha20Poly1305, _):
            try thread.transient(sealing ? .sealChaCha20Poly1305 : .openChaCha20Poly1305)
        case (.xchacha20Poly1305, _): try thread.transient(.chacha20)
        case (.aes256GCMSIV, _): try thread.transient(.aes256GCMSIV)
        case (.xaes256GCM, _): try thread.transient(.aes256ECB)
        }
    }

    /// Seals under a nonce of the right length. **Layout** `ciphertext(n) ‖ tag(16)`.
    @inline(__always)
    static func seal(
        _ algorithm: AEADAlgorithm, _ keyed: AEADContext, _ thread: ThreadPointer, nonce: UnsafePointer<UInt8>,
        _ plaintext: ByteView, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard let inner = algorithm.innerCipher else {
            return try sealPlainly(algorithm, keyed, nonce: nonce, plaintext, authenticating: aad, into: output)
        }
        try withSubkey(algorithm, keyed, thread, nonce: nonce) { subkey, rest throws(CryptoError) in
            let context = try transientContext(inner, keyed.library, sealing: true, thread)
            try sealPlainly(
                inner, AEADContext(library: keyed.library, context: context, key: subkey), nonce: rest, plaintext,
                authenticating: aad, into: output)
        }
    }

    /// Opens `ciphertext(n) ‖ tag(16)` into `output`, which is zeroed when the tag does not fit.
    @inline(__always)
    static func open(
        _ algorithm: AEADAlgorithm, _ keyed: AEADContext, _ thread: ThreadPointer, nonce: UnsafePointer<UInt8>,
        _ ciphertext: ByteView, tag: UnsafePointer<UInt8>, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard let inner = algorithm.innerCipher else {
            return try openPlainly(
                algorithm, keyed, nonce: nonce, ciphertext, tag: tag, authenticating: aad, into: output)
        }
        try withSubkey(algorithm, keyed, thread, nonce: nonce) { subkey, rest throws(CryptoError) in
            let context = try transientContext(inner, keyed.library, sealing: false, thread)
            try openPlainly(
                inner, AEADContext(library: keyed.library, context: context, key: subkey), nonce: rest, ciphertext,
                tag: tag, authenticating: aad, into: output)
        }
    }

    /// Seals with a cipher that the libraries have as such.
    @inline(__always)
    private static func sealPlainly(
        _ algorithm: AEADAlgorithm, _ keyed: AEADContext, nonce: UnsafePointer<UInt8>, _ plaintext: ByteView,
        authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        switch keyed.library {
        case .gcrypt:
            try GcryptCipher.seal(
                algorithm, keyed.context, key: keyed.key, nonce: nonce, plaintext, authenticating: aad, into: output)
        case .openssl, .boringssl:
            try EVPCipher.seal(
                keyed.context, key: keyed.key, nonce: nonce, plaintext, authenticating: aad, into: output)
        }
    }

    /// Opens with a cipher that the libraries have as such.
    @inline(__always)
    private static func openPlainly(
        _ algorithm: AEADAlgorithm, _ keyed: AEADContext, nonce: UnsafePointer<UInt8>, _ ciphertext: ByteView,
        tag: UnsafePointer<UInt8>, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        switch keyed.library {
        case .gcrypt:
            try GcryptCipher.open(
                algorithm, keyed.context, key: keyed.key, nonce: nonce, ciphertext, tag: tag, authenticating: aad,
                into: output)
        case .openssl, .boringssl:
            try EVPCipher.open(
                keyed.context, key: keyed.key, nonce: nonce, ciphertext, tag: tag, authenticating: aad, into: output)
        }
    }

    /// Lends the key and the 12-byte nonce of the inner cipher, both in the thread's locked page, and zeroes them.
    @inline(__always)
    private static func withSubkey(
        _ algorithm: AEADAlgorithm, _ keyed: AEADContext, _ thread: ThreadPointer, nonce: UnsafePointer<UInt8>,
        _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        // Layout: subkey(32) ‖ rest of a ChaCha20 block(32) ‖ K1(16) ‖ inner nonce(12)
        let scratch = thread.pointee.cipherScratch
        defer { explicit_bzero(scratch, 92) }
        if algorithm == .xaes256GCM {
            if let key = keyed.key { try EVPCipher.setKey(keyed.context, key) }
            if keyed.mask == nil { try XAESSubkey.deriveMask(keyed.context, into: scratch + 64) }
            let mask = keyed.mask ?? UnsafePointer(scratch + 64)
            try XAESSubkey.derive(keyed.context, mask: mask, nonce: nonce, in: scratch)
            memcpy(scratch + 80, nonce + 12, 12)
        } else {
            try HChaCha20.derive(keyed.context, key: keyed.key, nonce: nonce, in: scratch)
            memset(scratch + 80, 0, 4)
            memcpy(scratch + 84, nonce + 16, 8)
        }
        try body(scratch, scratch + 80)
    }
}

extension AEADAlgorithm {
    /// The cipher under the derived key, where the algorithm is a composition of two.
    fileprivate var innerCipher: AEADAlgorithm? {
        switch self {
        case .xchacha20Poly1305: .chacha20Poly1305
        case .xaes256GCM: .aes256GCM
        case .aes128GCM, .aes256GCM, .chacha20Poly1305, .aes256GCMSIV: nil
        }
    }
}
