import Bytes
import Storage
import TestAids
import Testing

@Suite("Storage view")
struct StorageViewTests {
    @Test("A feed of what is below a prefix tells all commits, with those keys alone, cut by bytes")
    func feed() async throws {
        let backend = InMemoryStorage()
        let paths = ["m/1/a", "m/10/a", "m/1/\u{301}b", "m/1/", "m/1", ""]
        var batch = WriteBatch()
        for path in paths { batch.put(StorageKey(path), []) }
        try await backend.commit(batch)
        try await backend.commit(WriteBatch())
        var feed = try await backend.changes(after: 0).below("m/").below("1/").makeAsyncIterator()
        #expect(await feed.next() == .committed(1, keys: ["a", "\u{301}b", ""].map { StorageKey($0) }))
        #expect(await feed.next() == .committed(2, keys: []))
        #expect(StorageKey("e\u{301}").dropping("é") == nil)
    }

    @Test("Two views of one backend see nothing of each other")
    func confinement() async throws {
        let backend = InMemoryStorage()
        let (left, right) = (StorageView(backend, prefix: "m/1/"), StorageView(backend, prefix: "m/10/"))
        for view in [left, right] {
            var batch = WriteBatch()
            batch.put(StorageKey("key/a"), [1])
            batch.require(.absent, at: StorageKey("key/a"))
            try await view.commit(batch)
        }
        #expect(try await backend.list(under: "", after: nil, limit: 10).map(\.path) == ["m/1/key/a", "m/10/key/a"])
        #expect(try await left.list(under: "") == ["key/a"])
        var removal = WriteBatch()
        removal.delete(StorageKey("key/a"))
        try await left.commit(removal)
        #expect(try await left.read("key/a") == nil)
        #expect(try await right.read("key/a")?.value == [1])
    }

    @Test("No path leads out of a view", arguments: ["../2/secret", "/m/2/secret", "m/2/secret", "./../2/secret", ""])
    func escape(_ path: String) async throws {
        let backend = InMemoryStorage()
        var outside = WriteBatch()
        outside.put(StorageKey("m/2/secret"), [42])
        try await backend.commit(outside)
        let view = StorageView(backend, prefix: "m/1/")
        #expect(try await view.read(path) == nil)
        var batch = WriteBatch()
        batch.put(StorageKey(path), [7])
        try await view.commit(batch)
        #expect(try await backend.read(StorageKey("m/2/secret"))?.value == [42])
        #expect(try await backend.read(StorageKey("m/1/" + path))?.value == [7])
    }

    @Test("Listing through a view gives relative paths and takes relative cursors")
    func listing() async throws {
        let view = StorageView(InMemoryStorage(), prefix: "mount/é/")
        var batch = WriteBatch()
        for name in ["key/c", "key/a", "key/b", "version/a", "key/é"] { batch.put(StorageKey(name), []) }
        try await view.commit(batch)
        #expect(try await view.list(under: "key/") == ["key/a", "key/b", "key/c", "key/é"])
        #expect(try await view.list(under: "key/", after: "key/a", limit: 1) == ["key/b"])
    }

    @Test("A conflict in a view is a conflict, and names the backend's key")
    func conflicts() async throws {
        let view = StorageView(InMemoryStorage(), prefix: "m/")
        var batch = WriteBatch()
        batch.put(StorageKey("a"), [1])
        batch.require(.revision(5), at: StorageKey("a"))
        await #expect(throws: StorageError.conflict(StorageKey("m/a"))) { try await view.commit(batch) }
    }

    @Test("Removing all removes thousands of keys of the view and none of its neighbours")
    func removeAll() async throws {
        let backend = InMemoryStorage()
        let (view, neighbour) = (StorageView(backend, prefix: "m/1/"), StorageView(backend, prefix: "m/2/"))
        var batch = WriteBatch()
        for number in 0..<2500 { batch.put(StorageKey("k/\(number)"), []) }
        try await view.commit(batch)
        try await neighbour.commit(batch)
        try await view.removeAll()
        #expect(try await view.list(under: "").isEmpty)
        #expect(try await neighbour.list(under: "").count == 2500)
        try await view.removeAll()
    }
}

@Suite("Faulty storage")
struct FaultyStorageTests {
    @Test("Exactly the chosen operation fails, and it changes nothing", arguments: 1...4)
    func once(_ number: Int) async throws {
        let inner = InMemoryStorage()
        let storage = FaultyStorage(inner)
        storage.arm(number)
        var batch = WriteBatch()
        batch.put(StorageKey("a"), [1])
        var failed: [Int] = []
        do { try await storage.commit(batch) } catch { failed.append(1) }
        do { _ = try await storage.read(StorageKey("a")) } catch { failed.append(2) }
        do { _ = try await storage.list(under: "", after: nil, limit: 1) } catch { failed.append(3) }
        do { try await storage.commit(batch) } catch { failed.append(4) }
        #expect(failed == [number])
        #expect(storage.operations == 4)
        #expect(try await inner.read(StorageKey("a")) != nil)
    }

    @Test("A lasting fault stays until it is lifted")
    func lasting() async throws {
        let storage = FaultyStorage(InMemoryStorage())
        storage.arm(2, lasting: true)
        #expect(try await storage.read(StorageKey("a")) == nil)
        for _ in 0..<3 {
            await #expect(throws: StorageError.unavailable) { try await storage.read(StorageKey("a")) }
        }
        storage.disarm()
        #expect(try await storage.read(StorageKey("a")) == nil)
    }
}
