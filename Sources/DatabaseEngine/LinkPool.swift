internal import Dispatch
internal import Synchronization

/// The connections to one database: as many as allowed, each with a thread of its own, made when they are needed.
///
/// After a connection could not be made, everybody else is told so at once for a second, instead of waiting for the
/// same.
actor LinkPool {
    private let plugin: any DatabasePlugin
    private let details: ConnectionDetails
    private let limit: Int
    private var idle: [LinkThread] = []
    private var connections = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var isClosed = false
    private var away: (fault: DatabaseFault, until: ContinuousClock.Instant)?

    private static let mostWaiting = 10_000

    init(_ plugin: any DatabasePlugin, _ details: ConnectionDetails, limit: Int) {
        self.plugin = plugin
        self.details = details
        self.limit = min(max(limit, 1), 64)
    }

    /// Does a piece of work, on whichever connection is free.
    func perform(_ work: DatabaseWork) async throws(DatabaseFault) {
        try checkAway()
        while idle.isEmpty && connections >= limit {
            guard waiting.count < Self.mostWaiting else {
                throw .unavailable("too many requests wait for the database")
            }
            await withCheckedContinuation { waiting.append($0) }
            try checkAway()
        }
        if isClosed { throw .unavailable("the connection is being closed") }
        let thread: LinkThread
        if let last = idle.popLast() {
            thread = last
        } else {
            thread = LinkThread()
            connections += 1
        }
        let (result, hasLink) = await thread.perform(work, plugin, details)
        if isClosed || !hasLink {
            thread.close()
            connections -= 1
        } else {
            idle.append(thread)
        }
        if case .failure(.unavailable(let text)) = result, !hasLink {
            away = (.unavailable(text), .now + .seconds(1))
        }
        if !waiting.isEmpty { waiting.removeFirst().resume() }
        try result.get()
    }

    private func checkAway() throws(DatabaseFault) {
        guard let away else { return }
        if away.until > .now {
            // Who waits next is to hear it, too.
            if !waiting.isEmpty { waiting.removeFirst().resume() }
            throw away.fault
        }
        self.away = nil
    }

    /// Ends the connections as they become free.
    func close() {
        isClosed = true
        for thread in idle { thread.close() }
        connections -= idle.count
        idle = []
        for waiter in waiting { waiter.resume() }
        waiting = []
    }
}

/// A thread that one connection lives on.
// Unchecked: `link` is only touched on `queue`.
private final class LinkThread: @unchecked Sendable {
    private let queue = DispatchQueue(label: "strongroom.database")
    private var link: (any DatabaseLink)?

    /// Does the work, and says whether the connection is still good.
    func perform(
        _ work: DatabaseWork, _ plugin: any DatabasePlugin, _ details: ConnectionDetails
    ) async -> (Result<Void, DatabaseFault>, hasLink: Bool) {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                let result = run(work, plugin, details)
                continuation.resume(returning: (result, link != nil))
            }
        }
    }

    private func run(
        _ work: DatabaseWork, _ plugin: any DatabasePlugin, _ details: ConnectionDetails
    ) -> Result<Void, DatabaseFault> {
        let isOld = link != nil
        var result = attempt(work, plugin, details)
        // A connection that died while it was idle is no reason to fail.
        if case .failure(.unavailable) = result, isOld, link == nil { result = attempt(work, plugin, details) }
        return result
    }

    private func attempt(
        _ work: DatabaseWork, _ plugin: any DatabasePlugin, _ details: ConnectionDetails
    ) -> Result<Void, DatabaseFault> {
        do throws(DatabaseFault) {
            let link: any DatabaseLink
            if let kept = self.link {
                link = kept
            } else {
                link = try plugin.connect(details)
                self.link = link
            }
            defer {
                if link.isBroken {
                    link.close()
                    self.link = nil
                }
            }
            try link.perform(work)
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    func close() {
        queue.async { [self] in
            link?.close()
            link = nil
        }
    }
}
