internal import KeyRings

/// One holder per key name at a time: those who load, change or write back a ring do it one after the other.
///
/// Whoever holds a name must not wait for another one.
actor NameLocks {
    // Who waits for a held name, first come first served.
    private var waiting: [KeyName: [CheckedContinuation<Void, Never>]] = [:]

    /// Runs `body` while holding `name`.
    nonisolated func holding<T: Sendable, E: Error>(
        _ name: KeyName, _ body: () async throws(E) -> T
    ) async throws(E) -> T {
        await acquire(name)
        do throws(E) {
            let result = try await body()
            await release(name)
            return result
        } catch {
            await release(name)
            throw error
        }
    }

    private func acquire(_ name: KeyName) async {
        guard waiting[name] != nil else {
            waiting[name] = []
            return
        }
        await withCheckedContinuation { waiting[name]?.append($0) }
    }

    private func release(_ name: KeyName) {
        guard var queue = waiting[name], !queue.isEmpty else {
            waiting[name] = nil
            return
        }
        // The name passes on without ever being free.
        let next = queue.removeFirst()
        waiting[name] = queue
        next.resume()
    }
}
