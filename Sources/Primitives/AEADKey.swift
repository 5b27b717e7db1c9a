package import Bytes
internal import COpenSSL
internal import Glibc

/// A key of an authenticated cipher with its key schedule expanded; made once per key version, shared by all threads.
///
/// **Concurrency** every thread has contexts of its own, made at its first use of the key and freed with the key; calls
/// take no lock, except on threads past `ThreadSlots.count`. **Cost** a key that was never used is its bytes only; the
/// first use takes 1.5 KiB, and each thread and direction about another 1 KiB, or 2 KiB for both where libgcrypt
/// serves them.
package final class AEADKey: Sendable {
    /// The cipher.
    package let algorithm: AEADAlgorithm
    // Longer messages are OpenSSL's.
    private let gcryptLimit: Int
    // Layout: key(16 or 32), and for XAES-256-GCM K1(16) after it.
    private let material: SecretBytes
    private let slots = ThreadSlots()

    /// A key from its bytes. **Throws** `.invalidKeyLength`.
    // Never inlined: a target that does not import Synchronization cannot tell how large `ThreadSlots` is, and would
    // allocate too little.
    @inline(never)
    package init(_ algorithm: AEADAlgorithm, material: consuming SecretBytes) throws(CryptoError) {
        guard material.count == algorithm.keyLength else { throw .invalidKeyLength }
        self.algorithm = algorithm
        gcryptLimit = algorithm.gcryptLimit
        self.material = algorithm == .xaes256GCM ? try Self.withMask(material) : material
    }

    deinit { slots.drain() }

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
        try seal(
            plaintext, via: library(plaintext.count), thread, nonce: output, authenticating: aad,
            into: output + algorithm.nonceLength)
    }

    /// The key as the calling thread uses it, for many messages.
    package func onThisThread() -> AEADOnThread {
        let thread = ThreadState.current
        var handle: OpaquePointer?
        // The keys of a composition are derived for each message.
        if gcryptLimit >= 0, algorithm != .xaes256GCM, let contexts = slots.ownContexts(of: thread) {
            handle = try? made(&contexts.pointee.gcrypt, by: .gcrypt, sealing: true)
        }
        return AEADOnThread(self, thread, handle: handle, limit: gcryptLimit)
    }

    /// Seals under the nonce given, which the output begins with: for convergent encryption and test vectors only.
    ///
    /// **Throws** also `.invalidNonceLength`.
    package func seal(
        _ plaintext: ByteView, nonce: ByteView, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try seal(plaintext, nonce: nonce, authenticating: aad, into: output, via: library(plaintext.count))
    }

    /// Seals with the cipher of that library whatever the length: for tests and self-tests, which compare the two.
    ///
    /// **Throws** also `.libraryFailure` when it is none of `algorithm.libraries`.
    package func seal(
        _ plaintext: ByteView, nonce: ByteView, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>, via library: CryptoLibrary
    ) throws(CryptoError) {
        try algorithm.check(library)
        guard nonce.count == algorithm.nonceLength else { throw .invalidNonceLength }
        try algorithm.checkLengths(plaintext, aad)
        memmove(output, nonce.pointer, nonce.count)
        try seal(
            plaintext, via: library, ThreadState.current, nonce: output, authenticating: aad,
            into: output + algorithm.nonceLength)
    }

    /// Opens what `seal` made and returns the plaintext's length, which is `sealed.count - algorithm.overhead`.
    ///
    /// `output` has room for the plaintext and is zeroed for that length when anything was altered. It may be exactly
    /// where the ciphertext lies, else the two must not overlap. **Throws** `.authenticationFailed`, without detail.
    package func open(
        _ sealed: ByteView, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        let parts = try algorithm.split(sealed, aad)
        return try open(parts, via: library(parts.ciphertext.count), authenticating: aad, into: output)
    }

    /// Opens with the cipher of that library whatever the length: for tests and self-tests.
    ///
    /// **Throws** also `.libraryFailure` when it is none of `algorithm.libraries`.
    package func open(
        _ sealed: ByteView, authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>,
        via library: CryptoLibrary
    ) throws(CryptoError) -> Int {
        try algorithm.check(library)
        return try open(algorithm.split(sealed, aad), via: library, authenticating: aad, into: output)
    }

    /// Lends the key's bytes, for export and derivation.
    package func exposingMaterial<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try material.exposing { bytes throws(E) in try body(bytes.slice(0, algorithm.keyLength)) }
    }

    @inline(__always)
    private func library(_ count: Int) -> CryptoLibrary { count <= gcryptLimit ? .gcrypt : .openssl }

    @inline(__always)
    private func seal(
        _ plaintext: ByteView, via library: CryptoLibrary, _ thread: ThreadPointer, nonce: UnsafePointer<UInt8>,
        authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try withContext(of: thread, via: library, sealing: true) { keyed throws(CryptoError) in
            try AEADCore.seal(algorithm, keyed, thread, nonce: nonce, plaintext, authenticating: aad, into: output)
        }
    }

    @inline(__always)
    private func open(
        _ parts: SealedParts, via library: CryptoLibrary, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        let thread = ThreadState.current
        try withContext(of: thread, via: library, sealing: false) { keyed throws(CryptoError) in
            try AEADCore.open(
                algorithm, keyed, thread, nonce: parts.nonce, parts.ciphertext, tag: parts.tag, authenticating: aad,
                into: output)
        }
        return parts.ciphertext.count
    }

    /// Lends the thread's context of that library for the direction; what a thread does not use is not made.
    @inline(__always)
    private func withContext(
        of thread: ThreadPointer, via library: CryptoLibrary, sealing: Bool,
        _ body: (AEADContext) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        try slots.withContexts(of: thread) { contexts throws(CryptoError) in
            if algorithm == .xaes256GCM {
                let context = try made(&contexts.sealing, by: .openssl, sealing: true)
                return try material.exposing { bytes throws(CryptoError) in
                    try body(AEADContext(library: library, context: context, mask: bytes.pointer + 32))
                }
            }
            let context =
                if library == .gcrypt {
                    try made(&contexts.gcrypt, by: .gcrypt, sealing: true)
                } else if sealing || algorithm == .xchacha20Poly1305 {
                    // HChaCha20, which XChaCha20-Poly1305 begins with, has no direction.
                    try made(&contexts.sealing, by: .openssl, sealing: true)
                } else {
                    try made(&contexts.opening, by: .openssl, sealing: false)
                }
            try body(AEADContext(library: library, context: context))
        }
    }

    @inline(__always)
    private func made(
        _ place: inout OpaquePointer?, by library: CryptoLibrary, sealing: Bool
    ) throws(CryptoError) -> OpaquePointer {
        if let place { return place }
        let context = try make(library, sealing: sealing)
        place = context
        return context
    }

    @inline(never)
    private func make(_ library: CryptoLibrary, sealing: Bool) throws(CryptoError) -> OpaquePointer {
        try material.exposing { key throws(CryptoError) in
            library == .gcrypt
                ? try GcryptCipher.makeHandle(algorithm, key: key.pointer)
                : try AEADCore.makeContext(algorithm, sealing: sealing, key: key.pointer)
        }
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

/// Where the parts of a sealed message lie.
struct SealedParts {
    let nonce: UnsafePointer<UInt8>
    let ciphertext: ByteView
    let tag: UnsafePointer<UInt8>
}

extension AEADAlgorithm {
    @inline(__always)
    func checkLengths(_ plaintext: ByteView, _ aad: ByteView) throws(CryptoError) {
        guard plaintext.count <= messageLimit, aad.count <= Self.associatedDataLimit else { throw .messageTooLong }
    }

    /// Cuts a sealed message; one that cannot be genuine is refused like any forgery.
    @inline(__always)
    func split(_ sealed: ByteView, _ aad: ByteView) throws(CryptoError) -> SealedParts {
        let count = sealed.count - overhead
        guard count >= 0, count <= messageLimit, aad.count <= Self.associatedDataLimit else {
            throw .authenticationFailed
        }
        return SealedParts(
            nonce: sealed.pointer, ciphertext: sealed.slice(nonceLength, count),
            tag: sealed.pointer + nonceLength + count)
    }
}
