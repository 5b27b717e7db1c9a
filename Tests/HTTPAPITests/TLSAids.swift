import Certificates
import Dispatching
import Foundation
import HTTPAPI
import Testing

/// What a tool printed, and how it ended.
struct ToolResult: Equatable, Sendable {
    var status: Int32
    var output: String
    var errors: String
}

/// Runs a tool to its end, with that input.
@discardableResult
func tool(_ name: String, _ arguments: [String], input: [UInt8] = []) throws -> ToolResult {
    let running = try RunningTool(name, arguments)
    running.send(input)
    running.endInput()
    return running.finish()
}

/// A tool that runs; its output is gathered by threads of its own.
final class RunningTool: @unchecked Sendable {
    private final class Gathered: @unchecked Sendable {
        private let lock = NSLock()
        private var data = Data()
        func append(_ more: Data) { lock.withLock { data.append(more) } }
        var bytes: [UInt8] { lock.withLock { Array(data) } }
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Gathered()
    private let errors = Gathered()
    private let readers = DispatchGroup()

    init(_ name: String, _ arguments: [String]) throws {
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "20", name] + arguments
        process.standardInput = input
        for (gathered, set) in [(output, \Process.standardOutput), (errors, \Process.standardError)] {
            let pipe = Pipe()
            process[keyPath: set] = pipe
            readers.enter()
            Thread.detachNewThread { [readers] in
                while true {
                    let data = pipe.fileHandleForReading.availableData
                    if data.isEmpty { break }
                    gathered.append(data)
                }
                readers.leave()
            }
        }
        try process.run()
    }

    var received: [UInt8] { output.bytes }
    var complaints: String { String(decoding: errors.bytes, as: UTF8.self) }

    func send(_ bytes: [UInt8]) { try? input.fileHandleForWriting.write(contentsOf: Data(bytes)) }

    func endInput() { try? input.fileHandleForWriting.close() }

    /// Waits until the output is as wanted.
    func wait(_ isEnough: ([UInt8]) -> Bool) -> Bool {
        for _ in 0..<1000 {
            if isEnough(received) { return true }
            usleep(10_000)
        }
        return false
    }

    /// Whether the tool ends by itself within ten seconds.
    func ends() -> Bool {
        for _ in 0..<1000 {
            if !process.isRunning { return true }
            usleep(10_000)
        }
        return false
    }

    func finish() -> ToolResult {
        process.waitUntilExit()
        readers.wait()
        return ToolResult(
            status: process.terminationStatus, output: String(decoding: received, as: UTF8.self), errors: complaints)
    }

    func stop() {
        endInput()
        if process.isRunning { process.terminate() }
        _ = finish()
    }
}

/// A folder with the certificates of one server, of its clients, and of strangers.
final class CertificateFolder: Sendable {
    let path: String
    var authority: String { path + "/ca.pem" }
    var certificate: String { path + "/cert.pem" }
    var key: String { path + "/key.pem" }

    init() throws {
        path = NSTemporaryDirectory() + "strongroom-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try renew()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes new certificates and a new key.
    func renew() throws {
        let files = try DevelopmentCertificate.make(nowUnixSeconds: Int(Date().timeIntervalSince1970))
        try write(files.caPEM, authority)
        try write(files.certificatePEM, certificate)
        try write(files.keyPEM, key)
    }

    func write(_ bytes: [UInt8], _ file: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: file)) }

    var settings: TLSSettings { TLSSettings(certificateFile: certificate, keyFile: key) }
}

/// Starts a server of TLS, runs the client code against it, shuts the server down.
@discardableResult
func withTLSServer<T: Sendable>(
    _ answering: EchoAnswering = EchoAnswering(), _ change: (inout TLSSettings) -> Void = { _ in },
    configuration changeAll: (inout HTTPServerConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (Int, CertificateFolder, HTTPServer) throws -> T
) async throws -> T {
    let folder = try CertificateFolder()
    var settings = folder.settings
    change(&settings)
    let configuration = testConfiguration {
        changeAll(&$0)
        $0.listeners[0].tls = settings
    }
    let server = HTTPServer(configuration: configuration, answering: answering)
    do throws(HTTPServerError) { try await server.start() } catch {
        await server.shutdown(gracePeriod: .zero)
        throw error
    }
    guard case .tcp(_, let port) = server.localAddresses.first else { throw ClientError(what: "no port") }
    let result: Result<T, any Error>
    do { result = .success(try await onThread { try body(port, folder, server) }) } catch { result = .failure(error) }
    await server.shutdown(gracePeriod: .seconds(1))
    return try result.get()
}

/// Asks by curl; the output is the body, then a line with version and status.
func curl(_ port: Int, _ folder: CertificateFolder, _ arguments: [String], input: [UInt8] = []) throws -> ToolResult {
    try tool(
        "curl",
        ["-sS", "--cacert", folder.authority, "-w", "\n%{http_version} %{http_code}"]
            + arguments.map { $0.replacing("URL", with: "https://127.0.0.1:\(port)") }, input: input)
}

/// Shakes hands by `openssl s_client`, says goodbye, and returns what it told.
func shakeHands(_ port: Int, _ arguments: [String]) throws -> ToolResult {
    try tool("openssl", ["s_client", "-connect", "127.0.0.1:\(port)"] + arguments)
}
