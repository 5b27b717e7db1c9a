internal import Storage

extension StorageScenario {
    static let entries: [StorageScenario] = [
        StorageScenario("What was stored is read back, and nothing is where nothing was stored", reading),
        StorageScenario("Every commit has a higher revision, which its entries carry", revisions),
        StorageScenario("A removed key holds nothing, and removing nothing is fine", removal),
        StorageScenario("Keys and values may be of any bytes and up to a MiB and more", isBulky: true, extremes),
        StorageScenario("All is there after reopening, and revisions go on rising", reopening),
    ]

    private static func reading(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        try checkEqual(try await storage.read(StorageKey("a")), nil)
        let first = try await storage.commit(WriteBatch([("a", [1, 2]), ("b", []), ("c/d", [0, 255])]))
        try checkEqual(try await storage.read(StorageKey("a")), StorageEntry(value: [1, 2], revision: first))
        try checkEqual(try await storage.read(StorageKey("b")), StorageEntry(value: [], revision: first))
        try checkEqual(try await storage.read(StorageKey("c/d"))?.value, [0, 255])
        for path in ["c", "A", "", "a\u{0}", "c/d/"] { try checkEqual(try await storage.read(StorageKey(path)), nil) }
    }

    private static func revisions(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        var last: UInt64 = 0
        for round in 0..<20 {
            let revision = try await storage.commit(WriteBatch([("a", [UInt8(round)])]))
            try check(revision > last)
            try checkEqual(try await storage.read(StorageKey("a"))?.revision, revision)
            last = revision
        }
        try check(try await storage.commit(WriteBatch()) > last, "a batch of nothing is a commit too")
    }

    private static func removal(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        try await storage.commit(WriteBatch([("a", [1]), ("b", [2])]))
        var batch = WriteBatch()
        batch.delete(StorageKey("a"))
        batch.delete(StorageKey("never"))
        try await storage.commit(batch)
        try checkEqual(try await storage.read(StorageKey("a")), nil)
        try checkEqual(try await storage.read(StorageKey("b"))?.value, [2])
        try checkEqual(try await storage.list(under: "", after: nil, limit: 10), [StorageKey("b")])
    }

    private static func extremes(_ subject: any StorageSubject) async throws {
        let storage = await subject.storage
        let sizes = [1, 100, 1000, 4000, 4096, 5000, 65_536, 1 << 20, (1 << 20) + 1, 3 << 20]
        var random = SeededGenerator(seed: 7)
        var values: [String: [UInt8]] = [:]
        for size in sizes {
            let block = random.bytes(min(size, 1021))
            var value: [UInt8] = []
            while value.count < size { value += block }
            value.removeLast(value.count - size)
            values["big/\(size)"] = value
        }
        for (path, value) in values { try await storage.commit(WriteBatch([(path, value)])) }
        for (path, value) in values { try check(try await storage.read(StorageKey(path))?.value == value, path) }
        // The same character to Unicode, but other bytes.
        let odd = ["", "\u{0}", "a\u{0}b", "\u{E9}", "e\u{301}", "é/\u{301}", String(repeating: "k", count: 5000)]
        for (index, path) in odd.enumerated() { try await storage.commit(WriteBatch([(path, [UInt8(index)])])) }
        for (index, path) in odd.enumerated() {
            try checkEqual(try await storage.read(StorageKey(path))?.value, [UInt8(index)])
        }
        try await storage.commit(WriteBatch([("big/\(3 << 20)", [1])]))
        try checkEqual(try await storage.read(StorageKey("big/\(3 << 20)"))?.value, [1])
    }

    private static func reopening(_ subject: any StorageSubject) async throws {
        var batch = WriteBatch([("a", [1]), ("b", [2]), ("c", [UInt8](repeating: 3, count: 100_000))])
        let first = try await subject.storage.commit(batch)
        batch = WriteBatch([("d", [])], epoch: 5)
        batch.delete(StorageKey("b"))
        let second = try await subject.storage.commit(batch)
        guard try await subject.reopen() else { return }
        let storage = await subject.storage
        try checkEqual(try await storage.read(StorageKey("a")), StorageEntry(value: [1], revision: first))
        try checkEqual(try await storage.read(StorageKey("b")), nil)
        try checkEqual(try await storage.read(StorageKey("c"))?.value.count, 100_000)
        try checkEqual(try await storage.read(StorageKey("d")), StorageEntry(value: [], revision: second))
        try await checkRefused(.fenced(by: 5), WriteBatch([("e", [])], epoch: 4), by: storage)
        let third = try await storage.commit(WriteBatch([("e", [])], epoch: 5))
        try check(third > second)
        // The last revision was of a removal: it must not come again either.
        var removal = WriteBatch(epoch: 5)
        removal.delete(StorageKey("e"))
        let fourth = try await storage.commit(removal)
        _ = try await subject.reopen()
        try check(try await subject.storage.commit(WriteBatch(epoch: 5)) > fourth)
    }
}
