import TestAids
import Testing
import Vocabulary

@Suite("Integers as text")
struct IntegerTextTests {
    @Test(
        "With prefixes, the base follows Go's rules",
        arguments: [
            ("0", 0), ("1", 1), ("-1", -1), ("+1", 1), ("010", 8), ("-010", -8), ("0x10", 16), ("0X1f", 31),
            ("0b101", 5),
            ("0B1", 1), ("0o17", 15), ("0O7", 7), ("00", 0), ("9223372036854775807", Int.max),
            ("-9223372036854775808", Int.min), ("-0x8000000000000000", Int.min),
        ])
    func prefixed(_ text: String, _ expected: Int) {
        #expect(IntegerText.parse(text, prefixes: true) == expected)
    }

    @Test(
        "What is no integer, or too large, is refused",
        arguments: [
            "", " 1", "1 ", "x", "0x", "0b", "0o", "0b2", "08", "0xg", "-", "+", "--1", "+-1", "-+1", "0x-1", "0x+1",
            "1.0",
            "1e3", "9223372036854775808", "-9223372036854775809", "0x10000000000000000", "１", "٣", "0٣", "½", "1\u{0}",
        ])
    func refused(_ text: String) {
        #expect(IntegerText.parse(text, prefixes: true) == nil)
    }

    @Test("Without prefixes everything is decimal")
    func decimal() {
        #expect(IntegerText.parse("010", prefixes: false) == 10)
        #expect(IntegerText.parse("-7", prefixes: false) == -7)
        for text in ["0x10", "", "1.0", "1e3", "9223372036854775808"] {
            #expect(IntegerText.parse(text, prefixes: false) == nil, "\(text)")
        }
    }

    @Test("Every integer is read back from its text in every base", arguments: Seeds.all)
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let number = Int(truncatingIfNeeded: random.next()) >> random.int(0...63)
            let (sign, digits) = (number < 0 ? "-" : "", number.magnitude)
            for (prefix, radix) in [("0x", 16), ("0", 8), ("0o", 8), ("0b", 2)] {
                let text = sign + prefix + String(digits, radix: radix)
                #expect(IntegerText.parse(text, prefixes: true) == number, "\(text)")
            }
            #expect(IntegerText.parse("\(number)", prefixes: true) == number)
        }
    }

    @Test("Noise never traps", arguments: Seeds.all)
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("0129xXbBoO+-_.eE dhms µ٣".unicodeScalars)
        var numbers = 0
        for _ in 0..<5000 {
            var text = ""
            for _ in 0..<random.int(0...24) { text.unicodeScalars.append(random.pick(alphabet)) }
            if IntegerText.parse(text, prefixes: true) != nil { numbers += 1 }
            if DurationText.seconds(text) != nil { numbers += 1 }
        }
        #expect(numbers > 0)
    }
}
