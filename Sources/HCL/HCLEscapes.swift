internal import Bytes

/// Escape sequences in strings.
enum HCLEscapes {
    enum Form {
        case native
        case json
    }

    /// Reads the escape whose backslash comes next.
    static func read(_ cursor: inout HCLCursor, _ form: Form, into output: inout ByteWriter) throws(HCLError) {
        let before = cursor
        cursor.advance()
        switch (cursor.byte, form) {
        case (UInt8(ascii: "\""), _), (UInt8(ascii: "\\"), _), (UInt8(ascii: "/"), .json): output.append(cursor.byte)
        case (UInt8(ascii: "n"), _): output.append(0x0A)
        case (UInt8(ascii: "r"), _): output.append(0x0D)
        case (UInt8(ascii: "t"), _): output.append(0x09)
        case (UInt8(ascii: "b"), _): output.append(0x08)
        case (UInt8(ascii: "f"), _): output.append(0x0C)
        case (UInt8(ascii: "a"), .native): output.append(0x07)
        case (UInt8(ascii: "v"), .native): output.append(0x0B)
        case (UInt8(ascii: "u"), _): return try character(&cursor, before, digits: 4, into: &output)
        case (UInt8(ascii: "U"), .native): return try character(&cursor, before, digits: 8, into: &output)
        default: throw cursor.error(expected: form == .json ? .jsonEscape : .escape)
        }
        cursor.advance()
    }

    /// The character named by digits after the letter that comes next; two halves of a surrogate pair make one.
    private static func character(
        _ cursor: inout HCLCursor, _ before: HCLCursor, digits: Int, into output: inout ByteWriter
    ) throws(HCLError) {
        var code = try unit(&cursor, digits)
        if code & 0xFFFF_FC00 == 0xD800, digits == 4, cursor.byte == UInt8(ascii: "\\"),
            cursor.byte(ahead: 1) == UInt8(ascii: "u")
        {
            cursor.advance()
            let low = try unit(&cursor, 4)
            // A half without its other half is left to fail below.
            if low & 0xFC00 == 0xDC00 { code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF) }
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw before.error(expected: .characterCode(digits: digits))
        }
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { output.append(byte) }
    }

    private static func unit(_ cursor: inout HCLCursor, _ digits: Int) throws(HCLError) -> UInt32 {
        cursor.advance()
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = Hex.value(cursor.byte) else {
                throw cursor.error(expected: .characterCode(digits: digits))
            }
            code = code << 4 | UInt32(digit)
            cursor.advance()
        }
        return code
    }
}
