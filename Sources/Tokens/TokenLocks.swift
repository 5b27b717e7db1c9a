/// One holder per token at a time: those who change an entry do it one after the other.
///
/// Whoever holds a token must not wait for another one.
actor TokenLocks {
    // Who waits for a held token, first come first served.
    private var waiting: [TokenDigest: [CheckedContinuation<Void, Never>]] = [:]

    /// Runs `body` while holding the token.
    nonisolated func holding<T: Sendable, E: Error>(
        _ digest: TokenDigest, _ body: () async throws(E) -> T
    ) async throws(E) -> T {
        await acquire(digest)
        do throws(E) {
            let result = try await body()
            await release(digest)
            return result
        } catch {
            await release(digest)
            throw error
        }
    }

    private func acquire(_ digest: TokenDigest) async {
        guard waiting[digest] != nil else {
            waiting[digest] = []
            return
        }
        await withCheckedContinuation { waiting[digest]?.append($0) }
    }

    private func release(_ digest: TokenDigest) {
        guard var queue = waiting[digest], !queue.isEmpty else {
            waiting[digest] = nil
            return
        }
        // The token passes on without ever being free.
        let next = queue.removeFirst()
        waiting[digest] = queue
        next.resume()
    }
}
