internal import Bytes
internal import Glibc

/// How much of some entries a sink has recorded.
struct SinkOutcome {
    /// Marks from the front that are recorded, but for those skipped.
    var recorded: Int
    /// Of those, the entries that this sink can never take: too large for a datagram.
    var skipped: [Int] = []
    /// Why it went no further.
    var fault: SinkFault?
}

/// Where lines go: a file, a socket. Used by its device's thread alone.
protocol AuditSink: AnyObject {
    /// Opens it, anew if it is open.
    func open() throws(SinkFault)
    /// Writes entries, waiting no longer than the sink's deadline for it to take something.
    func write(_ bytes: ByteView, _ marks: [AuditChunk.Mark]) -> SinkOutcome
    /// Looks whether it is still what it was, four times a second when there is nothing to write.
    func check() throws(SinkFault)
    /// Closes it.
    func close()
    /// Room left, in bytes; nil when that means nothing.
    var freeBytes: Int? { get }
    /// The last bytes of what is there already, from the beginning of a line: for the hash chain. Asked after `open`.
    var tail: [UInt8] { get }
}

extension AuditSink {
    var freeBytes: Int? { nil }
    var tail: [UInt8] { [] }
}

/// A clock that is never set.
enum Monotonic {
    /// **Units** nanoseconds.
    static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

/// Waits until a descriptor can be written to. **Throws** when it cannot within the milliseconds, or never again.
func awaitWritable(_ descriptor: Int32, milliseconds: Int32) throws(SinkFault) {
    let start = Monotonic.nanoseconds
    while true {
        let passed = Int32(truncatingIfNeeded: (Monotonic.nanoseconds - start) / 1_000_000)
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let count = poll(&entry, 1, max(milliseconds - passed, 0))
        if count > 0 { return }
        if count == 0 { throw .timedOut }
        if errno != EINTR { throw SinkFault(writing: errno) }
    }
}
