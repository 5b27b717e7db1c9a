internal import Foundation

/// One HTTP request over one TCP connection to this machine: enough to prepare a run and to wait for a start.
struct PlainClient {
    let port: UInt16

    /// Status and body, or nil when nobody answers.
    func request(_ method: String, _ path: String, token: String = "", body: String = "") -> (Int, String)? {
        let text =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX-Vault-Token: \(token)\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n" + body
        guard let answer = exchange(Array(text.utf8)), let end = answer.range(of: "\r\n\r\n") else { return nil }
        let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return status.map { ($0, String(answer[end.upperBound...])) }
    }

    private func exchange(_ bytes: [UInt8]) -> String? {
        guard let descriptor = Self.socket(port: port, using: connect) else { return nil }
        defer { close(descriptor) }
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return nil }
        var (answer, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
    }

    /// A port that nobody listens on now.
    static func freePort() -> UInt16? {
        guard let descriptor = socket(port: 0, using: bind) else { return nil }
        defer { close(descriptor) }
        var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return status == 0 ? UInt16(bigEndian: address.sin_port) : nil
    }

    private static func socket(
        port: UInt16, using call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
    ) -> Int32? {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 { return descriptor }
        close(descriptor)
        return nil
    }
}
