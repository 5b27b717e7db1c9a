import Certificates
import Dispatching
import Foundation
import Glibc
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
    return running.finish()
}

/// A tool that runs, with pipes to it; for one thread. It is killed when its time is over.
final class RunningTool {
    private let process: pid_t
    private var input: Int32
    private let output: Int32
    private let errors: Int32
    private let deadline = ContinuousClock.now + .seconds(20)
    private var status: Int32?
    private(set) var received: [UInt8] = []
    private(set) var complaints: [UInt8] = []

    init(_ name: String, _ arguments: [String]) throws {
        signal(SIGPIPE, SIG_IGN)
        // Closed on exec, lest tools that run beside this one hold its pipes open.
        var pipes = [Int32](repeating: 0, count: 6)
        for index in 0..<3 {
            let failure = pipes.withUnsafeMutableBufferPointer { pipe($0.baseAddress.map { $0 + 2 * index }) }
            guard failure == 0 else { throw ClientError(what: "pipe \(errno)") }
            for end in 0..<2 { _ = fcntl(pipes[2 * index + end], F_SETFD, FD_CLOEXEC) }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, pipes[0], 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[3], 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[5], 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        var process = pid_t()
        let failure = posix_spawnp(&process, name, &actions, nil, &words, environ)
        posix_spawn_file_actions_destroy(&actions)
        for word in words { free(word) }
        for index in [0, 3, 5] { close(pipes[index]) }
        (self.process, input, output, errors) = (process, pipes[1], pipes[2], pipes[4])
        for descriptor in [input, output, errors] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        guard failure == 0 else { throw ClientError(what: "\(name): \(failure)") }
    }

    deinit {
        endInput()
        if status == nil {
            kill(process, SIGKILL)
            var ended: Int32 = 0
            waitpid(process, &ended, 0)
        }
        close(output)
        close(errors)
    }

    /// Sends all of it, and reads what comes meanwhile.
    func send(_ bytes: [UInt8]) {
        var at = 0
        while at < bytes.count, ContinuousClock.now < deadline {
            let count = bytes[at...].withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            if count > 0 { at += count } else if errno != EAGAIN { return }
            read(milliseconds: count > 0 ? 0 : 10)
        }
    }

    func endInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// Waits until so much was received, or five seconds, or the tool's end.
    func wait(for count: Int) -> Bool {
        let limit = ContinuousClock.now + .seconds(5)
        while received.count < count, ContinuousClock.now < limit, read(milliseconds: 50) {}
        return received.count >= count
    }

    /// Whether the tool ends by itself within ten seconds.
    func ends() -> Bool {
        let limit = min(deadline, ContinuousClock.now + .seconds(10))
        while status == nil, ContinuousClock.now < limit {
            read(milliseconds: 10)
            reap()
        }
        return status != nil
    }

    func finish() -> ToolResult {
        endInput()
        while ContinuousClock.now < deadline, read(milliseconds: 50) {}
        while status == nil {
            if ContinuousClock.now >= deadline { kill(process, SIGKILL) }
            reap()
            usleep(1000)
        }
        return ToolResult(
            status: status ?? -1, output: String(decoding: received, as: UTF8.self),
            errors: String(decoding: complaints, as: UTF8.self))
    }

    private func reap() {
        var ended: Int32 = 0
        if status == nil, waitpid(process, &ended, WNOHANG) == process { status = ended >> 8 & 255 | ended & 127 }
    }

    /// Reads what is there; false when the tool has closed its output.
    @discardableResult private func read(milliseconds: Int32) -> Bool {
        var polled = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, 2, milliseconds) > 0 else { return true }
        let outputIsOpen = drain(output, &received)
        let errorsAreOpen = drain(errors, &complaints)
        if !outputIsOpen, errorsAreOpen { usleep(1000) }
        return outputIsOpen
    }

    private func drain(_ descriptor: Int32, _ into: inout [UInt8]) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return count < 0 && errno == EAGAIN }
            into += chunk[..<count]
        }
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

/// A change of settings, as a value.
func changing<Settings>(_ change: @escaping (inout Settings) -> Void) -> (inout Settings) -> Void { change }

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
