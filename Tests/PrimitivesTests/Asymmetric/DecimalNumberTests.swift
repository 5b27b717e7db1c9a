import Bytes
import Primitives
import Testing

@Suite("Numbers in decimal")
struct DecimalNumberTests {
    private func bytes(_ digits: String) throws -> [UInt8] {
        try withView(Array(digits.utf8)) { try DecimalNumber.bytes($0) }
    }

    private func decimal(_ bytes: [UInt8]) throws -> String {
        var writer = ByteWriter()
        try withView(bytes) { try writer.append(decimalOf: $0) }
        return writer.view.string
    }

    @Test(
        "Digits become the shortest bytes and back",
        arguments: [
            ("0", ""), ("1", "01"), ("255", "ff"), ("256", "0100"), ("65537", "010001"),
            ("18446744073709551615", "ffffffffffffffff"), ("18446744073709551616", "010000000000000000"),
            ("9999999999999999999", "8ac7230489e7ffff"), ("10000000000000000000", "8ac7230489e80000"),
            ("100000000000000000000000000000000000000", "4b3b4ca85a86c47a098a224000000000"),
            (
                "68760898153958950811923768818572631472381285662392261667431146882950440865233",
                "98054a079835049d8e79ab240a9f9c2d11edab117ec6f561e0d5c481a5d2cdd1"
            ),
        ])
    func conversions(_ digits: String, _ hex: String) throws {
        #expect(try withView(bytes(digits)) { Hex.encode($0) } == hex)
        #expect(try decimal(bytes(digits)) == digits)
        let secret = try withView(Array(digits.utf8)) { view in
            try DecimalNumber.secret(view).exposing { Hex.encode($0) }
        }
        #expect(secret == hex)
    }

    @Test("Zeros in front do not matter")
    func leadingZeros() throws {
        #expect(try bytes("000255") == [255])
        #expect(try decimal([0, 0, 1, 0]) == "256")
        #expect(try decimal([0, 0]) == "0" && decimal([]) == "0")
    }

    @Test("Every length up to 8192 bits comes back, nines and round numbers too")
    func lengths() throws {
        for count in [1, 7, 8, 9, 31, 32, 66, 256, 512, 1023, 1024] {
            for byte in [UInt8(1), 0x80, 0xFF] {
                let number = [byte] + [UInt8](repeating: byte == 1 ? 0 : byte, count: count - 1)
                #expect(try bytes(decimal(number)) == number)
            }
        }
        for count in 1..<DecimalNumber.digitLimit {
            let nines = String(repeating: "9", count: count)
            let round = "1" + String(repeating: "0", count: count - 1)
            guard count % 97 == 0 || count < 60 else { continue }
            #expect(try decimal(bytes(nines)) == nines && decimal(bytes(round)) == round)
        }
    }

    @Test(
        "What is no number, or too long a one, is refused",
        arguments: [
            "", "-1", "+1", "1.0", "1e3", " 1", "1 ", "0x10", "1\u{0}", "١",
            String(repeating: "9", count: DecimalNumber.digitLimit),
            String(repeating: "0", count: DecimalNumber.digitLimit + 1),
            String(repeating: "1", count: 1_000_000),
        ])
    func refused(_ digits: String) {
        #expect(throws: AsymmetricError.invalidNumbers) { _ = try bytes(digits) }
    }

    @Test("Bytes over 8192 bits are not written")
    func tooManyBytes() {
        #expect(throws: AsymmetricError.invalidNumbers) {
            _ = try decimal([UInt8](repeating: 1, count: DecimalNumber.bitLimit / 8 + 1))
        }
    }
}
