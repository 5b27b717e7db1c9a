package import Bytes
internal import HCL
package import Vocabulary

/// All that a set of policies says on one path.
///
/// **Concurrency** does not change.
package final class ACLRule: AccessRule {
    /// Where a part of the rule is written.
    package struct Origin: Sendable, Hashable {
        /// The policy.
        package let policy: String
        /// The path as written there, templates unfilled.
        package let path: String
        /// The line; 0 when it is not known.
        package let line: Int
    }

    /// The path, templates filled.
    package let path: String
    package let capabilities: CapabilitySet
    package let minWrapSeconds: Int
    package let maxWrapSeconds: Int
    /// Where it was written: one place for each policy that speaks of the path.
    package let origins: [Origin]
    package let origin: String
    let pattern: PathPattern
    let parameters: ParameterRules?

    package var hasParameterRules: Bool { parameters != nil }

    init(path: String, pattern: PathPattern, merging written: [(policy: String, rule: WrittenRule)]) {
        self.path = path
        self.pattern = pattern
        var merged = Merged()
        for (_, rule) in written { merged.add(rule) }
        capabilities = merged.capabilities
        minWrapSeconds = merged.minWrapSeconds ?? 0
        maxWrapSeconds = merged.maxWrapSeconds ?? 0
        parameters = ParameterRules(
            allowed: merged.allowed, denied: merged.denied, required: merged.required, fields: merged.fields)
        origins = written.map { Origin(policy: $0.policy, path: $0.rule.path.text, line: $0.rule.position.line) }
        var named: [String] = []
        for (policy, _) in written where named.last != policy { named.append(policy) }
        let shown = named.count > 8 ? named.prefix(8).joined(separator: ",") + ",…" : named.joined(separator: ",")
        origin = shown + ": " + path
    }

    package func allows(parameters body: ByteView, maxJSONDepth: Int) -> Bool {
        parameters?.allow(body, maxJSONDepth: maxJSONDepth) ?? true
    }
}

/// The rules of several policies on one path, made one. **Source** system wire facts §10.2.
private struct Merged {
    var capabilities: CapabilitySet = []
    var allowed: [String: [RuleValue]] = [:]
    var denied: [String: [RuleValue]] = [:]
    var required: Set<String> = []
    var fields: [FieldRule] = []
    var minWrapSeconds: Int?
    var maxWrapSeconds: Int?

    mutating func add(_ rule: WrittenRule) {
        if capabilities == .deny { return }
        if rule.capabilities.contains(.deny) {
            self = Merged()
            capabilities = .deny
            return
        }
        capabilities.formUnion(rule.capabilities)
        for (name, values) in rule.allowed { allowed.append(name, values) }
        for (name, values) in rule.denied { denied.append(name, values) }
        required.formUnion(rule.required)
        fields += rule.fields
        minWrapSeconds = Self.smaller(minWrapSeconds, rule.minWrapSeconds)
        maxWrapSeconds = Self.smaller(maxWrapSeconds, rule.maxWrapSeconds)
    }

    private static func smaller(_ left: Int?, _ right: Int?) -> Int? {
        guard let right, right > 0 else { return left }
        return left.map { min($0, right) } ?? right
    }
}
