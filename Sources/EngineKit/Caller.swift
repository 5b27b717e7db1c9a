internal import Synchronization
package import Vocabulary

/// Who asks: what a valid token says of its bearer. Made once per token and change of rights, shared by its requests.
///
/// **Concurrency** does not change.
package final class Caller: Sendable {
    /// The kinds of token.
    package enum Kind: String, Sendable {
        /// Stored, renewable, with children.
        case service
        /// Self-contained; costs no storage.
        case batch
    }

    /// Names the token without giving it away: the hex of its salted digest. What belongs to a token is kept under
    /// this.
    package let tokenID: String
    /// The token's accessor; empty for batch tokens.
    package let accessor: String
    /// What logs and names of credentials call the bearer.
    package let displayName: String
    /// Policies of the token itself, sorted.
    package let tokenPolicies: [String]
    /// Policies of the entity and its groups, sorted.
    package let identityPolicies: [String]
    /// The entity behind the token; empty for none.
    package let entityID: String
    /// Which kind of token.
    package let kind: Kind
    /// Whether the policy root is among the token's.
    package let isRoot: Bool
    /// Metadata of the token, as given at its making.
    package let metadata: [String: String]
    /// The request path that made the token.
    package let path: String
    /// **Units** Unix seconds of its making.
    package let issuedUnixSeconds: Int
    /// **Units** Unix seconds of its end as far as known now; 0 for never.
    package let expiresUnixSeconds: Int
    /// The namespace; `root` as long as there is one.
    package let namespace: String
    /// Where the policy store keeps what it compiled for this caller.
    package let rights = RightsSlot()

    /// A caller with the given facts.
    package init(
        tokenID: String, accessor: String = "", displayName: String = "", tokenPolicies: [String] = [],
        identityPolicies: [String] = [], entityID: String = "", kind: Kind = .service, isRoot: Bool = false,
        metadata: [String: String] = [:], path: String = "", issuedUnixSeconds: Int = 0, expiresUnixSeconds: Int = 0,
        namespace: String = "root"
    ) {
        self.tokenID = tokenID
        self.accessor = accessor
        self.displayName = displayName
        self.tokenPolicies = tokenPolicies
        self.identityPolicies = identityPolicies
        self.entityID = entityID
        self.kind = kind
        self.isRoot = isRoot
        self.metadata = metadata
        self.path = path
        self.issuedUnixSeconds = issuedUnixSeconds
        self.expiresUnixSeconds = expiresUnixSeconds
        self.namespace = namespace
    }

    /// Token and identity policies together, sorted, each once.
    package var policies: [String] {
        identityPolicies.isEmpty ? tokenPolicies : Set(tokenPolicies).union(identityPolicies).sorted()
    }

    /// A root token that is kept nowhere: the one of dev mode, and of tests.
    package static let root = Caller(
        tokenID: "root", displayName: "root", tokenPolicies: ["root"], isRoot: true, path: "auth/token/root")
}

/// The connection that a request came by.
///
/// **Concurrency** does not change; one per connection, shared by its requests.
package final class ClientFacts: Sendable, Equatable {
    /// What the listener of the connection serves otherwise than others.
    package struct ListenerRules: OptionSet, Sendable {
        /// The bits.
        package let rawValue: UInt8

        /// Rules of those bits.
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `sys/metrics` needs no token.
        package static let openMetrics = ListenerRules(rawValue: 1)
        /// `sys/metrics` is not served.
        package static let noMetrics = ListenerRules(rawValue: 2)
        /// `sys/in-flight-req` needs no token.
        package static let openRequestsInFlight = ListenerRules(rawValue: 4)
    }

    /// What the listener serves otherwise.
    package let rules: ListenerRules
    /// Where the client is, behind trusted proxies.
    package let address: PeerAddress
    /// The client's certificate chain in DER, leaf first; empty without TLS or certificate. Unverified.
    package let certificates: [[UInt8]]

    /// A connection's facts.
    package init(address: PeerAddress, certificates: [[UInt8]] = [], rules: ListenerRules = []) {
        self.rules = rules
        self.address = address
        self.certificates = certificates
    }

    /// Nothing known.
    package static let none = ClientFacts(address: .unknown)

    /// Whether it is the same connection.
    package static func == (left: ClientFacts, right: ClientFacts) -> Bool { left === right }
}

/// Where an engine is mounted, with the times that hold there.
///
/// **Concurrency** does not change; a tuned mount gets a new one.
package final class MountPoint: Sendable {
    /// The mount as clients see it; auth methods' paths begin with `auth/`.
    package let description: MountDescription
    /// Default time to live, resolved against the system's. **Units** seconds.
    package let defaultLeaseSeconds: Int
    /// Longest time to live, resolved. **Units** seconds.
    package let maxLeaseSeconds: Int

    /// The path with its slash at the end.
    package var path: String { description.path }

    /// A mount point; times of 0 in the description are the system's.
    package init(_ description: MountDescription, systemDefaultSeconds: Int, systemMaxSeconds: Int) {
        self.description = description
        maxLeaseSeconds = description.maxLeaseSeconds > 0 ? description.maxLeaseSeconds : systemMaxSeconds
        defaultLeaseSeconds = min(
            description.defaultLeaseSeconds > 0 ? description.defaultLeaseSeconds : systemDefaultSeconds,
            maxLeaseSeconds)
    }

    /// Nowhere: for engines that are asked without a mount table, in tests.
    package static let none = MountPoint(
        MountDescription(path: "", type: "", accessor: "", uuid: "", about: ""), systemDefaultSeconds: 2_764_800,
        systemMaxSeconds: 2_764_800)
}

/// Holds the compiled rules of one caller, with the generation of policies and groups that they were compiled from.
///
/// **Concurrency** behind a short lock; what is in it does not change.
package final class RightsSlot: Sendable {
    private let content = Mutex<(generation: UInt64, rules: (any AccessRules)?)>((0, nil))

    /// The rules, if they were compiled from this generation.
    package func rules(of generation: UInt64) -> (any AccessRules)? {
        content.withLock { $0.generation == generation ? $0.rules : nil }
    }

    /// Keeps rules for the next request.
    package func keep(_ rules: any AccessRules, of generation: UInt64) {
        content.withLock { $0 = (generation, rules) }
    }
}
