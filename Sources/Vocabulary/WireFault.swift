/// What kind of failure a fault is; `ErrorMapping` alone turns the class into a status.
package enum FaultClass: Sendable, Equatable {
    /// The client's mistake: bad parameters, broken input, a rule that forbids it.
    case invalidRequest
    /// A query that cannot be read; answered without a sentence.
    case malformedQuery
    /// No token, a wrong one, or one without the right.
    case permissionDenied
    /// Nothing is there, and there is nothing to say about it.
    case nothingThere
    /// No engine is mounted on the path.
    case noRoute
    /// The mount has no such path.
    case unsupportedPath
    /// The path exists, the operation on it does not.
    case unsupportedOperation
    /// A limit was exceeded.
    case tooLarge
    /// Too many requests for now, or too much given out.
    case tooManyRequests
    /// A body of a kind that is not taken here.
    case unsupportedMediaType
    /// Something that must work did not: storage, randomness.
    case unavailable
    /// A defect of the server.
    case `internal`
}

/// A failure that can be told to a client.
package protocol WireFault: Error, Sendable {
    /// Its class, from which the status follows.
    var faultClass: FaultClass { get }
    /// The sentence that clients know; it never holds request values beyond names, nor secrets.
    var wireText: String { get }
}
