/// One holder at a time, first come first served. Whoever holds the turn must not ask for it again.
actor TurnQueue {
    private var isHeld = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    // Taken from the front by index, so that long queues do not move at every turn.
    private var next = 0

    /// Runs `body` while nobody else does.
    nonisolated func holding<T: Sendable, E: Error>(
        _ body: () async throws(E) -> T
    ) async throws(E) -> T {
        await acquire()
        do throws(E) {
            let result = try await body()
            await release()
            return result
        } catch {
            await release()
            throw error
        }
    }

    private func acquire() async {
        guard isHeld else {
            isHeld = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func release() {
        guard next < waiting.count else {
            waiting.removeAll(keepingCapacity: true)
            next = 0
            isHeld = false
            return
        }
        let following = waiting[next]
        next += 1
        if next > 1024 {
            waiting.removeFirst(next)
            next = 0
        }
        // The turn passes on without ever being free.
        following.resume()
    }
}
