internal import Bytes
internal import Dispatching
internal import EngineKit
internal import Foundation
internal import HTTPAPI
internal import Primitives
internal import Storage
internal import Synchronization
internal import SystemEngine
internal import TransitEngine
internal import Vocabulary

/// Why the server did not start. The descriptions are what an operator reads.
enum StartFault: Error, CustomStringConvertible {
    case selfTest(String)
    case engine(String, String)
    case listen(HTTPServerError)

    var description: String {
        switch self {
        case .selfTest(let name): "self-test \(name) failed: this machine must not be trusted with keys; not starting"
        case .engine(let name, let why): "cannot enable engine \"\(name)\": \(why)"
        case .listen(let error): error.description
        }
    }
}

/// The development server: everything in memory, one root token. The composition root of this mode.
struct DevServer {
    let configuration: HTTPServerConfiguration
    let engines: [String]
    let rootToken: String?

    /// Starts, prints how to reach it, and serves until SIGINT or SIGTERM.
    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        Self.raiseDescriptorLimit()
        _ = MemoryProtection.hardenProcess()
        do throws(SelfTestFailure) {
            // For tests: what a start with a broken algorithm looks like.
            try SelfTests.run(breaking: ProcessInfo.processInfo.environment["STRONGROOM_BREAK_SELFTEST"])
        } catch {
            throw StartFault.selfTest(error.name)
        }
        let token = try rootToken ?? Self.randomToken()
        let mounts = try await makeMounts()
        let dispatcher = Dispatcher(
            mounts: mounts, authenticator: RootToken(token), limits: configuration.limits)
        let server = HTTPServer(configuration: configuration, answering: dispatcher)
        do throws(HTTPServerError) { try await server.start() } catch {
            await server.shutdown(gracePeriod: .zero)
            throw StartFault.listen(error)
        }
        let stop = StopSignal()
        announce(server.localAddresses.first, token)
        let maintenance = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(60))
                await mounts.maintain(nowUnixSeconds: Self.now())
            }
        }
        await stop.wait()
        maintenance.cancel()
        await server.shutdown()
        await mounts.close()
        print("stopped")
    }

    private func makeMounts() async throws -> MountTable {
        let storage = InMemoryStorage()
        let mounts = MountTable(
            storage: storage,
            factories: [
                "transit": { view in
                    let engine = Transit(storage: view, now: Self.now)
                    try await engine.open()
                    return engine
                }
            ])
        let facts = ServerFacts(
            version: Strongroom.release, storageType: "inmem", clusterName: "strongroom-dev",
            clusterID: UUID().uuidString.lowercased())
        let system = SystemPaths(facts: facts, mounts: mounts, now: Self.now)
        try mounts.install(
            system, at: "sys/", about: "system endpoints used for control, policy and debugging")
        for name in engines {
            do throws(MountFault) {
                try await mounts.mount(MountDescription(path: name, type: name, accessor: "", uuid: "", about: ""))
            } catch {
                throw StartFault.engine(name, error.wireText)
            }
        }
        return mounts
    }

    /// Connections are descriptors: takes as many as the system lets us have.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    @Sendable private static func now() -> Int { Int(Date().timeIntervalSince1970) }

    /// `hvs.` and 24 characters of base 62.
    private static func randomToken() throws -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var token = "hvs."
        while token.utf8.count < 28 {
            let bytes = try RandomSource.secret(count: 32)
            // 248 is the largest multiple of 62: bytes above would favour some letters.
            bytes.exposing { bytes in
                for byte in bytes.array where byte < 248 && token.utf8.count < 28 {
                    token.append(alphabet[Int(byte) % 62])
                }
            }
        }
        return token
    }

    private func announce(_ address: ListenAddress?, _ token: String) {
        let url =
            switch address {
            case .tcp(let host, let port): "http://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
            case .unix(let path): "unix://\(path)"
            case nil: "?"
            }
        let enabled =
            engines.isEmpty
            ? "none (enable one: POST /v1/sys/mounts/transit)" : engines.map { $0 + "/" }.joined(separator: " ")
        var lines = [
            "", "  Strongroom \(Strongroom.release) · development server",
            "  Everything is in memory and gone at the end. Do not use it for real secrets.", "",
            "    address      \(url)",
            "    root token   \(token)",
            "    engines      \(enabled)",
            "    self-tests   \(SelfTests.names.count) passed",
            "", "  For clients:", "", "    export VAULT_ADDR='\(url)'", "    export VAULT_TOKEN='\(token)'", "",
        ]
        if SecretArena.lockFailed {
            lines.insert("    warning      memory cannot be locked (ulimit -l); secrets may reach swap", at: 8)
        }
        print(lines.joined(separator: "\n"))
        fflush(nil)
    }
}

/// Waits for SIGINT or SIGTERM.
// Unchecked: the sources are kept alive and never touched after init.
private final class StopSignal: @unchecked Sendable {
    private let stream: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    private final class Asked: Sendable {
        private let flag = Atomic<Bool>(false)

        func isSecond() -> Bool { flag.exchange(true, ordering: .relaxed) }
    }

    init() {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        self.stream = stream
        let asked = Asked()
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // Asked twice, it does not wait for the slowest client.
                if asked.isSecond() { _exit(130) }
                continuation.finish()
            }
            source.resume()
            return source
        }
    }

    func wait() async {
        for await _ in stream {}
    }
}
