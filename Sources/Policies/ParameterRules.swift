internal import Bytes

/// What a rule says about parameters, ready to be checked against a body.
///
/// **Source** system wire facts §10.4. **Cost** one pass over the body, a second one when there are rules on fields.
struct ParameterRules: Sendable {
    private let allowed: [String: [ValueMatcher]]
    private let denied: [String: [ValueMatcher]]
    private let required: Set<String>
    private let fields: FieldTree?
    /// Whether `*` stands among the allowed names; alone, it allows everything.
    private let allowsOthers: Bool
    private let allowsEverything: Bool
    private let deniesEverything: Bool

    /// Nil when nothing is said.
    init?(
        allowed: [String: [RuleValue]], denied: [String: [RuleValue]], required: Set<String>, fields: [FieldRule]
    ) {
        if allowed.isEmpty && denied.isEmpty && required.isEmpty && fields.isEmpty { return nil }
        self.allowed = allowed.mapValues { $0.map { ValueMatcher($0) } }
        self.denied = denied.mapValues { $0.map { ValueMatcher($0) } }
        self.required = required
        self.fields = fields.isEmpty ? nil : FieldTree(fields)
        allowsOthers = allowed["*"] != nil
        allowsEverything = allowed.isEmpty || (allowed.count == 1 && allowed["*"] != nil)
        deniesEverything = denied["*"] != nil
    }

    /// Whether the parameters, a JSON object or nothing, may be sent. Malformed JSON may not.
    func allow(_ body: ByteView, maxJSONDepth: Int) -> Bool {
        do throws(JSONFault) {
            var scanner = JSONScanner(body, depthLimit: maxJSONDepth)
            guard try scanner.openDocument() else {
                return required.isEmpty && fields?.isSatisfiedByNothing ?? true
            }
            var (isFirst, missing) = (true, required)
            while let key = try scanner.nextMember(&isFirst) {
                let name = JSONText.string(key, in: body).lowercased()
                let value = try scanner.scanValue()
                missing.remove(name)
                guard isAllowed(name, value, body) else { return false }
            }
            guard missing.isEmpty else { return false }
            return try fields?.allow(body, maxJSONDepth: maxJSONDepth) ?? true
        } catch {
            return false
        }
    }

    private func isAllowed(_ name: String, _ value: JSONValue, _ body: ByteView) -> Bool {
        if deniesEverything { return false }
        if let values = denied[name], values.isEmpty || values.contains(where: { $0.matches(value, in: body) }) {
            return false
        }
        if allowsEverything { return true }
        guard let values = allowed[name] else { return allowsOthers }
        return values.isEmpty || values.contains { $0.matches(value, in: body) }
    }
}
