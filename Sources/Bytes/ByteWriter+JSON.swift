internal import CSIMD

extension ByteWriter {
    /// Appends the bytes as a JSON string in the wire's manner: `<`, `>`, `&`, U+2028 and U+2029 escaped, bytes that
    /// are
    /// not UTF-8 as U+FFFD. **Cost** SIMD over what needs no escape.
    package mutating func append(jsonString bytes: ByteView) {
        append(UInt8(ascii: "\""))
        let plain = Int(strongroom_json_plain_run(bytes.pointer, bytes.count))
        append(bytes.slice(0, plain))
        if plain < bytes.count { appendEscaped(bytes.dropFirst(plain).string) }
        append(UInt8(ascii: "\""))
    }

    /// Appends the text as a JSON string.
    package mutating func append(jsonString text: String) {
        var text = text
        text.withUTF8 { append(jsonString: ByteView(UnsafeRawBufferPointer($0))) }
    }

    private mutating func appendEscaped(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..."\u{1F}":
                append("\\u")
                append(hex16: UInt16(truncatingIfNeeded: scalar.value))
            default: append(text: String(scalar))
            }
        }
    }

    private mutating func append(hex16 value: UInt16) {
        for shift in [12, 8, 4, 0] {
            let nibble = UInt8(value >> UInt16(shift) & 15)
            append(nibble < 10 ? 0x30 + nibble : 0x61 + nibble - 10)
        }
    }
}
