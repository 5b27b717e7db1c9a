internal import StrongroomClient

/// A document as YAML. **Source** YAML 1.2: everything that could be read as something else is quoted as in JSON.
enum YAMLText {
    static func text(_ node: JSONNode) -> String {
        var lines: [String] = []
        write(node, indent: 0, first: nil, &lines)
        return lines.joined(separator: "\n")
    }

    /// Writes the node; `first` is what stands before it on its first line, when it begins there.
    private static func write(_ node: JSONNode, indent: Int, first: String?, _ lines: inout [String]) {
        let space = String(repeating: " ", count: indent)
        switch node {
        case .object(let members) where !members.isEmpty:
            for (at, member) in members.enumerated() {
                let lead = at == 0 ? first ?? space : space
                put(member.value, after: lead + scalar(member.name) + ":", indent: indent, &lines)
            }
        case .array(let elements) where !elements.isEmpty:
            for (at, element) in elements.enumerated() {
                let lead = at == 0 ? first ?? space : space
                if element.isEmpty || element.members == nil && element.elements == nil {
                    lines.append(lead + "- " + plain(element))
                } else {
                    write(element, indent: indent + 2, first: lead + "- ", &lines)
                }
            }
        default: lines.append((first ?? space) + plain(node))
        }
    }

    private static func put(_ value: JSONNode, after lead: String, indent: Int, _ lines: inout [String]) {
        if !value.isEmpty, value.members != nil || value.elements != nil {
            lines.append(lead)
            // The field's own form: lists stand below their name without a further indent.
            write(value, indent: value.members != nil ? indent + 2 : indent, first: nil, &lines)
        } else if let text = value.text, text.contains("\n"), let block = block(text, indent: indent + 2) {
            lines.append(lead + " |" + (text.hasSuffix("\n") ? "" : "-"))
            lines += block
        } else {
            lines.append(lead + " " + plain(value))
        }
    }

    /// The lines of a literal block; nil for a text that none can hold.
    private static func block(_ text: String, indent: Int) -> [String]? {
        let body = text.hasSuffix("\n") ? String(text.dropLast()) : text
        guard !body.isEmpty, !body.hasPrefix(" "), !body.hasPrefix("\n"), !body.hasSuffix("\n"),
            body.unicodeScalars.allSatisfy({ $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0xFEFF })
        else { return nil }
        let space = String(repeating: " ", count: indent)
        return body.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : space + $0 }
    }

    private static func plain(_ node: JSONNode) -> String {
        switch node {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let digits): digits
        case .string(let text): scalar(text)
        case .array: "[]"
        case .object: "{}"
        }
    }

    private static let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"]

    private static func scalar(_ text: String) -> String {
        let isSafe =
            !text.isEmpty && text.utf8.count < 1000 && !words.contains(text.lowercased())
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || "0123456789-_./:+@=".unicodeScalars.contains($0)
            }
            && text.unicodeScalars.first.map { $0.properties.isAlphabetic || $0 == "/" } == true
            && !text.hasSuffix(":")
        return isSafe ? text : JSONNode.quoted(text)
    }
}
