import Barrier
import Foundation
import SQLiteStorage
import Storage
import TestAids
import Testing

/// Byte strings to look for, by their first eight bytes.
private struct Needles {
    private var table: [UInt64: [[UInt8]]] = [:]
    // Which of the numbers that heads are mixed down to occur: most places in a text are done with one look here.
    private var marks = [Bool](repeating: false, count: 1 << 20)

    init(_ needles: [[UInt8]]) {
        for needle in needles {
            let head = needle.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            table[head, default: []].append(needle)
            marks[Self.place(head)] = true
        }
    }

    private static func place(_ head: UInt64) -> Int { Int(truncatingIfNeeded: (head &* 0x9E37_79B9_7F4A_7C15) >> 44) }

    /// The needles that occur.
    func found(in text: [UInt8]) -> Set<[UInt8]> {
        var result: Set<[UInt8]> = []
        text.withUnsafeBufferPointer { bytes in
            marks.withUnsafeBufferPointer { marks in
                var (head, end) = (0 as UInt64, 0)
                while end < bytes.count {
                    head = head << 8 | UInt64(bytes[end])
                    end += 1
                    if end >= 8, marks[Int(truncatingIfNeeded: (head &* 0x9E37_79B9_7F4A_7C15) >> 44)] {
                        for needle in table[head] ?? [] where bytes[(end - 8)...].starts(with: needle) {
                            result.insert(needle)
                        }
                    }
                }
            }
        }
        return result
    }
}

@Suite("Plaintext in the database's files")
struct PlaintextTests {
    /// A marker as it may look in a file.
    private static func forms(_ marker: String) -> [[UInt8]] {
        let plain = Array(marker.utf8)
        let hex = plain.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        // Wherever it begins in a text, two of the three shifts lose a sign at each end.
        let base64 = (0..<3).map { shift in
            let text = ReferenceBase64.encode([UInt8](repeating: 0, count: shift) + plain)
            return Array(text.utf8.dropFirst(4).dropLast(4))
        }
        let wide = marker.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        let wideBigEndian = marker.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        return [plain, Array(hex.utf8), Array(hex.uppercased().utf8), wide, wideBigEndian] + base64
    }

    private static func files(_ place: SQLitePlace) -> [UInt8] {
        ["", "-wal"].flatMap { suffix in
            FileManager.default.contents(atPath: place.database + suffix).map { Array($0) } ?? []
        }
    }

    /// Stores each value under a key of its own, a hundred in a commit.
    private static func plant(_ values: [[UInt8]], in storage: any StorageBackend) async throws {
        for (number, start) in stride(from: 0, to: values.count, by: 100).enumerated() {
            var batch = WriteBatch()
            for (index, value) in values[start..<min(start + 100, values.count)].enumerated() {
                batch.put(StorageKey("secret/\(number)/\(index)"), value)
            }
            try await storage.commit(batch)
        }
    }

    @Test("Of a thousand planted markers, none is in the database or its log, in any of eight spellings")
    func markers() async throws {
        var random = SeededGenerator(seed: .random(in: 0...(.max)))
        let markers = (0..<1000).map { _ in
            String(decoding: random.bytes(32).map { UInt8(ascii: "a") + $0 % 26 }, as: UTF8.self)
        }
        let needles = Needles(markers.flatMap(Self.forms))
        let place = try SQLitePlace()
        let backend = try await place.open()
        let storage = SealedStorage(backend) { 0 }
        let root = try RootKey.generate()
        try await storage.initialize(root: root, sealRecord: Fixture.sealRecord)
        try await storage.unseal(root)
        let values = markers.map { Array("left ".utf8) + Array($0.utf8) + Array(" right".utf8) }
        try await Self.plant(values, in: storage)
        try await Self.plant(values.reversed(), in: storage)
        let running = Self.files(place)
        #expect(running.count > 1000 * 64)
        #expect(needles.found(in: running).isEmpty)
        await storage.seal()
        await backend.close()
        #expect(needles.found(in: Self.files(place)).isEmpty)
        // The search finds them where they are: in a database that is not sealed, in every spelling.
        let openPlace = try SQLitePlace()
        let open = try await openPlace.open()
        let forms = markers.flatMap(Self.forms)
        try await Self.plant(forms, in: open)
        #expect(needles.found(in: Self.files(openPlace)).count == Set(forms).count)
        await open.close()
    }
}
