/// Blanks comments and the inside of literals, so that what is left can be searched as code. Line breaks stay.
/// Interpolations in strings are code and stay too. A literal that is never closed ends with its line.
struct Masker {
    private(set) var commented: Set<Int> = []
    private var bytes: [UInt8]
    private var at = 0
    private var line = 1

    init(_ text: String) { bytes = Array(text.utf8) }

    var masked: String { String(decoding: bytes, as: UTF8.self) }

    mutating func run() {
        while at < bytes.count { code(untilParenthesis: false) }
    }

    private func peek(_ distance: Int = 0) -> UInt8? {
        at + distance < bytes.count ? bytes[at + distance] : nil
    }

    private func sees(_ text: StaticString, at distance: Int = 0) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where peek(distance + index) != text.utf8Start[index] { return false }
        return true
    }

    private mutating func skip(_ count: Int = 1) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] == UInt8(ascii: "\n") { line += 1 }
            at += 1
        }
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] != UInt8(ascii: "\n") { bytes[at] = UInt8(ascii: " ") }
            skip()
        }
    }

    /// Walks over code; inside an interpolation, up to and with its closing parenthesis.
    private mutating func code(untilParenthesis: Bool) {
        var open = 0
        while let byte = peek() {
            if sees("//") {
                lineComment()
            } else if sees("/*") {
                blockComment()
            } else if byte == UInt8(ascii: "\"") {
                string(pounds: 0)
            } else if byte == UInt8(ascii: "#") {
                pound()
            } else {
                if byte == UInt8(ascii: "(") { open += 1 }
                if byte == UInt8(ascii: ")") { open -= 1 }
                skip()
                if untilParenthesis, open < 0 { return }
            }
        }
    }

    private mutating func lineComment() {
        commented.insert(line)
        while let byte = peek(), byte != UInt8(ascii: "\n") { blank() }
    }

    private mutating func blockComment() {
        var open = 0
        repeat {
            commented.insert(line)
            if sees("/*") {
                open += 1
                blank(2)
            } else if sees("*/") {
                open -= 1
                blank(2)
            } else {
                blank()
            }
        } while open > 0 && at < bytes.count
    }

    /// `#"…"#` and `#/…/#`, or some other word that starts with `#`.
    private mutating func pound() {
        var pounds = 0
        while peek(pounds) == UInt8(ascii: "#") { pounds += 1 }
        let next = peek(pounds)
        skip(pounds)
        if next == UInt8(ascii: "\"") { string(pounds: pounds) }
        if next == UInt8(ascii: "/") { regex(pounds: pounds) }
    }

    private mutating func regex(pounds: Int) {
        skip()
        let isMultiline = peek() == UInt8(ascii: "\n")
        while let byte = peek(), isMultiline || byte != UInt8(ascii: "\n") {
            if byte == UInt8(ascii: "/"), closes(pounds, after: 1) { return skip(1 + pounds) }
            blank(byte == UInt8(ascii: "\\") ? 2 : 1)
        }
    }

    private mutating func string(pounds: Int) {
        let isMultiline = sees("\"\"\"")
        let quotes = isMultiline ? 3 : 1
        skip(quotes)
        while let byte = peek(), isMultiline || byte != UInt8(ascii: "\n") {
            if isMultiline ? sees("\"\"\"") : byte == UInt8(ascii: "\""), closes(pounds, after: quotes) {
                return skip(quotes + pounds)
            }
            if byte == UInt8(ascii: "\\"), closes(pounds, after: 1) {
                escape(pounds)
            } else {
                blank()
            }
        }
    }

    private mutating func escape(_ pounds: Int) {
        guard peek(1 + pounds) == UInt8(ascii: "(") else { return blank(2 + pounds) }
        blank(1 + pounds)
        skip()
        code(untilParenthesis: true)
    }

    private func closes(_ pounds: Int, after distance: Int) -> Bool {
        for index in 0..<pounds where peek(distance + index) != UInt8(ascii: "#") { return false }
        return true
    }
}
