/// What must go when a token goes: leases, its cubbyhole. Supplied to the token store by the composition root.
package protocol TokenEnding: Sendable {
    /// The token with this id (`Caller.tokenID`) is over, and nobody can use it any more: ends or marks durably for
    /// ending what belongs to it. Nothing there is no fault. Called again, after a restart too, until it succeeds.
    func tokenEnded(_ tokenID: String) async throws(LeaseFault)
}

/// The auth mounts as the token store needs them to judge renewals; supplied by the dispatcher.
package protocol LoginMounts: Sendable {
    /// The auth mount that a token's path lies in; nil when it is gone.
    func authMount(ofPath path: String) -> MountPoint?
    /// Asks the auth method of that mount whether the login may live on, and on what terms.
    func renewLogin(_ login: Login, path: String) async throws(LeaseFault) -> Login
}
