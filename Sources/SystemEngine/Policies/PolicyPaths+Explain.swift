internal import Bytes
internal import EngineKit
internal import Policies
internal import Vocabulary

extension PolicyPaths {
    // MARK: - Capabilities

    /// What the rules allow on each path. **Source** system wire facts §10.6.
    func tell(_ rules: any AccessRules, _ paths: [String], into body: inout ByteWriter) -> EngineReply {
        var members: [String: JSON] = [:]
        for path in paths { members[path] = .array(Self.names(rules, path).map { .string($0) }) }
        if paths.count == 1, let sole = paths.first { members["capabilities"] = members[sole] }
        JSON.object(members).write(into: &body)
        return EngineReply(form: .mirrored)
    }

    private static func names(_ rules: any AccessRules, _ path: String) -> [String] {
        if rules.isRoot { return [PolicyName.root] }
        let rule = withPath(path) { rules.rule(for: $0, isList: $1) }
        return rule?.capabilities.names ?? ["deny"]
    }

    private static func withPath<Result>(_ path: String, _ body: (ByteView, Bool) -> Result) -> Result {
        var writer = ByteWriter(capacity: path.utf8.count)
        writer.append(text: path.utf8.first == UInt8(ascii: "/") ? String(path.dropFirst()) : path)
        return body(writer.view, path.utf8.last == UInt8(ascii: "/"))
    }

    // MARK: - Explanations

    /// Which rules were considered, which one decided, and what is missing. Our own.
    func explain(
        _ names: [String], _ rules: any AccessRules, _ question: Question, into body: inout ByteWriter
    ) -> EngineReply {
        var members: [String: JSON] = [
            "path": .string(question.path), "capability": .string(question.capability.rawValue),
            "policies": .array(PolicyName.canonical(names).map { .string($0) }),
            "unknown_policies": .array(policies.unknown(among: PolicyName.canonical(names)).map { .string($0) }),
        ]
        if rules.isRoot {
            members["allowed"] = .bool(true)
            members["reason"] = .string("the policy root allows everything")
            (members["rules"], members["missing"], members["decides"]) = (.array([]), .array([]), .null)
        } else {
            members.merge(Self.answer(rules as? CompiledACL, question)) { $1 }
        }
        JSON.object(members).write(into: &body)
        return EngineReply()
    }

    private static func answer(_ rules: CompiledACL?, _ question: Question) -> [String: JSON] {
        // A list is asked of a folder.
        let isList = question.capability == .list
        let path = isList && !question.path.hasSuffix("/") ? question.path + "/" : question.path
        let considered = withPath(path) { view, isFolder in
            rules?.matchingRules(for: view, isList: isList || isFolder) ?? []
        }
        let wanted = CapabilitySet(question.capability)
        var (missing, reason) = (CapabilitySet(), "")
        if let rule = considered.first {
            let granted = rule.capabilities
            missing = granted.contains(.deny) ? wanted : wanted.subtracting(granted)
            if granted.contains(.deny) {
                reason = "the rule denies"
            } else if !missing.isEmpty {
                reason = "the rule does not grant \(question.capability.rawValue)"
            } else if !question.parameters.withUnsafeBytes({ rule.allows(parameters: ByteView($0), maxJSONDepth: 300) })
            {
                reason = "the rule does not allow these parameters"
            } else if rule.minWrapSeconds > 0 || rule.maxWrapSeconds > 0 {
                reason = "the rule grants it to requests that are wrapped for a time within its bounds"
            } else {
                reason = "the rule grants it"
            }
        } else {
            missing = wanted
            reason = rules == nil ? "the entity is disabled or gone" : "no rule matches the path"
        }
        return [
            "allowed": .bool(missing.isEmpty && reason != "the rule does not allow these parameters"),
            "reason": .string(reason),
            "missing": .array(missing.isEmpty ? [] : missing.names.map { .string($0) }),
            "decides": considered.first.map { .string($0.origin) } ?? .null,
            "rules": .array(considered.map { described($0, decides: $0 === considered.first) }),
        ]
    }

    private static func described(_ rule: ACLRule, decides: Bool) -> JSON {
        .object([
            "path": .string(rule.path), "decides": .bool(decides),
            "capabilities": .array(rule.capabilities.names.map { .string($0) }),
            "has_parameter_rules": .bool(rule.hasParameterRules), "min_wrapping_ttl": .int(rule.minWrapSeconds),
            "max_wrapping_ttl": .int(rule.maxWrapSeconds),
            "written": .array(
                rule.origins.map {
                    .object(["policy": .string($0.policy), "path": .string($0.path), "line": .int($0.line)])
                }),
        ])
    }
}
