import Barrier
import Bytes
import Foundation
import Primitives
import SQLiteStorage
import Storage
import Synchronization
import TestAids
import Testing

/// Snapshots: of one moment, encrypted as stored, and nothing of them taken in unless all of it is genuine.
@Suite("Snapshots")
struct SnapshotTests {
    private static let folder = FileManager.default.temporaryDirectory.path

    private static func take(_ sealed: SealedStorage) async throws -> [UInt8] {
        let file = try await sealed.snapshot(folder: folder)
        return withExtendedLifetime(file) { file.view.array }
    }

    /// What the bytes are taken for under that root key; nil when they are genuine.
    private static func verdict(_ bytes: [UInt8], _ sealed: SealedStorage, _ root: RootKey) -> SnapshotFault? {
        withView(bytes) { view in
            do throws(SnapshotFault) {
                _ = try sealed.verify(Snapshot(view), under: root)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Three rows, one term: small enough to alter every bit.
    private static func small() async throws -> (Fixture, [UInt8]) {
        let fixture = try await Fixture.open()
        for index in 0..<3 as Range<UInt8> { try await fixture.put("row/\(index)", [index]) }
        let reader = fixture.another()
        try await reader.unseal(fixture.root)
        return (fixture, try await take(reader))
    }

    @Test("A snapshot brings every backend back to its moment", arguments: [DiskKind.inMemory, .sqlite])
    func roundTrip(_ kind: DiskKind) async throws {
        let opened = try await OpenedDisk(kind)
        let (sealed, root) = (opened.sealed, opened.root)
        for index in 0..<2500 {
            var batch = WriteBatch()
            batch.put(StorageKey("row/\(index)"), Array("value \(index)".utf8))
            try await sealed.commit(batch)
        }
        let bytes = try await Self.take(sealed)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("value 7"))
        try await sealed.rotate()
        var batch = WriteBatch()
        batch.put(StorageKey("row/7"), [])
        batch.delete(StorageKey("row/8"))
        batch.put(StorageKey("later"), [1])
        try await sealed.commit(batch)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        let snapshot = try Snapshot(ByteView(UnsafeRawBufferPointer(buffer)))
        #expect(snapshot.rows == 2503)
        let verified = try sealed.verify(snapshot, under: root)
        try await sealed.replace(by: snapshot, verified: verified)
        #expect(sealed.isSealed)
        try await sealed.unseal(root)
        #expect(try sealed.keyStatus().term == 1)
        for (path, value) in [("row/7", "value 7"), ("row/8", "value 8"), ("later", nil)] as [(String, String?)] {
            let found = try await sealed.read(StorageKey(path))?.value
            #expect(found == value.map { Array($0.utf8) })
        }
        // What was stored below is what was in the snapshot, byte for byte.
        #expect(try await Self.take(sealed).count == bytes.count)
        await opened.close()
    }

    @Test("Every flipped bit, every missing and every added byte is refused")
    func damage() async throws {
        let (fixture, bytes) = try await Self.small()
        #expect(Self.verdict(bytes, fixture.sealed, fixture.root) == nil)
        for bit in 0..<bytes.count * 8 {
            var altered = bytes
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Self.verdict(altered, fixture.sealed, fixture.root) == .malformed, "\(bit)")
        }
        for count in 0..<bytes.count {
            #expect(Self.verdict(Array(bytes.prefix(count)), fixture.sealed, fixture.root) == .malformed)
        }
        #expect(Self.verdict(bytes + [0], fixture.sealed, fixture.root) == .malformed)
        #expect(Self.verdict(bytes + bytes, fixture.sealed, fixture.root) == .malformed)
    }

    @Test("Whoever writes a snapshot with a right chain is found by the manifest")
    func meddling() async throws {
        let (fixture, bytes) = try await Self.small()
        let rows = try Forgery.rows(bytes)
        #expect(Forgery.snapshot(rows) == bytes)
        #expect(rows.count == 6)
        let own = rows.indices.filter { rows[$0].key.starts(with: Array("data/".utf8)) }
        #expect(own.count == 3)
        var forgeries: [[Forgery.Row]] = []
        for index in rows.indices {
            for bit in 0..<rows[index].value.count * 8 where bit % 5 == 0 {
                var altered = rows
                altered[index].value[bit / 8] ^= 1 << UInt8(bit % 8)
                forgeries.append(altered)
            }
            var missing = rows
            missing.remove(at: index)
            forgeries.append(missing)
            for other in rows.indices where other > index {
                var swapped = rows
                (swapped[index].value, swapped[other].value) = (rows[other].value, rows[index].value)
                forgeries.append(swapped)
            }
        }
        var added = rows
        added.append(Forgery.Row(key: Array("data/zz".utf8), value: rows[own[0]].value))
        forgeries.append(added)
        for (number, forgery) in forgeries.enumerated() {
            let verdict = Self.verdict(Forgery.snapshot(forgery), fixture.sealed, fixture.root)
            #expect(verdict != nil, "\(number)")
        }
    }

    @Test("Rows out of order, twice, of other prefixes, and lengths that lie are refused")
    func forms() async throws {
        let (fixture, bytes) = try await Self.small()
        let rows = try Forgery.rows(bytes)
        var foreign = rows
        foreign.append(Forgery.Row(key: Array("zone/x".utf8), value: [1]))
        for wrong in [Array(rows.reversed()), rows + [rows[rows.count - 1]], foreign] {
            #expect(Self.verdict(Forgery.snapshot(wrong), fixture.sealed, fixture.root) == .malformed)
        }
        for lie in [0, 1, 0xFFFF_FFFF, 0x7FFF_FFFF, 64 << 20 + 1] as [UInt32] {
            for at in [8, 12, 16] {
                var altered = bytes
                for shift in 0..<4 { altered[at + shift] = UInt8(truncatingIfNeeded: lie >> (8 * UInt32(shift))) }
                if altered == bytes { continue }
                #expect(Self.verdict(altered, fixture.sealed, fixture.root) == .malformed)
            }
        }
    }

    @Test("Another database's snapshot, and one of before a new root key, are told as such")
    func otherKeys() async throws {
        let (fixture, bytes) = try await Self.small()
        let (other, foreign) = try await Self.small()
        #expect(Self.verdict(foreign, fixture.sealed, fixture.root) == .otherKeys)
        #expect(Self.verdict(foreign, other.sealed, other.root) == nil)
        let next = try RootKey.generate()
        try await fixture.sealed.replaceRoot(by: next, sealRecord: Fixture.sealRecord)
        #expect(Self.verdict(bytes, fixture.sealed, next) == .otherKeys)
        #expect(Self.verdict(bytes, fixture.sealed, fixture.root) == nil)
    }

    @Test("A snapshot that is taken while tasks write is of one moment", arguments: [DiskKind.inMemory, .sqlite])
    func busy(_ kind: DiskKind) async throws {
        let opened = try await OpenedDisk(kind)
        let (sealed, root) = (opened.sealed, opened.root)
        let isDone = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var round: UInt8 = 0
                    while !isDone.isSet {
                        round &+= 1
                        var batch = WriteBatch()
                        batch.put(StorageKey("w\(writer)/a"), [round])
                        batch.put(StorageKey("w\(writer)/b/\(round)"), [round])
                        try await sealed.commit(batch)
                        if round % 50 == 0 { try await sealed.rotate() }
                        await Task.yield()
                    }
                }
            }
            for _ in 0..<20 {
                let bytes = try await Self.take(sealed)
                #expect(Self.verdict(bytes, sealed, root) == nil)
            }
            isDone.set()
            try await group.waitForAll()
        }
        await opened.close()
    }

    @Test("A folder that takes no file is told, and nothing has changed")
    func noRoom() async throws {
        let (fixture, _) = try await Self.small()
        let reader = fixture.another()
        try await reader.unseal(fixture.root)
        await #expect(throws: SnapshotFault.noRoom) { try await reader.snapshot(folder: "/proc/nowhere") }
        // Storage that cannot be read as a whole.
        await #expect(throws: SnapshotFault.unsupported) { try await fixture.sealed.snapshot(folder: Self.folder) }
        #expect(try await fixture.read("row/1") == [1])
    }
}

