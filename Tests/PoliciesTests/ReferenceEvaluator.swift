import Vocabulary

/// The rules of §10.2, word by word, slow and without any structure: what `CompiledACL` is compared with.
struct ReferenceEvaluator {
    struct Rule {
        let path: String
        var capabilities: CapabilitySet
    }

    private let rules: [Rule]

    /// Rules as they come, the same path twice merged: deny in any wins, else they unite.
    init(_ written: [(String, CapabilitySet)]) {
        var rules: [Rule] = []
        for (path, capabilities) in written {
            if let index = rules.firstIndex(where: { $0.path == path }) {
                let both = rules[index].capabilities.union(capabilities)
                rules[index].capabilities = both.contains(.deny) ? .deny : both
            } else {
                rules.append(Rule(path: path, capabilities: capabilities))
            }
        }
        self.rules = rules
    }

    func rule(for path: String, isList: Bool) -> Rule? {
        let exact = rules.filter { !$0.path.hasSuffix("*") && !Self.hasPlus($0.path) }
        if let rule = exact.first(where: { $0.path == path }) { return rule }
        let withoutSlash = isList && path.hasSuffix("/") ? String(path.dropLast()) : nil
        if let rule = exact.first(where: { $0.path == withoutSlash }) { return rule }
        let prefixes = rules.filter {
            $0.path.hasSuffix("*") && !Self.hasPlus($0.path) && path.hasPrefix($0.path.dropLast())
        }
        var candidates = prefixes.max { $0.path.utf8.count < $1.path.utf8.count }.map { [$0] } ?? []
        candidates += rules.filter { rule in
            guard Self.hasPlus(rule.path) else { return false }
            if Self.matches(rule.path, path) { return true }
            guard let withoutSlash, rule.capabilities == .deny, !rule.path.hasSuffix("*") else { return false }
            return Self.matches(rule.path, withoutSlash)
        }
        return candidates.max { Self.isLower($0.path, $1.path) }
    }

    private static func hasPlus(_ pattern: String) -> Bool { segments(pattern).contains("+") }

    private static func segments(_ text: String) -> [String] {
        text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    private static func matches(_ pattern: String, _ path: String) -> Bool {
        let isPrefix = pattern.hasSuffix("*")
        let wanted = segments(isPrefix ? String(pattern.dropLast()) : pattern)
        let given = segments(path)
        guard isPrefix ? given.count >= wanted.count : given.count == wanted.count else { return false }
        for index in wanted.indices {
            if isPrefix && index == wanted.count - 1 { return given[index].hasPrefix(wanted[index]) }
            if wanted[index] != "+" && wanted[index] != given[index] { return false }
        }
        return true
    }

    private static func isLower(_ left: String, _ right: String) -> Bool {
        let (first, second) = (firstWildcard(left), firstWildcard(right))
        if first != second { return first < second }
        if left.hasSuffix("*") != right.hasSuffix("*") { return left.hasSuffix("*") }
        let (leftPluses, rightPluses) = (pluses(left), pluses(right))
        if leftPluses != rightPluses { return leftPluses > rightPluses }
        if left.utf8.count != right.utf8.count { return left.utf8.count < right.utf8.count }
        return left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func pluses(_ pattern: String) -> Int { segments(pattern).count { $0 == "+" } }

    private static func firstWildcard(_ pattern: String) -> Int {
        var at = 0
        for segment in segments(pattern) {
            if segment == "+" { return at }
            at += segment.utf8.count + 1
        }
        return pattern.utf8.count - 1
    }
}
