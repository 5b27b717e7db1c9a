internal import HCL
internal import Vocabulary

extension PolicyDocument {
    /// Most warnings that are told.
    private static let maxWarnings = 50

    /// What is allowed and most likely a mistake.
    package var warnings: [PolicyWarning] {
        var result: [PolicyWarning] = []
        var seen: [String: Int] = [:]
        for rule in rules {
            var kinds = rule.remarks + rule.mistakes
            if let line = seen[rule.path.text] { kinds.append(.repeated(line: line)) }
            seen[rule.path.text] = rule.position.line
            result += kinds.map { PolicyWarning(path: rule.path.text, line: rule.position.line, kind: $0) }
        }
        result += hiddenRules
        result.sort { $0.line < $1.line }
        return Array(result.prefix(Self.maxWarnings))
    }

    /// Rules that never decide. Priority follows how specific a rule is, but for one thing: of two prefixes whose first
    /// wildcard stands in the same place, the one with more `+` gives way, though it may match less.
    private var hiddenRules: [PolicyWarning] {
        var groups: [[UInt8]: [(PathPattern, WrittenRule)]] = [:]
        for rule in rules where !rule.path.isTemplated {
            guard let pattern = PathPattern(rule.path.text), pattern.isPrefix else { continue }
            groups[Array(pattern.key.prefix(pattern.firstWildcard)), default: []].append((pattern, rule))
        }
        var result: [PolicyWarning] = []
        // Pairs grow with the square: of a group, so many are looked at.
        for group in groups.values {
            let group = group.prefix(500)
            for (pattern, rule) in group {
                let over = group.first { other, _ in other.pluses < pattern.pluses && other.covers(pattern) }
                guard let over else { continue }
                result.append(
                    PolicyWarning(
                        path: rule.path.text, line: rule.position.line,
                        kind: .hidden(by: over.1.path.text, line: over.1.position.line)))
            }
        }
        return result
    }
}

extension PathPattern {
    /// Whether a prefix matches everything that the other prefix matches.
    func covers(_ other: PathPattern) -> Bool {
        let (mine, theirs) = (Self.segments(key), Self.segments(other.key))
        guard mine.count <= theirs.count, let last = mine.last else { return false }
        for index in mine.indices.dropLast() where mine[index] != theirs[index] {
            guard mine[index] == [Self.plus][...] else { return false }
        }
        return theirs[mine.count - 1].starts(with: last)
    }

    private static func segments(_ key: [UInt8]) -> [ArraySlice<UInt8>] {
        key.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }
}

extension WrittenRule {
    fileprivate var mistakes: [PolicyWarning.Kind] {
        var kinds: [PolicyWarning.Kind] = []
        if capabilities.isEmpty { kinds.append(.grantsNothing) }
        if capabilities == .sudo { kinds.append(.sudoAlone) }
        let text = path.text
        if text.dropLast().utf8.contains(UInt8(ascii: "*")) { kinds.append(.literalStar) }
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        if segments.contains(where: { $0.utf8.contains(UInt8(ascii: "+")) && $0 != "+" }) { kinds.append(.literalPlus) }
        if let reason = Self.whyNeverMatched(text, segments) { kinds.append(.neverMatches(reason: reason)) }
        kinds += path.unknownSelectors.map { .unknownSelector($0) }
        for name in required {
            let isClosed = !allowed.isEmpty && allowed["*"] == nil
            let isDenied = denied["*"] != nil || denied[name].map { $0.isEmpty } ?? false
            if isDenied || (isClosed && allowed[name] == nil) { kinds.append(.unsatisfiable(parameter: name)) }
        }
        return kinds
    }

    private static func whyNeverMatched(_ text: String, _ segments: [Substring]) -> String? {
        if text.isEmpty { return "the path is empty" }
        if text.hasPrefix("v1/") { return "paths are matched without \"v1/\"" }
        if segments.dropLast().contains("") { return "no path has an empty segment" }
        if segments.contains(where: { $0 == "." || $0 == ".." }) { return "no path has \".\" or \"..\" for a segment" }
        if !text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) { return "no path has control characters" }
        return nil
    }
}
