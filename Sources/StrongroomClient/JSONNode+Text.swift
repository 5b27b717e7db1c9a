package import Bytes

extension JSONNode {
    /// How deep a document may be nested to be read here.
    package static let depthLimit = 256

    /// Reads a whole document; nothing but white space may follow it. **Throws** what the scanner has against it.
    package init(parsing bytes: [UInt8]) throws(JSONFault) {
        var outcome: Result<JSONNode, JSONFault> = .failure(.syntax(offset: 0))
        bytes.withUnsafeBytes { buffer in
            var scanner = JSONScanner(ByteView(buffer), depthLimit: Self.depthLimit)
            do throws(JSONFault) {
                let node = try Self.read(&scanner)
                _ = scanner.peek()
                outcome =
                    scanner.position == buffer.count ? .success(node) : .failure(.syntax(offset: scanner.position))
            } catch {
                outcome = .failure(error)
            }
        }
        self = try outcome.get()
    }

    /// Reads a whole document.
    package init(parsing text: String) throws(JSONFault) { try self.init(parsing: Array(text.utf8)) }

    private static func read(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONNode {
        var isFirst = true
        switch scanner.peek() {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try scanner.enter()
            while let key = try scanner.nextMember(&isFirst) {
                members.append(Member(JSONText.string(key, in: scanner.text), try read(&scanner)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONNode] = []
            try scanner.enter()
            while try scanner.nextElement(&isFirst) { elements.append(try read(&scanner)) }
            return .array(elements)
        default:
            let value = try scanner.scanValue()
            switch value.kind {
            case .absent, .null: return .null
            case .true: return .bool(true)
            case .false: return .bool(false)
            case .number: return .number(scanner.text.slice(value.offset, value.count).string)
            case .string, .escapedString: return .string(JSONText.string(value, in: scanner.text))
            case .array, .object: throw .syntax(offset: value.offset)
            }
        }
    }

    /// The document on one line.
    package var compact: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// The document with one member a line, indented by two spaces.
    package var pretty: String {
        var text = ""
        write(to: &text, indent: 0)
        return text
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let string): text += Self.quoted(string)
        case .array(let elements):
            Self.write("[", "]", elements.count, to: &text, indent: indent) { at, text, inner in
                elements[at].write(to: &text, indent: inner)
            }
        case .object(let members):
            Self.write("{", "}", members.count, to: &text, indent: indent) { at, text, inner in
                text += Self.quoted(members[at].name) + (indent == nil ? ":" : ": ")
                members[at].value.write(to: &text, indent: inner)
            }
        }
    }

    private static func write(
        _ open: String, _ close: String, _ count: Int, to text: inout String, indent: Int?,
        _ element: (Int, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 2 }
        for at in 0..<count {
            if at > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            element(at, &text, inner)
        }
        if count > 0, let indent { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    /// The string as JSON spells it. **Source** RFC 8259 §7.
    package static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
