package import EngineKit

/// All that is known of a token but the token itself.
///
/// **Units** seconds; Unix seconds for points in time.
package struct TokenEntry: Sendable, Equatable {
    /// Service or batch.
    package var kind = Caller.Kind.service
    /// A name by which it can be looked up and revoked, but not used; empty for batch tokens.
    package var accessor = ""
    /// The id of the token that made it and that it dies with; empty for orphans.
    package var parentID = ""
    /// Sorted, each once, lower case.
    package var policies: [String] = []
    /// The request path that made it.
    package var path = ""
    /// Metadata, as given.
    package var metadata: [String: String] = [:]
    /// What logs call the bearer.
    package var displayName = ""
    /// The role of `auth/token/roles` that it was made by; empty for none.
    package var role = ""
    /// The entity behind it; empty for none.
    package var entityID = ""
    /// The namespace.
    package var namespace = "root"
    /// Sources that it works from, as given; empty for all.
    package var boundCIDRs: [String] = []
    /// Uses left; 0 for any number, negative when the last one is under way.
    package var numUses = 0
    /// When it was made.
    package var issued = 0
    /// When it ends; 0 for never.
    package var expires = 0
    /// When it was last renewed; 0 for never.
    package var renewed = 0
    /// How long it was made for; 0 for ever.
    package var ttlSeconds = 0
    /// The longest life by its role; 0 for the mount's.
    package var maxSeconds = 0
    /// The period; 0 for none.
    package var periodSeconds = 0
    /// The longest life whatever happens; 0 for none.
    package var explicitMaxSeconds = 0
    /// Whether it can be renewed.
    package var isRenewable = false
    /// What the auth method said at login; nil for tokens made by tokens.
    package var login: Login?

    /// A token of nothing.
    package init() {}

    /// Whether it may do everything.
    package var isRoot: Bool { policies == ["root"] }
    /// Whether its life is over.
    package func isOver(at now: Int) -> Bool { expires != 0 && now >= expires }
    /// How long it still lives; 0 for ever, and 0 when it is over.
    package func secondsLeft(at now: Int) -> Int { expires == 0 ? 0 : max(expires - now, 0) }
    /// Whether it has a lease: every service token that ends does.
    package var hasLease: Bool { kind == .service && expires != 0 }

    /// The rules for its life on a mount with these times.
    package func rules(on mount: MountPoint) -> LifeRules {
        var rules = LifeRules(mount)
        rules.ttlSeconds = ttlSeconds
        rules.maxSeconds = maxSeconds
        rules.periodSeconds = periodSeconds
        rules.explicitMaxSeconds = explicitMaxSeconds
        return rules
    }
}
