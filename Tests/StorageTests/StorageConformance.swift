import Bytes
import Storage
import TestAids
import Testing

/// A backend that the conformance tests run for. Whoever writes a backend adds a case here.
enum BackendKind: CaseIterable, CustomTestStringConvertible {
    case inMemory
    /// In memory, with other tasks let in around every operation.
    case inMemoryYielding

    var testDescription: String { "\(self)" }

    /// New, empty storage.
    func make() -> any StorageBackend {
        switch self {
        case .inMemory: InMemoryStorage()
        case .inMemoryYielding: YieldingStorage(InMemoryStorage())
        }
    }
}

/// What every storage backend has to do.
@Suite("Storage conformance")
struct StorageConformance {
    private static func put(_ pairs: [(String, [UInt8])]) -> WriteBatch {
        var batch = WriteBatch()
        for (path, value) in pairs { batch.put(StorageKey(path), value) }
        return batch
    }

    @Test("What was stored is read back, and nothing is where nothing was stored", arguments: BackendKind.allCases)
    func reading(_ kind: BackendKind) async throws {
        let storage = kind.make()
        #expect(try await storage.read(StorageKey("a")) == nil)
        let first = try await storage.commit(Self.put([("a", [1, 2]), ("b", []), ("c/d", [0, 255])]))
        #expect(try await storage.read(StorageKey("a")) == StorageEntry(value: [1, 2], revision: first))
        #expect(try await storage.read(StorageKey("b")) == StorageEntry(value: [], revision: first))
        #expect(try await storage.read(StorageKey("c/d"))?.value == [0, 255])
        #expect(try await storage.read(StorageKey("c")) == nil)
        #expect(try await storage.read(StorageKey("A")) == nil)
    }

    @Test("Every commit has a higher revision, which its entries carry", arguments: BackendKind.allCases)
    func revisions(_ kind: BackendKind) async throws {
        let storage = kind.make()
        var last: UInt64 = 0
        for round in 0..<20 {
            let revision = try await storage.commit(Self.put([("a", [UInt8(round)])]))
            #expect(revision > last)
            #expect(try await storage.read(StorageKey("a"))?.revision == revision)
            last = revision
        }
    }

    @Test("A removed key holds nothing, and removing nothing is fine", arguments: BackendKind.allCases)
    func removal(_ kind: BackendKind) async throws {
        let storage = kind.make()
        try await storage.commit(Self.put([("a", [1]), ("b", [2])]))
        var batch = WriteBatch()
        batch.delete(StorageKey("a"))
        batch.delete(StorageKey("never"))
        try await storage.commit(batch)
        #expect(try await storage.read(StorageKey("a")) == nil)
        #expect(try await storage.read(StorageKey("b"))?.value == [2])
        #expect(try await storage.list(under: "", after: nil, limit: 10) == [StorageKey("b")])
    }

    @Test("The last change of a key in a batch counts", arguments: BackendKind.allCases)
    func repeatedKeys(_ kind: BackendKind) async throws {
        let storage = kind.make()
        var batch = Self.put([("a", [1]), ("b", [1])])
        batch.delete(StorageKey("a"))
        batch.put(StorageKey("b"), [2])
        try await storage.commit(batch)
        #expect(try await storage.read(StorageKey("a")) == nil)
        #expect(try await storage.read(StorageKey("b"))?.value == [2])
        #expect(try await storage.list(under: "", after: nil, limit: 10) == [StorageKey("b")])
    }

    @Test("A batch whose precondition fails changes nothing and names the key", arguments: BackendKind.allCases)
    func atomicity(_ kind: BackendKind) async throws {
        let storage = kind.make()
        let revision = try await storage.commit(Self.put([("a", [1]), ("b", [1])]))
        try await storage.commit(Self.put([("b", [2])]))
        let failing: [(String, WriteBatch.Precondition)] = [
            ("a", .absent), ("a", .revision(revision + 1000)), ("b", .revision(revision)),
            ("none", .revision(revision)),
        ]
        for (path, condition) in failing {
            var batch = Self.put([("a", [9]), ("new", [9])])
            batch.delete(StorageKey("b"))
            batch.require(.revision(revision), at: StorageKey("a"))
            batch.require(condition, at: StorageKey(path))
            await #expect(throws: StorageError.conflict(StorageKey(path))) { try await storage.commit(batch) }
            #expect(try await storage.read(StorageKey("a")) == StorageEntry(value: [1], revision: revision))
            #expect(try await storage.read(StorageKey("b"))?.value == [2])
            #expect(try await storage.read(StorageKey("new")) == nil)
        }
    }

