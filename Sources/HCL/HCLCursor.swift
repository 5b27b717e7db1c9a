internal import Bytes

/// Bounds on one text.
package struct HCLLimits: Sendable {
    /// Most bytes of the text.
    package var maxBytes = 1024 * 1024
    /// Deepest nesting of blocks, objects and lists.
    package var maxDepth = 64
    /// Most attributes, blocks and values.
    package var maxNodes = 100_000

    /// The defaults.
    package init() {}
}

/// A walk over a text that knows its line and column and counts what it meets. Every step is forward, so that the whole
/// walk is linear; reading past the end yields NUL and stays there.
struct HCLCursor {
    private let text: ByteView
    private let file: String
    private let limits: HCLLimits
    private(set) var offset = 0
    private var line = 1
    private var column = 1
    private var depth = 0
    private var nodes = 0

    init(_ text: ByteView, file: String, limits: HCLLimits) {
        self.text = text
        self.file = file
        self.limits = limits
    }

    var byte: UInt8 { text[offset] }
    var isAtEnd: Bool { offset >= text.count }
    var position: HCLPosition { HCLPosition(line: line, column: column) }

    func byte(ahead distance: Int) -> UInt8 { text[offset + distance] }

    func slice(from start: Int) -> ByteView { text.slice(start, offset - start) }

    mutating func advance() {
        guard offset < text.count else { return }
        let byte = text[offset]
        offset += 1
        if byte == 0x0A {
            line += 1
            column = 1
        } else if byte & 0xC0 != 0x80 {
            column += 1
        }
    }

    mutating func advance(_ count: Int) {
        for _ in 0..<max(count, 0) { advance() }
    }

    /// A mark of byte order is no part of the text.
    mutating func skipByteOrderMark() {
        if text.hasPrefix("\u{FEFF}") { offset = 3 }
    }

    // MARK: Counting

    mutating func enter() throws(HCLError) {
        guard depth < limits.maxDepth else { throw error(.tooDeep(limit: limits.maxDepth)) }
        depth += 1
    }

    mutating func leave() { depth = max(depth - 1, 0) }

    mutating func countNode() throws(HCLError) {
        guard nodes < limits.maxNodes else { throw error(.tooMany(limit: limits.maxNodes)) }
        nodes += 1
    }

    // MARK: Errors

    func error(_ problem: HCLProblem, at place: HCLPosition? = nil) -> HCLError {
        HCLError(file: file, position: place ?? position, problem: problem)
    }

    func error(expected expectation: HCLExpectation) -> HCLError { error(.expected(expectation, found: found)) }

    private var found: HCLFound {
        if isAtEnd { return .end }
        if byte == 0x0A || (byte == 0x0D && byte(ahead: 1) == 0x0A) { return .endOfLine }
        return scalar.map { .character($0) } ?? .end
    }

    /// The character that comes next; nil at the end.
    var scalar: Unicode.Scalar? {
        guard !isAtEnd else { return nil }
        if byte < 0x80 { return Unicode.Scalar(byte) }
        return text.slice(offset, 4).string.unicodeScalars.first
    }

    // MARK: Space and comments

    mutating func skipSpace() {
        while byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { advance() }
    }

    mutating func skipSpaceAndComments() throws(HCLError) {
        while true {
            skipSpace()
            let next = byte(ahead: 1)
            if byte == UInt8(ascii: "#") || (byte == UInt8(ascii: "/") && next == UInt8(ascii: "/")) {
                while !isAtEnd && byte != 0x0A { advance() }
            } else if byte == UInt8(ascii: "/") && next == UInt8(ascii: "*") {
                try skipBlockComment()
            } else {
                return
            }
        }
    }

    private mutating func skipBlockComment() throws(HCLError) {
        let start = position
        advance(2)
        while !(byte == UInt8(ascii: "*") && byte(ahead: 1) == UInt8(ascii: "/")) {
            guard !isAtEnd else { throw error(.unclosed(.comment, at: start)) }
            advance()
        }
        advance(2)
    }

    /// Whether the text is UTF-8; the error names the first byte that is not.
    func checkEncoding() throws(HCLError) {
        guard String(validating: UnsafeBufferPointer(start: text.pointer, count: text.count), as: UTF8.self) == nil
        else { return }
        var walk = self
        while !walk.isAtEnd {
            guard let length = walk.scalarLength else { throw walk.error(.notUTF8) }
            walk.advance(length)
        }
    }

    /// Length of the well-formed character that comes next. **Source** Unicode 15, table 3-7.
    private var scalarLength: Int? {
        let (second, third, fourth) = (byte(ahead: 1), byte(ahead: 2), byte(ahead: 3))
        func follows(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
        switch byte {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: return follows(second) ? 2 : nil
        case 0xE0...0xEF:
            guard follows(second), follows(third) else { return nil }
            if byte == 0xE0 && second < 0xA0 || byte == 0xED && second > 0x9F { return nil }
            return 3
        case 0xF0...0xF4:
            guard follows(second), follows(third), follows(fourth) else { return nil }
            if byte == 0xF0 && second < 0x90 || byte == 0xF4 && second > 0x8F { return nil }
            return 4
        default: return nil
        }
    }
}