/// A flag that tasks share.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

/// Takes snapshots apart and writes them anew, as somebody could who knows the form and no key.
enum Forgery {
    struct Row: Equatable {
        var key: [UInt8]
        var value: [UInt8]
    }

    static func rows(_ bytes: [UInt8]) throws -> [Row] {
        func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        var rows: [Row] = []
        var at = 8
        while number(at) > 0 {
            let end = at + 4 + number(at)
            at += 4
            while at < end {
                let (key, value) = (number(at), number(at + 4))
                let middle = at + 8 + key
                rows.append(Row(key: Array(bytes[at + 8..<middle]), value: Array(bytes[middle..<middle + value])))
                at = middle + value
            }
        }
        return rows
    }

    /// With the pages that storage in memory makes: one row each.
    static func snapshot(_ rows: [Row]) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] { [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) } }
        var bytes = Array("SRSNAP1\n".utf8)
        var chain = digest(bytes)
        for row in rows {
            let page = number(row.key.count) + number(row.value.count) + row.key + row.value
            chain = digest(chain + page)
            bytes += number(page.count) + page
        }
        return bytes + number(0) + number(rows.count) + number(0) + chain
    }

    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        withView(bytes) { view in
            digest.withUnsafeMutableBufferPointer { buffer in
                guard let out = buffer.baseAddress else { return }
                #expect(throws: Never.self) { try DigestAlgorithm.sha2_256.hash(view, into: out) }
            }
        }
        return digest
    }
}

/// An initialised and open database on a disk of either kind.
private struct OpenedDisk {
    let sealed: SealedStorage
    let root: RootKey
    private let place: SQLitePlace
    private let sqlite: SQLiteBackend?

    init(_ kind: DiskKind) async throws {
        place = try SQLitePlace()
        sqlite = kind == .sqlite ? try await place.open() : nil
        root = try RootKey.generate()
        sealed = SealedStorage(sqlite ?? InMemoryStorage()) { 0 }
        try await sealed.initialize(root: root, sealRecord: Fixture.sealRecord)
        try await sealed.unseal(root)
    }

    func close() async { await sqlite?.close() }
}
