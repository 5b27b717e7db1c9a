internal import Bytes

/// Which bytes the grammar of HTTP allows where. **Source** RFC 9110 §5.5 and §5.6.2, RFC 9112 §3.2.
enum CharacterClass {
    // One bit per ASCII character: `!#$%&'*+-.^_`|~`, digits and letters.
    private static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
    private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

    /// Whether the byte may stand in a method or a header name.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? tokenLow : byte < 128 ? tokenHigh : 0
        return bits >> UInt64(byte & 63) & 1 == 1
    }

    /// Whether a header value has no control character but the tab. Bytes from 0x80 on are allowed, as the RFC has it.
    static func isFieldValue(_ bytes: ByteView) -> Bool {
        let start = UnsafeRawPointer(bytes.pointer)
        var at = 0
        while bytes.count - at >= 8 {
            let word = start.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            if mayHoldControl(word), !isFieldValueSlow(bytes.slice(at, 8)) { return false }
            at += 8
        }
        return isFieldValueSlow(bytes.dropFirst(at))
    }

    /// Whether a request target holds only what may stand there: no control character, no blank, no `#`.
    ///
    /// Bytes from 0x80 on pass: clients send raw UTF-8 in paths, and no boundary depends on them.
    static func isTarget(_ bytes: ByteView) -> Bool {
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "#") { return false }
        }
        return true
    }

    /// Whether the value of Host names an authority: no blank, no delimiter of what surrounds an authority in a URI.
    static func isHost(_ bytes: ByteView) -> Bool {
        for index in 0..<bytes.count {
            switch bytes[index] {
            case 0...0x20, 0x7F...0xFF, UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "@"),
                UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"):
                return false
            default: continue
            }
        }
        return true
    }

    /// Whether one of eight bytes is below 0x20 or 0x7F; a tab answers true as well.
    @inline(__always)
    private static func mayHoldControl(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let below = (word &- ones &* 0x20) & ~word
        let deletes = word ^ (ones &* 0x7F)
        return (below | ((deletes &- ones) & ~deletes)) & tops != 0
    }

    private static func isFieldValueSlow(_ bytes: ByteView) -> Bool {
        for index in 0..<bytes.count {
            let byte = bytes[index]
            if byte < 0x20 && byte != 0x09 || byte == 0x7F { return false }
        }
        return true
    }
}
