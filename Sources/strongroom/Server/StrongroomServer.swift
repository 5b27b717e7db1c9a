internal import Auditing
internal import Barrier
internal import Bytes
internal import Dispatching
internal import EngineKit
internal import Foundation
internal import HTTPAPI
internal import Logging
internal import Primitives
internal import ServiceLifecycle
internal import Settings
internal import Storage
internal import SystemEngine
internal import UnixSignals

/// The server that keeps its data: configuration, storage, barrier, seal, listeners, in that order.
struct StrongroomServer {
    let paths: [String]
    let flags: [String: String]
    let threads: Int?

    /// The parts, once they are put together.
    private struct Parts {
        let settings: ServerSettings
        let storage: ServerStorage
        let sealed: SealedStorage
        let control: KeeperControl
        let open: OpenServer
        let provider: HTTPTransitSealClient?
        let server: HTTPServer
    }

    /// Runs until SIGTERM or SIGINT; SIGHUP reloads certificates and opens the log file anew.
    func run() async throws {
        let settings = try configuration()
        try ServerProcess.prepare()
        let sink = try LogSink(path: settings.logFile, rotation: LogRotation(settings))
        let log = logger(settings, sink)
        if SecretArena.lockFailed && !settings.disablesMemoryLock {
            log.warning("memory cannot be locked (LimitMEMLOCK, ulimit -l); secrets may reach swap")
        }
        let storage = try await ServerStorage.open(settings.storage)
        do {
            let parts = try assemble(settings, storage, log)
            // Before anybody is told that the server is there: until then, the signal would end it.
            let hangUp = hangUpSignal(parts, sink, log)
            defer { hangUp.stop() }
            try await start(parts)
            try PIDFile.write(settings.pidFile)
            announce(parts, log)
            try await serve(parts, log)
        } catch {
            await storage.close()
            throw error
        }
    }

    private func configuration() throws(StartFault) -> ServerSettings {
        let loaded = ServerSettings.load(
            paths: paths, environment: ProcessInfo.processInfo.environment, flags: flags)
        for warning in loaded.warnings { FileHandle.standardError.write(Data("strongroom: \(warning)\n".utf8)) }
        guard let settings = loaded.settings else {
            throw .configuration(loaded.errors.map { "\($0)" }.joined(separator: "\nstrongroom: "))
        }
        return settings
    }

    private func logger(_ settings: ServerSettings, _ sink: LogSink) -> Logger {
        let isJSON = settings.logFormat == .json
        sink.level = settings.logLevel.level
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, sink: sink, isJSON: isJSON) }
        return Logger(label: "core")
    }

    private func assemble(_ settings: ServerSettings, _ storage: ServerStorage, _ log: Logger) throws -> Parts {
        let environment = ProcessInfo.processInfo.environment
        let sealed = SealedStorage(
            storage.backend, witness: storage.witness,
            acceptsNewWitness: environment["STRONGROOM_ACCEPT_NEW_EPOCH_FILE"] == "1", now: ServerProcess.now)
        let choice = try SealChoice(settings)
        let keeper = SealKeeper(
            sealed, seal: choice.seal, tokenLength: TokenText.length,
            otherTokenLengths: [TokenText.shortLength])
        let lives = OpenServer.Lives(standard: settings.defaultLeaseSeconds, longest: settings.maxLeaseSeconds)
        let open = OpenServer(storage: sealed, lives: lives, audits: Self.audits(settings), log: log) {
            sealed.isSealed
        }
        let control = KeeperControl(
            keeper: keeper, storage: sealed, open: open, spoolFolder: storage.spoolFolder)
        let inFlight = RequestsInFlight()
        let facts = ServerFacts(
            version: Strongroom.release, storageType: settings.storage.type,
            clusterName: settings.clusterName ?? "strongroom-cluster", clusterID: "")
        try Engines.installHouse(
            in: open, facts, seal: control, snapshots: control,
            reports: ProcessReports(settings: settings, inFlight: inFlight, identity: open.identity),
            profiler: settings.offersProfiling ? ProcessProfiler() : nil)
        let dispatcher = Dispatcher(
            mounts: open.mounts, stages: open.stages, limits: settings.limits, gate: open,
            inFlight: inFlight)
        var configuration = HTTPServerConfiguration()
        configuration.limits = settings.limits
        if let threads { configuration.threads = threads }
        configuration.listeners = []
        for listener in settings.listeners { configuration.listeners.append(try ListenerConfiguration(listener)) }
        return Parts(
            settings: settings, storage: storage, sealed: sealed, control: control, open: open,
            provider: choice.provider,
            server: HTTPServer(configuration: configuration, answering: dispatcher))
    }

    private static func audits(_ settings: ServerSettings) -> [DeviceWish] {
        settings.audits.map {
            DeviceWish(path: $0.path, type: $0.type, about: $0.about, isLocal: $0.isLocal, options: $0.options)
        }
    }

    private func start(_ parts: Parts) async throws(StartFault) {
        do throws(HTTPServerError) { try await parts.server.start() } catch {
            await parts.server.shutdown(gracePeriod: .zero)
            throw .listen(error)
        }
        if let address = parts.settings.apiAddress {
            parts.open.address.set(address)
        } else if let place = parts.server.localAddresses.first {
            parts.open.address.set(place, isTLS: parts.settings.listeners.first?.tls != nil)
        }
    }

    private func hangUpSignal(_ parts: Parts, _ sink: LogSink, _ log: Logger) -> HangUpSignal {
        HangUpSignal {
            sink.reopen()
            parts.open.audit.reopen()
            reread(sink, log)
            do throws(HTTPServerError) { try parts.server.reload() } catch {
                log.error("certificates were not reloaded; the old ones stay", metadata: ["reason": "\(error)"])
                return
            }
            log.info("reloaded certificates and log file")
        }
    }

    private func serve(_ parts: Parts, _ log: Logger) async throws {
        // The lifecycle library tells of itself by a logger of its own, which says less.
        var quiet = log
        quiet.logLevel = .warning
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    MaintenanceService(open: parts.open, provider: parts.provider, log: log),
                    UnsealingService(control: parts.control, provider: parts.provider, log: log),
                    ListeningService(server: parts.server, log: log),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
        await parts.open.close()
        await parts.open.audit.unload()
        await parts.control.keeper.seal()
        await parts.storage.close()
        PIDFile.remove(parts.settings.pidFile)
        log.info("stopped")
    }

    /// Of the configuration, the level of the log is what can change while the server runs, beside what files hold.
    private func reread(_ sink: LogSink, _ log: Logger) {
        let loaded = ServerSettings.load(
            paths: paths, environment: ProcessInfo.processInfo.environment, flags: flags)
        guard let settings = loaded.settings else {
            let reason = loaded.errors.map { "\($0)" }.joined(separator: "; ")
            return log.error("the configuration was not reread", metadata: ["reason": "\(reason)"])
        }
        sink.level = settings.logLevel.level
    }

    private func announce(_ parts: Parts, _ log: Logger) {
        for (place, listener) in zip(parts.server.localAddresses, parts.settings.listeners) {
            log.info("listening", metadata: ["address": "\(place)", "tls": "\(listener.tls != nil)"])
        }
        log.info(
            "started",
            metadata: [
                "version": "\(Strongroom.release)", "storage": "\(parts.settings.storage.type)",
                "self-tests": "\(SelfTests.names.count)",
            ])
        ServerProcess.releaseStartCode()
    }
}
