import Foundation
import SQLiteStorage
import Storage
import TestAids
import Testing

@Suite("SQLite storage and other processes", .serialized)
struct ProcessTests {
    /// `STRONGROOM_KILLS` asks for more.
    private static let kills = ProcessInfo.processInfo.environment["STRONGROOM_KILLS"].flatMap { Int($0) } ?? 30

    @Test("A writer killed at any moment has lost nothing that it had answered, and left nothing torn")
    func killed() async throws {
        let place = try Place()
        var random = SeededGenerator(seed: UInt64.random(in: 0...(.max)))
        var answered: Set<Int> = []
        for round in 0..<Self.kills {
            let child = try Child(place.path, ["write", "\(round * 10_000_000)"])
            #expect(try await child.waitForLines(1))
            try await Task.sleep(for: .microseconds(random.int(0...60_000)))
            child.kill()
            let numbers = child.lines.compactMap { Int($0) }
            #expect(!numbers.isEmpty, "\(child.lines)")
            answered.formUnion(numbers)
            let storage = try await place.open()
            let found = try await Self.wholeNumbers(storage)
            #expect(answered.isSubset(of: found), "round \(round): lost \(answered.subtracting(found).sorted())")
            await storage.close()
        }
        #expect(answered.count > Self.kills)
    }

    /// The numbers whose three entries are there as written; an issue for each that is not.
    private static func wholeNumbers(_ storage: SQLiteBackend) async throws -> Set<Int> {
        var entries: [StorageKey: StorageEntry] = [:]
        var last: StorageKey?
        while true {
            let page = try await storage.entries(under: "", after: last, limit: .max)
            if page.isEmpty { break }
            for found in page { entries[found.key] = found.entry }
            last = page.last?.key
        }
        var numbers: Set<Int> = []
        for (key, entry) in entries where key.path.hasPrefix("first/") {
            let digits = Array(key.path.dropFirst(6).utf8)
            guard let number = Int(key.path.dropFirst(6)), let end = digits.last else { continue }
            let filler = [UInt8](repeating: end, count: number % 50 == 0 ? 40_000 : 20)
            let second = entries[StorageKey("second/\(number)")]
            let third = entries[StorageKey("third/\(number)")]
            let isWhole =
                entry.value == digits && second?.value == digits + filler && third == entry
                && second?.revision == entry.revision
            #expect(isWhole, "\(number) is torn")
            numbers.insert(number)
        }
        #expect(entries.count == numbers.count * 3)
        return numbers
    }

    @Test("Another process with the database open is named; once it is gone, even by a kill, it is not in the way")
    func locked() async throws {
        let place = try Place()
        let owner = try Child(place.path, ["hold"])
        #expect(try await owner.waitForLines(1))
        #expect(owner.lines == ["open"])
        await #expect(throws: SQLiteStorageError.inUse(by: owner.identifier)) { try await place.open() }
        owner.kill()
        let storage = try await place.open()
        let second = try Child(place.path, ["hold"])
        #expect(try await second.waitForLines(1))
        #expect(second.lines == ["refused: the database is in use by process \(getpid())"])
        try await storage.commit(WriteBatch())
        await storage.close()
        let third = try Child(place.path, ["hold"])
        #expect(try await third.waitForLines(1))
        try third.finish()
        #expect(third.lines == ["open"])
    }

    // From the first pages of the log to a checkpoint that breaks off.
    @Test(
        "Where files cannot grow, a commit is refused as such and changes nothing; with room, work goes on",
        arguments: [20_000, 33_000, 40_961, 50_000, 65_536, 90_001, 250_000, 5_000_000])
    func starved(_ bytes: Int) async throws {
        let place = try Place()
        let child = try Child(place.path, ["starve", "\(bytes)"])
        #expect(try await child.waitForLines(3))
        try child.finish()
        #expect(child.lines.prefix(2) == ["refusal: full", "whole"])
        let answered = try #require(child.lines.last.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) })
        let storage = try await place.open()
        #expect(try await storage.list(under: "row/", after: nil, limit: .max).count == answered * 3)
        #expect(try await storage.read(StorageKey("after")) != nil)
        await storage.close()
    }

    @Test("A full medium refuses commits, not reads, until there is room; a read-only one is not opened")
    func fullMedium() async throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.path, withIntermediateDirectories: true)
        // Only root may mount; for others the limit on file sizes has to do.
        guard getuid() == 0, try Self.run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place.path]) else {
            return
        }
        defer { _ = try? Self.run("umount", ["-l", place.path]) }
        let storage = try await place.open()
        var answered = 0
        var refusal: StorageError?
        while refusal == nil, answered < 1000 {
            var batch = WriteBatch()
            batch.put(StorageKey("row/\(answered)"), [UInt8](repeating: 1, count: 5000))
            do throws(StorageError) {
                try await storage.commit(batch)
                answered += 1
            } catch {
                refusal = error
            }
        }
        #expect(refusal == .full)
        #expect(try await storage.list(under: "row/", after: nil, limit: .max).count == answered)
        #expect(try await storage.read(StorageKey("row/0"))?.value.count == 5000)
        #expect(try Self.run("mount", ["-o", "remount,size=8m", place.path]))
        var batch = WriteBatch()
        batch.put(StorageKey("after"), [1])
        try await storage.commit(batch)
        await storage.close()
        #expect(try Self.run("mount", ["-o", "remount,ro", place.path]))
        await #expect(throws: SQLiteStorageError.readOnly) { try await place.open() }
    }

    private static func run(_ name: String, _ arguments: [String]) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
