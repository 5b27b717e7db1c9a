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

    /// The eight digits of four bytes, which lie in memory as in `four` on a little-endian machine; so do the digits.
    @inlinable @inline(__always)
    package static func digits(ofFour four: UInt32) -> UInt64 {
        // Each byte goes to 16 bits of its own, and its two halves to the bytes of those.
        var spread = UInt64(four)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        let halves = (spread >> 4 | spread << 8) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (halves &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return halves &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    }

    fileprivate static func digit(_ nibble: UInt8) -> UInt8 { digits.utf8Start[Int(nibble & 15)] }
}

extension ByteWriter {
    /// Appends the bytes as lower-case hex digits.
    package mutating func append(hex bytes: ByteView) {
        append(room: bytes.count * 2) { out in
            let raw = UnsafeMutableRawPointer(out)
            let whole = bytes.count & ~3
            for index in stride(from: 0, to: whole, by: 4) {
                let four = UnsafeRawPointer(bytes.pointer).loadUnaligned(fromByteOffset: index, as: UInt32.self)
                raw.storeBytes(
                    of: Hex.digits(ofFour: UInt32(littleEndian: four)).littleEndian, toByteOffset: index * 2,
                    as: UInt64.self)
            }
            for index in whole..<bytes.count {
                out[index * 2] = Hex.digit(bytes[index] >> 4)
                out[index * 2 + 1] = Hex.digit(bytes[index])
            }
            return bytes.count * 2
        }
    }
}
