package import EngineKit

/// A token just made or renewed, with the token itself while it is on its way to the client.
package struct MadeToken: Sendable {
    /// The token itself.
    package let token: SealSecret
    /// What is known of it.
    package let known: KnownToken
}

extension KnownToken {
    /// What the envelope's `auth` tells of this token, which is spelled `token`; empty when nobody is to see it.
    package func issued(as token: SealSecret, by identity: some IdentityDirectory, now: Int) -> IssuedToken {
        IssuedToken(
            token: token, caller: caller(by: identity) ?? caller(),
            leaseSeconds: entry.secondsLeft(at: now), isRenewable: entry.isRenewable && entry.expires != 0,
            isOrphan: entry.parentID.isEmpty, numUses: max(entry.numUses, 0))
    }
}
