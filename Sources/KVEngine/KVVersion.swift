/// The two forms of a mount of secrets.
package enum KVVersion: Sendable {
    /// A secret is its fields, and a write replaces them.
    case plain
    /// A secret has versions.
    case versioned
}
