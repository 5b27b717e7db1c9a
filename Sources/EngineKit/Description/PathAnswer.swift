/// What an operation answers when it succeeds.
package struct PathAnswer: Sendable {
    /// The shapes of a body.
    package enum Form: Sendable {
        /// No body, or an envelope with warnings and no data.
        case nothing
        /// An envelope with an object as its data.
        case data
        /// The same, and the members once more beside the envelope's.
        case mirrored
        /// An envelope with data or without, or no body.
        case maybe
        /// An object without an envelope.
        case bare
        /// An envelope with a token.
        case login
        /// Whatever was kept: an envelope with data, with a token, or wrapped.
        case envelope
        /// No JSON.
        case file(mediaType: String)
    }

    /// The shape.
    package let form: Form
    /// Members of the data, or of the bare object.
    package let members: [PathField]
    /// Statuses with such a body.
    package private(set) var statuses: [Int]
    /// Whether callers may choose any other status for it.
    package private(set) var hasAnyStatus = false
    /// Whether the object may have members that are not described.
    package private(set) var isOpenEnded = true

    /// An answer.
    package init(_ form: Form, _ members: [PathField] = [], statuses: [Int] = [200]) {
        (self.form, self.members, self.statuses) = (form, members, statuses)
    }

    /// Nothing but that it is done.
    package static let nothing = PathAnswer(.nothing)
    /// A list of names in the data.
    package static let names = PathAnswer(.data, [.texts("keys", "The names.").required])
    /// A token.
    package static let login = PathAnswer(.login)
    /// Something enveloped.
    package static let envelope = PathAnswer(.envelope)
    /// Data with these members.
    package static func data(_ members: [PathField]) -> PathAnswer { PathAnswer(.data, members) }
    /// The same, mirrored.
    package static func mirrored(_ members: [PathField]) -> PathAnswer { PathAnswer(.mirrored, members) }
    /// Data with these members, or nothing.
    package static func maybe(_ members: [PathField]) -> PathAnswer { PathAnswer(.maybe, members) }
    /// A bare object with these members.
    package static func bare(_ members: [PathField]) -> PathAnswer { PathAnswer(.bare, members) }
    /// A body of another media type.
    package static func file(_ mediaType: String) -> PathAnswer { PathAnswer(.file(mediaType: mediaType)) }

    /// The same with any status that callers choose.
    package func withAnyStatus() -> PathAnswer {
        var answer = self
        answer.hasAnyStatus = true
        return answer
    }
    /// The same with these statuses.
    package func with(statuses: Int...) -> PathAnswer { PathAnswer(form, members, statuses: statuses) }
}
