internal import Bytes
internal import EngineKit

/// The claims that a role adds to its tokens: a JSON object in which `{{…}}` stands for values of the entity.
///
/// **Source** system wire facts §13.1.
enum OIDCTemplate {
    /// Claims that only the server sets.
    static let restricted = ["iat", "aud", "exp", "iss", "sub", "namespace"]

    /// The members of the filled template, as JSON text without the braces around; empty for no template. Throws for
    /// what is no JSON object, and for claims that are not the template's to set.
    static func members(
        _ template: String, facts: TemplateFacts, now: Int
    ) throws(IdentityPathError) -> String {
        if template.isEmpty { return "" }
        var writer = ByteWriter(capacity: template.utf8.count)
        writer.append(text: try filled(template, facts, now))
        var output = ByteWriter()
        var refused: String?
        do throws(JSONFault) {
            var scanner = JSONScanner(writer.view, depthLimit: 32)
            guard try scanner.openDocument() else { throw .notAnObject }
            var isFirst = true
            while let key = try scanner.nextMember(&isFirst) {
                let name = JSONText.string(key, in: scanner.text)
                if restricted.contains(name) { refused = name }
                let value = try scanner.scanValue()
                if output.count > 0 { output.append(",") }
                output.append(jsonString: name)
                output.append(":")
                if value.isString {
                    output.append(jsonString: JSONText.string(value, in: scanner.text))
                } else {
                    output.append(scanner.text.slice(value.offset, value.count))
                }
            }
        } catch {
            throw .template("it is not a JSON object once it is filled")
        }
        if let refused { throw .restrictedClaim(refused) }
        return output.view.string
    }

    private static func filled(
        _ template: String, _ facts: TemplateFacts, _ now: Int
    ) throws(IdentityPathError) -> String {
        var (result, rest) = ("", Substring(template))
        while let open = rest.firstRange(of: "{{") {
            result += rest[..<open.lowerBound]
            // A template may end in braces of its own: `{"a": {"b": {{x}}}}`.
            let inner = rest[open.upperBound...]
            guard let close = inner.firstRange(of: "}}") else { throw .template("unbalanced templating characters") }
            let words = inner[..<close.lowerBound].filter { $0 != " " }.split(separator: ".").map(String.init)
            result += value(words, facts, now).text
            rest = inner[close.upperBound...]
        }
        return result + rest
    }

    /// What an entity does not have is an empty text, or an empty map.
    private static func value(_ words: [String], _ facts: TemplateFacts, _ now: Int) -> JSON {
        func map(_ map: [String: String]) -> JSON { .object(map.mapValues { .string($0) }) }
        guard words.count >= 2 else { return .string("") }
        let rest = words.dropFirst(3).joined(separator: ".")
        switch (words[0], words[1], words.count > 2 ? words[2] : "") {
        case ("time", "now", ""): return .int(now)
        case ("identity", "entity", "id"): return .string(facts.entityID)
        case ("identity", "entity", "name"): return .string(facts.entityName)
        case ("identity", "entity", "metadata"):
            return rest.isEmpty ? map(facts.metadata) : .string(facts.metadata[rest] ?? "")
        case ("identity", "entity", "groups"):
            let groups = facts.groups.values.sorted { $0.name < $1.name }
            return .array(groups.map { .string(rest == "ids" ? $0.id : $0.name) })
        case ("identity", "entity", "aliases"):
            guard words.count >= 5, let alias = facts.aliases[words[3]] else {
                return words.count == 5 && words[4].hasSuffix("metadata") ? .object([:]) : .string("")
            }
            let key = words.dropFirst(5).joined(separator: ".")
            switch words[4] {
            case "id": return .string(alias.id)
            case "name": return .string(alias.name)
            case "metadata": return key.isEmpty ? map(alias.metadata) : .string(alias.metadata[key] ?? "")
            case "custom_metadata":
                return key.isEmpty ? map(alias.customMetadata) : .string(alias.customMetadata[key] ?? "")
            default: return .string("")
            }
        default: return .string("")
        }
    }
}
