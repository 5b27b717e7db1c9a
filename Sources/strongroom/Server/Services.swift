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
    let provider: HTTPTransitSealClient?
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
            let detail = provider?.lastTrouble.map { error.text + ": " + $0 } ?? error.text
            if detail != told {
                log.warning("cannot unseal yet; trying again", metadata: ["reason": "\(detail)"])
            }
            return (min(pause * 1.7, Self.pauses.longest), detail)
        }
    }
}

/// Rotation by age and the like, once a minute; the life of the seal's token, every ten minutes.
struct MaintenanceService: Service {
    let open: OpenServer
    let provider: HTTPTransitSealClient?
    let log: Logger
    private static let minutesBetweenRenewals = 10

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var minutes = 0
            while !Task.isCancelled {
                if minutes % Self.minutesBetweenRenewals == 0 { await renewToken() }
                try? await Task.sleep(for: .seconds(60))
                minutes &+= 1
                if !Task.isCancelled { await open.maintain() }
            }
        }
    }

    private func renewToken() async {
        guard let provider, provider.renewsToken else { return }
        let isRenewed = await provider.renewToken()
        log.debug("the seal's token", metadata: ["renewed": "\(isRenewed)"])
    }
}
