import Bytes
import TestAids
import Testing

@Suite("Stored records")
struct RecordTests {
    private enum Field: Equatable {
        case int(Int)
        case bool(Bool)
        case bytes([UInt8])
    }

    private static func write(_ fields: [Field], format: UInt8 = 1) -> [UInt8] {
        var writer = RecordWriter(format: format)
        for field in fields {
            switch field {
            case .int(let value): writer.put(value)
            case .bool(let value): writer.put(value)
            case .bytes(let value): withView(value) { writer.put($0) }
            }
        }
        return writer.record
    }

    /// Reads fields of the same kinds as `pattern`.
    private static func read(_ record: ByteView, like pattern: [Field]) throws(RecordFault) -> [Field] {
        var reader = try RecordReader(record)
        var fields: [Field] = []
        for field in pattern {
            switch field {
            case .int: fields.append(.int(try reader.int()))
            case .bool: fields.append(.bool(try reader.bool()))
            case .bytes: fields.append(.bytes(try reader.view().array))
            }
        }
        try reader.finish()
        return fields
    }

    private static func fields(_ random: inout SeededGenerator) -> [Field] {
        (0..<random.int(0...8)).map { _ in
            switch random.int(0...2) {
            case 0: .int(Int(truncatingIfNeeded: random.next()))
            case 1: .bool(random.oneIn(2))
            default: .bytes(random.bytes(random.int(0...100)))
            }
        }
    }

    @Test("What is written reads back the same", arguments: Seeds.all)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let fields = Self.fields(&random)
            #expect(try withView(Self.write(fields)) { try Self.read($0, like: fields) } == fields)
        }
    }

    @Test("The layout is the format, then little-endian integers, then lengths and bytes")
    func layout() throws {
        let record = Self.write([.int(258), .int(-1), .bool(true), .bytes([7, 8])], format: 9)
        let expected: [UInt8] =
            [9, 2, 1, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 255, count: 8) + [1, 0, 0, 0, 0, 0, 0, 0]
            + [2, 0, 0, 0, 0, 0, 0, 0, 7, 8]
        #expect(record == expected)
        #expect(try withView(record) { (view) throws(RecordFault) in try RecordReader(view).format } == 9)
    }

    @Test("Every truncation and every addition is a fault", arguments: Seeds.all)
    func truncations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 4096)
        for _ in 0..<60 {
            let fields = Self.fields(&random)
            let record = Self.write(fields)
            for length in 0..<record.count {
                let cut = memory.withView(Array(record[..<length])) { try? Self.read($0, like: fields) }
                if cut != nil { Issue.record("read, though cut to \(length) of \(record.count)") }
            }
            #expect(memory.withView(record + [0]) { try? Self.read($0, like: fields) } == nil)
        }
    }

    @Test("Changed records give a fault or fields, and reading stays inside", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 4096)
        var readable = 0
        for _ in 0..<3000 {
            let fields = Self.fields(&random)
            let record = random.mutated(Self.write(fields))
            guard let read = memory.withView(record, { try? Self.read($0, like: fields) }) else { continue }
            readable += 1
            #expect(read.count == fields.count)
        }
        #expect(readable > 0)
    }

    @Test("Lengths that are negative or beyond the record are faults")
    func lengths() {
        for length in [Int.min, -1, 3, .max, .max - 8] {
            let record = Self.write([.int(length)]) + [1, 2]
            #expect(withView(record) { try? Self.read($0, like: [.bytes([])]) } == nil, "\(length)")
        }
    }
}
