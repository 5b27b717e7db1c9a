/// One holder per name at a time: those who change the same thing do it one after the other, in the order of their
/// coming. Whoever holds a name must not wait for another one.
///
/// **Cost** one hop to the actor to take a name and one to give it back; memory only for names that are held.
package actor NamedTurns {
    // Who waits for a held name, first come first served.
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// Nobody holds anything.
    package init() {}

    /// Runs `body` while holding `name`.
    package nonisolated func holding<T, E: Error>(
        _ name: String, _ body: () async throws(E) -> T
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

    private func acquire(_ name: String) async {
        guard waiting[name] != nil else {
            waiting[name] = []
            return
        }
        await withCheckedContinuation { waiting[name]?.append($0) }
    }

    private func release(_ name: String) {
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
