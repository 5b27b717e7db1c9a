import Bytes
import TestAids
import Testing

@Suite("Byte writer")
struct ByteWriterTests {
    private struct Stop: Error {}

    @Test("Appending in pieces of any size gives their concatenation", arguments: Seeds.all)
    func growth(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for start in [0, 1, 64, 5000] {
            var writer = ByteWriter(capacity: start)
            var expected: [UInt8] = []
            for _ in 0..<300 {
                let piece = random.bytes(random.int(0...random.pick([1, 10, 700])))
                switch random.int(0...3) {
                case 0: withView(piece) { writer.append($0) }
                case 1: for byte in piece { writer.append(byte) }
                case 2:
                    writer.append(room: piece.count + 100) { out in
                        for (index, byte) in piece.enumerated() { out[index] = byte }
                        return piece.count
                    }
                default:
                    let cut = random.int(0...expected.count)
                    if random.oneIn(10) {
                        writer.truncate(to: cut)
                        expected.removeLast(expected.count - cut)
                    }
                    withView(piece) { writer.append($0) }
                }
                expected += piece
                #expect(writer.count == expected.count)
            }
            #expect(writer.view.array == expected)
        }
    }

    @Test("An empty writer has an empty view and can be truncated and reset")
    func empty() {
        var writer = ByteWriter()
        writer.truncate(to: 10)
        writer.reset(keeping: 0)
        #expect(writer.view.isEmpty)
        writer.append(ByteView.empty)
        #expect(writer.view.array == [])
    }

    @Test("A truncation outside what is written is cut to it")
    func truncation() {
        var writer = ByteWriter()
        writer.append("abcdef")
        writer.truncate(to: 100)
        #expect(writer.view.equals("abcdef"))
        writer.truncate(to: 3)
        #expect(writer.view.equals("abc"))
        writer.truncate(to: -1)
        #expect(writer.view.isEmpty)
    }

    @Test("A fill that claims more than its room, or less than nothing, is cut to the room")
    func claims() {
        var writer = ByteWriter()
        writer.append(room: 4) { out in
            for index in 0..<4 { out[index] = 0x61 }
            return 1000
        }
        writer.append(room: 4) { _ in -1000 }
        #expect(writer.view.equals("aaaa"))
    }

    /// The next `count` bytes of the block behind what is written.
    private static func peek(_ writer: inout ByteWriter, _ count: Int) -> [UInt8] {
        var seen: [UInt8] = []
        writer.append(room: count) { out in
            seen = Array(UnsafeBufferPointer(start: out, count: count))
            return 0
        }
        return seen
    }

    @Test("A reset that keeps the block leaves nothing of what was written in it")
    func resetZeroes() {
        var writer = ByteWriter(capacity: 256)
        for _ in 0..<200 { writer.append(0xA5) }
        writer.reset(keeping: 256)
        #expect(Self.peek(&writer, 200).allSatisfy { $0 == 0 })
    }

    @Test("A reset also zeroes what a truncation had cut off")
    func resetZeroesTruncated() {
        var writer = ByteWriter(capacity: 256)
        for _ in 0..<200 { writer.append(0xA5) }
        writer.truncate(to: 5)
        writer.append(1)
        writer.reset(keeping: 256)
        #expect(Self.peek(&writer, 200).allSatisfy { $0 == 0 })
    }

    @Test("A reset also zeroes what a fill had written before it threw, as half-decoded plaintext is")
    func resetZeroesAbandoned() {
        var writer = ByteWriter(capacity: 256)
        #expect(throws: Stop.self) {
            try writer.append(room: 200) { (out) throws(Stop) in
                for index in 0..<200 { out[index] = 0xA5 }
                throw Stop()
            }
        }
        writer.reset(keeping: 256)
        #expect(Self.peek(&writer, 200).allSatisfy { $0 == 0 })
    }

    @Test("A reset gives a block back that is larger than what is to be kept")
    func resetGivesBack() {
        var writer = ByteWriter(capacity: 1 << 20)
        writer.append("secret")
        writer.reset(keeping: 1000)
        #expect(writer.view.isEmpty)
        writer.append("again")
        #expect(writer.view.equals("again"))
    }

    @Test("Integers are written as Swift writes them", arguments: Seeds.all)
    func decimal(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var numbers = [0, 1, -1, 9, 10, 99, 100, -10, .max, .min, .max - 1]
        numbers += (0..<500).map { _ in Int(truncatingIfNeeded: random.next()) >> random.int(0...63) }
        for number in numbers {
            var writer = ByteWriter()
            writer.append(decimal: number)
            writer.append(",")
            writer.append(decimal: UInt64(bitPattern: Int64(number)))
            #expect(writer.view.string == "\(number),\(UInt64(bitPattern: Int64(number)))")
        }
    }

    @Test("Hex is written in lower case and read in either")
    func hex() {
        let all = (0...255).map { UInt8($0) }
        let text = withView(all) { Hex.encode($0) }
        #expect(text == all.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        #expect(Hex.decode(text) == all)
        #expect(Hex.decode(text.uppercased()) == all)
        #expect(Hex.decode("") == [])
        for bad in ["a", "0g", "0x", " 0", "0é", "-1"] { #expect(Hex.decode(bad) == nil, "\(bad)") }
    }
}
