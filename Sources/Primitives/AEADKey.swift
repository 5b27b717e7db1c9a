package import Bytes
internal import CGcrypt
internal import COpenSSL
internal import Glibc

/// A key of an authenticated cipher with its key schedule expanded; made once per key version, shared by all threads.
///
/// **Concurrency** every thread has contexts of its own, made at its first use of the key and freed with the key; calls
/// take no lock, except on threads past `ThreadSlots.count`. **Cost** a key that was never used is its bytes only; the
/// first use takes 1 KiB, and each thread and direction about another 1 KiB.
package final class AEADKey: Sendable {
    /// The cipher.
    package let algorithm: AEADAlgorithm
    // Layout: key(16 or 32), and for XAES-256-GCM K1(16) after it.
    private let material: SecretBytes
    private let slots = ThreadSlots()

    /// A key from its bytes. **Throws** `.invalidKeyLength`.
    package init(_ algorithm: AEADAlgorithm, material: consuming SecretBytes) throws(CryptoError) {
        guard material.count == algorithm.keyLength else { throw .invalidKeyLength }
        self.algorithm = algorithm
        self.material = algorithm == .xaes256GCM ? try Self.withMask(material) : material
    }

    deinit {
        let isGcrypt = algorithm.library == .gcrypt
        slots.drain { context in
            if isGcrypt { gcry_cipher_close(context) } else { EVP_CIPHER_CTX_free(context) }
        }
    }

    /// Seals under a random nonce; `output` has room for `plaintext.count + algorithm.overhead` bytes.
    ///
    /// The plaintext may lie in the output exactly where its ciphertext will, else the two must not overlap.
    /// **Layout** `nonce(12 or 24) ‖ ciphertext(n) ‖ tag(16)`. **Throws** `.messageTooLong`, `.randomUnavailable`.
    /// **Cost** no allocation and no key setup, except that the ciphers with 24-byte nonces set up a derived key.
    /// **Source** the vectors of nist-gcm, rfc-8439, rfc-8452, draft-irtf-cfrg-xchacha, c2sp-xaes-256-gcm.
    package func seal(
        _ plaintext: ByteView, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let thread = ThreadState.current
        try algorithm.checkLengths(plaintext, aad)
        try NonceSource.take(algorithm.nonceLength, into: output, thread)
        try seal(plaintext, thread, nonce: output, authenticating: aad, into: output + algorithm.nonceLength)
    }

    /// Seals under the nonce given, which the output begins with: for convergent encryption and test vectors only.
    ///
    /// **Throws** also `.invalidNonceLength`.
    package func seal(
        _ plaintext: ByteView, nonce: ByteView, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard nonce.count == algorithm.nonceLength else { throw .invalidNonceLength }
        try algorithm.checkLengths(plaintext, aad)
        memmove(output, nonce.pointer, nonce.count)
        try seal(
            plaintext, ThreadState.current, nonce: output, authenticating: aad, into: output + algorithm.nonceLength)
    }

    /// Opens what `seal` made and returns the plaintext's length, which is `sealed.count - algorithm.overhead`.
    ///
    /// `output` has room for the plaintext and is zeroed for that length when anything was altered. It may be exactly
    /// where the ciphertext lies, else the two must not overlap. **Throws** `.authenticationFailed`, without detail.
    package func open(
        _ sealed: ByteView, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        let parts = try algorithm.split(sealed, aad)
        let thread = ThreadState.current
        try slots.withPair(of: thread) { pair throws(CryptoError) in
            let context = try self.context(&pair, sealing: false)
            try withMask { mask throws(CryptoError) in
                try AEADCore.open(
                    algorithm, AEADContext(context: context, mask: mask), thread, nonce: sealed.pointer,
                    parts.ciphertext, tag: parts.tag, authenticating: aad, into: output)
            }
        }
        return parts.ciphertext.count
    }

    /// Lends the key's bytes, for export and derivation.
    package func exposingMaterial<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try material.exposing { bytes throws(E) in try body(bytes.slice(0, algorithm.keyLength)) }
    }

    @inline(__always)
    private func seal(
        _ plaintext: ByteView, _ thread: ThreadPointer, nonce: UnsafePointer<UInt8>, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try slots.withPair(of: thread) { pair throws(CryptoError) in
            let context = try self.context(&pair, sealing: true)
            try withMask { mask throws(CryptoError) in
                try AEADCore.seal(
                    algorithm, AEADContext(context: context, mask: mask), thread, nonce: nonce, plaintext,
                    authenticating: aad, into: output)
            }
        }
    }

    @inline(__always)
    private func context(_ pair: inout ContextPair, sealing: Bool) throws(CryptoError) -> OpaquePointer {
        if sealing || algorithm.sharesContext {
            if let context = pair.sealing { return context }
            let made = try makeContext(sealing: true)
            pair.sealing = made
            return made
        }
        if let context = pair.opening { return context }
        let made = try makeContext(sealing: false)
        pair.opening = made
        return made
    }

    @inline(never)
    private func makeContext(sealing: Bool) throws(CryptoError) -> OpaquePointer {
        try material.exposing { key throws(CryptoError) in
            try AEADCore.makeContext(algorithm, sealing: sealing, key: key.pointer)
        }
    }

    @inline(__always)
    private func withMask(_ body: (UnsafePointer<UInt8>?) throws(CryptoError) -> Void) throws(CryptoError) {
        guard algorithm == .xaes256GCM else { return try body(nil) }
        try material.exposing { bytes throws(CryptoError) in try body(bytes.pointer + 32) }
    }

    private static func withMask(_ key: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        try key.exposing { key throws(CryptoError) in
            let context = try EVPCipher.makeContext(.aes256ECB, sealing: true, key: key.pointer)
            defer { EVP_CIPHER_CTX_free(context) }
            return try SecretBytes(count: 48) { buffer throws(CryptoError) in
                guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                memcpy(start, key.pointer, 32)
                try XAESSubkey.deriveMask(context, into: start + 32)
            }
        }
    }
}

extension AEADAlgorithm {
    // True where one context serves both directions: the inner cipher has its own, or the handle is reset anyway.
    fileprivate var sharesContext: Bool {
        switch self {
        case .aes128GCM, .aes256GCM, .chacha20Poly1305: false
        case .xchacha20Poly1305, .aes256GCMSIV, .xaes256GCM: true
        }
    }

    @inline(__always)
    func checkLengths(_ plaintext: ByteView, _ aad: ByteView) throws(CryptoError) {
        guard plaintext.count <= messageLimit, aad.count <= Self.associatedDataLimit else { throw .messageTooLong }
    }

    /// Cuts a sealed message; one that cannot be genuine is refused like any forgery.
    @inline(__always)
    func split(
        _ sealed: ByteView, _ aad: ByteView
    ) throws(CryptoError) -> (ciphertext: ByteView, tag: UnsafePointer<UInt8>) {
        let count = sealed.count - overhead
        guard count >= 0, count <= messageLimit, aad.count <= Self.associatedDataLimit else {
            throw .authenticationFailed
        }
        return (sealed.slice(nonceLength, count), sealed.pointer + nonceLength + count)
    }
}
