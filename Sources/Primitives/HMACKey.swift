package import Bytes
internal import COpenSSL
internal import Glibc

/// A key of HMAC with its two key blocks prepared; shared by all threads. **Source** FIPS 198-1, RFC 2104.
///
/// **Layout** inner key state ‖ outer key state, see `DigestState`.
/// **Cost** no allocation per call with SHA-1 and SHA-2; with SHA-3 two, and the key blocks are absorbed each time.
/// **Concurrency** the states never change; a call works in its thread's scratch memory.
package final class HMACKey: Sendable {
    /// The hash function.
    package let algorithm: DigestAlgorithm
    private let states: SecretBytes

    /// A key of any length; the hash function shortens one that is longer than its block.
    package init(_ algorithm: DigestAlgorithm, key: ByteView) throws(CryptoError) {
        self.algorithm = algorithm
        states = try SecretBytes(count: 2 * DigestState.keyStateLength(algorithm)) { buffer throws(CryptoError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try Self.makeStates(algorithm, ThreadState.current, key: key, into: start)
        }
    }

    /// Writes the code of the message, `algorithm.length` bytes. It may be written over the message.
    package func authenticate(_ message: ByteView, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        try authenticate(message, .empty, .empty, into: output)
    }

    /// Writes the code of a message that lies in two or three parts.
    package func authenticate(
        _ first: ByteView, _ second: ByteView, _ third: ByteView = .empty, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try states.exposing { states throws(CryptoError) in
            try Self.run(algorithm, ThreadState.current, states.pointer, first, second, third, into: output)
        }
    }

    /// Writes the code of a message under a key that is used once. **Cost** two blocks more than with a kept key.
    package static func oneShot(
        _ algorithm: DigestAlgorithm, key: ByteView, _ message: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let thread = ThreadState.current
        let states = thread.pointee.keyScratch
        defer { explicit_bzero(states, 2 * DigestState.keyStateLength(algorithm)) }
        try makeStates(algorithm, thread, key: key, into: states)
        try run(algorithm, thread, states, message, .empty, .empty, into: output)
    }

    @inline(__always)
    private static func run(
        _ algorithm: DigestAlgorithm, _ thread: ThreadPointer, _ states: UnsafePointer<UInt8>,
        _ first: ByteView, _ second: ByteView, _ third: ByteView, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        if algorithm == .sha2_256, second.isEmpty, third.isEmpty {
            return runAtOnce(thread, states, first, into: output)
        }
        // The inner digest lies behind the running state, which takes less than 256 bytes.
        let digest = thread.pointee.digestScratch + 256
        defer { explicit_bzero(digest, 64) }
        let inner = try DigestState(algorithm, thread, from: states)
        try inner.update(first)
        try inner.update(second)
        try inner.update(third)
        try inner.finish(into: digest)
        let outer = try DigestState(algorithm, thread, from: states + DigestState.keyStateLength(algorithm))
        try outer.update(ByteView(UnsafeRawBufferPointer(start: digest, count: algorithm.length)))
        try outer.finish(into: output)
    }

    // HMAC-SHA-256 of a message in one part, which audit entries hold by the dozen.
    @inline(__always)
    private static func runAtOnce(
        _ thread: ThreadPointer, _ states: UnsafePointer<UInt8>, _ message: ByteView,
        into output: UnsafeMutablePointer<UInt8>
    ) {
        let raw = UnsafeMutableRawPointer(thread.pointee.digestScratch)
        let work = raw.assumingMemoryBound(to: strongroom_hmac_work.self)
        let outer = UnsafeRawPointer(states + DigestState.keyStateLength(.sha2_256))
        strongroom_hmac_sha256(
            UnsafeRawPointer(states).assumingMemoryBound(to: strongroom_sha_state.self),
            outer.assumingMemoryBound(to: strongroom_sha_state.self), message.pointer, message.count, work, output)
        explicit_bzero(work, MemoryLayout<strongroom_hmac_work>.size)
    }

    private static func makeStates(
        _ algorithm: DigestAlgorithm, _ thread: ThreadPointer, key: ByteView, into states: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let block = thread.pointee.keyScratch + 512
        let count = algorithm.blockLength
        defer { explicit_bzero(block, count) }
        memset(block, 0, count)
        if key.count > count {
            try algorithm.hash(key, into: block)
        } else {
            memcpy(block, key.pointer, key.count)
        }
        for index in 0..<count { block[index] ^= 0x36 }
        let view = ByteView(UnsafeRawBufferPointer(start: block, count: count))
        try DigestState.makeKeyState(algorithm, thread, block: view, into: states)
        for index in 0..<count { block[index] ^= 0x36 ^ 0x5C }
        try DigestState.makeKeyState(
            algorithm, thread, block: view, into: states + DigestState.keyStateLength(algorithm))
    }
}
