/// What can go wrong with leases.
package enum LeaseError: Error, Equatable {
    /// There is no such lease.
    case unknown
    /// There is no lease below the prefix.
    case nothingThere
    /// It was given out without the right to renew.
    case notRenewable
    /// A token's lease is renewed with the token.
    case belongsToToken
    /// It has lived as long as it may.
    case pastMax
    /// The engine says no; the text is the engine's.
    case refused(String)
    /// The engine cannot do it now; the text is the engine's.
    case engineUnavailable(String)
    /// So many leases could not be ended; they are tried again.
    case stillQueued(Int, reason: String)
    /// The token has ended while the secret was being made.
    case tokenEnded
    /// The path is too long to name a lease.
    case pathTooLong
    /// The engine has undone the secret before its lease was recorded.
    case overtaken
    /// Leases are not loaded: the server is sealed, or has just been unsealed.
    case notReady
    /// Storage did not answer.
    case storage
    /// The random source failed.
    case noRandomness
}
