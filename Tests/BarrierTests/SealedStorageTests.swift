import Barrier
import Bytes
import Primitives
import Storage
import Synchronization
import TestAids
import Testing

@Suite("Sealed storage")
struct SealedStorageTests {
    @Test("Values are read back, listed and removed, before and after a restart")
    func roundTrip() async throws {
        let fixture = try await Fixture.open()
        try await fixture.put("a/b", [1, 2, 3])
        try await fixture.put("a/empty", [])
        try await fixture.put("z", [UInt8](repeating: 7, count: 100_000))
        for storage in [fixture.sealed, fixture.another()] {
            if storage.isSealed { try await storage.unseal(fixture.root) }
            #expect(try await storage.read(StorageKey("a/b"))?.value == [1, 2, 3])
            #expect(try await storage.read(StorageKey("a/empty"))?.value == [])
            #expect(try await storage.read(StorageKey("z"))?.value.count == 100_000)
            #expect(try await storage.read(StorageKey("a")) == nil)
            let listed = try await storage.list(under: "", after: nil, limit: 10)
            #expect(listed.map(\.path) == ["a/b", "a/empty", "z"])
            #expect(try await storage.list(under: "a/", after: StorageKey("a/b"), limit: 1) == [StorageKey("a/empty")])
        }
    }

    @Test("No plaintext reaches the storage below, and equal values look different")
    func confidentiality() async throws {
        let fixture = try await Fixture.open()
        let value = Array("a very secret value".utf8)
        try await fixture.put("one", value)
        try await fixture.put("two", value)
        let contents = try await fixture.disk.contents()
        #expect(contents["data/one"]?.count == value.count + 33 && contents["data/one"] != contents["data/two"])
        let material = fixture.root.exposing { $0.array }
        for (path, row) in contents {
            for secret in [value, material] {
                let parts = (0...max(0, row.count - secret.count)).map { Array(row[$0...].prefix(secret.count)) }
                #expect(!parts.contains(secret), "\(path)")
            }
        }
    }

