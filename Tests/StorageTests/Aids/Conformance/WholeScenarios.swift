package import Storage

/// Entries from a list.
package struct ListedEntries: EntrySource {
    private let entries: [StoredEntry]

    /// Those, in their order.
    package init(_ pairs: [(String, [UInt8])]) {
        entries = pairs.map { StoredEntry(key: StorageKey($0.0), entry: StorageEntry(value: $0.1, revision: 0)) }
    }

    /// Begins with the first.
    package func iterator() -> EntryIterator {
        var next = entries.makeIterator()
        return { next.next() }
    }
}

extension StorageScenario {
    /// What storage has to do that can be read and replaced as a whole.
    package static let wholes: [StorageScenario] = [
        StorageScenario("Everything is read in byte order, with values and revisions", everything),
        StorageScenario("Everything is replaced in one commit, for good, and preconditions see it", replacing),
        StorageScenario("A replacement is told by feeds as something to read again", toldAsMissed),
        StorageScenario("What is read is of one moment, whatever is written meanwhile", oneMoment),
        StorageScenario("A reader that has enough ends the reading, and its error comes out", ended),
        StorageScenario("A writer that was fenced stays so after a replacement", stillFenced),
    ]

    private static func whole(_ subject: any StorageSubject) async throws -> any WholeStorage {
        guard let whole = await subject.storage as? any WholeStorage else {
            throw ConformanceFault(description: "the storage cannot be read as a whole")
        }
        return whole
    }

    private static func all(
        _ storage: any WholeStorage
    ) async throws -> [StoredEntry] {
        let (stream, feed) = AsyncStream.makeStream(of: [StoredEntry].self)
        try await storage.readAll { (page) throws(StorageError) in
            feed.yield(page)
        }
        feed.finish()
        return await stream.reduce(into: []) { $0 += $1 }
    }

    private static func everything(_ subject: any StorageSubject) async throws {
        let storage = try await whole(subject)
        try checkEqual(try await all(storage).count, 0)
        let paths = ["b", "a", "a/b", "é", "a b", "~", "A"]
        let revision = try await storage.commit(WriteBatch(paths.map { ($0, Array($0.utf8)) }))
        // More than a page.
        for part in 0..<3 {
            try await storage.commit(
                WriteBatch((0..<900).map { ("many/\(part)/\($0)", [UInt8](repeating: UInt8(part), count: 9)) }))
        }
        let found = try await all(storage)
        try checkEqual(found.count, paths.count + 2700)
        try checkEqual(found.map(\.key), found.map(\.key).sorted())
        for entry in found {
            try checkEqual(try await storage.read(entry.key), entry.entry)
        }
        try checkEqual(found.filter { $0.entry.revision == revision }.count, paths.count)
    }

    private static func replacing(_ subject: any StorageSubject) async throws {
        var storage = try await whole(subject)
        let before = try await storage.commit(WriteBatch([("stays", [1]), ("goes", [1])]))
        try await storage.replaceAll(by: ListedEntries([("comes", [2]), ("stays", [3])]))
        if try await subject.reopen() { storage = try await whole(subject) }
        let found = try await all(storage)
        try checkEqual(found.map(\.key.path), ["comes", "stays"])
        try checkEqual(found.map(\.entry.value), [[2], [3]])
        try check(found.allSatisfy { $0.entry.revision > before }, "revisions of before")
        var batch = WriteBatch([("stays", [4])])
        batch.require(.revision(before), at: StorageKey("stays"))
        try await checkRefused(.conflict(StorageKey("stays")), batch, by: storage)
        batch = WriteBatch([("goes", [5])])
        batch.require(.absent, at: StorageKey("goes"))
        try await storage.commit(batch)
        try await storage.replaceAll(by: ListedEntries([]))
        try checkEqual(try await storage.list(under: "", after: nil, limit: 10), [])
    }

    private static func toldAsMissed(_ subject: any StorageSubject) async throws {
        let storage = try await whole(subject)
        let start = try await storage.commit(WriteBatch([("a", [1])]))
        var feed = try await storage.changes(after: start).makeAsyncIterator()
        try await storage.replaceAll(by: ListedEntries([("b", [2])]))
        let replaced = try await storage.read(StorageKey("b"))?.revision ?? 0
        try checkEqual(await feed.next(), .missed(through: replaced))
        let next = try await storage.commit(WriteBatch([("c", [3])]))
        try checkEqual(await feed.next(), .committed(next, keys: [StorageKey("c")]))
    }

    private static func oneMoment(_ subject: any StorageSubject) async throws {
        let storage = try await whole(subject)
        for part in 0..<4 {
            try await storage.commit(WriteBatch((0..<800).map { ("\(part)/\($0)", [0]) }))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Every commit changes all rows to one value: a mixture of two is a torn reading.
                for round in 1...40 as ClosedRange<UInt8> {
                    var batch = WriteBatch()
                    for part in 0..<4 { for row in [0, 400, 799] { batch.put(StorageKey("\(part)/\(row)"), [round]) } }
                    try await storage.commit(batch)
                }
            }
            for _ in 0..<10 {
                let rows = try await all(storage)
                try checkEqual(rows.count, 3200)
                let changed = rows.filter { ["0", "400", "799"].contains(String($0.key.path.dropFirst(2))) }
                try checkEqual(Set(changed.map(\.entry.value)).count, 1)
            }
            try await group.waitForAll()
        }
    }

    private static func ended(_ subject: any StorageSubject) async throws {
        let storage = try await whole(subject)
        try await storage.commit(WriteBatch((0..<2500).map { ("\($0)", [1]) }))
        var fault: StorageError?
        do throws(StorageError) {
            try await storage.readAll { (_) throws(StorageError) in throw .full }
        } catch { fault = error }
        try checkEqual(fault, .full)
        try checkEqual(try await all(storage).count, 2500)
    }

    private static func stillFenced(_ subject: any StorageSubject) async throws {
        let storage = try await whole(subject)
        try await storage.commit(WriteBatch([("a", [1])], epoch: 7))
        try await storage.replaceAll(by: ListedEntries([("b", [2])]))
        try await checkRefused(.fenced(by: 7), WriteBatch([("c", [])], epoch: 6), by: storage)
        try await storage.commit(WriteBatch([("c", [])], epoch: 7))
    }
}
