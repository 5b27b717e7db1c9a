internal import Bytes
internal import Primitives

/// Names of users made from a template in the field's own language, of which this is the part that templates use:
/// text with `{{ … }}`, in it a pipeline of fields, literals, calls and brackets.
///
/// Functions: `random`, `truncate`, `truncate_sha256`, `uppercase`, `lowercase`, `replace`, `sha256`, `unix_time`,
/// `unix_time_millis`, `uuid`, `printf` with `%s`, `%v` and `%d`. Fields: `.DisplayName`, `.RoleName`.
struct UsernameTemplate {
    /// What names are made from.
    struct Facts {
        var displayName: String
        var roleName: String
        var unixSeconds: Int
    }

    enum Fault: Error, Equatable {
        case syntax(String)
        case noRandomness
    }

    /// What the field makes where nobody says otherwise.
    static let usual = """
        {{ printf "v-%s-%s-%s-%s" (.DisplayName | truncate 8) (.RoleName | truncate 8) (random 20) (unix_time) \
        | truncate 63 }}
        """
    private static let longest = 255

    private let bytes: [UInt8]
    private let facts: Facts
    private var at = 0
    private var depth = 0

    /// The name that a template makes. **Throws** `.syntax` for a template that is none.
    static func fill(_ template: String, _ facts: Facts) throws(Fault) -> String {
        var reader = UsernameTemplate(template, facts)
        return try reader.run()
    }

    private init(_ template: String, _ facts: Facts) {
        bytes = Array(template.utf8)
        self.facts = facts
    }

    private mutating func run() throws(Fault) -> String {
        var result: [UInt8] = []
        while at < bytes.count {
            guard byte == UInt8(ascii: "{"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "{") else {
                result.append(bytes[at])
                at += 1
                continue
            }
            at += 2
            result += try pipeline().utf8
            guard skip("}"), at < bytes.count, byte == UInt8(ascii: "}") else { throw .syntax("'}}' is missing") }
            at += 1
        }
        let name = String(decoding: result, as: UTF8.self)
        guard !name.isEmpty, name.utf8.count <= Self.longest else { throw .syntax("the name is empty or too long") }
        return name
    }

    private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipSpace() { while byte == 0x20 || byte == 0x09 || byte == 0x0A { at += 1 } }

    private mutating func skip(_ mark: Character) -> Bool {
        skipSpace()
        guard let ascii = mark.asciiValue, byte == ascii else { return false }
        at += 1
        return true
    }

    /// Calls with `|` between them; each gives its result to the next as the last argument.
    private mutating func pipeline() throws(Fault) -> String {
        guard depth < 16 else { throw .syntax("nested too deep") }
        depth += 1
        defer { depth -= 1 }
        var value: String?
        repeat { value = try call(feeding: value) } while skip("|")
        return value ?? ""
    }

    private mutating func call(feeding input: String?) throws(Fault) -> String {
        skipSpace()
        guard byte | 0x20 >= 0x61, byte | 0x20 <= 0x7A else {
            guard input == nil, let value = try argument() else { throw .syntax("a value or a function is missing") }
            return value
        }
        let name = word()
        var arguments: [String] = []
        while let argument = try argument() {
            guard arguments.count < 32 else { throw .syntax("too many arguments") }
            arguments.append(argument)
        }
        if let input { arguments.append(input) }
        return try apply(name, arguments)
    }

