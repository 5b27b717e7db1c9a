internal import HCL
package import Vocabulary

extension PolicyFault: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .textMissing, .syntax, .rule, .unknownKeys, .misshapen, .tooManyRules, .unbalancedTemplate, .cannotUpdate,
            .cannotDelete, .malformedName, .password:
            .invalidRequest
        case .storage, .noRandomness: .unavailable
        }
    }

    /// The sentence. **Source** system wire facts §10.
    package var wireText: String {
        switch self {
        case .textMissing: "'policy' parameter not supplied or empty"
        case .syntax(let error): "failed to parse policy: \(error)"
        case .rule(let path, let problem): "failed to parse policy: path \"\(path)\": \(problem)"
        case .unknownKeys(let keys):
            "failed to parse policy: \(keys.count) error\(keys.count == 1 ? "" : "s") occurred:\n"
                + keys.map { "\t* \($0)\n" }.joined() + "\n"
        case .misshapen(let place):
            "failed to parse policy: expected path \"…\" { … } on line \(place.line), column \(place.column)"
        case .tooManyRules(let limit): "failed to parse policy: more than the limit of \(limit) rules"
        case .unbalancedTemplate:
            "failed to parse policy: failed to validate policy templating: unbalanced templating characters"
        case .cannotUpdate(let name): "cannot update \"\(name)\" policy"
        // Compatibility: the one without quotes.
        case .cannotDelete("default"): "cannot delete default policy"
        case .cannotDelete(let name): "cannot delete \"\(name)\" policy"
        case .malformedName: "policy names are not empty, have at most 512 bytes and no control characters"
        case .password(let problem): "failed to parse password policy: \(problem)"
        case .storage: "storage is not available; try again"
        case .noRandomness: "the random source is not available; try again"
        }
    }
}

extension PolicyFault.UnknownKey: CustomStringConvertible {
    /// The word and where it stands.
    package var description: String {
        (path.map { "path \"\($0)\": " } ?? "") + "invalid key \"\(key)\" on line \(line)"
    }
}

extension RuleProblem: CustomStringConvertible {
    /// The problem in the words that clients know.
    package var description: String {
        switch self {
        case .capability(let name): "invalid capability \"\(name)\""
        case .oldPolicy(let name): "invalid policy \"\(name)\""
        case .plusStar: "invalid use of wildcards ('+*' is forbidden)"
        case .tooManyPluses(let limit): "more than the limit of \(limit) '+' segments"
        case .tooLong(let limit): "longer than the limit of \(limit) bytes"
        case .wrappingBounds: "max_wrapping_ttl cannot be less than min_wrapping_ttl"
        case .value(let key, let wanted, let line): "\"\(key)\" on line \(line) must be \(wanted)"
        case .field(let text): "invalid field \"\(text)\": names and '*' with dots between them, at most 16"
        }
    }
}
