/// What a reply gives out beside its data; the stages behind the engine turn it into a lease or a token.
package enum Grant: Sendable {
    /// The data is a secret with a lease: database credentials and the like.
    case secret(SecretGrant)
    /// Somebody has logged in: a token is to be made.
    case login(Login)
    /// A token that exists already: of `auth/token/create` and `renew`; told in the envelope's `auth`.
    case token(IssuedToken)
    /// A lease that exists already was renewed; told in the envelope's lease fields, without data.
    case renewed(RenewedLease)
    /// A whole answer as it was given before, taken out of its wrapping: sent as it is, with a fresh `request_id`.
    case unwrapped([UInt8])
    /// An answer that was kept for one reader once more: told in the envelope's `wrap_info`.
    case wrapped(WrapInfo)
}

/// How long something may live.
package struct LeaseTerms: Sendable, Equatable {
    /// **Units** seconds; 0 for the mount's default.
    package var ttlSeconds: Int
    /// Longest life over all renewals. **Units** seconds; 0 for the mount's.
    package var maxSeconds: Int
    /// Whether it can be renewed.
    package var isRenewable: Bool

    /// Terms.
    package init(ttlSeconds: Int = 0, maxSeconds: Int = 0, isRenewable: Bool = true) {
        self.ttlSeconds = ttlSeconds
        self.maxSeconds = maxSeconds
        self.isRenewable = isRenewable
    }
}

/// A secret that is to be given back.
package struct SecretGrant: Sendable {
    /// How long.
    package var terms: LeaseTerms
    /// What the engine needs to renew and revoke it, in its own format; stored sealed.
    package var record: [UInt8]
    /// What the engine noted before it made something outside; ends in the commit that records the lease. When it is
    /// gone by then, the engine has undone the secret, and the request fails.
    package var writeAhead: WriteAheadEntry?

    /// A grant.
    package init(terms: LeaseTerms, record: [UInt8], writeAhead: WriteAheadEntry? = nil) {
        self.terms = terms
        self.record = record
        self.writeAhead = writeAhead
    }
}

/// An entry of an engine's storage, as it was committed.
package struct WriteAheadEntry: Sendable, Equatable {
    /// Its path in the mount's part of storage.
    package var path: String
    /// The revision of its commit.
    package var revision: UInt64

    /// An entry.
    package init(path: String, revision: UInt64) {
        self.path = path
        self.revision = revision
    }
}

/// What the envelope tells of a renewed lease. **Source** system wire facts §11.
package struct RenewedLease: Sendable, Equatable {
    /// The lease.
    package var leaseID: String
    /// **Units** seconds from now.
    package var seconds: Int
    /// Whether it can be renewed again.
    package var isRenewable: Bool

    /// A renewed lease.
    package init(leaseID: String, seconds: Int, isRenewable: Bool) {
        self.leaseID = leaseID
        self.seconds = seconds
        self.isRenewable = isRenewable
    }
}

/// A secret under a lease, as its engine is asked to renew or revoke it.
package struct LeasedSecret: Sendable {
    /// The lease, for instance `database/creds/ro/…`.
    package var leaseID: String
    /// The path below the mount that gave it out.
    package var path: String
    /// On what terms.
    package var terms: LeaseTerms
    /// The engine's own record.
    package var record: [UInt8]
    /// **Units** Unix seconds.
    package var issuedUnixSeconds: Int

    /// A leased secret.
    package init(leaseID: String, path: String, terms: LeaseTerms, record: [UInt8], issuedUnixSeconds: Int) {
        self.leaseID = leaseID
        self.path = path
        self.terms = terms
        self.record = record
        self.issuedUnixSeconds = issuedUnixSeconds
    }
}

/// Why an engine did not renew or revoke.
package enum LeaseFault: Error, Sendable, Equatable {
    /// Not now: the database is away, storage does not answer. It is tried again. The text is for operators.
    case unavailable(String)
    /// Never: what stood behind it is gone, or the role forbids it. The text is for clients.
    case refused(String)

    /// The text.
    package var text: String {
        switch self {
        case .unavailable(let text), .refused(let text): text
        }
    }
}

/// What an auth method says of somebody who proved who they are.
package struct Login: Sendable, Equatable {
    /// The name that the method knows them by, the alias of their entity; empty for none.
    package var aliasName: String
    /// Metadata of the alias.
    package var aliasMetadata: [String: String] = [:]
    /// Names of groups as the method knows them, for external groups.
    package var groupAliases: [String] = []
    /// What logs call them, for instance `userpass-bob`.
    package var displayName: String
    /// Policies of the token.
    package var policies: [String] = []
    /// Metadata of the token and of the reply's `auth`.
    package var metadata: [String: String] = [:]
    /// What the role or user says of tokens.
    package var token = TokenParameters()
    /// Whether the token can be renewed.
    package var isRenewable = true
    /// What the method needs to judge a renewal, in its own format; stored sealed.
    package var record: [UInt8] = []

    /// A login.
    package init(aliasName: String, displayName: String) {
        self.aliasName = aliasName
        self.displayName = displayName
    }
}

/// The `token_*` parameters that users and roles of all auth methods share. **Source** system wire facts §8.4.
package struct TokenParameters: Sendable, Equatable {
    /// **Units** seconds; 0 for the mount's default.
    package var ttlSeconds = 0
    /// **Units** seconds; 0 for the mount's.
    package var maxSeconds = 0
    /// Policies.
    package var policies: [String] = []
    /// Sources that the token works from, as given; empty for all.
    package var boundCIDRs: [String] = []
    /// Longest life over all renewals, periodic tokens included. **Units** seconds; 0 for none.
    package var explicitMaxSeconds = 0
    /// Whether `default` stays out.
    package var hasNoDefaultPolicy = false
    /// Uses; 0 for any number.
    package var numUses = 0
    /// **Units** seconds; 0 for tokens that are not periodic.
    package var periodSeconds = 0
    /// `default`, `service`, `batch`, `default-service` or `default-batch`.
    package var type = "default"

    /// The defaults.
    package init() {}
}

/// A token as the envelope's `auth` tells it. **Source** system wire facts §1.9.
package struct IssuedToken: Sendable {
    /// The token itself; leaves memory with the reply.
    package var token: SealSecret
    /// Who bears it.
    package var caller: Caller
    /// **Units** seconds; 0 for ever.
    package var leaseSeconds: Int
    /// Whether it can be renewed.
    package var isRenewable: Bool
    /// Whether it has no parent.
    package var isOrphan: Bool
    /// Uses left; 0 for any number.
    package var numUses: Int
    /// Sentences for the envelope's `warnings`: a time that was capped.
    package var warnings: [String] = []

    /// An issued token.
    package init(
        token: SealSecret, caller: Caller, leaseSeconds: Int, isRenewable: Bool, isOrphan: Bool, numUses: Int = 0
    ) {
        self.token = token
        self.caller = caller
        self.leaseSeconds = leaseSeconds
        self.isRenewable = isRenewable
        self.isOrphan = isOrphan
        self.numUses = numUses
    }
}
