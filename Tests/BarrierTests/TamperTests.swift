import Barrier
import Bytes
import Primitives
import Storage
import TestAids
import Testing

@Suite("Tampering with sealed storage")
struct TamperTests {
    /// A database of 60 rows with three terms.
    private static func database() async throws -> Fixture {
        let fixture = try await Fixture.open()
        for index in 0..<60 {
            try await fixture.put("row/\(index)", [UInt8(index), 1, 2, 3])
            if index % 20 == 19 { try await fixture.sealed.rotate() }
        }
        await fixture.sealed.seal()
        return fixture
    }

    private static func isRefused(_ contents: [String: [UInt8]], _ fixture: Fixture) async throws -> Bool {
        let storage = fixture.another(over: try await InMemoryStorage.holding(contents))
        return await failure(BarrierError.self) { try await storage.unseal(fixture.root) } != nil
    }

    @Test("Every single flipped bit of every row is noticed at the unsealing, and on reading")
    func flips() async throws {
        let fixture = try await Self.database()
        let contents = try await fixture.disk.contents()
        #expect(contents.count == 63)
        #expect(try await !Self.isRefused(contents, fixture))
        let running = InMemoryStorage()
        var copy = WriteBatch()
        for (path, row) in contents { copy.put(StorageKey(path), row) }
        try await running.commit(copy)
        let open = fixture.another(over: running)
        try await open.unseal(fixture.root)
        var accepted = 0
        for (path, row) in contents {
            for bit in 0..<row.count * 8 {
                var altered = row
                altered[bit / 8] ^= 1 << UInt8(bit % 8)
                if path.hasPrefix("data/") {
                    try await running.put(path, altered)
                    let key = StorageKey(String(path.dropFirst(5)))
                    if await failure(StorageError.self, { _ = try await open.read(key) }) != .corrupted(key) {
                        accepted += 1
                    }
                }
                // A full unsealing per bit takes long: of the rows that look alike, every seventh bit.
                if path.hasPrefix("data/"), bit % 7 != 0 { continue }
                var all = contents
                all[path] = altered
                if try await !Self.isRefused(all, fixture) { accepted += 1 }
            }
            if path.hasPrefix("data/") { try await running.put(path, row) }
        }
        #expect(accepted == 0)
        // What was put back has other revisions.
        try await open.refresh()
        #expect(try await open.read(StorageKey("row/7"))?.value == [7, 1, 2, 3])
    }

    @Test("Every swap of two rows is noticed at the unsealing, and on reading")
    func swaps() async throws {
        let fixture = try await Self.database()
        let contents = try await fixture.disk.contents()
        let paths = contents.keys.sorted()
        let running = try await InMemoryStorage.holding(contents)
        let open = fixture.another(over: running)
        try await open.unseal(fixture.root)
        var accepted = 0
        for (index, first) in paths.enumerated() {
            for second in paths[(index + 1)...] {
                var all = contents
                all[first] = contents[second]
                all[second] = contents[first]
                if try await !Self.isRefused(all, fixture) { accepted += 1 }
                guard first.hasPrefix("data/") else { continue }
                try await running.put(first, contents[second])
                try await running.put(second, contents[first])
                for path in [first, second] {
                    let key = StorageKey(String(path.dropFirst(5)))
                    if await failure(StorageError.self, { _ = try await open.read(key) }) != .corrupted(key) {
                        accepted += 1
                    }
                    try await running.put(path, contents[path])
                }
            }
        }
        #expect(accepted == 0)
    }

    @Test("An old copy of a row, a removed one and one that came back are noticed, running and at the unsealing")
    func replays() async throws {
        let fixture = try await Fixture.open()
        for value in [1, 2] as [UInt8] { try await fixture.put("stays", [value]) }
        try await fixture.put("goes", [1])
        let old = try await fixture.disk.contents()
        try await fixture.put("stays", [3])
        try await fixture.sealed.commit(
            {
                var batch = WriteBatch()
                batch.delete(StorageKey("goes"))
                return batch
            }())
        let new = try await fixture.disk.contents()
        for (path, row) in [("data/stays", old["data/stays"]), ("data/stays", nil), ("data/goes", old["data/goes"])] {
            try await fixture.disk.put(path, row)
            let key = StorageKey(String(path.dropFirst(5)))
            await #expect(throws: StorageError.corrupted(key)) { try await fixture.sealed.read(key) }
            await #expect(throws: BarrierError.mismatchedRows) { try await fixture.another().unseal(fixture.root) }
            try await fixture.disk.put(path, new[path])
            try await fixture.sealed.refresh()
            _ = try await fixture.sealed.read(key)
        }
        try await fixture.another().unseal(fixture.root)
        // What came back is not listed, and what is there is not overwritten as if it were not.
        try await fixture.disk.put("data/goes", old["data/goes"])
        #expect(try await fixture.sealed.list(under: "", after: nil, limit: 10) == [StorageKey("stays")])
        try await fixture.disk.put("data/stays", nil)
        var batch = WriteBatch()
        batch.put(StorageKey("stays"), [9])
        batch.require(.absent, at: StorageKey("stays"))
        await #expect(throws: StorageError.conflict(StorageKey("stays"))) { try await fixture.sealed.commit(batch) }
    }

    @Test("Old copies of the terms, the seal's record and the manifest are noticed, each alone and in pairs")
    func oldOwnRows() async throws {
        let fixture = try await Fixture.open()
        try await fixture.put("a", [1])
        let old = try await fixture.disk.contents()
        try await fixture.sealed.rotate()
        try await fixture.sealed.replaceSealRecord([1, 2, 3])
        try await fixture.put("a", [2])
        let new = try await fixture.disk.contents()
        let paths = old.keys.sorted()
        for mask in 1..<(1 << paths.count) - 1 {
            var mixed = new
            for (index, path) in paths.enumerated() where mask >> index & 1 == 1 { mixed[path] = old[path] }
            #expect(try await Self.isRefused(mixed, fixture), "\(mask)")
        }
        // All rows together are a sound database of the past: only a witness can tell.
        #expect(try await !Self.isRefused(old, fixture))
    }

    @Test("Another database's rows are refused")
    func otherDatabase() async throws {
        let fixture = try await Self.database()
        let contents = try await fixture.disk.contents()
        let other = SealedStorage(InMemoryStorage()) { 0 }
        try await other.initialize(root: fixture.root, sealRecord: Fixture.sealRecord)
        let disk = InMemoryStorage()
        let second = SealedStorage(disk) { 0 }
        try await second.initialize(root: fixture.root, sealRecord: Fixture.sealRecord)
        let foreign = try await disk.contents()
        for path in foreign.keys {
            var mixed = contents
            mixed[path] = foreign[path]
            // The seal's record is the same in both.
            #expect(try await Self.isRefused(mixed, fixture) == (path != "barrier/seal"))
        }
    }
}
