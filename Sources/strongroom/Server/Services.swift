internal import Barrier
internal import HTTPAPI
internal import Logging
internal import ServiceLifecycle
internal import Vocabulary

/// The listeners: they are open when this service starts, and drained when it is asked to end.
struct ListeningService: Service {
    let server: HTTPServer
    let log: Logger

    func run() async throws {
        try? await gracefulShutdown()
        log.info("draining")
        await server.shutdown(gracePeriod: .seconds(10))
    }
}

/// With an automatic seal, opens the storage as soon as the provider lets it; it tries without end, and says why not.
struct UnsealingService: Service {
    let keeper: SealKeeper
    let open: OpenServer
    let log: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            if await isAutomatic() { await unseal() }
            // A service that returns ends the group.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        }
    }

    private func isAutomatic() async -> Bool {
        while !Task.isCancelled {
            if let status = try? await keeper.status() { return status.isRecoverySeal || status.isMigrating || keeper.hasAutomaticSeal }
            try? await Task.sleep(for: .seconds(1))
        }
        return false
    }

    private func unseal() async {
        var pause = 1.0
        var lastReason = ""
        while !Task.isCancelled {
            do throws(SealFault) {
                let status = try await keeper.status()
                // Before the initialization there is nothing to be opened; afterwards it is open.
                if status.isInitialized && status.isSealed && open.wantsUnsealing { try await keeper.unsealAutomatically() }
                if status.isInitialized { try? await open.open() }
                pause = 1
            } catch {
                if error.wireText != lastReason {
                    log.warning("cannot unseal yet; trying again", metadata: ["reason": "\(error.wireText)"])
                    lastReason = error.wireText
                }
                pause = min(pause * 1.7, 30)
            }
            try? await Task.sleep(for: .seconds(pause))
        }
    }
}

/// Rotation by age and the like, once a minute.
struct MaintenanceService: Service {
    let open: OpenServer

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(60))
                await open.maintain()
            }
        }
    }
}
