import Barrier
import Storage
import Synchronization
import TestAids
import Testing

/// Storage whose commits fail as told, before they have any effect.
private final class RefusingStorage: StorageBackend {
    let inner = InMemoryStorage()
    let error = Mutex<StorageError?>(nil)

    func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? { try await inner.read(key) }

    func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        try await inner.list(under: prefix, after: cursor, limit: limit)
    }

    func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        try await inner.entries(under: prefix, after: cursor, limit: limit)
    }

    func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        if let error = error.withLock({ $0 }) { throw error }
        return try await inner.commit(batch)
    }

    func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        try await inner.changes(after: revision)
    }
}

@Suite("Commits through sealed storage")
struct CommitTests {
    private static func batch(_ paths: [String], _ value: UInt8 = 1, epoch: UInt64 = 0) -> WriteBatch {
        var batch = WriteBatch(epoch: epoch)
        for path in paths { batch.put(StorageKey(path), [value]) }
        return batch
    }

    private static func conditional(_ path: String, _ revision: UInt64, _ value: UInt8 = 2) -> WriteBatch {
        var batch = batch([path], value)
        batch.require(.revision(revision), at: StorageKey(path))
        return batch
    }

    @Test(
        "A commit answers the revision that its keys have from then on, also after a restart; conditions compare it",
        arguments: DiskKind.allCases)
    func revisions(_ kind: DiskKind) async throws {
        let subject = try await SealedSubject(kind)
        var storage = await subject.storage
        let revision = try await storage.commit(Self.batch(["key/a", "version/a/1", "version/a/2"]))
        let other = try await storage.commit(Self.batch(["key/b"]))
        #expect(other > revision)
        for round in 0...1 {
            for path in ["key/a", "version/a/1", "version/a/2"] {
                #expect(try await storage.read(StorageKey(path))?.revision == revision)
            }
            let page = try await storage.entries(under: "version/", after: nil, limit: 10)
            #expect(page.map(\.entry.revision) == [revision, revision])
            for wrong in [0, revision - 1, revision + 1, other, .max] {
                await #expect(throws: StorageError.conflict(StorageKey("key/a"))) {
                    try await storage.commit(Self.conditional("key/a", wrong))
                }
            }
            if round == 0, try await subject.reopen() { storage = await subject.storage }
        }
        let next = try await storage.commit(Self.conditional("key/a", revision))
        #expect(next > other)
        #expect(try await storage.read(StorageKey("key/a")) == StorageEntry(value: [2], revision: next))
        #expect(try await storage.read(StorageKey("version/a/1"))?.revision == revision)
        await #expect(throws: StorageError.conflict(StorageKey("key/a"))) {
            try await storage.commit(Self.conditional("key/a", revision))
        }
        await subject.close()
    }

    @Test(
        "Of commits that go through together, each knows its keys' revision and loses no condition",
        arguments: DiskKind.allCases)
    func crowd(_ kind: DiskKind) async throws {
        let subject = try await SealedSubject(kind)
        let storage = await subject.storage
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<64 {
                group.addTask {
                    let own = "key/\(writer)"
                    var last = try await storage.commit(Self.batch([own, "version/\(writer)"], 0))
                    for round in 1...8 {
                        let value = UInt8(round)
                        let next = try await storage.commit(Self.conditional(own, last, value))
                        #expect(next > last)
                        #expect(
                            try await storage.read(StorageKey(own)) == StorageEntry(value: [value], revision: next))
                        await #expect(throws: StorageError.conflict(StorageKey(own))) {
                            try await storage.commit(Self.conditional(own, last))
                        }
                        last = next
                    }
                }
            }
            try await group.waitForAll()
        }
        await subject.close()
    }

    @Test("Storage that refuses is told as what it is, nothing has changed, and the next commit goes through")
    func refusals() async throws {
        let disk = RefusingStorage()
        let root = try RootKey.generate()
        let storage = SealedStorage(disk) { 0 }
        try await storage.initialize(root: root, sealRecord: [])
        try await storage.unseal(root)
        try await storage.commit(Self.batch(["a"]))
        for error in [.full, .readOnly, .corrupt, .unavailable, .fenced(by: 7)] as [StorageError] {
            disk.error.withLock { $0 = error }
            await #expect(throws: error) { try await storage.commit(Self.batch(["a"], 9)) }
            await #expect(throws: BarrierError.storage(error)) { try await storage.rotate() }
            #expect(try await storage.read(StorageKey("a"))?.value == [1])
            #expect(try await storage.entries(under: "a", after: nil, limit: 10).map(\.entry.value) == [[1]])
            disk.error.withLock { $0 = nil }
            try await storage.commit(Self.batch(["b"]))
        }
        #expect(try storage.keyStatus().term == 1)
        let second = SealedStorage(disk) { 0 }
        try await second.unseal(root)
        #expect(try await second.list(under: "", after: nil, limit: 10).map(\.path) == ["a", "b"])
    }

    @Test("The barrier's own commits have the writer's epoch, and a writer that was fenced cannot rotate")
    func epochs() async throws {
        let fixture = try await Fixture.open()
        let old = fixture.another()
        try await old.unseal(fixture.root)
        let writer = EpochStorage(fixture.sealed, epoch: 0)
        try await writer.claim(3)
        try await writer.commit(Self.batch(["a"]))
        try await fixture.sealed.rotate()
        try await writer.commit(Self.batch(["a"], 2))
        #expect(try await fixture.read("a") == [2])
        await #expect(throws: BarrierError.storage(.fenced(by: 3))) { try await old.rotate() }
        // Fenced writers learn that, not how their conditions stand by a table that may be old.
        var batch = Self.batch(["a"], 3, epoch: 2)
        batch.require(.absent, at: StorageKey("a"))
        await #expect(throws: StorageError.fenced(by: 3)) { try await fixture.sealed.commit(batch) }
        await #expect(throws: StorageError.fenced(by: 3)) { try await old.commit(batch) }
    }

    @Test("Batches of different epochs that wait together do not share a commit") func mixedEpochs() async throws {
        let fixture = try Fixture()
        let storage = SealedStorage(YieldingStorage(fixture.disk, yields: 100)) { 0 }
        try await storage.initialize(root: fixture.root, sealRecord: [])
        try await storage.unseal(fixture.root)
        let results = await withTaskGroup(of: (UInt64, Bool).self) { group in
            for number in 0..<40 as Range<UInt64> {
                group.addTask {
                    let epoch = number % 4
                    return (epoch, (try? await storage.commit(Self.batch(["k/\(number)"], 1, epoch: epoch))) != nil)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.filter { $0.0 == 3 }.allSatisfy { $0.1 })
        #expect(
            try await storage.list(under: "k/", after: nil, limit: 100).count == results.filter { $0.1 }.count)
        await #expect(throws: StorageError.fenced(by: 3)) { try await storage.commit(WriteBatch(epoch: 2)) }
    }

    @Test("The feed tells our keys, and nothing of the barrier's own rows") func feed() async throws {
        let fixture = try await Fixture.open()
        let start = try await fixture.sealed.commit(WriteBatch())
        try await fixture.sealed.rotate()
        try await fixture.put("\u{301}odd", [1])
        try await fixture.put("data/a", [1])
        try await fixture.disk.put("other/row", [1])
        var feed = try await fixture.sealed.changes(after: start).makeAsyncIterator()
        var keys: [[String]] = []
        for _ in 0..<4 {
            guard case .committed(_, let changed) = await feed.next() else { continue }
            keys.append(changed.map(\.path))
        }
        #expect(keys == [[], ["\u{301}odd"], ["data/a"], []])
        await fixture.sealed.seal()
        await #expect(throws: StorageError.sealed) { try await fixture.sealed.changes(after: nil) }
        await #expect(throws: StorageError.sealed) {
            try await fixture.sealed.entries(under: "", after: nil, limit: 1)
        }
    }
}
