/// How a database quotes.
package enum StatementDialect: Sendable {
    /// `'text'` with `''`, `E'text'` with backslashes too, `"name"`, `$tag$text$tag$`.
    case postgreSQL
    /// `'text'` and `"text"` with backslashes, `` `name` ``.
    case mySQL
    /// Words with spaces between; values stand for themselves.
    case words
}

/// Statements with placeholders: cut at their semicolons, and filled so that no value can leave its place.
///
/// A value inside quotes is escaped by the rules of those quotes; a value outside of any, or where nothing can be
/// escaped, must consist of letters, digits, `_` and `-`. Comments are passed over.
/// **Source** CVE-2023-0620 and its like: values that were put into statements as they were.
package struct StatementTemplate {
    private enum Place {
        case plain, single, escapeString, double, backtick, lineComment
        case blockComment(depth: Int)
        case dollar(tag: [UInt8])
    }

    private let bytes: [UInt8]
    private let dialect: StatementDialect
    private let values: [String: String]
    private var place = Place.plain
    private var at = 0
    private var current: [UInt8] = []
    private var statements: [String] = []

    /// The single statements of `text`, filled with `values`. **Throws** `.refused` for a value that cannot be where it
    /// should go, and for a placeholder without value.
    package static func fill(
        _ text: String, _ values: [String: String], _ dialect: StatementDialect
    ) throws(DatabaseFault) -> [String] {
        var template = StatementTemplate(text, values, dialect)
        try template.run()
        return template.statements
    }

    /// All of several texts.
    package static func fill(
        _ texts: [String], _ values: [String: String], _ dialect: StatementDialect
    ) throws(DatabaseFault) -> [String] {
        var result: [String] = []
        for text in texts { result += try fill(text, values, dialect) }
        return result
    }

    private init(_ text: String, _ values: [String: String], _ dialect: StatementDialect) {
        bytes = Array(text.utf8)
        self.values = values
        self.dialect = dialect
    }

    private func byte(_ offset: Int) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }

    private mutating func run() throws(DatabaseFault) {
        while at < bytes.count {
            if byte(0) == UInt8(ascii: "{"), byte(1) == UInt8(ascii: "{"), let (name, length) = placeholder() {
                guard let value = values[name] else { throw .refused("unknown placeholder in a statement") }
                current += try escaped(Array(value.utf8), name)
                at += length
                continue
            }
            switch place {
            case .plain: plain()
            case .single: quoted(UInt8(ascii: "'"), hasBackslashes: dialect == .mySQL)
            case .escapeString: quoted(UInt8(ascii: "'"), hasBackslashes: true)
            case .double: quoted(UInt8(ascii: "\""), hasBackslashes: dialect == .mySQL)
            case .backtick: quoted(UInt8(ascii: "`"), hasBackslashes: false)
            case .lineComment:
                if byte(0) == UInt8(ascii: "\n") { place = .plain }
                copy(1)
            case .blockComment(let depth): blockComment(depth)
            case .dollar(let tag):
                let ends = bytes[at...].starts(with: tag)
                if ends { place = .plain }
                copy(ends ? tag.count : 1)
            }
        }
        guard case .plain = place else {
            guard case .lineComment = place else { throw .refused("a statement ends inside a quotation") }
            finish()
            return
        }
        finish()
    }

    private mutating func copy(_ count: Int) {
        current += bytes[at..<min(at + count, bytes.count)]
        at += count
    }

    private mutating func finish() {
        let text = String(decoding: current, as: UTF8.self)
        let trimmed = text.drop { $0.isWhitespace }
        if !trimmed.isEmpty { statements.append(String(trimmed)) }
        current = []
    }

    private mutating func plain() {
        switch byte(0) {
        case UInt8(ascii: ";") where dialect != .words:
            finish()
            at += 1
            return
        case UInt8(ascii: "'"): place = isEscapePrefixed ? .escapeString : .single
        case UInt8(ascii: "\""): place = .double
        case UInt8(ascii: "`") where dialect == .mySQL: place = .backtick
        case UInt8(ascii: "#") where dialect == .mySQL: place = .lineComment
        case UInt8(ascii: "-") where dialect != .words && byte(1) == UInt8(ascii: "-"): place = .lineComment
        case UInt8(ascii: "/") where dialect != .words && byte(1) == UInt8(ascii: "*"):
            place = .blockComment(depth: 1)
            copy(2)
            return
        case UInt8(ascii: "$") where dialect == .postgreSQL:
            if let tag = dollarTag() {
                place = .dollar(tag: tag)
                copy(tag.count)
                return
            }
        default: break
        }
        copy(1)
    }

    // `E'…'`, where the E is not the end of a longer word.
    private var isEscapePrefixed: Bool {
        guard dialect == .postgreSQL, at > 0, bytes[at - 1] | 0x20 == UInt8(ascii: "e") else { return false }
        return at < 2 || !Self.isWord(bytes[at - 2])
    }

    private mutating func quoted(_ quote: UInt8, hasBackslashes: Bool) {
        if hasBackslashes, byte(0) == UInt8(ascii: "\\") {
            copy(2)
        } else if byte(0) == quote {
            if byte(1) == quote, at + 1 < bytes.count {
                copy(2)
            } else {
                place = .plain
                copy(1)
            }
        } else {
            copy(1)
        }
    }

    private mutating func blockComment(_ depth: Int) {
        if byte(0) == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
            place = depth > 1 ? .blockComment(depth: depth - 1) : .plain
            copy(2)
        } else if dialect == .postgreSQL, byte(0) == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
            place = .blockComment(depth: depth + 1)
            copy(2)
        } else {
            copy(1)
        }
    }

    /// `$tag$` at this place; nil when there is none. A parameter such as `$1` is none.
    private func dollarTag() -> [UInt8]? {
        if at > 0, Self.isWord(bytes[at - 1]) { return nil }
        var end = at + 1
        while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else { return nil }
        if end > at + 1, bytes[at + 1] >= 0x30, bytes[at + 1] <= 0x39 { return nil }
        return Array(bytes[at...end])
    }

    /// The name between `{{` and `}}`, and the length with the braces.
    private func placeholder() -> (name: String, length: Int)? {
        var end = at + 2
        while end < bytes.count, end < at + 64, bytes[end] != UInt8(ascii: "}") { end += 1 }
        guard end + 1 < bytes.count, bytes[end] == UInt8(ascii: "}"), bytes[end + 1] == UInt8(ascii: "}") else {
            return nil
        }
        let name = String(decoding: bytes[(at + 2)..<end], as: UTF8.self).filter { $0 != " " }
        return (name, end + 2 - at)
    }

    private func escaped(_ value: [UInt8], _ name: String) throws(DatabaseFault) -> [UInt8] {
        guard !value.contains(0) else { throw .refused("a value holds a NUL") }
        switch place {
        case .single where dialect == .mySQL, .escapeString: return Self.double(value, ["'", "\\"])
        case .single: return Self.double(value, ["'"])
        case .double where dialect == .mySQL: return Self.double(value, ["\"", "\\"])
        case .double: return Self.double(value, ["\""])
        case .backtick: return Self.double(value, ["`"])
        case .plain, .lineComment, .blockComment, .dollar:
            if dialect == .words, value.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return value }
            guard value.allSatisfy({ Self.isWord($0) || $0 == UInt8(ascii: "-") }) else {
                throw .refused("the value of {{\(name)}} can only stand inside quotes")
            }
            return value
        }
    }

    private static func double(_ value: [UInt8], _ marks: [Character]) -> [UInt8] {
        let marks = marks.compactMap(\.asciiValue)
        return value.flatMap { marks.contains($0) ? [$0, $0] : [$0] }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A && byte < 0x80
            || byte == UInt8(ascii: "_") || byte >= 0x80
    }
}
