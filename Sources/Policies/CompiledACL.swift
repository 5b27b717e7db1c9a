package import Bytes
package import EngineKit
package import Vocabulary

/// A policy that goes into a `CompiledACL`.
package struct NamedPolicy: Sendable {
    /// Its name.
    package let name: String
    /// What it says.
    package let document: PolicyDocument

    /// A named policy.
    package init(name: String, document: PolicyDocument) {
        self.name = name
        self.document = document
    }
}

/// All that a set of policies says, for one entity, compiled once and shared by all requests that ask it.
///
/// **Concurrency** does not change. **Cost** of a look-up: see `RuleTree`.
package final class CompiledACL: AccessRules {
    package let isRoot = false
    /// In ascending order of priority.
    package let rules: ContiguousArray<ACLRule>
    private let tree: RuleTree

    /// Merges policies. Rules that cannot be filled for the entity are left out whole.
    package init(_ policies: [NamedPolicy], facts: TemplateFacts?) {
        var byPattern: [PathPattern: (path: String, written: [(policy: String, rule: WrittenRule)])] = [:]
        for policy in policies {
            for rule in policy.document.rules {
                guard let path = rule.path.filled(with: facts), let pattern = PathPattern(path),
                    pattern.pluses <= PathPattern.maxPluses
                else { continue }
                byPattern[pattern, default: (path, [])].written.append((policy.name, rule))
            }
        }
        let sorted = byPattern.sorted { PathPattern.isLower($0.key, $1.key) }
        rules = ContiguousArray(
            sorted.map { ACLRule(path: $0.value.path, pattern: $0.key, merging: $0.value.written) })
        tree = RuleTree(sorted.map(\.key), denies: rules.map { $0.capabilities.contains(.deny) })
    }

    /// The one rule that decides on the path; nil where nothing matches.
    package func decidingRule(for path: ByteView, isList: Bool) -> ACLRule? {
        let rank = tree.rank(for: path, isList: isList)
        return rank < 0 ? nil : rules[rank]
    }

    package func rule(for path: ByteView, isList: Bool) -> (any AccessRule)? { decidingRule(for: path, isList: isList) }

    package func touches(below path: ByteView) -> Bool {
        if let rule = decidingRule(for: path, isList: true), Self.grants(rule) { return true }
        return rules.contains { Self.grants($0) && $0.pattern.reaches(below: path) }
    }

    private static func grants(_ rule: ACLRule) -> Bool {
        !rule.capabilities.isEmpty && !rule.capabilities.contains(.deny)
    }
}

extension PathPattern {
    /// Whether the pattern says something that is more than the folder itself: it matches a path of which `folder`,
    /// which ends with a slash, is a real beginning, by what it writes out and by its `+`.
    func reaches(below folder: ByteView) -> Bool {
        var (at, index) = (0, 0)
        while at < folder.count {
            guard index < key.count else { return false }
            if key[index] == Self.plus {
                at = folder.firstIndex(of: UInt8(ascii: "/"), from: at) ?? folder.count
            } else {
                guard key[index] == folder[at] else { return false }
                at += 1
            }
            index += 1
        }
        return index < key.count || isPrefix
    }
}
