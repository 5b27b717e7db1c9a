import Barrier
import Foundation
import GRDB
import SQLiteStorage
import Storage
import TestAids
import Testing

/// A sealed database in SQLite, and a second connection to its file, behind the server's back.
private struct Meddling {
    let place: SQLitePlace
    let root: RootKey
    let intruder: DatabaseQueue
    /// The open server.
    let storage: SealedStorage
    let backend: SQLiteBackend

    struct Row {
        var path: [UInt8]
        var value: [UInt8]
    }

    init(rows count: Int) async throws {
        place = try SQLitePlace()
        root = try RootKey.generate()
        backend = try await place.open()
        storage = SealedStorage(backend) { 0 }
        try await storage.initialize(root: root, sealRecord: Fixture.sealRecord)
        try await storage.unseal(root)
        for index in 0..<count {
            var batch = WriteBatch()
            batch.put(StorageKey("row/\(index)"), [UInt8(index), 1, 2])
            try await storage.commit(batch)
            if index % 25 == 24 { try await storage.rotate() }
        }
        intruder = try DatabaseQueue(path: place.database)
        try await intruder.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = OFF") }
    }

    func rows() async throws -> [Row] {
        try await intruder.read { connection in
            try GRDB.Row.fetchAll(connection, sql: "SELECT path, value FROM entries ORDER BY path").map { row in
                Row(path: Array(row["path"] as Data), value: Array(row["value"] as Data))
            }
        }
    }

    /// Replaces a row by another; false where that row's path is taken.
    func replace(_ old: Row, by new: Row) async throws -> Bool {
        do {
            try await intruder.write { connection in
                try connection.execute(
                    sql: "UPDATE entries SET path = ?, value = ? WHERE path = ?",
                    arguments: [Data(new.path), Data(new.value), Data(old.path)])
            }
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            return false
        }
    }

    /// What a new server over the same file says.
    func unsealing() async -> BarrierError? {
        let other = SealedStorage(backend) { 0 }
        return await failure(BarrierError.self) { try await other.unseal(root) }
    }

    /// Whether the open server refuses the row at a path of the table; of rows that are not values, nothing is asked.
    func isRefused(_ path: [UInt8]) async -> Bool {
        guard let key = StorageKey(String(decoding: path, as: UTF8.self)).dropping("data/") else { return true }
        return await failure(StorageError.self) { _ = try await storage.read(key) } == .corrupted(key)
    }
}

@Suite("Sealed storage in a SQLite file that others meddle with")
struct SQLiteDamageTests {
    @Test("Every flipped bit of every value and path is refused on reading, in pages, and at the unsealing")
    func flips() async throws {
        let meddling = try await Meddling(rows: 50)
        let rows = try await meddling.rows()
        #expect(rows.count == 53)
        #expect(await meddling.unsealing() == nil)
        var (accepted, flips, unsealings) = (0, 0, 0)
        for row in rows {
            let length = row.path.count + row.value.count
            for bit in 0..<length * 8 {
                var altered = row
                if bit / 8 < row.path.count {
                    altered.path[bit / 8] ^= 1 << UInt8(bit % 8)
                } else {
                    altered.value[bit / 8 - row.path.count] ^= 1 << UInt8(bit % 8)
                }
                guard try await meddling.replace(row, by: altered) else { continue }
                flips += 1
                if await !meddling.isRefused(row.path) { accepted += 1 }
                // Full looks take long.
                if bit % (bit / 8 < row.path.count ? 5 : 47) == 0 {
                    unsealings += 1
                    if await meddling.unsealing() == nil { accepted += 1 }
                    if altered.path.starts(with: Array("data/".utf8)) {
                        let error = await failure(StorageError.self) {
                            _ = try await meddling.storage.entries(under: "", after: nil, limit: .max)
                        }
                        if error == nil { accepted += 1 }
                    }
                    // A key that is no text ends the listing, at once or with an error.
                    _ = try? await meddling.storage.list(under: "", after: nil, limit: 10)
                }
                _ = try await meddling.replace(altered, by: row)
            }
        }
        #expect(accepted == 0)
        #expect(flips > 15_000 && unsealings > 1_000)
        #expect(await meddling.unsealing() == nil)
        #expect(try await meddling.storage.entries(under: "", after: nil, limit: .max).count == 50)
        await meddling.backend.close()
    }

    @Test("Every swap of two rows is refused on reading, in pages, and at the unsealing") func swaps() async throws {
        let meddling = try await Meddling(rows: 50)
        let rows = try await meddling.rows()
        var accepted = 0
        for (index, first) in rows.enumerated() {
            for second in rows[(index + 1)...] {
                for (row, other) in [(first, second), (second, first)] {
                    let swapped = Meddling.Row(path: row.path, value: other.value)
                    #expect(try await meddling.replace(row, by: swapped))
                }
                for row in [first, second] where await !meddling.isRefused(row.path) { accepted += 1 }
                if await meddling.unsealing() == nil { accepted += 1 }
                for row in [first, second] { #expect(try await meddling.replace(row, by: row)) }
            }
        }
        #expect(accepted == 0)
        #expect(await meddling.unsealing() == nil)
        await meddling.backend.close()
    }

    @Test("While the server runs, a row with another revision is refused; an unsealing takes revisions as they are")
    func revisions() async throws {
        let meddling = try await Meddling(rows: 50)
        let key = StorageKey("row/7")
        for bit in 0..<63 as Range<Int64> {
            let flip = "UPDATE entries SET revision = (revision | ?1) - (revision & ?1) WHERE path = ?2"
            for isBack in [false, true] {
                try await meddling.intruder.write {
                    try $0.execute(sql: flip, arguments: [1 << bit, Data("data/row/7".utf8)])
                }
                let error = await failure(StorageError.self) { _ = try await meddling.storage.read(key) }
                #expect(error == (isBack ? nil : .corrupted(key)))
            }
        }
        await meddling.backend.close()
    }

    @Test("A file that is cut off or overwritten gives a typed error, or all that was stored")
    func damagedFile() async throws {
        let meddling = try await Meddling(rows: 200)
        try meddling.intruder.close()
        await meddling.storage.seal()
        await meddling.backend.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: meddling.place.database))
        #expect(whole.count >= 6 * 4096)
        var random = SeededGenerator(seed: 5)
        var damaged: [Data] = []
        for length in stride(from: 0, to: whole.count, by: 4096) + [1, 100, 4095, 5000, whole.count - 1] {
            damaged.append(whole.prefix(length))
        }
        for page in 0..<whole.count / 4096 {
            var copy = whole
            copy.replaceSubrange(page * 4096..<(page + 1) * 4096, with: random.bytes(4096))
            damaged.append(copy)
            copy = whole
            copy[page * 4096 + random.int(0...4095)] ^= 0x40
            damaged.append(copy)
        }
        var told = 0
        for (index, copy) in damaged.enumerated() {
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: meddling.place.database + suffix)
            }
            try copy.write(to: URL(fileURLWithPath: meddling.place.database))
            let backend: SQLiteBackend
            do throws(SQLiteStorageError) {
                backend = try await meddling.place.open(checksPages: index.isMultiple(of: 2))
            } catch {
                told += 1
                continue
            }
            let storage = SealedStorage(backend) { 0 }
            if await failure(BarrierError.self, { try await storage.unseal(meddling.root) }) != nil {
                told += 1
            } else {
                #expect(try await storage.entries(under: "", after: nil, limit: .max).count == 200)
            }
            await backend.close()
        }
        #expect(told > damaged.count * 3 / 4)
    }
}
