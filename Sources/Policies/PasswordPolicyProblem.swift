/// What can be wrong with a password policy.
package enum PasswordPolicyProblem: Sendable, Equatable {
    /// A word that is none of the language, with its line.
    case unknownKey(String, line: Int)
    /// A value that is none of the wanted kind.
    case value(key: String, wanted: String, line: Int)
    /// A rule of a kind that there is not.
    case unknownRule(String)
    /// The length is not given or outside of the bounds.
    case length(least: Int, most: Int)
    /// There is no rule with characters.
    case noCharset
    /// A rule without characters, or with ones that cannot be printed.
    case emptyCharset, unprintable
    /// The rules ask for more characters than the password has.
    case tooManyRequired(required: Int, length: Int)
    /// More rules than the limit.
    case tooManyRules(limit: Int)
}

extension PasswordPolicyProblem: CustomStringConvertible {
    /// The problem in plain words.
    package var description: String {
        switch self {
        case .unknownKey(let key, let line): "invalid key \"\(key)\" on line \(line)"
        case .value(let key, let wanted, let line): "\"\(key)\" on line \(line) must be \(wanted)"
        case .unknownRule(let name): "unrecognized rule type \"\(name)\""
        case .length(let least, let most): "length must be between \(least) and \(most)"
        case .noCharset: "no charset rules specified"
        case .emptyCharset: "charset must not be empty"
        case .unprintable: "non-printable character in charset"
        case .tooManyRequired(let required, let length):
            "specified rules require at least \(required) characters but \(length) is specified"
        case .tooManyRules(let limit): "more than the limit of \(limit) rules"
        }
    }
}
