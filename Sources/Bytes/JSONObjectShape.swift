internal import CSIMD
internal import Glibc

/// What the objects of an array have in common where they are alike: the same members in the same order, each a string
/// without escapes or a whole number, and nothing between them but what JSON needs.
///
/// Reading an object by the shape of the one before it is comparing, not taking apart. **Cost** no allocation.
package struct JSONObjectShape {
    /// The most members.
    package static let most = 4
    /// How many members there are; 0 when there is no shape.
    package private(set) var count = 0
    // Where the text in front of each value lies: `{"name":` or `,"name":`.
    private var offsets = [4 of Int](repeating: 0)
    private var counts = [4 of Int](repeating: 0)
    private var areStrings = [4 of Bool](repeating: false)
    // The text that the shape was found in, and means nothing outside of.
    private var origin = ByteView.empty.pointer

    /// No shape.
    package init() {}

    /// The shape of the object at `start`, or none: names must be letters, digits and underscores.
    package init(_ text: ByteView, at start: Int) {
        var (at, members) = (start, 0)
        var mark = UInt8(ascii: "{")
        while text[at] == mark, members < Self.most, text[at + 1] == UInt8(ascii: "\"") {
            let literal = at
            at += 2
            while Self.isOfName(text[at]) { at += 1 }
            guard text[at] == UInt8(ascii: "\""), text[at + 1] == UInt8(ascii: ":") else { return }
            at += 2
            (offsets[members], counts[members]) = (literal, at - literal)
            areStrings[members] = text[at] == UInt8(ascii: "\"")
            guard let value = Self.value(text, at, isString: areStrings[members]) else { return }
            at = value.offset + value.count + (areStrings[members] ? 1 : 0)
            members += 1
            mark = UInt8(ascii: ",")
        }
        guard members > 0, text[at] == UInt8(ascii: "}") else { return }
        (count, origin) = (members, text.pointer)
    }

    /// The text in front of a value, out of the text that the shape was found in.
    @inline(__always)
    package func literal(_ member: Int, in text: ByteView) -> ByteView { text.slice(offsets[member], counts[member]) }

    /// Where the next object ends whose values go to `values`, if the one at `start` is alike; else nil.
    @inline(__always)
    func end(of text: ByteView, at start: Int, _ values: inout [4 of JSONValue]) -> Int? {
        guard count > 0, text.pointer == origin else { return nil }
        var at = start
        for member in 0..<count {
            let literal = literal(member, in: text)
            guard text.count - at >= literal.count, memcmp(text.pointer + at, literal.pointer, literal.count) == 0,
                let value = Self.value(text, at + literal.count, isString: areStrings[member])
            else { return nil }
            values[member] = value
            at = value.offset + value.count + (areStrings[member] ? 1 : 0)
        }
        return text[at] == UInt8(ascii: "}") ? at + 1 : nil
    }

    @inline(__always)
    private static func value(_ text: ByteView, _ start: Int, isString: Bool) -> JSONValue? {
        if isString {
            guard text[start] == UInt8(ascii: "\"") else { return nil }
            let first = start + 1
            let count = Int(strongroom_json_string_run(text.pointer + first, text.count - first))
            return text[first + count] == UInt8(ascii: "\"")
                ? JSONValue(kind: .string, offset: first, count: count) : nil
        }
        var end = start
        while case 0x30...0x39 = text[end] { end += 1 }
        // Whatever else a number may have makes the object another one.
        guard end > start, end == start + 1 || text[start] != UInt8(ascii: "0"),
            text[end] == UInt8(ascii: ",") || text[end] == UInt8(ascii: "}")
        else { return nil }
        return JSONValue(kind: .number, offset: start, count: end - start)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
