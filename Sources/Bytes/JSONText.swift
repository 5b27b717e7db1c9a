/// Decoding and encoding of JSON string contents. **Source** RFC 8259 §7.
package enum JSONText {
    /// Length of the escape sequence whose backslash stands at `at`, or nil when it is none.
    static func escapeLength(_ text: ByteView, at: Int) -> Int? {
        switch text[at + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            2
        case UInt8(ascii: "u"):
            codeUnit(text, at: at) == nil ? nil : 6
        default: nil
        }
    }

    /// The UTF-16 code unit of `\uXXXX` at `at`, or nil.
    private static func codeUnit(_ text: ByteView, at: Int) -> UInt32? {
        guard text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt32 = 0
        for index in 2..<6 {
            guard let digit = Hex.value(text[at + index]) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Appends what the string contents `raw` (as scanned, between the quotes) mean, escapes resolved; surrogates
    /// without a partner become U+FFFD. Other bytes pass as they are.
    package static func unescape(_ raw: ByteView, into output: inout ByteWriter) {
        var at = 0
        while at < raw.count {
            let stop = raw.firstIndex(of: UInt8(ascii: "\\"), from: at) ?? raw.count
            output.append(raw.slice(at, stop - at))
            at = stop
            guard at < raw.count else { return }
            if let unit = codeUnit(raw, at: at) {
                at += 6
                append(unit, raw, &at, &output)
            } else {
                output.append(simpleEscape(raw[at + 1]))
                at += 2
            }
        }
    }

    private static func append(_ unit: UInt32, _ raw: ByteView, _ at: inout Int, _ output: inout ByteWriter) {
        var code = unit
        if unit & 0xFC00 == 0xD800, let low = codeUnit(raw, at: at), low & 0xFC00 == 0xDC00 {
            code = 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
            at += 6
        }
        let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { output.append(byte) }
    }

    private static func simpleEscape(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    /// The string that scanned contents mean; what is not UTF-8 becomes U+FFFD.
    package static func string(_ value: JSONValue, in text: ByteView) -> String {
        let raw = text.slice(value.offset, value.count)
        guard value.kind == .escapedString else { return raw.string }
        var writer = ByteWriter(capacity: raw.count)
        unescape(raw, into: &writer)
        return writer.view.string
    }
}
