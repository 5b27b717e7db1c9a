package import Bytes

/// A key as one thread seals and opens with it, message after message: the context is looked up once for all of them.
///
/// Used by the thread that asked for it, while the key lives.
package struct AEADOnThread {
    private let key: Unmanaged<AEADKey>
    private let algorithm: AEADAlgorithm
    private let thread: ThreadPointer
    // libgcrypt's, where that library serves the cipher and the thread has contexts of its own.
    private let handle: OpaquePointer?
    private let handleLimit: Int
    /// Length of the nonce in front of the ciphertext.
    package let nonceLength: Int
    /// How many bytes a sealed message is longer than its plaintext.
    package let overhead: Int

    init(_ key: AEADKey, _ thread: ThreadPointer, handle: OpaquePointer?, limit: Int) {
        self.key = .passUnretained(key)
        self.thread = thread
        self.handle = handle
        algorithm = key.algorithm
        handleLimit = limit
        nonceLength = key.algorithm.nonceLength
        overhead = key.algorithm.overhead
    }

    /// Seals as `AEADKey.seal` does, without associated data. **Throws** `.messageTooLong`, `.randomUnavailable`.
    @inline(__always)
    package func seal(_ plaintext: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        guard let handle, plaintext.count <= handleLimit else {
            return try sealByKey(plaintext, into: output)
        }
        try NonceSource.take(nonceLength, into: output, thread)
        try GcryptCipher.seal(
            algorithm, handle, key: nil, nonce: output, plaintext, authenticating: .empty, into: output + nonceLength)
    }

    /// Opens as `AEADKey.open` does, without associated data, and returns the plaintext's length; it may lie where the
    /// ciphertext lay. **Throws** `.authenticationFailed`, without detail.
    @inline(__always)
    package func open(_ sealed: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) -> Int {
        guard let handle, sealed.count - overhead <= handleLimit else {
            return try openByKey(sealed, into: output)
        }
        let parts = try algorithm.split(sealed, .empty)
        try GcryptCipher.open(
            algorithm, handle, key: nil, nonce: parts.nonce, parts.ciphertext, tag: parts.tag, authenticating: .empty,
            into: output)
        return parts.ciphertext.count
    }

    private func sealByKey(_ plaintext: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        try key._withUnsafeGuaranteedRef { key in
            Result { () throws(CryptoError) in try key.seal(plaintext, authenticating: .empty, into: output) }
        }.get()
    }

    private func openByKey(_ sealed: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) -> Int {
        try key._withUnsafeGuaranteedRef { key in
            Result { () throws(CryptoError) in try key.open(sealed, authenticating: .empty, into: output) }
        }.get()
    }
}
