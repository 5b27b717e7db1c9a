/// What a request asks of a path, whatever verb spelled it.
package enum Operation: Sendable, Equatable {
    /// GET.
    case read
    /// LIST, or GET with `list=true`.
    case list
    /// POST and PUT, which mean the same.
    case write
    /// DELETE.
    case delete
    /// PATCH with a merge patch.
    case patch
}

/// A right that a policy can grant on a path.
package enum Capability: String, Sendable {
    /// The field's own words.
    case create, read, update, delete, list, patch, sudo
}