    private mutating func word() -> String {
        let start = at
        while byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == UInt8(ascii: "_")
            || byte >= 0x30 && byte <= 0x39
        { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    /// A literal, a field, a pipeline in brackets, or a function without arguments; nil at the end of a call.
    private mutating func argument() throws(Fault) -> String? {
        skipSpace()
        switch byte {
        case UInt8(ascii: "("):
            at += 1
            let value = try pipeline()
            guard skip(")") else { throw .syntax("')' is missing") }
            return value
        case UInt8(ascii: "."):
            at += 1
            switch word() {
            case "DisplayName": return facts.displayName
            case "RoleName": return facts.roleName
            default: throw .syntax("unknown field")
            }
        case UInt8(ascii: "\""): return try literal(end: UInt8(ascii: "\""), hasEscapes: true)
        case UInt8(ascii: "`"): return try literal(end: UInt8(ascii: "`"), hasEscapes: false)
        case 0x30...0x39:
            return word()
        case 0x41...0x5A, 0x61...0x7A:
            return try apply(word(), [])
        default: return nil
        }
    }

    private mutating func literal(end: UInt8, hasEscapes: Bool) throws(Fault) -> String {
        at += 1
        var text: [UInt8] = []
        while at < bytes.count, byte != end {
            if hasEscapes, byte == UInt8(ascii: "\\"), at + 1 < bytes.count { at += 1 }
            text.append(byte)
            at += 1
        }
        guard at < bytes.count else { throw .syntax("a text has no end") }
        at += 1
        return String(decoding: text, as: UTF8.self)
    }

    private func apply(_ name: String, _ arguments: [String]) throws(Fault) -> String {
        func number(_ index: Int) throws(Fault) -> Int {
            guard arguments.count > index, let value = Int(arguments[index]), value > 0, value <= 1000 else {
                throw .syntax("\(name) needs a number from 1 to 1000")
            }
            return value
        }
        func text(_ index: Int, of count: Int) throws(Fault) -> String {
            guard arguments.count == count else { throw .syntax("\(name) takes \(count) arguments") }
            return arguments[index]
        }
        switch name {
        case "random": return try RandomText.letters(min(try number(0), Self.longest))
        case "truncate": return String(try text(1, of: 2).prefix(try number(0)))
        case "truncate_sha256": return try Self.shortened(try text(1, of: 2), try number(0))
        case "uppercase": return try text(0, of: 1).uppercased()
        case "lowercase": return try text(0, of: 1).lowercased()
        case "replace":
            let (old, new, whole) = (try text(0, of: 3), try text(1, of: 3), try text(2, of: 3))
            guard !old.isEmpty else { throw .syntax("replace needs something to replace") }
            return whole.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
        case "sha256": return Self.digest(try text(0, of: 1))
        case "unix_time": return String(facts.unixSeconds)
        case "unix_time_millis": return String(facts.unixSeconds &* 1000)
        case "uuid": return try RandomText.uuid()
        case "printf": return try Self.format(arguments)
        default: throw .syntax("unknown function")
        }
    }

    private static func shortened(_ text: String, _ most: Int) throws(Fault) -> String {
        if text.count <= most { return text }
        guard most > 8 else { throw .syntax("truncate_sha256 needs more than 8") }
        return String(text.prefix(most - 8)) + digest(text).prefix(8)
    }

    private static func digest(_ text: String) -> String {
        var text = text
        return text.withUTF8 { utf8 in
            var output = [UInt8](repeating: 0, count: 32)
            output.withUnsafeMutableBufferPointer { out in
                guard let start = out.baseAddress else { return }
                do throws(CryptoError) {
                    try DigestAlgorithm.sha2_256.hash(ByteView(UnsafeRawBufferPointer(utf8)), into: start)
                } catch {}
            }
            var writer = ByteWriter(capacity: 64)
            output.withUnsafeBytes { writer.append(hex: ByteView($0)) }
            return writer.view.string
        }
    }

    private static func format(_ arguments: [String]) throws(Fault) -> String {
        guard let pattern = arguments.first else { throw .syntax("printf needs a pattern") }
        var rest = arguments.dropFirst()
        var result = ""
        var isMark = false
        for character in pattern {
            if isMark {
                isMark = false
                if character == "%" {
                    result.append("%")
                } else if "svd".contains(character), let value = rest.popFirst() {
                    result += value
                } else {
                    throw .syntax("printf takes %s, %v and %d, each with an argument")
                }
            } else if character == "%" {
                isMark = true
            } else {
                result.append(character)
            }
        }
        guard rest.isEmpty, !isMark else { throw .syntax("printf has arguments left over") }
        return result
    }
}
