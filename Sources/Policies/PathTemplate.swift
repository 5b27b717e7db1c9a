package import EngineKit

/// The path of a rule as written: text, and places that are filled for each entity.
///
/// **Source** system wire facts §10.5.
package struct PathTemplate: Sendable, Hashable {
    /// A part of the path.
    enum Part: Sendable, Hashable {
        case text(String)
        case selector([String])
    }

    /// The path as written.
    package let text: String
    let parts: [Part]

    /// Whether there is anything to fill.
    package var isTemplated: Bool { parts.contains { if case .selector = $0 { true } else { false } } }

    /// Reads a path. Throws `.unbalancedTemplate`.
    init(_ text: String) throws(PolicyFault) {
        self.text = text
        var parts: [Part] = []
        var rest = Substring(text)
        while let open = rest.firstRange(of: "{{") {
            let before = rest[..<open.lowerBound]
            let inner = rest[open.upperBound...]
            guard let close = inner.firstRange(of: "}}"), before.firstRange(of: "}}") == nil else {
                throw .unbalancedTemplate
            }
            let selector = inner[..<close.lowerBound]
            guard selector.firstRange(of: "{{") == nil else { throw .unbalancedTemplate }
            if !before.isEmpty { parts.append(.text(String(before))) }
            parts.append(.selector(Self.words(selector)))
            rest = inner[close.upperBound...]
        }
        guard rest.firstRange(of: "}}") == nil else { throw .unbalancedTemplate }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    private static func words(_ selector: Substring) -> [String] {
        let trimmed = selector.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        return String(trimmed).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// The path for an entity; nil when something is not known of it, or could be mistaken for a pattern: the whole
    /// rule then says nothing.
    package func filled(with facts: TemplateFacts?) -> String? {
        guard isTemplated else { return text }
        guard let facts else { return nil }
        var result = ""
        for part in parts {
            switch part {
            case .text(let text): result += text
            case .selector(let words):
                guard let value = facts.value(of: words), Self.isPlain(value) else { return nil }
                result += value
            }
        }
        return result
    }

    /// A value that stays within its segment and is no pattern (GHSA-59w7); control characters reach no path anyway.
    static func isPlain(_ value: String) -> Bool {
        guard !value.isEmpty, value != ".", value != ".." else { return false }
        return value.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "+", "*", "/", "{", "}": false
            default: scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
            }
        }
    }

    /// The selectors that name nothing that any entity could have.
    var unknownSelectors: [String] {
        parts.compactMap { part in
            guard case .selector(let words) = part, !TemplateFacts.knows(words) else { return nil }
            return words.joined(separator: ".")
        }
    }
}

extension TemplateFacts {
    // Names of metadata and groups may hold dots: what stands between the fixed words is one name.
    func value(of words: [String]) -> String? {
        guard words.count >= 3, words[0] == "identity" else { return nil }
        switch (words[1], words[2]) {
        case ("entity", "id") where words.count == 3: return entityID.isEmpty ? nil : entityID
        case ("entity", "name") where words.count == 3: return entityName.isEmpty ? nil : entityName
        case ("entity", "metadata") where words.count >= 4:
            return metadata[words[3...].joined(separator: ".")]
        case ("entity", "aliases") where words.count >= 5: return aliasValue(words)
        case ("groups", "ids") where words.count >= 5: return groups[words[3]].flatMap { Self.value(in: $0, words, 4) }
        case ("groups", "names") where words.count >= 5: return namedGroupValue(words)
        default: return nil
        }
    }

    private func aliasValue(_ words: [String]) -> String? {
        guard let alias = aliases[words[3]] else { return nil }
        switch words[4] {
        case "id" where words.count == 5: return alias.id
        case "name" where words.count == 5: return alias.name
        case "metadata" where words.count >= 6: return alias.metadata[words[5...].joined(separator: ".")]
        case "custom_metadata" where words.count >= 6: return alias.customMetadata[words[5...].joined(separator: ".")]
        default: return nil
        }
    }

    private func namedGroupValue(_ words: [String]) -> String? {
        // The longest name that fits: `names.a.b.id` is the id of the group `a.b`.
        for end in stride(from: words.count - 1, through: 4, by: -1) {
            let name = words[3..<end].joined(separator: ".")
            guard let group = groups.values.first(where: { $0.name == name }) else { continue }
            return Self.value(in: group, words, end)
        }
        return nil
    }

    private static func value(in group: Group, _ words: [String], _ at: Int) -> String? {
        switch words[at] {
        case "id" where words.count == at + 1: return group.id
        case "name" where words.count == at + 1: return group.name
        case "metadata" where words.count > at + 1: return group.metadata[words[(at + 1)...].joined(separator: ".")]
        default: return nil
        }
    }

    static func knows(_ words: [String]) -> Bool {
        guard words.count >= 3, words[0] == "identity" else { return false }
        switch (words[1], words[2]) {
        case ("entity", "id"), ("entity", "name"): return words.count == 3
        case ("entity", "metadata"): return words.count >= 4
        case ("entity", "aliases"):
            guard words.count >= 5 else { return false }
            return words.count == 5
                ? ["id", "name"].contains(words[4]) : ["metadata", "custom_metadata"].contains(words[4])
        case ("groups", "ids"), ("groups", "names"): return words.count >= 5
        default: return false
        }
    }
}
