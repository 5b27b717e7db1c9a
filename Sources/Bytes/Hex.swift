/// Base 16. **Source** RFC 4648 §8, written in lower case.
package enum Hex {
    private static let digits: StaticString = "0123456789abcdef"

    /// The bytes as lower-case digits.
    package static func encode(_ bytes: ByteView) -> String {
        var writer = ByteWriter(capacity: bytes.count * 2)
        writer.append(hex: bytes)
        return writer.view.string
    }

    /// The bytes that `text` spells, either case, or nil when it is not an even number of hex digits.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }

    /// The value of one hex digit, or nil.
    package static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }

    fileprivate static func digit(_ nibble: UInt8) -> UInt8 { digits.utf8Start[Int(nibble & 15)] }
}

extension ByteWriter {
    /// Appends the bytes as lower-case hex digits.
    package mutating func append(hex bytes: ByteView) {
        append(room: bytes.count * 2) { out in
            for index in 0..<bytes.count {
                out[index * 2] = Hex.digit(bytes[index] >> 4)
                out[index * 2 + 1] = Hex.digit(bytes[index])
            }
            return bytes.count * 2
        }
    }
}
