internal import Bytes

/// Says, in the field's words, why a text that the scanner refused is no JSON. Walks the text once more, byte by byte.
///
/// **Source** RFC 8259; the words are those of the wire facts, §8 #63.
struct JSONComplaint {
    private typealias Place = UnexpectedCharacter.Place
    private let text: ByteView
    private var at = 0
    /// Whether each open bracket is an object's.
    private var open: [Bool] = []

    /// The complaint about `text`; nil when it is JSON after all.
    static func about(_ text: ByteView) -> BackupFault? {
        var complaint = JSONComplaint(text: text)
        do throws(BackupFault) {
            try complaint.walk()
            return nil
        } catch {
            return error
        }
    }

    private init(text: ByteView) { self.text = text }

    private mutating func walk() throws(BackupFault) {
        repeat {
            var hasValue = try value()
            // A value is behind us: what may follow depends on the bracket around it.
            while hasValue, let isObject = open.last {
                let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
                skipSpace()
                if text[at] == close {
                    at += 1
                    open.removeLast()
                } else {
                    try expect(",", isObject ? .afterMember : .afterElement)
                    if isObject { try key() }
                    hasValue = false
                }
            }
        } while !open.isEmpty
        skipSpace()
        if at < text.count { throw unexpected(.afterDocument) }
    }

    /// Reads a scalar, an empty container, or the bracket (and first key) of another; true when the value is complete.
    private mutating func value() throws(BackupFault) -> Bool {
        skipSpace()
        switch text[at] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isObject = text[at] == UInt8(ascii: "{")
            guard open.count < BackupLimits.depth else { throw .json(.tooDeep(limit: BackupLimits.depth)) }
            at += 1
            skipSpace()
            if text[at] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                at += 1
                return true
            }
            open.append(isObject)
            if isObject { try key() }
            return false
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true", .wordTrue)
        case UInt8(ascii: "f"): try word("false", .wordFalse)
        case UInt8(ascii: "n"): try word("null", .wordNull)
        default: try number()
        }
        return true
    }

    private mutating func key() throws(BackupFault) {
        skipSpace()
        guard text[at] == UInt8(ascii: "\"") else { throw unexpected(.key) }
        try string()
        skipSpace()
        try expect(":", .afterKey)
    }

    private mutating func string() throws(BackupFault) {
        at += 1
        while text[at] != UInt8(ascii: "\"") {
            guard text[at] >= 0x20 else { throw unexpected(.string) }
            if text[at] == UInt8(ascii: "\\") { try escape() } else { at += 1 }
        }
        at += 1
    }

    private mutating func escape() throws(BackupFault) {
        at += 1
        switch text[at] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 1
        case UInt8(ascii: "u"):
            at += 1
            for _ in 0..<4 {
                guard Hex.value(text[at]) != nil else { throw unexpected(.hexEscape) }
                at += 1
            }
        default: throw unexpected(.escape)
        }
    }

    private mutating func word(_ word: StaticString, _ place: Place) throws(BackupFault) {
        for index in 0..<word.utf8CodeUnitCount {
            let expected = word.utf8Start[index]
            guard text[at] == expected else { throw unexpected(place, expected: expected) }
            at += 1
        }
    }

    private mutating func number() throws(BackupFault) {
        let isNegative = text[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        if text[at] == UInt8(ascii: "0") { at += 1 } else { try digits(isNegative ? .number : .value) }
        if text[at] == UInt8(ascii: ".") {
            at += 1
            try digits(.fraction)
        }
        if text[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
            try digits(.exponent)
        }
    }

    private mutating func digits(_ place: Place) throws(BackupFault) {
        guard isDigit else { throw unexpected(place) }
        while isDigit { at += 1 }
    }

    private var isDigit: Bool { text[at] >= 0x30 && text[at] <= 0x39 }

    private mutating func skipSpace() {
        while text[at] == 0x20 || text[at] == 0x09 || text[at] == 0x0A || text[at] == 0x0D { at += 1 }
    }

    private mutating func expect(_ mark: Unicode.Scalar, _ place: Place) throws(BackupFault) {
        guard text[at] == UInt8(ascii: mark) else { throw unexpected(place) }
        at += 1
    }

    private func unexpected(_ place: Place, expected: UInt8? = nil) -> BackupFault {
        guard at < text.count else { return .unexpectedEnd }
        return .invalidCharacter(UnexpectedCharacter(byte: text[at], place: place, expected: expected))
    }
}
