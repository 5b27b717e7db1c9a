/// Base64 with the URL's alphabet and without padding, as JWS writes signatures. **Source** RFC 4648 §5, RFC 7515 §2.
extension ByteWriter {
    /// Appends the text of the bytes. **Cost** one pass over the text more than the standard alphabet.
    package mutating func append(base64URL bytes: ByteView) {
        append(room: (bytes.count + 2) / 3 * 4 + 64) { out in
            var count = Base64.encode(bytes, into: out)
            while count > 0, out[count - 1] == UInt8(ascii: "=") { count -= 1 }
            for index in 0..<count {
                if out[index] == UInt8(ascii: "+") { out[index] = UInt8(ascii: "-") }
                if out[index] == UInt8(ascii: "/") { out[index] = UInt8(ascii: "_") }
            }
            return count
        }
    }

    /// Appends the bytes of a text; line ends are skipped, padding and the standard alphabet are faults.
    package mutating func append(decodingURL text: ByteView) throws(Base64Fault) {
        let start = count
        var bits: UInt32 = 0
        var held = 0
        for offset in 0..<text.count {
            let byte = text[offset]
            if byte == 0x0A || byte == 0x0D { continue }
            guard let value = Self.urlValue(byte) else {
                truncate(to: start)
                throw Base64Fault(offset: offset)
            }
            bits = bits << 6 | value
            held += 6
            if held >= 8 {
                held -= 8
                append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        // A single character of a quantum holds no byte.
        if held == 6 {
            truncate(to: start)
            throw Base64Fault(offset: text.count)
        }
    }

    private static func urlValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
