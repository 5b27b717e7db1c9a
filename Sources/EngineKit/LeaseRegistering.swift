package import Bytes
package import Vocabulary

/// A lease as the envelope tells it.
package struct LeaseTicket: Sendable, Equatable {
    /// For instance `database/creds/ro/…`.
    package var leaseID: String
    /// **Units** seconds.
    package var seconds: Int
    /// Whether it can be renewed.
    package var isRenewable: Bool
    /// Sentences for the envelope's `warnings`: a time that was capped.
    package var warnings: [String]

    /// A ticket.
    package init(leaseID: String, seconds: Int, isRenewable: Bool, warnings: [String] = []) {
        self.leaseID = leaseID
        self.seconds = seconds
        self.isRenewable = isRenewable
        self.warnings = warnings
    }
}

/// Keeps leases, as the stages of a request and the mount table ask it. Implemented by the lease keeper.
package protocol LeaseRegistering: AnyObject, Sendable {
    /// Whether the mount may give out one more, by the lease-count quotas; asked before the engine makes anything.
    /// Called with the whole request path.
    func admits(_ path: ByteView, at mount: MountPoint) -> Bool
    /// Keeps a secret that was given out under `path`, the whole request path. When it throws, the dispatcher has the
    /// engine take the secret back.
    func register(_ grant: SecretGrant, path: String, at mount: MountPoint, for caller: Caller?)
        async throws(LeaseFault) -> LeaseTicket
    /// A mount goes: takes back everything it gave out, and for auth methods the tokens of its logins. Throws when
    /// something could not be taken back; the mount then stays.
    func revokeAll(of mount: MountPoint) async throws(LeaseFault)
}

/// The answer to a rate-limit quota.
package enum QuotaDecision: Sendable, Equatable {
    /// Go on.
    case admitted
    /// Too many. **Units** seconds until it is worth while to try again.
    case exceeded(retryAfterSeconds: Int)
}

/// Counts requests against rate-limit quotas. Implemented beside the leases.
package protocol RequestQuotas: AnyObject, Sendable {
    /// Counts one request; asked once per request, before the token is looked at and the body is parsed.
    /// **Cost** no storage, no suspension; nothing when there are no quotas.
    func admit(_ path: ByteView, at mount: MountPoint, from client: PeerAddress) -> QuotaDecision
}
