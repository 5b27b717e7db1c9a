internal import Bytes

extension HCLNativeParser {
    /// `"…"`, which comes next: escapes resolved, `${…}` left as it is.
    mutating func string() throws(HCLError) -> String {
        let start = cursor.position
        cursor.advance()
        var output = ByteWriter()
        while cursor.byte != UInt8(ascii: "\"") {
            if cursor.isAtEnd { throw cursor.error(.unclosed(.quote, at: start)) }
            switch cursor.byte {
            case 0x0A, 0x0D: throw cursor.error(expected: .closingQuote)
            case UInt8(ascii: "\\"): try HCLEscapes.read(&cursor, .native, into: &output)
            case UInt8(ascii: "$") where cursor.byte(ahead: 1) == UInt8(ascii: "{"): try interpolation(into: &output)
            default:
                output.append(cursor.byte)
                cursor.advance()
            }
        }
        cursor.advance()
        return output.view.string
    }

    /// `${…}` with the braces inside; quotes in it do not end the string.
    private mutating func interpolation(into output: inout ByteWriter) throws(HCLError) {
        let (start, from) = (cursor.position, cursor.offset)
        cursor.advance(2)
        var open = 1
        while open > 0 {
            if cursor.isAtEnd { throw cursor.error(.unclosed(.interpolation, at: start)) }
            if cursor.byte == UInt8(ascii: "{") { open += 1 }
            if cursor.byte == UInt8(ascii: "}") { open -= 1 }
            cursor.advance()
        }
        output.append(cursor.slice(from: from))
    }

    /// `<<WORD` or `<<-WORD` and the lines up to one that is `WORD`, which may be indented.
    ///
    /// With the dash, lines lose the indentation of the closing word, if all that are not blank have it.
    mutating func heredoc() throws(HCLError) -> String {
        let start = cursor.position
        cursor.advance()
        guard cursor.byte == UInt8(ascii: "<") else { throw cursor.error(expected: .value) }
        cursor.advance()
        let isIndented = cursor.byte == UInt8(ascii: "-")
        if isIndented { cursor.advance() }
        let from = cursor.offset
        while let next = cursor.scalar, Self.continuesName(next) { cursor.advance(UTF8.width(next)) }
        let word = cursor.slice(from: from)
        guard !word.isEmpty else { throw cursor.error(expected: .heredocWord) }
        if cursor.byte == 0x0D { cursor.advance() }
        if cursor.isAtEnd { throw cursor.error(.unclosed(.heredoc, at: start)) }
        guard cursor.byte == 0x0A else { throw cursor.error(expected: .endOfLine) }
        cursor.advance()
        var lines: [ByteView] = []
        while true {
            if cursor.isAtEnd { throw cursor.error(.unclosed(.heredoc, at: start)) }
            let line = wholeLine()
            let indentation = Self.indentation(line)
            if line.dropFirst(indentation.count).equalsVariableTime(word) {
                return Self.join(lines, without: isIndented ? indentation : .empty)
            }
            lines.append(line)
            cursor.advance()
        }
    }

    /// The rest of the line without its end; the cursor is then at the line feed, or at the end.
    private mutating func wholeLine() -> ByteView {
        let from = cursor.offset
        while !cursor.isAtEnd && cursor.byte != 0x0A { cursor.advance() }
        let line = cursor.slice(from: from)
        return line[line.count - 1] == 0x0D ? line.slice(0, line.count - 1) : line
    }

    private static func indentation(_ line: ByteView) -> ByteView {
        var count = 0
        while line[count] == 0x20 || line[count] == 0x09 { count += 1 }
        return line.slice(0, count)
    }

    private static func join(_ lines: [ByteView], without indentation: ByteView) -> String {
        func isBlank(_ line: ByteView) -> Bool { Self.indentation(line).count == line.count }
        let all = lines.allSatisfy {
            isBlank($0) || $0.slice(0, indentation.count).equalsVariableTime(indentation)
        }
        var output = ByteWriter()
        for line in lines {
            output.append(all ? line.dropFirst(indentation.count) : line)
            output.append(0x0A)
        }
        return output.view.string
    }

    /// A number, which comes next: decimal, `0x` hexadecimal, octal after a leading `0`, or a float.
    mutating func number() throws(HCLError) -> HCLNode.Kind {
        let (start, from) = (cursor.position, cursor.offset)
        if cursor.byte == UInt8(ascii: "-") { cursor.advance() }
        let isNegative = cursor.offset > from
        if cursor.byte == UInt8(ascii: "0") && cursor.byte(ahead: 1) | 0x20 == UInt8(ascii: "x") {
            cursor.advance(2)
            return .integer(try integer(radix: 16, isNegative, start))
        }
        let first = cursor.offset
        let isOctal = cursor.byte == UInt8(ascii: "0")
        try digits()
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
        try endOfNumber()
        if isFloat {
            let text = cursor.slice(from: from)
            guard text.count <= 400, let value = Double(text.string), value.isFinite else {
                throw cursor.error(.numberOutOfRange, at: start)
            }
            return .float(value)
        }
        let text = cursor.slice(from: first)
        guard text.count <= 400, let value = Int((isNegative ? "-" : "") + text.string, radix: isOctal ? 8 : 10) else {
            throw cursor.error(.numberOutOfRange, at: start)
        }
        return .integer(value)
    }

    private mutating func integer(
        radix: Int, _ isNegative: Bool, _ start: HCLPosition
    ) throws(HCLError) -> Int {
        let from = cursor.offset
        while Hex.value(cursor.byte) != nil { cursor.advance() }
        let text = cursor.slice(from: from)
        guard !text.isEmpty else { throw cursor.error(expected: .digit) }
        try endOfNumber()
        guard text.count <= 400, let value = Int((isNegative ? "-" : "") + text.string, radix: radix) else {
            throw cursor.error(.numberOutOfRange, at: start)
        }
        return value
    }

    private mutating func digits() throws(HCLError) {
        let from = cursor.offset
        while cursor.byte >= 0x30 && cursor.byte <= 0x39 { cursor.advance() }
        guard cursor.offset > from else { throw cursor.error(expected: .digit) }
    }

    /// `30s` is a string that lacks its quotes, not a number and a name.
    private func endOfNumber() throws(HCLError) {
        if let next = cursor.scalar, Self.continuesName(next) { throw cursor.error(expected: .digit) }
    }
}
