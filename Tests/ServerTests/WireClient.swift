import Foundation

/// What a server answered.
struct WireAnswer {
    let status: Int
    let body: Data

    /// The body as a JSON object; empty when it is none.
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
    /// The `data` of the envelope.
    var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
    /// The sentences of a refusal.
    var errors: [String] { json["errors"] as? [String] ?? [] }
}

/// The connection broke, or never was.
struct WireFailure: Error {
    let what: String
}

/// A client that keeps one connection to a Unix socket, and whose calls block.
final class WireClient {
    private let path: String
    var token = ""
    private var socket: Int32 = -1
    private var buffer: [UInt8] = []
    // The answer said that its connection ends with it.
    private var isLast = false

    init(_ path: String, token: String = "") {
        self.path = path
        self.token = token
    }

    deinit { hangUp() }

    func hangUp() {
        if socket >= 0 { close(socket) }
        socket = -1
        buffer = []
    }

    /// Asks once. Throws `WireFailure` when there is no whole answer: nobody knows then whether it was done.
    @discardableResult
    func call(_ method: String, _ target: String, _ body: Any? = nil) throws -> WireAnswer {
        let payload = try body.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
        return try call(method, target, bytes: payload)
    }

    /// The same with a body that is no JSON.
    @discardableResult
    func call(_ method: String, _ target: String, bytes payload: Data) throws -> WireAnswer {
        do {
            if socket >= 0, isClosedByServer { hangUp() }
            if socket < 0 { try dial() }
            var head = "\(method) /v1/\(target) HTTP/1.1\r\nHost: test\r\nContent-Length: \(payload.count)\r\n"
            if !token.isEmpty { head += "X-Vault-Token: \(token)\r\n" }
            try send(Data((head + "\r\n").utf8) + payload)
            let answer = try answer(isHead: method == "HEAD")
            if isLast { hangUp() }
            return answer
        } catch {
            hangUp()
            throw error
        }
    }

    /// Whether the server has ended the connection while it rested: a server may, at any time.
    private var isClosedByServer: Bool {
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || count < 0 && errno != EAGAIN && errno != EWOULDBLOCK
    }

    private func dial() throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw WireFailure(what: "long path") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard outcome == 0 else { throw WireFailure(what: "connect: \(errno)") }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private func send(_ data: Data) throws {
        var bytes = Array(data)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw WireFailure(what: "send: \(errno)") }
            bytes = bytes.dropFirst(count)
        }
    }

    private func more() throws {
        var chunk = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else { throw WireFailure(what: "receive: \(count == 0 ? 0 : errno)") }
        buffer += chunk.prefix(count)
    }

    private func answer(isHead: Bool) throws -> WireAnswer {
        var end: Int?
        while end == nil {
            end = Data(buffer).firstRange(of: Data("\r\n\r\n".utf8))?.lowerBound
            if end == nil { try more() }
        }
        guard let end else { throw WireFailure(what: "no head") }
        let lines = String(decoding: buffer[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        isLast = lines.contains { $0.lowercased() == "connection: close" }
        let length =
            lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
        buffer.removeFirst(end + 4)
        let wanted = isHead || status == 204 ? 0 : length
        while buffer.count < wanted { try more() }
        defer { buffer.removeFirst(wanted) }
        return WireAnswer(status: status, body: Data(buffer.prefix(wanted)))
    }
}
