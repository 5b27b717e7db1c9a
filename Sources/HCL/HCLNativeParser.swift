internal import Bytes

/// The native form. Recursion is bounded by the cursor's limit on depth.
struct HCLNativeParser {
    var cursor: HCLCursor

    init(_ cursor: HCLCursor) { self.cursor = cursor }

    mutating func document() throws(HCLError) -> HCLBody { try body(openedAt: nil) }

    /// Items up to the end, or up to the `}` of what was opened, which is consumed.
    private mutating func body(openedAt start: HCLPosition?) throws(HCLError) -> HCLBody {
        var items: [HCLItem] = []
        while true {
            try cursor.skipSpaceAndComments()
            if cursor.isAtEnd {
                if let start { throw cursor.error(.unclosed(.brace, at: start)) }
                return HCLBody(items)
            }
            if start != nil && cursor.byte == UInt8(ascii: "}") {
                cursor.advance()
                return HCLBody(items)
            }
            items.append(try item())
            guard start != nil else { continue }
            try cursor.skipSpaceAndComments()
            if cursor.byte == UInt8(ascii: ",") { cursor.advance() }
        }
    }

    /// `{ … }`, which comes next.
    private mutating func braces() throws(HCLError) -> HCLBody {
        let start = cursor.position
        try cursor.enter()
        cursor.advance()
        let items = try body(openedAt: start)
        cursor.leave()
        return items
    }

    private mutating func item() throws(HCLError) -> HCLItem {
        let start = cursor.position
        try cursor.countNode()
        guard let key = try word() else { throw cursor.error(expected: .key) }
        var labels: [String] = []
        while true {
            let before = cursor
            try cursor.skipSpaceAndComments()
            switch cursor.byte {
            case UInt8(ascii: "{"):
                return .block(HCLBlock(type: key, labels: labels, body: try braces(), position: start))
            case UInt8(ascii: "="), UInt8(ascii: ":"):
                guard labels.isEmpty else { throw cursor.error(expected: .openingBrace) }
                cursor.advance()
                try cursor.skipSpaceAndComments()
                return .attribute(HCLAttribute(key: key, value: try value(), position: start))
            default:
                let expected = labels.isEmpty ? HCLExpectation.assignmentOrBlock : .openingBrace
                // A label stands on the line of its block: a key without a value is then found where it is.
                guard cursor.position.line == before.position.line else { throw before.error(expected: expected) }
                try cursor.countNode()
                guard let label = try word() else { throw cursor.error(expected: expected) }
                labels.append(label)
            }
        }
    }

    /// A name, bare or in quotes; nil when there is none.
    private mutating func word() throws(HCLError) -> String? {
        if cursor.byte == UInt8(ascii: "\"") { return try string() }
        return identifier()
    }

    mutating func identifier() -> String? {
        guard let first = cursor.scalar, Self.beginsName(first) else { return nil }
        let start = cursor.offset
        while let next = cursor.scalar, Self.continuesName(next) { cursor.advance(UTF8.width(next)) }
        return cursor.slice(from: start).string
    }

    private static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "_": true
        default: !scalar.isASCII && scalar.properties.isAlphabetic
        }
    }

    static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "-", ".": true
        default: beginsName(scalar)
        }
    }

    private mutating func value() throws(HCLError) -> HCLNode {
        let start = cursor.position
        try cursor.countNode()
        switch cursor.byte {
        case UInt8(ascii: "\""): return HCLNode(.string(try string()), at: start)
        case UInt8(ascii: "<"): return HCLNode(.string(try heredoc()), at: start)
        case UInt8(ascii: "["): return HCLNode(.list(try list()), at: start)
        case UInt8(ascii: "{"): return HCLNode(.object(try braces()), at: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return HCLNode(try number(), at: start)
        default:
            let before = cursor
            switch identifier() {
            case "true": return HCLNode(.bool(true), at: start)
            case "false": return HCLNode(.bool(false), at: start)
            default: throw before.error(expected: .value)
            }
        }
    }

    private mutating func list() throws(HCLError) -> [HCLNode] {
        let start = cursor.position
        try cursor.enter()
        cursor.advance()
        var elements: [HCLNode] = []
        while true {
            try cursor.skipSpaceAndComments()
            if cursor.isAtEnd { throw cursor.error(.unclosed(.bracket, at: start)) }
            if cursor.byte == UInt8(ascii: "]") { break }
            elements.append(try value())
            try cursor.skipSpaceAndComments()
            if cursor.isAtEnd { throw cursor.error(.unclosed(.bracket, at: start)) }
            if cursor.byte == UInt8(ascii: "]") { break }
            guard cursor.byte == UInt8(ascii: ",") else { throw cursor.error(expected: .commaOrBracket) }
            cursor.advance()
        }
        cursor.advance()
        cursor.leave()
        return elements
    }
}
