internal import Foundation

/// A file or a standard stream, read or written in pieces.
final class ByteStream {
    let name: String
    private let descriptor: Int32
    private let isOwned: Bool
    /// Where the bytes go until all are there; nil for what is read, and for standard streams.
    private let partial: String?
    private var isClosed = false

    /// For reading; `-` is the standard input.
    init(reading path: String) throws(CommandFault) {
        (name, partial, isOwned) = (path == "-" ? "the standard input" : path, nil, path != "-")
        descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .local("cannot read \(path): \(String(cString: strerror(errno)))") }
    }

    /// For writing; `-` is the standard output. The file has another name until `commit`.
    init(writing path: String, force: Bool) throws(CommandFault) {
        (name, isOwned) = (path == "-" ? "the standard output" : path, path != "-")
        partial = path == "-" ? nil : path + ".partial"
        if path != "-", !force, access(path, F_OK) == 0 {
            throw .local("\(path) is there already", next: "write over it with -force")
        }
        descriptor = partial.map { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) } ?? 1
        guard descriptor >= 0 else { throw .local("cannot write \(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        if isOwned && !isClosed { close(descriptor) }
        if let partial, !isClosed { unlink(partial) }
    }

    /// Bytes in the file; nil where nobody knows.
    var length: Int? {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(facts.st_size)
    }

    /// Goes to that byte.
    func seek(to offset: Int) throws(CommandFault) {
        guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw .local("cannot seek in \(name)")
        }
    }

    /// The next bytes, fewer only at the end.
    func read(_ count: Int) throws(CommandFault) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failed = true }
                if got <= 0 { return }
                filled += got
            }
        }
        if failed { throw .local("cannot read \(name): \(String(cString: strerror(errno)))") }
        return bytes
    }

    func write(_ bytes: [UInt8]) throws(CommandFault) {
        var at = 0
        while at < bytes.count {
            let put = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + at }, bytes.count - at)
            }
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else { throw .local("cannot write \(name): \(String(cString: strerror(errno)))") }
            at += put
        }
    }

    /// All is written: the file gets its name.
    func commit() throws(CommandFault) {
        guard let partial, isOwned else { return }
        guard fsync(descriptor) == 0, close(descriptor) == 0, rename(partial, name) == 0 else {
            throw .local("cannot write \(name): \(String(cString: strerror(errno)))")
        }
        isClosed = true
    }
}
