internal import HCL
internal import Vocabulary

/// Values as loosely as the field writes them: numbers and booleans in quotes, and texts without.
enum LooseValue {
    /// Longest duration that is taken: a hundred years. **Units** seconds.
    static let longestSeconds = 100 * 365 * 86400

    /// Whether the kind alone says what is wrong.
    static func isOddKind(_ kind: HCLNode.Kind) -> Bool {
        switch kind {
        case .string: false
        case .null, .bool, .integer, .float, .list, .object: true
        }
    }

    static func text(_ kind: HCLNode.Kind) -> String? {
        switch kind {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .null, .bool, .float, .list, .object: nil
        }
    }

    /// What is kept as a text whatever it was: options that others read.
    static func option(_ kind: HCLNode.Kind) -> String? {
        if case .bool(let value) = kind { return value ? "true" : "false" }
        return text(kind)
    }

    static func bool(_ kind: HCLNode.Kind) -> Bool? {
        switch kind {
        case .bool(let value): return value
        case .integer(let number): return number == 0 || number == 1 ? number == 1 : nil
        case .string(let text):
            switch text {
            case "1", "t", "T", "true", "TRUE", "True": return true
            case "0", "f", "F", "false", "FALSE", "False": return false
            default: return nil
            }
        case .null, .float, .list, .object: return nil
        }
    }

    static func integer(_ kind: HCLNode.Kind) -> Int? {
        switch kind {
        case .integer(let number): number
        case .float(let number): Int(exactly: number)
        case .string(let text): IntegerText.parse(text, prefixes: false)
        case .null, .bool, .list, .object: nil
        }
    }

    /// Whole seconds from 0; what is more than 0 and less than 1 becomes 1.
    static func seconds(_ kind: HCLNode.Kind) -> Int? {
        let seconds: Int?
        if case .string(let text) = kind {
            seconds = DurationText.seconds(text).map { number in
                number == 0 && text.utf8.contains { (0x31...0x39).contains($0) } && !text.hasPrefix("-") ? 1 : number
            }
        } else {
            seconds = integer(kind)
        }
        return seconds.flatMap { (0...longestSeconds).contains($0) ? $0 : nil }
    }

    /// A list of texts; one text is cut at its commas. Spaces around the parts do not count, empty parts neither.
    static func list(_ kind: HCLNode.Kind) -> [String]? {
        switch kind {
        case .string(let text):
            return text.split(separator: ",").map(trimmed).filter { !$0.isEmpty }
        case .list(let elements):
            var texts: [String] = []
            for element in elements {
                guard let text = text(element.kind) else { return nil }
                texts.append(text)
            }
            return texts
        case .null, .bool, .integer, .float, .object: return nil
        }
    }

    static func trimmed(_ text: Substring) -> String {
        var rest = text
        while rest.first == " " || rest.first == "\t" { rest = rest.dropFirst() }
        while rest.last == " " || rest.last == "\t" { rest = rest.dropLast() }
        return String(rest)
    }
}
