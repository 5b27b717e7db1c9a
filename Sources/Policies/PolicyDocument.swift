package import HCL
package import Vocabulary

/// One policy, read: its rules in the order of the text.
package struct PolicyDocument: Sendable {
    /// Most rules of one policy.
    package static let maxRules = 20_000

    /// The rules.
    package let rules: [WrittenRule]
    /// Whether any path is a template.
    package let isTemplated: Bool

    init(rules: [WrittenRule]) {
        self.rules = rules
        isTemplated = rules.contains { $0.path.isTemplated }
    }
}

/// One `path "…" { … }` as it was written.
package struct WrittenRule: Sendable {
    /// The path, without its leading slash.
    package let path: PathTemplate
    /// Where the rule begins.
    package let position: HCLPosition
    /// What it grants; `deny` stands alone.
    package var capabilities: CapabilitySet = []
    /// Parameters by lower-case name, with the values that may be sent.
    package var allowed: [String: [RuleValue]] = [:]
    /// Parameters by lower-case name, with the values that may not be sent.
    package var denied: [String: [RuleValue]] = [:]
    /// Parameters, in lower case, that have to be sent.
    package var required: [String] = []
    /// Rules on what stands deeper in the parameters.
    package var fields: [FieldRule] = []
    /// **Units** seconds; nil when nothing is said.
    package var minWrapSeconds: Int?
    /// **Units** seconds; nil when nothing is said.
    package var maxWrapSeconds: Int?
    /// What the linter is to tell that cannot be seen in the rule any more.
    var remarks: [PolicyWarning.Kind] = []

    init(path: PathTemplate, position: HCLPosition) {
        self.path = path
        self.position = position
    }
}

/// A value of `allowed_parameters` and its like.
package indirect enum RuleValue: Sendable, Hashable {
    /// Values as JSON has them.
    case null
    case bool(Bool)
    case integer(Int)
    case float(Double)
    /// A string: a pattern, when it begins or ends with `*`.
    case string(String)
    case list([RuleValue])
    case object([String: RuleValue])
}

/// A rule on what stands at a place in the parameters: our own, beyond the field's language.
package struct FieldRule: Sendable, Hashable {
    /// What the rule says.
    package enum Demand: Sendable, Hashable {
        /// Whatever stands there is one of these; any value, when there are none.
        case allowed([RuleValue])
        /// Whatever stands there is none of these; nothing stands there, when there are none.
        case denied([RuleValue])
        /// Something stands there.
        case required
    }

    /// One step on the way to the place.
    package enum Step: Sendable, Hashable {
        /// The member of that name.
        case member(String)
        /// Every element of a list, or every member of an object.
        case each
    }

    /// The way, at least one step.
    package var steps: [Step]
    /// What is said.
    package var demand: Demand
}
