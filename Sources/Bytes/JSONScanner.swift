internal import CSIMD

/// Why a text is not acceptable JSON.
package enum JSONFault: Error, Equatable {
    /// Not JSON; the zero-based offset of the first byte that cannot be there.
    case syntax(offset: Int)
    /// Arrays and objects nested deeper than the limit.
    case tooDeep(limit: Int)
    /// JSON, but not an object.
    case notAnObject
}

/// Where a value stands in the text that was scanned: two offsets and a kind, nothing decoded.
///
/// **Layout** strings: the bytes between the quotes; everything else: the raw text, brackets included.
package struct JSONValue: Sendable {
    /// What the value is; `absent` is the value of a member that is not there.
    package enum Kind: UInt8, Sendable {
        case absent, null, `false`, `true`, number, string, escapedString, array, object
    }

    /// Its kind; `escapedString` holds at least one backslash.
    package var kind: Kind
    /// Offset of its first byte in the text.
    package var offset: Int
    /// Its length in bytes.
    package var count: Int

    /// No value.
    package static let absent = JSONValue(kind: .absent, offset: 0, count: 0)

    /// A value of `count` bytes at `offset`.
    @inlinable package init(kind: Kind, offset: Int, count: Int) {
        self.kind = kind
        self.offset = offset
        self.count = count
    }

    /// Whether the member was there at all.
    @inlinable package var isPresent: Bool { kind != .absent }
    /// Whether it is a string, escaped or not.
    @inlinable package var isString: Bool { kind == .string || kind == .escapedString }
}

