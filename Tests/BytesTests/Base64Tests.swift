import Bytes
import TestAids
import Testing

/// Serialized, because the level is one for the whole process.
@Suite("Base64", .serialized)
struct Base64Tests {
    /// The levels that this machine has.
    static let levels = ["scalar", "neon", "avx2", "avx512vbmi"].filter { Base64.select(level: $0) == $0 }

    private static func decode(_ text: [UInt8], in memory: borrowing GuardedMemory) -> ReferenceBase64.Outcome {
        memory.withView(text) { view in
            switch Base64.decode(view) {
            case .success(let bytes): .bytes(bytes)
            case .failure(let fault): .fault(fault.offset)
            }
        }
    }

    @Test("The machine has the scalar level, and an unknown level is refused")
    func selection() {
        #expect(Self.levels.contains("scalar"))
        #expect(Base64.select(level: "sse9") == nil)
        for level in Self.levels {
            #expect(Base64.select(level: level) == level)
            #expect(Base64.level == level)
        }
    }

    @Test(
        "The examples of the wire facts decode and fail as stated",
        arguments: [
            ("aGVsbG8=", .bytes(Array("hello".utf8))), ("aGVsbG9=", .bytes(Array("hello".utf8))), ("", .bytes([])),
            ("aGVs\nbG8=\r\n", .bytes(Array("hello".utf8))), ("\r\n", .bytes([])), ("not base64!", .fault(3)),
            ("!!", .fault(0)), ("aGVsbG8", .fault(4)), ("aGVsbG8==", .fault(8)), ("aGVsbG8=aGVs", .fault(8)),
            ("aGVs bG8=", .fault(4)), ("_-8=", .fault(0)), ("aa=", .fault(3)), ("aa=a", .fault(2)), ("a", .fault(0)),
            ("=", .fault(0)), ("a=", .fault(1)), ("a===", .fault(1)), ("aa==", .bytes([0x69])), ("AA==\n", .bytes([0])),
            ("AA=\r\n=", .bytes([0])), ("AA==A", .fault(4)), ("AAA=\n=", .fault(5)), ("AAAA=", .fault(4)),
        ] as [(String, ReferenceBase64.Outcome)])
    func examples(_ text: String, _ outcome: ReferenceBase64.Outcome) {
        let memory = GuardedMemory(room: 64)
        #expect(ReferenceBase64.decode(Array(text.utf8)) == outcome)
        for level in Self.levels {
            _ = Base64.select(level: level)
            #expect(Self.decode(Array(text.utf8), in: memory) == outcome, "\(level)")
        }
    }

    @Test("Every length encodes and decodes at every level, without a read past the end", arguments: Seeds.all)
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 4096)
        for level in Self.levels {
            _ = Base64.select(level: level)
            for length in Array(0...300) + [767, 768, 769, 3000] {
                let bytes = random.bytes(length)
                let text = memory.withView(bytes) { view in
                    var writer = ByteWriter()
                    writer.append("x")
                    writer.append(base64: view)
                    return writer.view.dropFirst(1).array
                }
                #expect(String(decoding: text, as: UTF8.self) == ReferenceBase64.encode(bytes), "\(level) \(length)")
                #expect(Self.decode(text, in: memory) == .bytes(bytes), "\(level) \(length)")
            }
        }
    }

    @Test("Every byte that does not belong is found at every place of a long text, at every level")
    func faultsEverywhere() {
        let memory = GuardedMemory(room: 4096)
        let sound = Array(ReferenceBase64.encode((0..<150).map { UInt8($0) }).utf8)
        for level in Self.levels {
            _ = Base64.select(level: level)
            for place in sound.indices {
                for byte: UInt8 in [0, 0x20, 0x2C, 0x2D, 0x3D, 0x5F, 0x7F, 0x80, 0xFF] {
                    var text = sound
                    text[place] = byte
                    if Self.decode(text, in: memory) != ReferenceBase64.decode(text) {
                        Issue.record("\(level) \(place) \(byte)")
                    }
                }
            }
        }
    }

    @Test("Changed texts, with line breaks and padding in odd places, end as in the reference", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 4096)
        let alphabet = Array("\r\n==Az+/9 _-!".utf8)
        for _ in 0..<1500 {
            let text = random.mutated(
                Array(ReferenceBase64.encode(random.bytes(random.int(0...220))).utf8), alphabet: alphabet)
            let expected = ReferenceBase64.decode(text)
            for level in Self.levels {
                _ = Base64.select(level: level)
                let outcome = Self.decode(text, in: memory)
                if outcome != expected { Issue.record("\(level) \(String(decoding: text, as: UTF8.self))") }
            }
        }
    }
}
