internal import Bytes
internal import Storage
internal import Synchronization

/// What goes on behind the scenes.
extension TokenStore {
    private static let loadLimit = 20_000
    private static let sweepLimit = 8_000
    private static let sweepWidth = 32

    /// How many tokens out of use still have belongings to be ended.
    package var pendingEndings: Int { retries.withLock { $0.count } }

    /// One round, to be called every second: reads when tokens end, ends those whose time has come, and tries again
    /// what failed. Rounds do not overlap. Never throws: what fails is tried in the next round.
    package func tick(now: Int) async {
        let begins = retries.withLock { queue in
            if queue.isTicking { return false }
            queue.isTicking = true
            return true
        }
        guard begins, openKeys() != nil else { return }
        defer { retries.withLock { $0.isTicking = false } }
        await loadDues(now: now)
        let due = shelves.due(at: now, limit: Self.sweepLimit)
        await Self.spread(due) { short in await self.sweep(short, now: now) }
        let ready = retries.withLock { $0.ready(limit: Self.sweepLimit) }
        await Self.spread(ready) { id in await self.finish(id) }
    }

    /// Works on many at once, so that their commits share their way to the disk.
    private static func spread<Item: Sendable>(_ items: [Item], _ work: @escaping @Sendable (Item) async -> Void) async
    {
        await withTaskGroup(of: Void.self) { group in
            for (index, item) in items.enumerated() {
                if index >= sweepWidth { await group.next() }
                group.addTask { await work(item) }
            }
        }
    }

    /// Reads a part of the ends of tokens, until all are known.
    private func loadDues(now: Int) async {
        var left = Self.loadLimit
        while left > 0 {
            let (isLoading, cursor) = retries.withLock { ($0.isLoading, $0.loadCursor) }
            guard isLoading, let found = try? await entries(under: Self.ids, after: cursor, limit: 2_000) else {
                return
            }
            for stored in found {
                guard let short = Self.short(ofPath: stored.key.path),
                    let (expires, numUses) = TokenEntry.due(ofRecord: stored.entry.value)
                else { continue }
                // Nobody is on the last use of a token from before the start.
                shelves.fill(short, due: numUses < 0 ? DigestTable.due(now) : DigestTable.due(expires))
            }
            retries.withLock { queue in
                queue.loadCursor = found.last?.key.path
                if found.isEmpty { queue.isLoading = false }
            }
            left -= max(found.count, 1)
        }
    }

    /// Ends the token with that short digest, if its life is over indeed.
    private func sweep(_ short: UInt64, now: Int) async {
        let digits = String(short, radix: 16)
        let prefix = Self.ids + String(repeating: "0", count: 16 - digits.count) + digits
        guard let found = try? await listed(under: prefix, after: nil, limit: 2), let path = found.first,
            let digest = TokenDigest(hex: String(path.dropFirst(Self.ids.count))),
            let (entry, _) = try? await readEntry(digest)
        else { return }
        if entry.isOver(at: now) || entry.numUses < 0 {
            _ = try? await revoke(digest)
        } else {
            shelves.set(digest, due: DigestTable.due(entry.expires))
        }
    }
}