/// A single-pass pull scanner over JSON that decodes nothing, allocates nothing and never reads outside its text.
///
/// Bytes that are not UTF-8 pass inside strings; whoever decodes a string replaces them by U+FFFD.
/// **Cost** one pass; strings at the speed of SIMD search. **Source** RFC 8259.
package struct JSONScanner {
    /// The text.
    package let text: ByteView
    /// Offset of the next byte to be read.
    package private(set) var position = 0
    private let depthLimit: Int
    private var depth = 0
    /// The deepest limit that can be asked for; the stack of open brackets has that many bits.
    package static let deepestLimit = 1024

    /// A scanner that refuses more than `depthLimit` nested arrays and objects.
    package init(_ text: ByteView, depthLimit: Int) {
        self.text = text
        self.depthLimit = min(max(depthLimit, 1), Self.deepestLimit)
    }

    /// Opens the outermost object: false when the text is empty or `null`, which means "no members".
    package mutating func openDocument() throws(JSONFault) -> Bool {
        skipSpace()
        if position == text.count { return false }
        if text[position] == UInt8(ascii: "{") {
            try enter()
            return true
        }
        let value = try scanValue()
        if value.kind == .null { return false }
        throw .notAnObject
    }

    /// The next member's key, its colon consumed; nil at the end of the object. `isFirst` starts true.
    @inline(__always)
    package mutating func nextMember(_ isFirst: inout Bool) throws(JSONFault) -> JSONValue? {
        skipSpace()
        if text[position] == UInt8(ascii: "}") {
            leave()
            return nil
        }
        if !isFirst { try expect(UInt8(ascii: ",")) }
        isFirst = false
        skipSpace()
        guard text[position] == UInt8(ascii: "\"") else { throw .syntax(offset: position) }
        let key = try scanString()
        skipSpace()
        try expect(UInt8(ascii: ":"))
        return key
    }

    /// Whether another element follows, with the scanner in front of it; false at the end of the array.
    @inline(__always)
    package mutating func nextElement(_ isFirst: inout Bool) throws(JSONFault) -> Bool {
        skipSpace()
        if text[position] == UInt8(ascii: "]") {
            leave()
            return false
        }
        if !isFirst {
            try expect(UInt8(ascii: ","))
            skipSpace()
        }
        isFirst = false
        return true
    }

    /// The first byte of the value that comes next (NUL at the end of the text).
    @inline(__always)
    package mutating func peek() -> UInt8 {
        skipSpace()
        return text[position]
    }

    /// Steps into the array or object whose bracket comes next.
    @inline(__always)
    package mutating func enter() throws(JSONFault) {
        guard depth < depthLimit else { throw .tooDeep(limit: depthLimit) }
        depth += 1
        position += 1
    }

    @inline(__always)
    private mutating func leave() {
        depth -= 1
        position += 1
    }

    /// The value of an object that is exactly `{"name":"…"}`, without white space and without escapes, when that is
    /// what
    /// comes next: the object is then consumed. Nil, and nothing consumed, for everything else, good or bad.
    @inline(__always)
    package mutating func scanSoleString(named name: StaticString) -> JSONValue? {
        let length = name.utf8CodeUnitCount
        let start = position + length + 5
        guard depth < depthLimit, start < text.count, text[position + 1] == UInt8(ascii: "\""),
            text.slice(position + 2, length).equals(name), text[start - 3] == UInt8(ascii: "\""),
            text[start - 2] == UInt8(ascii: ":"), text[start - 1] == UInt8(ascii: "\"")
        else { return nil }
        let count = Int(strongroom_json_string_run(text.pointer + start, text.count - start))
        guard text[start + count] == UInt8(ascii: "\""), text[start + count + 1] == UInt8(ascii: "}") else {
            return nil
        }
        position = start + count + 2
        return JSONValue(kind: .string, offset: start, count: count)
    }

    /// Reads the object that comes next if it has that shape, which was found in the same text: the object is then
    /// consumed. False, and nothing consumed, for everything else, good or bad.
    @inline(__always)
    package mutating func scanObject(like shape: borrowing JSONObjectShape, _ values: inout [4 of JSONValue]) -> Bool {
        guard depth < depthLimit, let end = shape.end(of: text, at: position, &values) else { return false }
        position = end
        return true
    }

    /// Scans the value that comes next, whatever it is; arrays and objects are checked to their end.
    @inline(__always)
    package mutating func scanValue() throws(JSONFault) -> JSONValue {
        skipSpace()
        switch text[position] {
        case UInt8(ascii: "\""): return try scanString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): return try scanContainer()
        case UInt8(ascii: "n"): return try scanWord("null", .null)
        case UInt8(ascii: "t"): return try scanWord("true", .true)
        case UInt8(ascii: "f"): return try scanWord("false", .false)
        default: return try scanNumber()
        }
    }

    @inline(__always)
    private mutating func skipSpace() {
        while true {
            let byte = text[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    @inline(__always)
    private mutating func expect(_ byte: UInt8) throws(JSONFault) {
        guard text[position] == byte else { throw .syntax(offset: position) }
        position += 1
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONValue.Kind) throws(JSONFault) -> JSONValue {
        let start = position
        guard text.dropFirst(start).hasPrefix(word) else { throw .syntax(offset: start) }
        position += word.utf8CodeUnitCount
        return JSONValue(kind: kind, offset: start, count: word.utf8CodeUnitCount)
    }

    @inline(__always)
    private mutating func scanString() throws(JSONFault) -> JSONValue {
        let start = position + 1
        let end = start + strongroom_json_string_run(text.pointer + start, text.count - start)
        if text[end] == UInt8(ascii: "\"") {
            position = end + 1
            return JSONValue(kind: .string, offset: start, count: end - start)
        }
        return try scanEscapedString(from: start, at: end)
    }

    private mutating func scanEscapedString(from start: Int, at stop: Int) throws(JSONFault) -> JSONValue {
        var at = stop
        while true {
            switch text[at] {
            case UInt8(ascii: "\""):
                position = at + 1
                return JSONValue(kind: .escapedString, offset: start, count: at - start)
            case UInt8(ascii: "\\"):
                guard let length = JSONText.escapeLength(text, at: at) else { throw .syntax(offset: at) }
                at += length
            default:
                // A control character, or the end of the text.
                throw .syntax(offset: min(at, text.count))
            }
            if at < text.count { at += strongroom_json_string_run(text.pointer + at, text.count - at) }
        }
    }

    private mutating func scanNumber() throws(JSONFault) -> JSONValue {
        let start = position
        var at = start
        if text[at] == UInt8(ascii: "-") { at += 1 }
        if text[at] == UInt8(ascii: "0") {
            at += 1
        } else {
            try skipDigits(&at)
        }
        if text[at] == UInt8(ascii: ".") {
            at += 1
            try skipDigits(&at)
        }
        if text[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
            try skipDigits(&at)
        }
        position = at
        return JSONValue(kind: .number, offset: start, count: at - start)
    }

    private func skipDigits(_ at: inout Int) throws(JSONFault) {
        guard isDigit(text[at]) else { throw .syntax(offset: at) }
        while isDigit(text[at]) { at += 1 }
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Checks an array or object to its end without recursion; one bit per open bracket says which it was.
    private mutating func scanContainer() throws(JSONFault) -> JSONValue {
        let start = position
        let isObject = text[position] == UInt8(ascii: "{")
        var open = BracketStack()
        let floor = depth
        try enter()
        open.push(isObject)
        var isFirst = true
        while depth > floor {
            if open.top {
                guard try nextMember(&isFirst) != nil else {
                    open.pop()
                    isFirst = false
                    continue
                }
            } else {
                guard try nextElement(&isFirst) else {
                    open.pop()
                    isFirst = false
                    continue
                }
            }
            let next = peek()
            if next == UInt8(ascii: "{") || next == UInt8(ascii: "[") {
                try enter()
                open.push(next == UInt8(ascii: "{"))
                isFirst = true
            } else {
                _ = try scanValue()
            }
        }
        return JSONValue(kind: isObject ? .object : .array, offset: start, count: position - start)
    }
}

/// One bit per open bracket, `JSONScanner.deepestLimit` of them.
private struct BracketStack {
    private var bits = [16 of UInt64](repeating: 0)
    private var count = 0

    mutating func push(_ isObject: Bool) {
        let word = (count >> 6) & 15
        let mask = UInt64(1) << UInt64(count & 63)
        bits[word] = isObject ? bits[word] | mask : bits[word] & ~mask
        count += 1
    }

    mutating func pop() { count = max(count - 1, 0) }

    var top: Bool {
        let last = max(count - 1, 0)
        return bits[(last >> 6) & 15] >> UInt64(last & 63) & 1 == 1
    }
}
