internal import Bytes

/// The JSON form: the same tree, in which everything is an attribute. **Source** RFC 8259.
struct HCLJSONParser {
    private var cursor: HCLCursor

    init(_ cursor: HCLCursor) { self.cursor = cursor }

    /// The object that comes next, and nothing after it.
    mutating func document() throws(HCLError) -> HCLBody {
        let body = try object()
        cursor.skipSpace()
        guard cursor.isAtEnd else { throw cursor.error(expected: .end) }
        return body
    }

    private mutating func object() throws(HCLError) -> HCLBody {
        let start = cursor.position
        try cursor.enter()
        cursor.advance()
        var items: [HCLItem] = []
        cursor.skipSpace()
        if cursor.byte == UInt8(ascii: "}") {
            cursor.advance()
            cursor.leave()
            return HCLBody([])
        }
        while true {
            try refuseEnd(in: .brace, start)
            items.append(.attribute(try member()))
            cursor.skipSpace()
            try refuseEnd(in: .brace, start)
            if cursor.byte == UInt8(ascii: "}") { break }
            guard cursor.byte == UInt8(ascii: ",") else { throw cursor.error(expected: .commaOrBrace) }
            cursor.advance()
            cursor.skipSpace()
        }
        cursor.advance()
        cursor.leave()
        return HCLBody(items)
    }

    private mutating func member() throws(HCLError) -> HCLAttribute {
        let start = cursor.position
        try cursor.countNode()
        guard cursor.byte == UInt8(ascii: "\"") else { throw cursor.error(expected: .quotedKey) }
        let key = try string()
        cursor.skipSpace()
        guard cursor.byte == UInt8(ascii: ":") else { throw cursor.error(expected: .colon) }
        cursor.advance()
        cursor.skipSpace()
        return HCLAttribute(key: key, value: try value(), position: start)
    }

    private mutating func value() throws(HCLError) -> HCLNode {
        let start = cursor.position
        try cursor.countNode()
        switch cursor.byte {
        case UInt8(ascii: "\""): return HCLNode(.string(try string()), at: start)
        case UInt8(ascii: "{"): return HCLNode(.object(try object()), at: start)
        case UInt8(ascii: "["): return HCLNode(.list(try list()), at: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return HCLNode(try number(), at: start)
        default:
            let (before, from) = (cursor, cursor.offset)
            while cursor.byte >= UInt8(ascii: "a") && cursor.byte <= UInt8(ascii: "z") { cursor.advance() }
            let word = cursor.slice(from: from)
            if word.equals("true") { return HCLNode(.bool(true), at: start) }
            if word.equals("false") { return HCLNode(.bool(false), at: start) }
            if word.equals("null") { return HCLNode(.null, at: start) }
            throw before.error(expected: .value)
        }
    }

    private mutating func list() throws(HCLError) -> [HCLNode] {
        let start = cursor.position
        try cursor.enter()
        cursor.advance()
        var elements: [HCLNode] = []
        cursor.skipSpace()
        if cursor.byte == UInt8(ascii: "]") {
            cursor.advance()
            cursor.leave()
            return []
        }
        while true {
            try refuseEnd(in: .bracket, start)
            elements.append(try value())
            cursor.skipSpace()
            try refuseEnd(in: .bracket, start)
            if cursor.byte == UInt8(ascii: "]") { break }
            guard cursor.byte == UInt8(ascii: ",") else { throw cursor.error(expected: .commaOrBracket) }
            cursor.advance()
            cursor.skipSpace()
        }
        cursor.advance()
        cursor.leave()
        return elements
    }

    private func refuseEnd(in opening: HCLOpening, _ start: HCLPosition) throws(HCLError) {
        if cursor.isAtEnd { throw cursor.error(.unclosed(opening, at: start)) }
    }

    private mutating func string() throws(HCLError) -> String {
        let start = cursor.position
        cursor.advance()
        var output = ByteWriter()
        while cursor.byte != UInt8(ascii: "\"") {
            if cursor.isAtEnd { throw cursor.error(.unclosed(.quote, at: start)) }
            if cursor.byte == UInt8(ascii: "\\") {
                try HCLEscapes.read(&cursor, .json, into: &output)
            } else if cursor.byte == 0x0A || cursor.byte == 0x0D {
                throw cursor.error(expected: .closingQuote)
            } else if cursor.byte < 0x20 {
                throw cursor.error(expected: .printable)
            } else {
                output.append(cursor.byte)
                cursor.advance()
            }
        }
        cursor.advance()
        return output.view.string
    }

    private mutating func number() throws(HCLError) -> HCLNode.Kind {
        let (start, from) = (cursor.position, cursor.offset)
        if cursor.byte == UInt8(ascii: "-") { cursor.advance() }
        if cursor.byte == UInt8(ascii: "0") { cursor.advance() } else { try digits() }
        var isFloat = false
        if cursor.byte == UInt8(ascii: ".") {
            isFloat = true
            cursor.advance()
            try digits()
        }
        if cursor.byte | 0x20 == UInt8(ascii: "e") {
            isFloat = true
            cursor.advance()
            if cursor.byte == UInt8(ascii: "+") || cursor.byte == UInt8(ascii: "-") { cursor.advance() }
            try digits()
        }
        let text = cursor.slice(from: from)
        if text.count <= 400 {
            if !isFloat, let value = Int(text.string) { return .integer(value) }
            if isFloat, let value = Double(text.string), value.isFinite { return .float(value) }
        }
        throw cursor.error(.numberOutOfRange, at: start)
    }

    private mutating func digits() throws(HCLError) {
        let from = cursor.offset
        while cursor.byte >= 0x30 && cursor.byte <= 0x39 { cursor.advance() }
        guard cursor.offset > from else { throw cursor.error(expected: .digit) }
    }
}
