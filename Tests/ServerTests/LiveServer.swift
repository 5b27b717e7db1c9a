import Foundation
import Testing

/// A server of the real binary with a folder of its own, which listens on a Unix socket there; gone with the value.
// Guard: each test has a server of its own, and changes it from one thread at a time.
final class LiveServer: @unchecked Sendable {
    let folder: URL
    private(set) var process: Process?
    private var starts = 0

    /// What the folder's configuration holds beside the listener.
    init(_ configuration: String) throws {
        // Short: the path of a socket has room for 107 bytes.
        folder = URL(fileURLWithPath: "/tmp/sr-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try configure(configuration)
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// A static seal, whose server opens itself.
    static let staticSeal = """
        seal "static" {
            current_key_id = "test"
            current_key = "\(String(repeating: "5a", count: 32))"
        }
        """

    var socket: String { folder.appendingPathComponent("api").path }
    var data: URL { folder.appendingPathComponent("data") }
    /// What the last start has written to its log.
    var log: String { (try? String(contentsOf: folder.appendingPathComponent("log"), encoding: .utf8)) ?? "" }

    /// Writes the configuration; DATA in it stands for the folder of the database.
    func configure(_ text: String) throws {
        let whole = text.replacingOccurrences(of: "DATA", with: data.path)
            .replacingOccurrences(of: "FOLDER", with: folder.path)
        try "listener \"unix\" { address = \"\(socket)\" }\n\(whole)\n"
            .write(to: folder.appendingPathComponent("server.hcl"), atomically: true, encoding: .utf8)
    }

    func client(token: String = "") -> WireClient { WireClient(socket, token: token) }

    /// Starts it, and waits until it answers.
    func start(environment: [String: String] = [:], through command: [String]? = nil) throws {
        try? FileManager.default.removeItem(atPath: socket)
        let log = folder.appendingPathComponent("log")
        try Data().write(to: log)
        let process = Process()
        let usual = [
            Binary.url.path, "server", "-config=\(folder.appendingPathComponent("server.hcl").path)", "-threads=1",
        ]
        let words = command ?? usual
        process.executableURL = URL(fileURLWithPath: words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        self.process = process
        starts += 1
        try wait { (try? self.client().call("GET", "sys/init"))?.status == 200 }
    }

    /// Waits until it serves, which with a static seal it does by itself.
    func waitUntilOpen() throws {
        let client = client()
        try wait { (try? client.call("GET", "sys/health"))?.status == 200 }
    }

    private func wait(_ condition: () -> Bool) throws {
        let deadline = Date().addingTimeInterval(60)
        while !condition() {
            guard process?.isRunning == true, Date() < deadline else {
                throw WireFailure(what: "start \(starts) did not come up: \(self.log)")
            }
            usleep(4000)
        }
    }

    /// SIGKILL, and waits for the end.
    func kill() {
        guard let process, process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM, and waits for the end.
    @discardableResult
    func stop() -> Int32 {
        guard let process else { return -1 }
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGTERM) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    func signal(_ number: Int32) { if let process { Glibc.kill(process.processIdentifier, number) } }

    /// Initialises it; the root token and the unseal keys or recovery keys in hex.
    func initialize(shares: Int = 3, threshold: Int = 2) throws -> (token: String, keys: [String]) {
        let answer = try client().call(
            "PUT", "sys/init",
            [
                "secret_shares": shares, "secret_threshold": threshold, "recovery_shares": shares,
                "recovery_threshold": threshold,
            ])
        #expect(answer.status == 200, "\(answer.errors)")
        let keys = (answer.json["recovery_keys"] ?? answer.json["keys"]) as? [String] ?? []
        return (answer.json["root_token"] as? String ?? "", keys)
    }

    /// Gives keys until it is open.
    func unseal(_ keys: some Sequence<String>) throws {
        let client = client()
        for key in keys { try client.call("PUT", "sys/unseal", ["key": key]) }
    }
}
