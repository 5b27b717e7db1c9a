internal import COpenSSL
internal import Glibc
internal import Synchronization

/// Random nonces out of a buffer per thread, which OpenSSL's generator fills 4 KiB at a time.
///
/// Bytes are zeroed as they are taken. A forked child finds the buffer empty: the kernel wipes the page in the child,
/// and a generation counter guards where it does not. **Cost** a few nanoseconds, where the generator takes hundreds.
package enum NonceSource {
    /// Writes `count` random bytes that nobody else gets. **Throws** `.randomUnavailable`.
    @inline(__always)
    package static func take(_ count: Int, into output: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        try take(count, into: output, ThreadState.current)
    }

    @inline(__always)
    static func take(
        _ count: Int, into output: UnsafeMutablePointer<UInt8>, _ thread: ThreadPointer
    ) throws(CryptoError) {
        let left = Int(thread.pointee.nonceBytesLeft.pointee)
        guard left >= count, thread.pointee.generation == ForkGeneration.counter.load(ordering: .relaxed) else {
            return try refill(count, into: output, thread)
        }
        let start = thread.pointee.nonceBuffer + (left - count)
        move(count, from: start, to: output)
        thread.pointee.nonceBytesLeft.pointee = UInt64(left - count)
    }

    // Moves the bytes and leaves zeros; the lengths of nonces need no calls.
    @inline(__always)
    private static func move(_ count: Int, from: UnsafeMutablePointer<UInt8>, to: UnsafeMutablePointer<UInt8>) {
        let (source, target) = (UnsafeMutableRawPointer(from), UnsafeMutableRawPointer(to))
        switch count {
        case 12:
            moveWord(source, target, 0, UInt64.self)
            moveWord(source, target, 8, UInt32.self)
        case 24:
            moveWord(source, target, 0, UInt64.self)
            moveWord(source, target, 8, UInt64.self)
            moveWord(source, target, 16, UInt64.self)
        default:
            memcpy(to, from, count)
            memset(from, 0, count)
        }
    }

    @inline(__always)
    private static func moveWord<Word: FixedWidthInteger & BitwiseCopyable>(
        _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer, _ offset: Int, _: Word.Type
    ) {
        let word = source.loadUnaligned(fromByteOffset: offset, as: Word.self)
        target.storeBytes(of: word, toByteOffset: offset, as: Word.self)
        source.storeBytes(of: 0, toByteOffset: offset, as: Word.self)
    }

    @inline(never)
    private static func refill(
        _ count: Int, into output: UnsafeMutablePointer<UInt8>, _ thread: ThreadPointer
    ) throws(CryptoError) {
        let room = ThreadState.nonceRoom
        guard count <= room else {
            return try RandomSource.fill(UnsafeMutableRawBufferPointer(start: output, count: count))
        }
        let buffer = thread.pointee.nonceBuffer
        thread.pointee.nonceBytesLeft.pointee = 0
        thread.pointee.generation = ForkGeneration.counter.load(ordering: .relaxed)
        try RandomSource.fill(UnsafeMutableRawBufferPointer(start: buffer, count: room))
        move(count, from: buffer + (room - count), to: output)
        thread.pointee.nonceBytesLeft.pointee = UInt64(room - count)
    }
}
