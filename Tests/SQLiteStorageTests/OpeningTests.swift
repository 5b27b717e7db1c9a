import Foundation
import GRDB
import SQLiteStorage
import Storage
import TestAids
import Testing

@Suite("Opening SQLite storage")
struct OpeningTests {
    private static func filled(_ place: Place, rows: Int = 2000) async throws {
        let storage = try await place.open()
        var batch = WriteBatch()
        for number in 0..<rows { batch.put(StorageKey("k/\(number)"), [UInt8](repeating: 65, count: 200)) }
        try await storage.commit(batch)
        await storage.close()
    }

    private static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    private static func replace(_ path: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    @Test("Directory and files are for their owner only, even when they had been opened up")
    func permissions() async throws {
        let place = try Place()
        for _ in 0..<2 {
            let storage = try await place.open()
            try await storage.commit(WriteBatch())
            for name in ["/strongroom.db", "/strongroom.db-wal", "/strongroom.db-shm", "/strongroom.lock"] {
                #expect(try place.mode(name) == 0o600, "\(name)")
            }
            await storage.close()
            #expect(chmod(place.database, 0o666) == 0)
        }
        #expect(try place.mode("") == 0o700)
    }

    @Test("A second opening is refused with the owner's process number until the first is closed")
    func second() async throws {
        let place = try Place()
        let first = try await place.open()
        await #expect(throws: SQLiteStorageError.inUse(by: getpid())) { try await place.open() }
        try await first.commit(WriteBatch())
        await first.close()
        try await place.open { $0.readers = 3 }.close()
    }

    @Test("A storage that is dropped without closing gives its database up, and loses nothing")
    func dropped() async throws {
        let place = try Place()
        var storage: SQLiteBackend? = try await place.open()
        var batch = WriteBatch()
        batch.put(StorageKey("a"), [1])
        try await storage?.commit(batch)
        storage = nil
        for _ in 0..<1000 {
            guard let again = try? await place.open() else {
                try await Task.sleep(for: .milliseconds(10))
                continue
            }
            #expect(try await again.read(StorageKey("a"))?.value == [1])
            await again.close()
            return
        }
        Issue.record("the database stays in use")
    }

    @Test("What comes after closing is refused, and feeds end")
    func closed() async throws {
        let place = try Place()
        let storage = try await place.open()
        let feed = try await storage.changes(after: 0)
        try await storage.commit(WriteBatch())
        await storage.close()
        await storage.close()
        await #expect(throws: StorageError.unavailable) { try await storage.read(StorageKey("a")) }
        await #expect(throws: StorageError.unavailable) { try await storage.commit(WriteBatch()) }
        var changes: [StorageChange] = []
        for await change in feed { changes.append(change) }
        #expect(changes == [.committed(1, keys: [])])
    }

    @Test("A newer format, another program's database and text are refused and left as they are")
    func strangers() async throws {
        let place = try Place()
        try await Self.filled(place, rows: 1)
        try await DatabaseQueue(path: place.database).writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA user_version = 2")
        }
        await #expect(throws: SQLiteStorageError.newerFormat(2, known: 1)) { try await place.open() }
        try await DatabaseQueue(path: place.database).writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA application_id = 7")
        }
        await #expect(throws: SQLiteStorageError.foreign) { try await place.open() }
        let text = Array(String(repeating: "not a database\n", count: 500).utf8)
        try Self.replace(place.database, text)
        await #expect(throws: SQLiteStorageError.corrupt) { try await place.open() }
        #expect(try Self.bytes(place.database) == text)
    }

    @Test("A database that was cut off anywhere is refused")
    func truncated() async throws {
        let place = try Place()
        try await Self.filled(place)
        let whole = try Self.bytes(place.database)
        #expect(whole.count > 400_000)
        for size in [0, 1, 99, 100, 512, 4095, 4096, 8192, 100_000, whole.count - 4096, whole.count - 1] {
            try Self.replace(place.database, Array(whole[..<size]))
            await #expect(throws: SQLiteStorageError.corrupt, "\(size) bytes") { try await place.open() }
        }
        try FileManager.default.removeItem(atPath: place.database)
        try Self.replace(place.database + "-wal", [1, 2, 3])
        await #expect(throws: SQLiteStorageError.corrupt) { try await place.open() }
        try FileManager.default.removeItem(atPath: place.database + "-wal")
        try Self.replace(place.database, whole)
        try await place.open().close()
    }

    @Test("Damage is refused or does not matter, but nothing crashes", arguments: Seeds.all)
    func damaged(_ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let place = try Place()
        try await Self.filled(place)
        let whole = try Self.bytes(place.database)
        var refused = 0
        for _ in 0..<40 {
            var bytes = whole
            let page = random.int(0...(whole.count / 4096 - 1)) * 4096
            // The page's header and cell pointers, or anything in it.
            for _ in 0..<random.int(1...8) {
                bytes[page + (random.oneIn(2) ? random.int(0...40) : random.int(0...4095))] ^= UInt8(
                    random.int(1...255))
            }
            try Self.replace(place.database, bytes)
            for name in ["-wal", "-shm"] { unlink(place.database + name) }
            do {
                let storage = try await place.open()
                _ = try? await storage.entries(under: "", after: nil, limit: .max)
                for number in 0..<20 { _ = try? await storage.read(StorageKey("k/\(number)")) }
                _ = try? await storage.commit(WriteBatch())
                await storage.close()
            } catch let error as SQLiteStorageError {
                #expect([.corrupt, .foreign].contains(error) || "\(error)".contains("newer"), "\(error)")
                refused += 1
            }
        }
        #expect(refused > 10)
    }

    @Test("Damage that is found while running is told as such")
    func lateDamage() async throws {
        let place = try Place()
        try await Self.filled(place)
        var bytes = try Self.bytes(place.database)
        for page in 2..<(bytes.count / 4096) {
            bytes.replaceSubrange(page * 4096..<page * 4096 + 64, with: repeatElement(0xEE, count: 64))
        }
        try Self.replace(place.database, bytes)
        await #expect(throws: SQLiteStorageError.corrupt) { try await place.open() }
        guard let storage = try? await place.open({ $0.checksPages = false }) else { return }
        await #expect(throws: StorageError.corrupt) { try await storage.entries(under: "", after: nil, limit: .max) }
        await storage.close()
    }

    @Test("A place that cannot be used is refused with its reason")
    func places() async throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
        try Self.replace(place.path + "/file", [1])
        await #expect(throws: SQLiteStorageError.self) { try await SQLiteBackend.open(directory: place.path + "/file") }
        await #expect(throws: SQLiteStorageError.self) {
            try await SQLiteBackend.open(directory: place.path + "/file/x")
        }
        await #expect(throws: SQLiteStorageError.self) { try await SQLiteBackend.open(directory: "/proc/none") }
    }
}
