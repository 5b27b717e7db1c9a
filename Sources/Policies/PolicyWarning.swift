/// Something in a policy that is allowed and most likely a mistake.
package struct PolicyWarning: Sendable, Equatable {
    /// What it is.
    package enum Kind: Sendable, Hashable {
        /// A word of the language that this server does not enforce.
        case notEnforced(key: String)
        /// A right that nothing here asks for.
        case withoutMeaning(capability: String)
        /// `deny` beside other rights.
        case denyWithOthers
        /// Nothing is granted: the rule only hides broader ones.
        case grantsNothing
        /// `sudo` alone.
        case sudoAlone
        /// The same path again: the rules are merged.
        case repeated(line: Int)
        /// Every path that it matches is decided by another rule.
        case hidden(by: String, line: Int)
        /// A `*` that is not the last character, a `+` that is not a whole segment: they stand for themselves.
        case literalStar, literalPlus
        /// No request has such a path.
        case neverMatches(reason: String)
        /// A template that no entity can fill.
        case unknownSelector(String)
        /// A required parameter that is not among the allowed ones, or is denied.
        case unsatisfiable(parameter: String)
    }

    /// The path of the rule, as written.
    package var path: String
    /// Its line.
    package var line: Int
    /// What it is.
    package var kind: Kind
}

extension PolicyWarning: CustomStringConvertible {
    /// The warning as a sentence.
    package var description: String { "path \"\(path)\" on line \(line): \(kind)" }
}

extension PolicyWarning.Kind: CustomStringConvertible {
    /// What it is, in plain words.
    package var description: String {
        switch self {
        case .notEnforced(let key): "\"\(key)\" is not enforced by this server"
        case .withoutMeaning(let capability): "capability \"\(capability)\" grants nothing on this server"
        case .denyWithOthers: "\"deny\" takes away the other capabilities"
        case .grantsNothing: "no capabilities; the rule only hides broader ones"
        case .sudoAlone: "\"sudo\" alone allows nothing; it goes with another capability"
        case .repeated(let line): "the same path as on line \(line); the rules are merged"
        case .hidden(let path, let line): "unreachable; \"\(path)\" on line \(line) decides on all of its paths"
        case .literalStar: "a \"*\" that is not the last character stands for itself"
        case .literalPlus: "a \"+\" that is not a whole segment stands for itself"
        case .neverMatches(let reason): "unreachable; \(reason)"
        case .unknownSelector(let selector): "unknown template \"\(selector)\"; the rule never applies"
        case .unsatisfiable(let name): "required parameter \"\(name)\" is not allowed; writes always fail"
        }
    }
}
