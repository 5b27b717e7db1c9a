internal import Bytes
internal import Glibc

/// Where a socket leads.
enum SocketAddress: Equatable, Sendable {
    /// A host and a port, or a service's name.
    case internet(host: String, port: String, isDatagram: Bool)
    /// A socket of this machine.
    case local(path: String, isDatagram: Bool)
}

/// Makes and connects sockets that do not block.
enum SocketMaker {
    /// A connected socket. **Throws** when it does not come about within the milliseconds.
    static func connect(_ address: SocketAddress, milliseconds: Int32) throws(SinkFault) -> Int32 {
        switch address {
        case .local(let path, let isDatagram): try local(path, isDatagram, milliseconds)
        case .internet(let host, let port, let isDatagram): try internet(host, port, isDatagram, milliseconds)
        }
    }

    private static func local(_ path: String, _ isDatagram: Bool, _ limit: Int32) throws(SinkFault) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .cannotOpen(ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let made = try socket(AF_UNIX, isDatagram)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(made, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return try finish(made, status, limit)
    }

    private static func internet(
        _ host: String, _ port: String, _ isDatagram: Bool, _ limit: Int32
    ) throws(SinkFault) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = type(isDatagram)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0, let first = found else { throw .unknownHost }
        defer { freeaddrinfo(first) }
        var fault = SinkFault.unknownHost
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let candidate = next {
            do throws(SinkFault) {
                let made = try socket(candidate.pointee.ai_family, isDatagram)
                let status = Glibc.connect(made, candidate.pointee.ai_addr, candidate.pointee.ai_addrlen)
                return try finish(made, status, limit)
            } catch {
                fault = error
            }
            next = candidate.pointee.ai_next
        }
        throw fault
    }

    private static func type(_ isDatagram: Bool) -> Int32 {
        Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue)
    }

    private static func socket(_ family: Int32, _ isDatagram: Bool) throws(SinkFault) -> Int32 {
        let kind = type(isDatagram) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let made = Glibc.socket(family, kind, 0)
        guard made >= 0 else { throw .cannotOpen(errno) }
        return made
    }

    private static func finish(_ made: Int32, _ status: Int32, _ limit: Int32) throws(SinkFault) -> Int32 {
        if status == 0 { return made }
        var reason = errno
        do throws(SinkFault) {
            guard reason == EINPROGRESS || reason == EAGAIN else { throw .cannotOpen(reason) }
            try awaitWritable(made, milliseconds: limit)
            reason = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(made, SOL_SOCKET, SO_ERROR, &reason, &length) == 0, reason == 0 else {
                throw .cannotOpen(reason)
            }
            return made
        } catch {
            close(made)
            throw error
        }
    }
}

/// A stream of lines to a collector. A line counts as recorded when the kernel has taken all of it.
final class StreamSocketSink: AuditSink {
    private let address: SocketAddress
    private let milliseconds: Int32
    private let progress: @Sendable () -> Void
    private var descriptor: Int32 = -1

    /// A stream to the address, which may take nothing for so long; `progress` is called whenever it takes something.
    init(_ address: SocketAddress, milliseconds: Int32, progress: @escaping @Sendable () -> Void) {
        self.address = address
        self.milliseconds = milliseconds
        self.progress = progress
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    func open() throws(SinkFault) {
        close()
        descriptor = try SocketMaker.connect(address, milliseconds: milliseconds)
    }

    /// A collector that has closed its end is found before a line is lost to it.
    func check() throws(SinkFault) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 0) > 0 else { return }
        if Int32(entry.revents) & (POLLERR | POLLHUP) != 0 { throw .closedByPeer }
        var sink = [UInt8](repeating: 0, count: 512)
        let count = recv(descriptor, &sink, sink.count, Int32(MSG_DONTWAIT))
        if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { throw .closedByPeer }
    }

    func write(_ bytes: ByteView, _ marks: [AuditChunk.Mark]) -> SinkOutcome {
        var done = 0
        do throws(SinkFault) {
            try check()
            while done < bytes.count {
                let flags = Int32(MSG_NOSIGNAL)
                let count = send(descriptor, bytes.pointer + done, bytes.count - done, flags)
                if count > 0 {
                    done += count
                    progress()
                } else if errno == EAGAIN {
                    try awaitWritable(descriptor, milliseconds: milliseconds)
                } else if errno != EINTR {
                    throw SinkFault(writing: errno)
                }
            }
            return SinkOutcome(recorded: marks.count)
        } catch {
            return SinkOutcome(recorded: marks.prefix { $0.end <= done }.count, fault: error)
        }
    }
}

/// A datagram for each line: UDP, or a syslog socket. What is larger than a datagram may be is skipped.
final class DatagramSink: AuditSink {
    private let address: SocketAddress
    private let milliseconds: Int32
    private let header: (@Sendable (inout ByteWriter) -> Void)?
    private var descriptor: Int32 = -1
    private var datagram = ByteWriter()

    /// Datagrams to the address; `header` writes what stands before the line.
    init(_ address: SocketAddress, milliseconds: Int32, header: (@Sendable (inout ByteWriter) -> Void)? = nil) {
        self.address = address
        self.milliseconds = milliseconds
        self.header = header
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    func open() throws(SinkFault) {
        close()
        descriptor = try SocketMaker.connect(address, milliseconds: milliseconds)
    }

    func check() throws(SinkFault) {}

    func write(_ bytes: ByteView, _ marks: [AuditChunk.Mark]) -> SinkOutcome {
        var outcome = SinkOutcome(recorded: 0)
        var start = 0
        for (index, mark) in marks.enumerated() {
            do throws(SinkFault) {
                if try !sendLines(bytes.slice(start, mark.end - start)) { outcome.skipped.append(index) }
            } catch {
                outcome.fault = error
                return outcome
            }
            outcome.recorded = index + 1
            start = mark.end
        }
        return outcome
    }

    /// Sends each line of an entry; false when one is too large.
    private func sendLines(_ lines: ByteView) throws(SinkFault) -> Bool {
        var rest = lines
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            datagram.reset(keeping: 1 << 20)
            header?(&datagram)
            datagram.append(rest.slice(0, end))
            if header == nil { datagram.append("\n") }
            if try !sendDatagram() { return false }
            rest = rest.dropFirst(end + 1)
        }
        return true
    }

    private func sendDatagram() throws(SinkFault) -> Bool {
        while true {
            let flags = Int32(MSG_NOSIGNAL)
            if send(descriptor, datagram.view.pointer, datagram.count, flags) >= 0 { return true }
            switch errno {
            case EMSGSIZE: return false
            case EAGAIN, ENOBUFS: try awaitWritable(descriptor, milliseconds: milliseconds)
            case EINTR: break
            default: throw SinkFault(writing: errno)
            }
        }
    }
}
