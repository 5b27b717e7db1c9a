package import Bytes
internal import Glibc

/// Authenticated encryption under keys that are used once, such as derived ones.
///
/// Works on the thread's own contexts, which are keyed anew by each call and hold the last key until the next.
/// **Cost** a key setup and no allocation; a key that is used again is better kept as an `AEADKey`.
package enum TransientAEAD {
    /// Seals like `AEADKey.seal`; a nil nonce stands for a random one.
    ///
    /// **Layout** `nonce(12 or 24) ‖ ciphertext(n) ‖ tag(16)`.
    /// **Throws** `.invalidKeyLength`, `.invalidNonceLength`, `.messageTooLong`, `.randomUnavailable`.
    package static func seal(
        _ algorithm: AEADAlgorithm, key: ByteView, nonce: ByteView?, plaintext: ByteView,
        authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try seal(
            algorithm, key: key, nonce: nonce, plaintext: plaintext, authenticating: aad, into: output,
            via: plaintext.count <= algorithm.gcryptLimit ? .gcrypt : .openssl)
    }

    /// Opens like `AEADKey.open` and returns the plaintext's length.
    ///
    /// **Throws** `.invalidKeyLength`, `.authenticationFailed`.
    package static func open(
        _ algorithm: AEADAlgorithm, key: ByteView, sealed: ByteView, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        guard key.count == algorithm.keyLength else { throw .invalidKeyLength }
        let parts = try algorithm.split(sealed, aad)
        let library: CryptoLibrary = parts.ciphertext.count <= algorithm.gcryptLimit ? .gcrypt : .openssl
        return try open(algorithm, key: key, parts, via: library, authenticating: aad, into: output)
    }

    /// Seals with the cipher of that library whatever the length: for tests and self-tests, which compare the two.
    ///
    /// **Throws** also `.libraryFailure` when it is none of `algorithm.libraries`.
    package static func seal(
        _ algorithm: AEADAlgorithm, key: ByteView, nonce: ByteView?, plaintext: ByteView,
        authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>, via library: CryptoLibrary
    ) throws(CryptoError) {
        guard key.count == algorithm.keyLength else { throw .invalidKeyLength }
        try algorithm.check(library)
        try algorithm.checkLengths(plaintext, aad)
        let thread = ThreadState.current
        if let nonce {
            guard nonce.count == algorithm.nonceLength else { throw .invalidNonceLength }
            memmove(output, nonce.pointer, nonce.count)
        } else {
            try NonceSource.take(algorithm.nonceLength, into: output, thread)
        }
        let context = try AEADCore.transientContext(algorithm, library, sealing: true, thread)
        try AEADCore.seal(
            algorithm, AEADContext(library: library, context: context, key: key.pointer), thread, nonce: output,
            plaintext, authenticating: aad, into: output + algorithm.nonceLength)
    }

    /// Opens with the cipher of that library whatever the length: for tests and self-tests.
    ///
    /// **Throws** also `.libraryFailure` when it is none of `algorithm.libraries`.
    package static func open(
        _ algorithm: AEADAlgorithm, key: ByteView, sealed: ByteView, authenticating aad: ByteView,
        into output: UnsafeMutablePointer<UInt8>, via library: CryptoLibrary
    ) throws(CryptoError) -> Int {
        guard key.count == algorithm.keyLength else { throw .invalidKeyLength }
        try algorithm.check(library)
        let parts = try algorithm.split(sealed, aad)
        return try open(algorithm, key: key, parts, via: library, authenticating: aad, into: output)
    }

    @inline(__always)
    private static func open(
        _ algorithm: AEADAlgorithm, key: ByteView, _ parts: SealedParts, via library: CryptoLibrary,
        authenticating aad: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) -> Int {
        let thread = ThreadState.current
        let context = try AEADCore.transientContext(algorithm, library, sealing: false, thread)
        try AEADCore.open(
            algorithm, AEADContext(library: library, context: context, key: key.pointer), thread, nonce: parts.nonce,
            parts.ciphertext, tag: parts.tag, authenticating: aad, into: output)
        return parts.ciphertext.count
    }
}