    @Test("While sealed everything fails with .sealed, and the values come back with the root key")
    func sealing() async throws {
        let fixture = try await Fixture.open()
        try await fixture.put("a", [1])
        await fixture.sealed.seal()
        #expect(fixture.sealed.isSealed)
        await #expect(throws: StorageError.sealed) { try await fixture.read("a") }
        await #expect(throws: StorageError.sealed) { try await fixture.put("a", [2]) }
        await #expect(throws: StorageError.sealed) {
            try await fixture.sealed.list(under: "", after: nil, limit: 1)
        }
        await #expect(throws: BarrierError.sealed) { try await fixture.sealed.rotate() }
        #expect(throws: BarrierError.sealed) { try fixture.sealed.keyStatus() }
        await fixture.sealed.seal()
        let wrong = try RootKey.generate()
        await #expect(throws: BarrierError.wrongRootKey) { try await fixture.sealed.unseal(wrong) }
        #expect(fixture.sealed.isSealed)
        try await fixture.sealed.unseal(fixture.root)
        #expect(try await fixture.read("a") == [1])
    }

    /// Storage that stops answering commits.
    private final class HangingStorage: StorageBackend {
        let inner = InMemoryStorage()
        let isHanging = Atomic(false)
        let isEntered = Atomic(false)

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

        func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
            try await inner.changes(after: revision)
        }

        func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
            isEntered.store(true, ordering: .relaxed)
            while isHanging.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(5)) }
            return try await inner.commit(batch)
        }
    }

    @Test("Storage that does not answer does not keep the keys in memory")
    func sealingOverHangingStorage() async throws {
        let disk = HangingStorage()
        let root = try RootKey.generate()
        let storage = SealedStorage(disk) { 0 }
        try await storage.initialize(root: root, sealRecord: [])
        try await storage.unseal(root)
        disk.isHanging.store(true, ordering: .relaxed)
        disk.isEntered.store(false, ordering: .relaxed)
        let hanging = Task {
            var batch = WriteBatch()
            batch.put(StorageKey("a"), [1])
            try await storage.commit(batch)
        }
        while !disk.isEntered.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(1)) }
        await storage.seal(patience: .milliseconds(20))
        #expect(storage.isSealed)
        await #expect(throws: StorageError.sealed) { try await storage.read(StorageKey("a")) }
        disk.isHanging.store(false, ordering: .relaxed)
        await #expect(throws: StorageError.sealed) { try await hanging.value }
        // It went through all the same.
        try await storage.unseal(root)
        #expect(try await storage.read(StorageKey("a"))?.value == [1])
        await storage.seal()
    }

    @Test("What was initialised is not initialised again, and nothing is built upon foreign rows")
    func initializing() async throws {
        let fixture = try Fixture()
        await #expect(throws: BarrierError.notInitialized) { try await fixture.sealed.unseal(fixture.root) }
        #expect(try await fixture.sealed.sealRecord() == nil)
        try await fixture.sealed.initialize(
            root: fixture.root, sealRecord: Fixture.sealRecord, values: [(StorageKey("first"), [9])])
        #expect(try await fixture.sealed.sealRecord() == Fixture.sealRecord)
        await #expect(throws: BarrierError.alreadyInitialized) {
            try await fixture.sealed.initialize(root: fixture.root, sealRecord: [])
        }
        try await fixture.sealed.unseal(fixture.root)
        #expect(try await fixture.read("first") == [9])
        let foreign = try Fixture()
        try await foreign.disk.put("data/other", [1])
        await #expect(throws: BarrierError.foreignRows) {
            try await foreign.sealed.initialize(root: foreign.root, sealRecord: [])
        }
    }

    @Test("Conditions hold as in storage itself, and a failing batch changes nothing")
    func conditions() async throws {
        let fixture = try await Fixture.open()
        try await fixture.put("a", [1])
        let revision = try #require(try await fixture.sealed.read(StorageKey("a"))?.revision)
        try await fixture.put("a", [2])
        for (path, condition) in [
            ("a", WriteBatch.Precondition.absent), ("a", .revision(revision)), ("none", .revision(revision)),
        ] {
            var batch = WriteBatch()
            batch.put(StorageKey("b"), [1])
            batch.require(condition, at: StorageKey(path))
            await #expect(throws: StorageError.conflict(StorageKey(path))) { try await fixture.sealed.commit(batch) }
        }
        #expect(try await fixture.read("b") == nil)
        var batch = WriteBatch()
        batch.put(StorageKey("b"), [1])
        batch.put(StorageKey("b"), [2])
        batch.delete(StorageKey("a"))
        let now = try #require(try await fixture.sealed.read(StorageKey("a"))?.revision)
        batch.require(.revision(now), at: StorageKey("a"))
        try await fixture.sealed.commit(batch)
        #expect(try await fixture.read("b") == [2])
        #expect(try await fixture.read("a") == nil)
    }

    @Test(
        "A random history ends as in a plain dictionary, through restarts, rotations and failures", arguments: Seeds.all
    )
    func model(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try await Fixture.open()
        var model: [String: [UInt8]] = [:]
        for round in 0..<300 {
            var batch = WriteBatch()
            var next = model
            for _ in 0..<random.int(0...4) {
                let path = "k/\(random.int(0...12))"
                if random.oneIn(3) {
                    batch.delete(StorageKey(path))
                    next[path] = nil
                } else {
                    let value = random.bytes(random.int(0...5))
                    batch.put(StorageKey(path), value)
                    next[path] = value
                }
            }
            let isFailing = random.oneIn(6)
            if isFailing {
                fixture.faulty.arm(random.int(1...3), lasting: random.oneIn(2), random.pick([.before, .after]))
            }
            let went = (try? await fixture.sealed.commit(batch)) != nil
            fixture.faulty.disarm()
            if went {
                model = next
            } else {
                #expect(isFailing)
                // Whether it went through is not known to us, but to nobody can it be half.
                var found: [String: [UInt8]] = [:]
                for path in Set(model.keys).union(next.keys) { found[path] = try await fixture.read(path) }
                #expect(found == model || found == next)
                model = found
            }
            if random.oneIn(20) { try await fixture.sealed.rotate() }
            if random.oneIn(20) {
                await fixture.sealed.seal()
                try await fixture.sealed.unseal(fixture.root)
            }
            let path = "k/\(random.int(0...12))"
            #expect(try await fixture.read(path) == model[path], "round \(round)")
        }
        let second = fixture.another()
        try await second.unseal(fixture.root)
        let listed = try await second.list(under: "k/", after: nil, limit: .max).map(\.path)
        #expect(listed == model.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test("Many tasks that write and read at once lose nothing and see no false alarm", arguments: [false, true])
    func concurrency(_ isYielding: Bool) async throws {
        let root = try RootKey.generate()
        let disk = InMemoryStorage()
        let storage = SealedStorage(isYielding ? YieldingStorage(disk) : disk) { 0 }
        try await storage.initialize(root: root, sealRecord: [])
        try await storage.unseal(root)
        let counter = StorageKey("counter")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var done = 0
                    while done < 40 {
                        let entry = try await storage.read(counter)
                        var batch = WriteBatch()
                        batch.require(entry.map { .revision($0.revision) } ?? .absent, at: counter)
                        batch.put(counter, [(entry?.value.first ?? 0) &+ 1])
                        batch.put(StorageKey("mark/\(worker)/\(done)"), [])
                        do {
                            try await storage.commit(batch)
                            done += 1
                        } catch StorageError.conflict(let key) {
                            #expect(key == counter)
                        }
                    }
                }
                group.addTask {
                    for round in 0..<40 {
                        var batch = WriteBatch()
                        batch.put(StorageKey("own/\(worker)"), [UInt8(round)])
                        try await storage.commit(batch)
                        #expect(try await storage.read(StorageKey("own/\(worker)"))?.value == [UInt8(round)])
                        _ = try await storage.list(under: "own/", after: nil, limit: 100)
                        if worker == 0, round % 10 == 0 { try await storage.rotate() }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await storage.read(counter)?.value == [UInt8(320 & 255)])
        #expect(try await storage.list(under: "mark/", after: nil, limit: .max).count == 320)
        let second = SealedStorage(disk) { 0 }
        try await second.unseal(root)
        #expect(try second.keyStatus().term == 5)
    }

    @Test("Commits that wait for each other share one commit below")
    func grouping() async throws {
        let root = try RootKey.generate()
        let faulty = FaultyStorage(YieldingStorage(InMemoryStorage(), yields: 200))
        let storage = SealedStorage(faulty) { 0 }
        try await storage.initialize(root: root, sealRecord: [])
        try await storage.unseal(root)
        faulty.arm(.max)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask {
                    var batch = WriteBatch()
                    batch.put(StorageKey("k/\(index)"), [1])
                    batch.require(.absent, at: StorageKey("k/\(index)"))
                    try await storage.commit(batch)
                }
            }
            try await group.waitForAll()
        }
        #expect(faulty.operations < 20)
        #expect(try await storage.list(under: "k/", after: nil, limit: .max).count == 40)
    }
}