    @Test("A batch whose preconditions hold goes through", arguments: BackendKind.allCases)
    func preconditions(_ kind: BackendKind) async throws {
        let storage = kind.make()
        var batch = Self.put([("a", [1])])
        batch.require(.absent, at: StorageKey("a"))
        let first = try await storage.commit(batch)
        batch = Self.put([("b", [2])])
        batch.require(.revision(first), at: StorageKey("a"))
        batch.require(.absent, at: StorageKey("b"))
        try await storage.commit(batch)
        var removal = WriteBatch()
        removal.delete(StorageKey("a"))
        removal.require(.revision(first), at: StorageKey("a"))
        try await storage.commit(removal)
        await #expect(throws: StorageError.conflict(StorageKey("a"))) { try await storage.commit(removal) }
        // A key that was removed and stored again has another revision.
        var again = Self.put([("a", [1])])
        again.require(.absent, at: StorageKey("a"))
        #expect(try await storage.commit(again) > first)
        await #expect(throws: StorageError.conflict(StorageKey("a"))) { try await storage.commit(removal) }
    }

    @Test("Listing is in byte order, below the prefix only", arguments: BackendKind.allCases)
    func order(_ kind: BackendKind) async throws {
        let storage = kind.make()
        let paths = ["k/b", "k/a", "k/", "k", "k/a/1", "k/a.1", "k/Z", "k/_", "k/é", "k0", "j/z", "l", "k/10", "k/2"]
        try await storage.commit(Self.put(paths.map { ($0, []) }))
        let expected = paths.filter { $0.hasPrefix("k/") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try await storage.list(under: "k/", after: nil, limit: .max).map(\.path) == expected)
        #expect(try await storage.list(under: "", after: nil, limit: .max).count == paths.count)
        #expect(try await storage.list(under: "k/a", after: nil, limit: .max).map(\.path) == ["k/a", "k/a.1", "k/a/1"])
        #expect(try await storage.list(under: "nothing/", after: nil, limit: .max).isEmpty)
    }

    @Test("Listing goes on after a cursor that need not exist, page by page", arguments: BackendKind.allCases)
    func cursors(_ kind: BackendKind) async throws {
        let storage = kind.make()
        let paths = (100..<200).map { "k/\($0)" }
        try await storage.commit(Self.put((paths + ["a", "z"]).map { ($0, []) }))
        func list(_ cursor: String?, _ limit: Int) async throws -> [String] {
            try await storage.list(under: "k/", after: cursor.map { StorageKey($0) }, limit: limit).map(\.path)
        }
        #expect(try await list("k/150", 3) == ["k/151", "k/152", "k/153"])
        #expect(try await list("k/1505", 1) == ["k/151"])
        #expect(try await list("a", 1) == ["k/100"])
        #expect(try await list("k", 1) == ["k/100"])
        #expect(try await list("k/199", 5).isEmpty)
        #expect(try await list("z", 5).isEmpty)
        #expect(try await list(nil, 0).isEmpty)
        for size in [1, 7, 100, 1000] {
            var seen: [String] = []
            while true {
                let page = try await list(seen.last, size)
                #expect(page.count <= size)
                if page.isEmpty { break }
                seen += page
            }
            #expect(seen == paths, "pages of \(size)")
        }
    }

    @Test("Eight tasks that compare and set one counter lose no increment", arguments: BackendKind.allCases)
    func concurrency(_ kind: BackendKind) async throws {
        let storage = kind.make()
        let key = StorageKey("counter")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var done = 0
                    while done < 50 {
                        let entry = try await storage.read(key)
                        var batch = WriteBatch()
                        batch.require(entry.map { .revision($0.revision) } ?? .absent, at: key)
                        let count = entry?.value.first ?? 0
                        batch.put(key, [count &+ 1, UInt8(worker)])
                        batch.put(StorageKey("mark/\(worker)/\(done)"), [])
                        do {
                            try await storage.commit(batch)
                            done += 1
                        } catch StorageError.conflict {
                            await Task.yield()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await storage.read(key)?.value.first == UInt8(400 & 255))
        #expect(try await storage.list(under: "mark/", after: nil, limit: .max).count == 400)
    }

    @Test("A random history of commits ends as in a plain dictionary", arguments: BackendKind.allCases, Seeds.all)
    func model(_ kind: BackendKind, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let storage = kind.make()
        var model: [String: [UInt8]] = [:]
        for _ in 0..<300 {
            var batch = WriteBatch()
            var next = model
            var holds = true
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
                let guarded = "k/\(random.int(0...12))"
                if random.oneIn(4) {
                    batch.require(.absent, at: StorageKey(guarded))
                    holds = holds && model[guarded] == nil
                }
            }
            let went = (try? await storage.commit(batch)) != nil
            #expect(went == holds)
            if went { model = next }
            let path = "k/\(random.int(0...12))"
            #expect(try await storage.read(StorageKey(path))?.value == model[path])
        }
        let listed = try await storage.list(under: "k/", after: nil, limit: .max).map(\.path)
        #expect(listed == model.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
}
