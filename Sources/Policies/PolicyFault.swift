package import HCL

/// What can go wrong with policies.
package enum PolicyFault: Error, Sendable, Equatable {
    /// No text came.
    case textMissing
    /// The text is not the language at all.
    case syntax(HCLError)
    /// A rule says something that it cannot.
    case rule(path: String, RuleProblem)
    /// Words that are none of the language, each with its line.
    case unknownKeys([UnknownKey])
    /// A text outside of rules cannot be read.
    case misshapen(HCLPosition)
    /// More rules than the limit.
    case tooManyRules(limit: Int)
    /// `{{` and `}}` do not go together.
    case unbalancedTemplate
    /// The policy belongs to the house.
    case cannotUpdate(String)
    case cannotDelete(String)
    /// The name is empty, too long, or has characters that no name has.
    case malformedName
    /// A password policy that cannot be used.
    case password(PasswordPolicyProblem)
    /// Storage did not answer, or no random bytes were to be had.
    case storage, noRandomness

    /// A word that is none of the language.
    package struct UnknownKey: Sendable, Equatable {
        /// The path of the rule; nil outside of rules.
        package var path: String?
        /// The word.
        package var key: String
        /// Its line.
        package var line: Int

        /// A word at a line.
        package init(path: String?, key: String, line: Int) {
            (self.path, self.key, self.line) = (path, key, line)
        }
    }
}

/// What can be wrong with one rule.
package enum RuleProblem: Sendable, Equatable {
    /// No right of that name.
    case capability(String)
    /// No old-style word of that name.
    case oldPolicy(String)
    /// `+*` has no meaning.
    case plusStar
    /// More `+` than the limit; longer than the limit.
    case tooManyPluses(limit: Int)
    case tooLong(limit: Int)
    /// The longest wrapping time is below the shortest.
    case wrappingBounds
    /// A value that is none of the wanted kind.
    case value(key: String, wanted: String, line: Int)
    /// A path of a field that is none.
    case field(String)
}
