import Glibc
import HTTPAPI
import Testing

/// An answer as it came over the wire.
struct RawAnswer: Equatable {
    var status: Int
    var head: String
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
    func has(_ line: String) -> Bool { head.split(separator: "\r\n").contains { $0 == line } }
}

struct ClientError: Error { let what: String }

/// A blocking socket with a time limit on everything, for threads of its own (see `onThread`).
final class RawClient {
    private let descriptor: Int32
    private var pending: [UInt8] = []

    init(port: Int, timeoutSeconds: Int = 10) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw ClientError(what: "connect \(errno)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var at = 0
        while at < bytes.count {
            let count = bytes[at...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ClientError(what: "send \(errno)") }
            at += count
        }
    }

    /// Whether nothing comes for that long.
    func isSilent(milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return pending.isEmpty && poll(&waiting, 1, milliseconds) == 0
    }

    func shutdownWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// One answer; bodies by Content-Length.
    func answer(toHEAD isHead: Bool = false) throws -> RawAnswer {
        var end = 0
        while true {
            if let found = headEnd() {
                end = found
                break
            }
            guard try receive() else { throw ClientError(what: "closed before an answer; \(pending.count) bytes") }
        }
        let head = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end)
        let status = Int(head.dropFirst(9).prefix(3)) ?? 0
        var length = 0
        for line in head.split(separator: "\r\n") where line.hasPrefix("Content-Length: ") {
            length = Int(line.dropFirst(16)) ?? 0
        }
        if isHead { length = 0 }
        while pending.count < length {
            guard try receive() else { throw ClientError(what: "closed within a body, \(pending.count) of \(length)") }
        }
        defer { pending.removeFirst(length) }
        return RawAnswer(status: status, head: head, body: Array(pending.prefix(length)))
    }

    /// Whether the server ends the connection, with everything read before that ignored.
    func isClosed() throws -> Bool {
        pending = []
        while try receive() {}
        return true
    }

    /// What is left until the server ends the connection.
    func rest() throws -> String {
        while try receive() {}
        return String(decoding: pending, as: UTF8.self)
    }

    /// False at the end of input; a reset counts as an end.
    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw ClientError(what: "receive \(errno)") }
        pending += chunk[..<count]
        return count > 0
    }

    private func headEnd() -> Int? {
        guard pending.count >= 4 else { return nil }
        for index in 0...(pending.count - 4)
        where pending[index] == 13 && pending[index + 1] == 10 && pending[index + 2] == 13 && pending[index + 3] == 10 {
            return index + 4
        }
        return nil
    }
}

private final class ThreadBody {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
}

/// Runs blocking code on a thread of its own, so that it takes none from the server's tasks.
func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        let box = Unmanaged.passRetained(ThreadBody { continuation.resume(with: Result { try body() }) })
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if failure == 0 {
            pthread_detach(thread)
        } else {
            box.release()
            continuation.resume(throwing: ClientError(what: "thread \(failure)"))
        }
    }
}

/// Starts a server on a free port, runs the client code against it, stops the server.
@discardableResult
func withServer<T: Sendable>(
    _ answering: EchoAnswering = EchoAnswering(), _ configuration: HTTPServerConfiguration = testConfiguration(),
    _ body: @escaping @Sendable (Int) throws -> T
) async throws -> T {
    let server = HTTPServer(configuration: configuration, answering: answering)
    try await server.start()
    guard case .tcp(_, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
    let result: Result<T, any Error>
    do { result = .success(try await onThread { try body(port) }) } catch { result = .failure(error) }
    await server.shutdown(gracePeriod: .seconds(1))
    return try result.get()
}

/// One event loop on a free port, timeouts looked after often, and what the test changes.
func testConfiguration(_ change: (inout HTTPServerConfiguration) -> Void = { _ in }) -> HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration()
    configuration.listeners = [ListenerConfiguration(.tcp(host: "127.0.0.1", port: 0))]
    configuration.threads = 1
    configuration.sweepIntervalMilliseconds = 50
    change(&configuration)
    return configuration
}
