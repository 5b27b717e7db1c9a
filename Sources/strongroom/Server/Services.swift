internal import EngineKit
internal import HTTPAPI
internal import Logging
internal import ServiceLifecycle

/// The listeners: they are open when this service starts, and drained when it is asked to end.
struct ListeningService: Service {
    let server: HTTPServer
    let log: Logger

    func run() async throws {
        try? await gracefulShutdown()
        log.info("draining", metadata: ["connections": "\(server.connectionCount)"])
        await server.shutdown(gracePeriod: .seconds(10))
    }
}

/// With an automatic seal, opens the storage as soon as the provider lets it; it tries without end, and says why not.
struct UnsealingService: Service {
    let control: KeeperControl
    let log: Logger
    // The first pause after a failure, and the longest.
    private static let pauses = (first: 1.0, longest: 30.0)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = Self.pauses.first
            var told = ""
            while !Task.isCancelled {
                if control.wantsUnsealing, control.isSealed {
                    (pause, told) = await attempt(pause, told)
                } else {
                    // Open, or closed on purpose: there is nothing to do before the next start.
                    (pause, told) = (Self.pauses.first, "")
                }
                try? await Task.sleep(for: .seconds(pause))
            }
        }
    }

    /// One try; how long to wait before the next, and what the log has been told.
    private func attempt(_ pause: Double, _ told: String) async -> (Double, String) {
        do throws(SealControlFault) {
            try await control.unsealAutomatically()
            control.note(trouble: nil)
            return (Self.pauses.first, "")
        } catch {
            control.note(trouble: error.text)
            if error.text != told {
                log.warning("cannot unseal yet; trying again", metadata: ["reason": "\(error.text)"])
            }
            return (min(pause * 1.7, Self.pauses.longest), error.text)
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
