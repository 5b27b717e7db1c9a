package import Bytes
internal import Vocabulary

extension CompiledACL {
    /// All rules that match the path, the most specific first; the first one decides. For explanations: **Cost** every
    /// rule is looked at.
    package func matchingRules(for path: ByteView, isList: Bool) -> [ACLRule] {
        let trimmed = isList && path[path.count - 1] == UInt8(ascii: "/") ? path.slice(0, path.count - 1) : nil
        var matching = rules.reversed().filter { rule in
            if rule.pattern.matches(path) { return true }
            guard let trimmed, rule.pattern.isExact || rule.capabilities.contains(.deny) else { return false }
            return !rule.pattern.isPrefix && rule.pattern.matches(trimmed)
        }
        // Of exact rules, the one with the slash decides, whatever their order.
        if let decided = decidingRule(for: path, isList: isList),
            let at = matching.firstIndex(where: { $0 === decided })
        {
            matching.insert(matching.remove(at: at), at: 0)
        }
        return Array(matching)
    }
}

extension PathPattern {
    /// Whether the path is one of the pattern's.
    func matches(_ path: ByteView) -> Bool {
        var at = 0
        for byte in key {
            if byte == Self.plus {
                at = path.firstIndex(of: UInt8(ascii: "/"), from: at) ?? path.count
            } else {
                guard at < path.count, path[at] == byte else { return false }
                at += 1
            }
        }
        return isPrefix || at == path.count
    }
}
