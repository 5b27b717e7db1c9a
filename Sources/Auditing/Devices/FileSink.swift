internal import Bytes
internal import Glibc

/// A file that lines are added to. Whoever renames or removes it finds it made anew within a quarter of a second.
///
/// What was written to a file that turns out to be removed is written once more to the new one before it counts as
/// recorded. A write that the disk took in part is cut back to its last whole entry.
final class FileSink: AuditSink {
    private let path: String
    private let mode: mode_t
    private let isDurable: Bool
    private var descriptor: Int32 = -1
    private var identity = stat()
    private var size = 0
    /// The file ends within a line, which is to be ended before the next one.
    private var isTorn = false
    private(set) var tail: [UInt8] = []
    private let wantsTail: Bool

    private static let tailLimit = 512 << 20

    /// A file at an absolute path. A mode of 0 leaves that of a file that is there already alone.
    init(path: String, mode: mode_t, isDurable: Bool, wantsTail: Bool) {
        self.path = path
        self.mode = mode
        self.isDurable = isDurable
        self.wantsTail = wantsTail
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    func open() throws(SinkFault) {
        close()
        try makeFolders()
        // Not blocking: a pipe without a reader must not hold the thread until it is found to be none of ours.
        let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let opened = Glibc.open(path, flags, mode == 0 ? 0o600 : mode)
        guard opened >= 0 else {
            if errno == ENOSPC || errno == EDQUOT { throw .noSpace }
            throw errno == ELOOP || errno == EISDIR || errno == ENXIO ? .notAPlainFile : .cannotOpen(errno)
        }
        descriptor = opened
        do throws(SinkFault) { try adopt() } catch {
            close()
            throw error
        }
    }

    private func adopt() throws(SinkFault) {
        guard fstat(descriptor, &identity) == 0 else { throw .cannotOpen(errno) }
        guard identity.st_mode & S_IFMT == S_IFREG, identity.st_mode & 0o111 == 0 else { throw .notAPlainFile }
        size = Int(identity.st_size)
        (isTorn, tail) = (false, [])
        if size > 0 {
            var first: UInt8 = 0
            guard pread(descriptor, &first, 1, 0) == 1 else { throw .cannotOpen(errno) }
            guard first == UInt8(ascii: "{") || first == UInt8(ascii: "\n") else { throw .notALog }
            var last: UInt8 = 0
            guard pread(descriptor, &last, 1, off_t(size - 1)) == 1 else { throw .cannotOpen(errno) }
            isTorn = last != UInt8(ascii: "\n")
            if wantsTail { tail = readTail() }
        }
        if mode != 0, identity.st_mode & 0o777 != mode { _ = fchmod(descriptor, mode) }
    }

    /// From the last whole line that carries a hash to the end.
    private func readTail() -> [UInt8] {
        var length = 64 * 1024
        while true {
            let count = min(length, size, Self.tailLimit)
            var bytes = [UInt8](repeating: 0, count: count)
            let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, off_t(size - count)) }
            guard got == count else { return [] }
            if count < size, let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { bytes.removeFirst(end + 1) }
            if count == size || count == Self.tailLimit || HashChain.holdsLink(bytes) { return bytes }
            length *= 8
        }
    }

    private func makeFolders() throws(SinkFault) {
        var at = path.utf8.index(after: path.utf8.startIndex)
        while let slash = path.utf8[at...].firstIndex(of: UInt8(ascii: "/")) {
            let folder = String(path[..<slash])
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else {
                throw errno == ENOSPC ? .noSpace : .cannotOpen(errno)
            }
            at = path.utf8.index(after: slash)
        }
    }

    func write(_ bytes: ByteView, _ marks: [AuditChunk.Mark]) -> SinkOutcome {
        var outcome = writeOnce(bytes, marks)
        if outcome.fault != nil { return outcome }
        do throws(SinkFault) {
            guard try isElsewhere() else { return outcome }
            // Renamed files keep what they got; removed ones take it with them.
            var now = stat()
            let isRemoved = fstat(descriptor, &now) != 0 || now.st_nlink == 0
            try open()
            if isRemoved { outcome = writeOnce(bytes, marks) }
        } catch {
            outcome = SinkOutcome(recorded: 0, fault: error)
        }
        return outcome
    }

    private func writeOnce(_ bytes: ByteView, _ marks: [AuditChunk.Mark]) -> SinkOutcome {
        if isTorn {
            guard append(ByteView("\n")) == 1 else { return SinkOutcome(recorded: 0, fault: SinkFault(writing: errno)) }
            isTorn = false
        }
        let start = size
        let written = append(bytes)
        if written == bytes.count {
            if isDurable, fdatasync(descriptor) != 0 {
                return SinkOutcome(recorded: 0, fault: SinkFault(writing: errno))
            }
            return SinkOutcome(recorded: marks.count)
        }
        let fault = SinkFault(writing: errno)
        let whole = marks.prefix { $0.end <= written }
        let kept = whole.last?.end ?? 0
        if kept < written { cut(to: start + kept, from: start + written) }
        return SinkOutcome(recorded: whole.count, fault: fault)
    }

    /// Removes the part of an entry, unless somebody else has written behind it.
    private func cut(to length: Int, from expected: Int) {
        var now = stat()
        if fstat(descriptor, &now) == 0, Int(now.st_size) == expected, ftruncate(descriptor, off_t(length)) == 0 {
            size = length
        } else {
            isTorn = true
        }
    }

    /// Appends as much as is taken; returns the count, with the reason in `errno` when it is not all.
    private func append(_ bytes: ByteView) -> Int {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.pointer + done, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            if count == 0 { errno = ENOSPC }
            if count <= 0 { break }
            done += count
        }
        size += done
        return done
    }

    private func isElsewhere() throws(SinkFault) -> Bool {
        var there = stat()
        guard lstat(path, &there) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return true }
            throw .cannotOpen(errno)
        }
        return there.st_ino != identity.st_ino || there.st_dev != identity.st_dev
    }

    func check() throws(SinkFault) {
        if try isElsewhere() { try open() }
    }

    var freeBytes: Int? {
        var space = statvfs()
        guard descriptor >= 0, fstatvfs(descriptor, &space) == 0 else { return nil }
        return Int(space.f_bavail) * Int(space.f_frsize)
    }
}

/// Standard output, or nowhere.
final class StreamSink: AuditSink {
    private let descriptor: Int32?

    /// Writes to the descriptor; without one, to nowhere.
    init(_ descriptor: Int32?) { self.descriptor = descriptor }

    func open() throws(SinkFault) {}
    func check() throws(SinkFault) {}
    func close() {}

    func write(_ bytes: ByteView, _ marks: [AuditChunk.Mark]) -> SinkOutcome {
        guard let descriptor else { return SinkOutcome(recorded: marks.count) }
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.pointer + done, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 {
                let fault = count == 0 ? SinkFault.closedByPeer : SinkFault(writing: errno)
                return SinkOutcome(recorded: marks.prefix { $0.end <= done }.count, fault: fault)
            }
            done += count
        }
        return SinkOutcome(recorded: marks.count)
    }
}
