internal import Barrier
internal import Bytes
internal import Dispatching
internal import Foundation
internal import HTTPAPI
internal import Logging
internal import Primitives
internal import ServiceLifecycle
internal import Settings
internal import Storage
internal import SystemEngine
internal import Vocabulary

/// The server that keeps its data: configuration, storage, barrier, seal, listeners, in that order. The composition root.
struct StrongroomServer {
    let paths: [String]
    let flags: [String: String]

    /// Runs until SIGTERM or SIGINT; SIGHUP reloads certificates and the log file.
    func run() async throws {
        let settings = try configuration()
        try ServerProcess.prepare()
        let sink = try LogSink(path: settings.logFile)
        let isJSON = settings.logFormat == .json
        let level = settings.logLevel.level
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, sink: sink, isJSON: isJSON, logLevel: level)
        }
        let log = Logger(label: "core")
        if SecretArena.lockFailed && !settings.disablesMemoryLock {
            log.warning("memory cannot be locked (LimitMEMLOCK, ulimit -l); secrets may reach swap")
        }
        let storage = try await ServerStorage.open(settings.storage)
        let sealed = SealedStorage(
            storage.backend, witness: storage.witness,
            acceptsNewWitness: ProcessInfo.processInfo.environment["STRONGROOM_ACCEPT_NEW_EPOCH_FILE"] == "1")
        let keeper = SealKeeper(sealed, seal: try SealChoice.seal(settings), tokenLength: TokenText.length)
        let open = OpenServer(storage: sealed, log: log)
        let server = try makeServer(settings, sealed, keeper, open)
        do { try await server.start() } catch {
            await storage.close()
            throw StartFault.listen(settings.listeners.map(\.place).joined(separator: ", "), "\(error)")
        }
        try PIDFile.write(settings.pidFile)
        announce(server, settings, keeper, log)
        let hangUp = HangUpSignal {
            sink.reopen()
            do { try server.reload() } catch {
                log.error("certificates were not reloaded; the old ones stay", metadata: ["reason": "\(error)"])
                return
            }
            log.info("reloaded certificates and log file")
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ListeningService(server: server, log: log), UnsealingService(keeper: keeper, open: open, log: log),
                    MaintenanceService(open: open),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: log))
        defer { hangUp.stop() }
        try await group.run()
        await open.close()
        await keeper.seal()
        await storage.close()
        PIDFile.remove(settings.pidFile)
        log.info("stopped")
    }

    private func configuration() throws -> ServerSettings {
        let loaded = ServerSettings.load(
            paths: paths, environment: ProcessInfo.processInfo.environment, flags: flags)
        for warning in loaded.warnings { FileHandle.standardError.write(Data("strongroom: \(warning)\n".utf8)) }
        guard let settings = loaded.settings else {
            throw StartFault.configuration(loaded.errors.map { "\($0)" }.joined(separator: "\nstrongroom: "))
        }
        if settings.listeners.isEmpty {
            throw StartFault.configuration("the configuration has no listener, for example: listener \"tcp\" { address = \"127.0.0.1:8200\" }")
        }
        return settings
    }

    private func makeServer(
        _ settings: ServerSettings, _ sealed: SealedStorage, _ keeper: SealKeeper, _ open: OpenServer
    ) throws -> HTTPServer {
        let facts = ServerFacts(
            version: Strongroom.release, storageType: settings.storage.type,
            clusterName: settings.clusterName ?? "strongroom-cluster", clusterID: "")
        let control = KeeperControl(keeper: keeper, storage: sealed, open: open)
        let reports = ProcessReports(settings: settings)
        let system = SystemPaths(
            facts: facts, mounts: open.mounts, seal: control, reports: reports, now: ServerProcess.now)
        try open.mounts.install(
            system, at: "sys/", about: "system endpoints used for control, policy and debugging")
        let dispatcher = Dispatcher(
            mounts: open.mounts, authenticator: open.tokens, limits: settings.limits, gate: open)
        var configuration = HTTPServerConfiguration()
        configuration.listeners = try settings.listeners.map { try ListenerConfiguration($0) }
        configuration.limits = settings.limits
        return HTTPServer(configuration: configuration, answering: dispatcher)
    }

    private func announce(_ server: HTTPServer, _ settings: ServerSettings, _ keeper: SealKeeper, _ log: Logger) {
        for (place, listener) in zip(server.localAddresses, settings.listeners) {
            log.info("listening", metadata: ["address": "\(place)", "tls": "\(listener.tls != nil)"])
        }
        log.info(
            "started",
            metadata: [
                "version": "\(Strongroom.release)", "storage": "\(settings.storage.type)",
                "self-tests": "\(SelfTests.names.count)",
            ])
    }
}
