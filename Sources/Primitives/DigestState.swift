internal import Bytes
internal import COpenSSL
internal import Glibc

/// A digest in progress, in the thread's scratch memory or the thread's SHA-3 context: one at a time per thread.
///
/// It may begin from a *key state*, as HMAC needs it: for SHA-1 and SHA-2 the function's state after the padded key
/// block; for SHA-3, whose functions have no state that could be copied without allocating, the block itself.
/// **Cost** no allocation for SHA-1 and SHA-2; OpenSSL allocates once per SHA-3 digest.
struct DigestState {
    private let algorithm: DigestAlgorithm
    private let state: UnsafeMutablePointer<strongroom_sha_state>
    // The SHA-3 context; nil for SHA-1 and SHA-2.
    private let context: OpaquePointer?

    private static let stateLength = MemoryLayout<strongroom_sha_state>.size

    /// Starts a digest, from a key state where one is given.
    @inline(__always)
    init(
        _ algorithm: DigestAlgorithm, _ thread: ThreadPointer, from keyState: UnsafePointer<UInt8>?
    ) throws(CryptoError) {
        self.algorithm = algorithm
        state = UnsafeMutableRawPointer(thread.pointee.digestScratch).assumingMemoryBound(to: strongroom_sha_state.self)
        if let digest = algorithm.sha3 {
            let context = try thread.transient(.sha3)
            self.context = context
            guard EVP_DigestInit_ex2(context, digest, nil) == 1 else { throw Self.failure() }
            if let keyState {
                try update(ByteView(UnsafeRawBufferPointer(start: keyState, count: algorithm.blockLength)))
            }
        } else if let keyState {
            context = nil
            memcpy(state, keyState, Self.stateLength)
        } else {
            context = nil
            guard strongroom_sha_init(state, Int32(algorithm.length)) == 1 else { throw Self.failure() }
        }
    }

    /// Takes in more of the message.
    @inline(__always)
    func update(_ bytes: ByteView) throws(CryptoError) {
        if bytes.isEmpty { return }
        let done =
            if let context {
                EVP_DigestUpdate(context, bytes.pointer, bytes.count)
            } else {
                strongroom_sha_update(state, Int32(algorithm.length), bytes.pointer, bytes.count)
            }
        guard done == 1 else { throw Self.failure() }
    }

    /// Writes the digest and zeroes what was in progress.
    @inline(__always)
    func finish(into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        if let context {
            guard EVP_DigestFinal_ex(context, output, nil) == 1 else { throw Self.failure() }
        } else {
            guard strongroom_sha_final(state, Int32(algorithm.length), output) == 1 else { throw Self.failure() }
            explicit_bzero(state, Self.stateLength)
        }
    }

    /// Length of a key state in bytes.
    static func keyStateLength(_ algorithm: DigestAlgorithm) -> Int {
        algorithm.sha3 == nil ? stateLength : algorithm.blockLength
    }

    /// Writes the key state for a padded key block, which lies outside `digestScratch`.
    static func makeKeyState(
        _ algorithm: DigestAlgorithm, _ thread: ThreadPointer, block: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard algorithm.sha3 == nil else {
            memcpy(output, block.pointer, block.count)
            return
        }
        let digest = try DigestState(algorithm, thread, from: nil)
        try digest.update(block)
        memcpy(output, digest.state, stateLength)
        explicit_bzero(digest.state, stateLength)
    }

    private static func failure() -> CryptoError {
        ERR_clear_error()
        return .libraryFailure(operation: .digest)
    }
}

extension DigestAlgorithm {
    // OpenSSL's object for a SHA-3 function; nil for SHA-1 and SHA-2.
    @inline(__always)
    fileprivate var sha3: OpaquePointer? {
        switch self {
        case .sha1, .sha2_224, .sha2_256, .sha2_384, .sha2_512: nil
        case .sha3_224: Fetched.sha3_224.pointer
        case .sha3_256: Fetched.sha3_256.pointer
        case .sha3_384: Fetched.sha3_384.pointer
        case .sha3_512: Fetched.sha3_512.pointer
        }
    }
}
