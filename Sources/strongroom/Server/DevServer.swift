internal import Auditing
internal import Bytes
internal import Dispatching
internal import EngineKit
internal import Foundation
internal import HTTPAPI
internal import Logging
internal import Primitives
internal import Settings
internal import Storage
internal import SystemEngine

/// The development server: everything in memory, one root token. The composition root of this mode.
struct DevServer {
    let configuration: HTTPServerConfiguration
    let engines: [String]
    let rootToken: String?
    /// Certificates to make for the listener; nil for plain HTTP.
    let tls: DevCertificates.Wish?

    /// Starts, prints how to reach it, and serves until SIGINT or SIGTERM.
    func run() async throws {
        try ServerProcess.prepare()
        guard let token = rootToken ?? TokenText.make() else { throw StartFault.selfTest("ctr-drbg") }
        let certificates = try makeCertificates()
        defer { certificates?.remove() }
        var configuration = configuration
        if let certificates { configuration.listeners[0].tls = certificates.settings }
        let inFlight = RequestsInFlight()
        let open = try await makeInside(token, inFlight)
        let dispatcher = Dispatcher(
            mounts: open.mounts, stages: open.stages, limits: configuration.limits, inFlight: inFlight)
        let server = HTTPServer(configuration: configuration, answering: dispatcher)
        do throws(HTTPServerError) { try await server.start() } catch {
            await server.shutdown(gracePeriod: .zero)
            throw StartFault.listen(error)
        }
        if let address = server.localAddresses.first { open.address.set(address, isTLS: certificates != nil) }
        let stop = StopSignal()
        announce(server.localAddresses.first, token, certificates?.authorityFile)
        let maintenance = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(60))
                await open.maintain()
            }
        }
        await stop.wait()
        maintenance.cancel()
        await server.shutdown()
        await open.close()
        await open.audit.unload()
        print("stopped")
    }

    private func makeCertificates() throws(StartFault) -> DevCertificates? {
        guard let tls, case .tcp(let host, _) = configuration.listeners[0].address else { return nil }
        return try DevCertificates(tls, host: host)
    }

    private func makeInside(_ token: String, _ inFlight: RequestsInFlight) async throws -> OpenServer {
        let open = OpenServer(
            storage: InMemoryStorage(), log: Logger(label: "core") { _ in SwiftLogNoOpLogHandler() })
        let facts = ServerFacts(
            version: Strongroom.release, storageType: "inmem", clusterName: "strongroom-dev",
            clusterID: UUID().uuidString.lowercased())
        try Engines.installHouse(
            in: open, facts,
            reports: ProcessReports(settings: ServerSettings(), inFlight: inFlight, identity: open.identity))
        try await open.adoptRootToken(token)
        try await open.open()
        do throws(MountFault) {
            try await open.mounts.mount(
                MountDescription(
                    path: "secret", type: "kv", accessor: "", uuid: "", about: "key/value secret storage",
                    options: ["version": "2"]))
        } catch {
            throw StartFault.engine("secret", error.wireText)
        }
        for name in engines where name != "secret" {
            do throws(MountFault) {
                try await open.mounts.mount(
                    MountDescription(path: name, type: name, accessor: "", uuid: "", about: ""))
            } catch {
                throw StartFault.engine(name, error.wireText)
            }
        }
        return open
    }

    private func announce(_ address: ListenAddress?, _ token: String, _ authorityFile: String?) {
        let url = address.map { PublicAddress.url($0, isTLS: authorityFile != nil) } ?? "?"
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
        if let authorityFile {
            lines.insert("    authority    \(authorityFile)", at: 8)
            lines.insert("    export VAULT_CACERT='\(authorityFile)'", at: lines.count - 1)
        }
        if SecretArena.lockFailed {
            lines.insert("    warning      memory cannot be locked (ulimit -l); secrets may reach swap", at: 8)
        }
        print(lines.joined(separator: "\n"))
        fflush(nil)
        ServerProcess.releaseStartCode()
    }
}
