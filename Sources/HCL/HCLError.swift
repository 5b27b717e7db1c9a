/// Why a text is not the configuration language, and where.
package struct HCLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The name of the file, as given to the parser.
    package let file: String
    /// The first place that cannot be right.
    package let position: HCLPosition
    /// What is wrong there.
    package let problem: HCLProblem

    /// `file:line:column: ` and the problem in plain words; at most one character of the text is shown.
    package var description: String { "\(file):\(position.line):\(position.column): \(problem)" }
}

/// What can be wrong with a text.
package enum HCLProblem: Sendable, Equatable {
    /// Something else has to stand here.
    case expected(HCLExpectation, found: HCLFound)
    /// The text ends inside of something that was opened.
    case unclosed(HCLOpening, at: HCLPosition)
    /// A number that no 64-bit integer or finite float can hold.
    case numberOutOfRange
    /// Bytes that are not UTF-8.
    case notUTF8
    /// More bytes than the limit.
    case tooLarge(limit: Int)
    /// Nested deeper than the limit.
    case tooDeep(limit: Int)
    /// More attributes, blocks and values than the limit.
    case tooMany(limit: Int)
}

/// What may stand in a place.
package enum HCLExpectation: Sendable, Equatable {
    /// The key of an attribute or the type of a block.
    case key
    /// What follows a key.
    case assignmentOrBlock
    /// The brace after the labels of a block.
    case openingBrace
    /// A value.
    case value
    /// The next element of a list, or its end.
    case commaOrBracket
    /// The next member of a JSON object, or its end.
    case commaOrBrace
    /// The quoted key of a JSON object.
    case quotedKey
    /// The colon after a JSON key.
    case colon
    /// The quote that ends a string on its line.
    case closingQuote
    /// One of the escapes of the native form.
    case escape
    /// One of the escapes of JSON.
    case jsonEscape
    /// Hexadecimal digits, this many, that name a character.
    case characterCode(digits: Int)
    /// A character in a JSON string that is not a control character.
    case printable
    /// The word that ends a heredoc.
    case heredocWord
    /// The end of the line, after that word.
    case endOfLine
    /// A digit of a number.
    case digit
    /// Nothing more.
    case end
}

/// What stands there instead.
package enum HCLFound: Sendable, Equatable {
    /// Nothing: the text is over.
    case end
    /// The end of the line.
    case endOfLine
    /// A character.
    case character(Unicode.Scalar)
}

/// What can be left open at the end of a text.
package enum HCLOpening: Sendable, Equatable {
    /// A `{`.
    case brace
    /// A `[`.
    case bracket
    /// A `"`.
    case quote
    /// A `${` in a string.
    case interpolation
    /// A `/*`.
    case comment
    /// A `<<`.
    case heredoc
}

extension HCLProblem: CustomStringConvertible {
    /// The problem in plain words.
    package var description: String {
        switch self {
        case .expected(let expectation, let found): "expected \(expectation), found \(found)"
        case .unclosed(let opening, let place):
            "\(opening) of line \(place.line), column \(place.column) is not closed; found the end of the file"
        case .numberOutOfRange: "expected a number of at most 64 bits"
        case .notUTF8: "expected text in UTF-8, found other bytes"
        case .tooLarge(let limit): "the file is longer than the limit of \(limit) bytes"
        case .tooDeep(let limit): "nested deeper than the limit of \(limit) levels"
        case .tooMany(let limit): "more than the limit of \(limit) settings and values"
        }
    }
}

extension HCLExpectation: CustomStringConvertible {
    /// The expectation in plain words.
    package var description: String {
        switch self {
        case .key: "the name of a setting or block"
        case .assignmentOrBlock: "\"=\" and a value, or a block in \"{\" and \"}\""
        case .openingBrace: "\"{\" after the labels of a block"
        case .value: "a value: a string in quotes, a number, true, false, a list in \"[\" or an object in \"{\""
        case .commaOrBracket: "\",\" or \"]\" in the list"
        case .commaOrBrace: "\",\" or \"}\" in the object"
        case .quotedKey: "a name in quotes"
        case .colon: "\":\" after the name"
        case .closingQuote: "a quote that ends the string on its line"
        case .escape: "one of \\\" \\\\ \\a \\b \\f \\n \\r \\t \\v \\uXXXX \\UXXXXXXXX"
        case .jsonEscape: "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"
        case .characterCode(let digits): "\(digits) hexadecimal digits that name a character"
        case .printable: "no control character in the string"
        case .heredocWord: "a word after \"<<\" that ends the text"
        case .endOfLine: "the end of the line"
        case .digit: "a digit"
        case .end: "the end of the file"
        }
    }
}

extension HCLFound: CustomStringConvertible {
    /// What was found, in plain words.
    package var description: String {
        switch self {
        case .end: return "the end of the file"
        case .endOfLine: return "the end of the line"
        case .character(let scalar):
            switch scalar.value {
            case 0x22: return "a quote"
            case 0x20: return "a space"
            case 0x09: return "a tab"
            case 0x21...0x7E: return "\"\(scalar)\""
            case 0x201C, 0x201D, 0x201E, 0x2018, 0x2019, 0xAB, 0xBB: return "a typographic quote (use \")"
            default:
                if scalar.properties.isAlphabetic { return "\"\(scalar)\"" }
                let digits = String(scalar.value, radix: 16, uppercase: true)
                return "U+" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
            }
        }
    }
}

extension HCLOpening: CustomStringConvertible {
    /// What was opened, in plain words.
    package var description: String {
        switch self {
        case .brace: "the \"{\""
        case .bracket: "the \"[\""
        case .quote: "the quote"
        case .interpolation: "the \"${\""
        case .comment: "the \"/*\""
        case .heredoc: "the text after \"<<\""
        }
    }
}
