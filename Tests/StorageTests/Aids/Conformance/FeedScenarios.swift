internal import Storage

extension StorageScenario {
    static let feeds: [StorageScenario] = [
        StorageScenario("A feed tells what was committed after a revision, in order, and nothing of refusals", told),
        StorageScenario("A feed from now on waits for what comes", waiting),
        StorageScenario("Every feed tells every commit of many writers in the order of revisions", followed),
        StorageScenario("A cancelled task stops waiting for changes", cancelled),
    ]

    static let terms: [StorageScenario] = [
        StorageScenario("A higher epoch takes over, and lower ones write nothing any more", fencing),
        StorageScenario("A refused batch does not raise the epoch", refusedEpoch),
    ]

    private static func told(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let start = try await storage.commit(WriteBatch([("before", [])]))
        let first = try await storage.commit(WriteBatch([("a", [1]), ("b", [1]), ("a", [2])]))
        var refused = WriteBatch([("c", [])])
        refused.require(.absent, at: StorageKey("a"))
        try await checkRefused(.conflict(StorageKey("a")), refused, by: storage)
        var removal = WriteBatch()
        removal.delete(StorageKey("a"))
        let second = try await storage.commit(removal)
        let third = try await storage.commit(WriteBatch())
        var feed = try await storage.changes(after: start).makeAsyncIterator()
        try checkEqual(await feed.next(), .committed(first, keys: [StorageKey("a"), StorageKey("b")]))
        try checkEqual(await feed.next(), .committed(second, keys: [StorageKey("a")]))
        try checkEqual(await feed.next(), .committed(third, keys: []))
        var late = try await storage.changes(after: second).makeAsyncIterator()
        try checkEqual(await late.next(), .committed(third, keys: []))
        // After reopening the old commits may be told or given up, but not left out in silence.
        guard try await subject.reopen() else { return }
        var reopened = try await subject.storage.changes(after: first).makeAsyncIterator()
        switch await reopened.next() {
        case .committed(let revision, _): try checkEqual(revision, second)
        case .missed(let revision): try checkEqual(revision, third)
        case nil: try check(false, "the feed ended")
        }
    }

    private static func waiting(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        try await storage.commit(WriteBatch([("before", [])]))
        let feed = try await storage.changes(after: nil)
        try await withThrowingTaskGroup(of: [StorageKey].self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var iterator = feed.makeAsyncIterator()
                    var keys: [StorageKey] = []
                    for _ in 0..<2 {
                        guard case .committed(_, let more) = await iterator.next() else { continue }
                        keys += more
                    }
                    return keys
                }
            }
            try await storage.commit(WriteBatch([("a", [])]))
            await Task.yield()
            try await storage.commit(WriteBatch([("b", [])]))
            for try await keys in group { try checkEqual(keys, [StorageKey("a"), StorageKey("b")]) }
        }
    }

    private static func followed(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let start = try await storage.commit(WriteBatch())
        let (writers, rounds) = (8, 25)
        // Of the writers, then of the feeds: the keys of each revision.
        let (answered, feeds) = try await withThrowingTaskGroup(of: (isFeed: Bool, [UInt64: Set<StorageKey>]).self) {
            group in
            for writer in 0..<writers {
                group.addTask {
                    var mine: [UInt64: Set<StorageKey>] = [:]
                    for round in 0..<rounds {
                        let path = "w/\(writer)/\(round)"
                        mine[try await storage.commit(WriteBatch([(path, [])]))] = [StorageKey(path)]
                    }
                    return (false, mine)
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    var (found, last, count): ([UInt64: Set<StorageKey>], UInt64, Int) = ([:], start, 0)
                    for await change in try await storage.changes(after: start) {
                        guard case .committed(let revision, let keys) = change else {
                            throw ConformanceFault(description: "missed so few commits")
                        }
                        try check(revision > last, "\(revision) told after \(last)")
                        (found[revision], last, count) = (Set(keys), revision, count + keys.count)
                        // Where revisions are shared there are fewer of them; where keys are lost, fewer keys.
                        if max(count, found.count) >= writers * rounds { break }
                    }
                    return (true, found)
                }
            }
            return try await group.reduce(into: ([:] as [UInt64: Set<StorageKey>], [] as [[UInt64: Set<StorageKey>]])) {
                result, told in
                if told.isFeed { result.1.append(told.1) } else { result.0.merge(told.1) { $0.union($1) } }
            }
        }
        try checkEqual(feeds.count, 2)
        try check(subject.sharesRevisions || answered.count == writers * rounds, "a revision was answered twice")
        for feed in feeds { try check(feed == answered, "a feed told something else than was answered") }
    }

    private static func cancelled(_ subject: any StorageSubject) async throws {
        let feed = try await subject.storage.changes(after: nil)
        for yields in [0, 1, 100] {
            let task = Task {
                var iterator = feed.makeAsyncIterator()
                return await iterator.next()
            }
            for _ in 0..<yields { await Task.yield() }
            task.cancel()
            try checkEqual(await task.value, nil)
        }
    }

    private static func fencing(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let first = try await storage.commit(WriteBatch([("a", [1])]))
        let old = EpochStorage(storage, epoch: 1)
        try await old.claim(2)
        try await old.commit(WriteBatch([("a", [2])]))
        try await checkRefused(.fenced(by: 2), WriteBatch([("a", [0])]), by: storage)
        let new = EpochStorage(storage, epoch: 0)
        try await new.claim(3)
        try checkEqual(new.epoch, 3)
        try await checkRefused(.fenced(by: 3), WriteBatch([("a", [3]), ("b", [3])]), by: old)
        // Who has been fenced learns that, not how his preconditions stand.
        var batch = WriteBatch()
        batch.require(.revision(first), at: StorageKey("a"))
        try await checkRefused(.fenced(by: 3), batch, by: old)
        try checkEqual(try await storage.read(StorageKey("a"))?.value, [2])
        try checkEqual(try await storage.read(StorageKey("b")), nil)
        try await new.commit(WriteBatch([("b", [4])]))
        try await storage.commit(WriteBatch([("b", [5])], epoch: .max))
        try await checkRefused(.fenced(by: .max), WriteBatch(), by: new)
        guard try await subject.reopen() else { return }
        try await checkRefused(.fenced(by: .max), WriteBatch(epoch: .max - 1), by: subject.storage)
    }

    private static func refusedEpoch(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        var batch = WriteBatch([("a", [1])], epoch: 9)
        batch.require(.revision(1), at: StorageKey("a"))
        try await checkRefused(.conflict(StorageKey("a")), batch, by: storage)
        try await storage.commit(WriteBatch([("a", [2])], epoch: 1))
        try checkEqual(try await storage.read(StorageKey("a"))?.value, [2])
    }
}
