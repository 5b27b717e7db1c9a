internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import HTTPAPI
internal import Primitives
internal import Vocabulary

/// `strongroom server`.
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "Run the server.",
        discussion: """
            With -config=FILE the server keeps its data where the configuration says, and starts sealed. \
            With -dev everything is kept in memory, unsealed, and gone at the end: for development only.
            """)

    @Option(
        name: [.customLong("config", withSingleDash: true), .customLong("config")],
        help: "Configuration file, or folder of them; may be given again.")
    var config: [String] = []

    @Option(
        name: [.customLong("log-level", withSingleDash: true), .customLong("log-level")],
        help: "trace, debug, info, warn or error.")
    var logLevel: String?

    @Option(
        name: [.customLong("log-format", withSingleDash: true), .customLong("log-format")],
        help: "standard or json.")
    var logFormat: String?

    @Option(
        name: [.customLong("log-file", withSingleDash: true), .customLong("log-file")],
        help: "File for the log, in place of standard error.")
    var logFile: String?

    @Flag(name: [.customLong("dev", withSingleDash: true), .customLong("dev")], help: "Run in development mode.")
    var dev = false

    @Option(
        name: [.customLong("dev-root-token-id", withSingleDash: true), .customLong("dev-root-token-id")],
        help: "Root token of the development server (default: a random one).")
    var devRootTokenID: String?

    @Option(
        name: [.customLong("dev-listen-address", withSingleDash: true), .customLong("dev-listen-address")],
        help: "Address to listen on; port 0 lets the system choose.")
    var devListenAddress = "127.0.0.1:8200"

    @Option(
        name: [.customLong("dev-engines", withSingleDash: true), .customLong("dev-engines")],
        help: "Engines to enable at start, separated by commas, each at the path of its name.")
    var devEngines = ""

    @Flag(
        name: [.customLong("dev-tls", withSingleDash: true), .customLong("dev-tls")],
        help: "Run in development mode with TLS: an authority and a certificate are made at start.")
    var devTLS = false

    @Option(
        name: [.customLong("dev-tls-cert-dir", withSingleDash: true), .customLong("dev-tls-cert-dir")],
        help: "Folder for the certificates of -dev-tls (default: a new one, gone at the end).")
    var devTLSFolder: String?

    @Option(
        name: [.customLong("dev-tls-san", withSingleDash: true), .customLong("dev-tls-san")],
        help: "Further name or address in the certificate of -dev-tls; may be given again.")
    var devTLSNames: [String] = []

    @Option(
        name: [.customLong("max-request-size", withSingleDash: true), .customLong("max-request-size")],
        help: "Largest request body in bytes.")
    var maxRequestSize: Int?

    @Option(
        name: [.customLong("max-json-depth", withSingleDash: true), .customLong("max-json-depth")],
        help: "Deepest nesting of a JSON body.")
    var maxJSONDepth: Int?

    @Option(
        name: [.customLong("threads", withSingleDash: true), .customLong("threads")],
        help: "Event-loop threads (default: one per core).")
    var threads: Int?

    func validate() throws {
        guard isDevelopment || !config.isEmpty else {
            throw ValidationError("what to run is missing: -config=FILE, or -dev for a development server")
        }
        if !devTLS && (devTLSFolder != nil || !devTLSNames.isEmpty) {
            throw ValidationError("-dev-tls-cert-dir and -dev-tls-san need -dev-tls")
        }
        if isDevelopment && !config.isEmpty { throw ValidationError("-dev and -config exclude each other") }
        if let maxRequestSize, !(1024...(1 << 30)).contains(maxRequestSize) {
            throw ValidationError("-max-request-size must be between 1024 and 1073741824 bytes")
        }
        if let maxJSONDepth, !(1...1024).contains(maxJSONDepth) {
            throw ValidationError("-max-json-depth must be between 1 and 1024")
        }
        if let threads, !(1...256).contains(threads) { throw ValidationError("-threads must be between 1 and 256") }
        if let token = devRootTokenID, token.isEmpty || token.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            throw ValidationError("-dev-root-token-id must be printable ASCII without spaces")
        }
        guard address != nil else {
            throw ValidationError("-dev-listen-address must look like 127.0.0.1:8200 or [::1]:8200")
        }
    }

    private var isDevelopment: Bool { dev || devTLS }

    private var address: (host: String, port: Int)? {
        guard let colon = devListenAddress.lastIndex(of: ":"),
            let port = UInt16(devListenAddress[devListenAddress.index(after: colon)...])
        else { return nil }
        let host = devListenAddress[..<colon].trimmingCharacters(in: ["[", "]"])
        return host.isEmpty ? nil : (host, Int(port))
    }

    private var engines: [String] { devEngines.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }

    func run() async throws {
        if let level = ProcessInfo.processInfo.environment["STRONGROOM_SIMD"], Base64.select(level: level) == nil {
            throw ValidationError("STRONGROOM_SIMD must be scalar, neon, avx2 or avx512vbmi")
        }
        do {
            if isDevelopment { try await runDevelopment() } else { try await runDurable() }
        } catch {
            FileHandle.standardError.write(Data("strongroom: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }

    private func runDevelopment() async throws {
        guard let address else { throw ExitCode.validationFailure }
        var configuration = HTTPServerConfiguration()
        configuration.listeners = [ListenerConfiguration(.tcp(host: address.host, port: address.port))]
        if let maxRequestSize { configuration.limits.maxRequestBytes = maxRequestSize }
        if let maxJSONDepth { configuration.limits.maxJSONDepth = maxJSONDepth }
        if let threads { configuration.threads = threads }
        let tls = devTLS ? DevCertificates.Wish(folder: devTLSFolder, names: devTLSNames) : nil
        try await DevServer(
            configuration: configuration, engines: engines, rootToken: devRootTokenID, tls: tls
        ).run()
    }

    private func runDurable() async throws {
        var flags: [String: String] = [:]
        flags["log_level"] = logLevel
        flags["log_format"] = logFormat
        flags["log_file"] = logFile
        flags["max_request_size"] = maxRequestSize.map(String.init)
        flags["max_json_depth"] = maxJSONDepth.map(String.init)
        try await StrongroomServer(paths: config, flags: flags, threads: threads).run()
    }
}
