internal import Storage

extension StorageScenario {
    static let batches: [StorageScenario] = [
        StorageScenario("The last change of a key in a batch counts", repeatedKeys),
        StorageScenario("A batch whose precondition fails changes nothing and names the key", atomicity),
        StorageScenario("A batch whose preconditions hold goes through", preconditions),
    ]

    private static func repeatedKeys(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        var batch = WriteBatch([("a", [1]), ("b", [1])])
        batch.delete(StorageKey("a"))
        batch.put(StorageKey("b"), [2])
        try await storage.commit(batch)
        try checkEqual(try await storage.read(StorageKey("a")), nil)
        try checkEqual(try await storage.read(StorageKey("b"))?.value, [2])
        try checkEqual(try await storage.list(under: "", after: nil, limit: 10), [StorageKey("b")])
    }

    private static func atomicity(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let revision = try await storage.commit(WriteBatch([("a", [1]), ("b", [1])]))
        try await storage.commit(WriteBatch([("b", [2])]))
        let failing: [(String, WriteBatch.Precondition)] = [
            ("a", .absent), ("a", .revision(revision + 1000)), ("a", .revision(.max)), ("b", .revision(revision)),
            ("none", .revision(revision)), ("none", .revision(0)),
        ]
        for (path, condition) in failing {
            var batch = WriteBatch([("a", [9]), ("new", [9])])
            batch.delete(StorageKey("b"))
            batch.require(.revision(revision), at: StorageKey("a"))
            batch.require(condition, at: StorageKey(path))
            try await checkRefused(.conflict(StorageKey(path)), batch, by: storage)
            try checkEqual(try await storage.read(StorageKey("a")), StorageEntry(value: [1], revision: revision))
            try checkEqual(try await storage.read(StorageKey("b"))?.value, [2])
            try checkEqual(try await storage.read(StorageKey("new")), nil)
        }
    }

    private static func preconditions(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        var batch = WriteBatch([("a", [1])])
        batch.require(.absent, at: StorageKey("a"))
        let first = try await storage.commit(batch)
        batch = WriteBatch([("b", [2])])
        batch.require(.revision(first), at: StorageKey("a"))
        batch.require(.absent, at: StorageKey("b"))
        try await storage.commit(batch)
        var removal = WriteBatch()
        removal.delete(StorageKey("a"))
        removal.require(.revision(first), at: StorageKey("a"))
        try await storage.commit(removal)
        try await checkRefused(.conflict(StorageKey("a")), removal, by: storage)
        // A key that was removed and stored again has another revision.
        var again = WriteBatch([("a", [1])])
        again.require(.absent, at: StorageKey("a"))
        try check(try await storage.commit(again) > first)
        try await checkRefused(.conflict(StorageKey("a")), removal, by: storage)
    }

    /// A random history of commits ends as in a plain dictionary.
    package static func history(_ seed: UInt64, _ subject: any StorageSubject) async throws {
        var random = SeededGenerator(seed: seed)
        let storage = await subject.storage
        var model: [String: [UInt8]] = [:]
        for _ in 0..<300 {
            var batch = WriteBatch()
            var next = model
            var holds = true
            for _ in 0..<random.int(0...4) {
                let path = "k/\(random.int(0...12))"
                let value = random.oneIn(3) ? nil : random.bytes(random.int(0...5))
                if let value { batch.put(StorageKey(path), value) } else { batch.delete(StorageKey(path)) }
                next[path] = value
                let guarded = "k/\(random.int(0...12))"
                if random.oneIn(4) {
                    batch.require(.absent, at: StorageKey(guarded))
                    holds = holds && model[guarded] == nil
                }
            }
            let went = (try? await storage.commit(batch)) != nil
            try checkEqual(went, holds)
            if went { model = next }
            let path = "k/\(random.int(0...12))"
            try checkEqual(try await storage.read(StorageKey(path))?.value, model[path])
        }
        let keys = model.keys.map { StorageKey($0) }.sorted()
        try checkEqual(try await storage.list(under: "k/", after: nil, limit: .max), keys)
        let entries = try await storage.entries(under: "k/", after: nil, limit: .max)
        try checkEqual(entries.map(\.key), keys)
        try checkEqual(entries.map(\.entry.value), keys.map { model[$0.path] ?? [] })
    }
}
