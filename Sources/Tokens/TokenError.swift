package import Storage

/// Why something cannot be done with tokens.
package enum TokenError: Error, Sendable, Equatable {
    /// There is no such token, or it is over.
    case unknown
    /// The token with that id exists already.
    case duplicate
    /// Nothing of its life is left to give.
    case pastMax
    /// It never ends, so there is nothing to renew.
    case noLease
    /// It was made not to be renewed.
    case notRenewable
    /// Batch tokens are neither renewed nor revoked.
    case isBatch
    /// The auth method refuses; its sentence is for clients.
    case refused(String)
    /// The auth method cannot tell now.
    case methodUnavailable
    /// The store is not open.
    case closed
    /// Others kept changing the same token.
    case contended
    /// A stored record cannot be read.
    case damaged
    /// Storage did not do it.
    case storage(StorageError)
    /// A login that asks for the policy root.
    case rootLogin
    /// The random source failed.
    case noRandomness
    /// The batch token would be longer than a token may be.
    case tooLarge
}
