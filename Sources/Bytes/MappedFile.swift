internal import Glibc

/// A file that nobody else can see, read as memory: its pages are the system's, which drops them when it needs room.
///
/// **Concurrency** does not change once it is made.
// Unchecked: the mapping is made once, and nobody writes to the file any more.
package final class MappedFile: @unchecked Sendable {
    private let start: UnsafeMutableRawPointer?
    /// Length in bytes.
    package let count: Int

    /// The file behind the descriptor, which is not needed any more afterwards; nil when it cannot be mapped.
    package init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= 0 else { return nil }
        count = Int(status.st_size)
        guard count > 0 else {
            start = nil
            return
        }
        let mapping = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let mapping, mapping != MAP_FAILED else { return nil }
        _ = madvise(mapping, count, MADV_SEQUENTIAL)
        start = mapping
    }

    /// The file at `path`, which nobody may shorten meanwhile; nil when it cannot be read.
    package convenience init?(path: String) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        self.init(descriptor: file)
    }

    deinit { if let start { munmap(start, count) } }

    /// The bytes, for as long as the object lives.
    package var view: ByteView { ByteView(UnsafeRawBufferPointer(start: start, count: count)) }
}

/// A file without a name that is written from its start to its end, and then read as memory. Gone with the process.
///
/// **Concurrency** of one writer at a time.
// Unchecked: one task writes, and hands it on when it is done.
package final class SpoolFile: @unchecked Sendable {
    private let file: Int32
    private var buffer: [UInt8] = []
    private static let bufferBytes = 1 << 20
    // O_TMPFILE, a macro that Swift does not import.
    private static let namelessFlags: Int32 = 0o20000000 | O_DIRECTORY

    /// An empty file in the folder; nil when there can be none.
    package init?(folder: String) {
        let file = open(folder, O_RDWR | Self.namelessFlags | O_CLOEXEC, 0o600)
        if file >= 0 {
            self.file = file
            return
        }
        // A file system without nameless files: a name for a moment.
        var template = Array((folder + "/.strongroom-spool-XXXXXX").utf8CString)
        let named = mkstemp(&template)
        guard named >= 0 else { return nil }
        _ = fcntl(named, F_SETFD, FD_CLOEXEC)
        unlink(template)
        self.file = named
    }

    deinit { close(file) }

    /// Adds bytes; false when the disk does not take them.
    package func append(_ bytes: ByteView) -> Bool {
        buffer.append(contentsOf: bytes.buffer)
        return buffer.count < Self.bufferBytes || flush()
    }

    private func flush() -> Bool {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
        return true
    }

    /// The end of the writing; nil when the disk did not take it all.
    package func finish() -> MappedFile? { flush() ? MappedFile(descriptor: file) : nil }
}
