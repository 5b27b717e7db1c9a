internal import Foundation

/// What wrk saw, and what it cost the server.
struct Sample: Codable {
    let requestsPerSecond: Double
    let processorMicroseconds: Double
    let p99Milliseconds: Double
}

/// A request that is sent over and over.
struct Shot {
    let path: String
    let body: String
}

/// Drives a server with wrk.
final class Wrk {
    private let program: String
    private let folder: URL
    private let token: String
    private var scripts: [String: String] = [:]

    init(_ program: String, token: String) throws {
        self.program = program
        self.token = token
        folder = FileManager.default.temporaryDirectory.appending(path: "load-report-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Sends `shot` on `connections` for `seconds`; the server's processor time is taken before and after.
    func drive(_ server: Server, _ shot: Shot, connections: Int, seconds: Int) throws -> Sample {
        let script = try script(for: shot)
        let before = server.meter.processorSeconds
        let output = try Child.run(
            program,
            [
                "-t", "\(min(connections, 2))", "-c", "\(connections)", "-d", "\(seconds)s", "--timeout", "10s",
                "--latency", "-s", script, "\(server.scheme)://127.0.0.1:\(server.port)\(shot.path)",
            ])
        let spent = server.meter.processorSeconds - before
        guard let done = Self.number(output, #/(\d+) requests in/#), done > 0,
            let rate = Self.number(output, #/Requests/sec:\s+([\d.]+)/#), !output.contains("Non-2xx")
        else { throw LoadFault.badStatus("\(shot.path) under load (\(output))") }
        return Sample(
            requestsPerSecond: rate, processorMicroseconds: spent / done * 1e6, p99Milliseconds: Self.p99(output))
    }

    private func script(for shot: Shot) throws -> String {
        let key = shot.path + shot.body
        if let known = scripts[key] { return known }
        let body = folder.appending(path: "\(scripts.count).json")
        let script = folder.appending(path: "\(scripts.count).lua")
        try shot.body.write(to: body, atomically: false, encoding: .utf8)
        let text = """
            local file = io.open("\(body.path)", "rb")
            wrk.method = "POST"
            wrk.body = file:read("*a")
            file:close()
            wrk.headers["Content-Type"] = "application/json"
            wrk.headers["X-Vault-Token"] = "\(token)"
            """
        try text.write(to: script, atomically: false, encoding: .utf8)
        scripts[key] = script.path
        return script.path
    }

    private static func number(_ text: String, _ pattern: Regex<(Substring, Substring)>) -> Double? {
        text.firstMatch(of: pattern).flatMap { Double($0.1) }
    }

    private static func p99(_ text: String) -> Double {
        guard let match = text.firstMatch(of: #/99%\s+([\d.]+)(us|ms|s)/#), let value = Double(match.1) else {
            return .nan
        }
        switch match.2 {
        case "us": return value / 1000
        case "ms": return value
        default: return value * 1000
        }
    }
}

/// A running server.
struct Server {
    let child: Child
    let port: UInt16
    var scheme = "http"

    /// What the kernel knows of it.
    var meter: ProcessMeter { ProcessMeter(pid: child.pid) }
    /// A way to ask it things.
    var client: PlainClient { PlainClient(port: port) }

    /// Strongroom in dev mode, with a transit mount and the keys `bench` and `mac`.
    static func strongroom(_ programs: Programs, token: String, simd: String?) throws -> Server {
        let child = try Child(
            programs.strongroom,
            [
                "server", "-dev", "-dev-root-token-id", token, "-dev-listen-address", "127.0.0.1:0",
                "-dev-engines", "transit",
            ], environment: simd.map { ["STRONGROOM_SIMD": $0] } ?? [:])
        let line = try child.line(after: "export VAULT_ADDR=")
        guard let port = line.trimmingCharacters(in: ["'"]).split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw LoadFault.noAnnouncement("strongroom")
        }
        let server = Server(child: child, port: port)
        guard let (status, _) = server.client.request("POST", "/v1/transit/keys/bench", token: token, body: "{}"),
            (200...204).contains(status)
        else { throw LoadFault.unanswered("creating a key") }
        return server
    }

    /// The yardstick.
    static func echo(_ programs: Programs) throws -> Server {
        let child = try Child(programs.echo, [])
        guard let port = UInt16(try child.line(after: "port ")) else { throw LoadFault.noAnnouncement("echo-server") }
        return Server(child: child, port: port)
    }
}
