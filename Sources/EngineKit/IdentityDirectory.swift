/// What rules may be filled with: who the entity is, in the words of a policy's templates.
///
/// **Source** system wire facts §10.5.
package struct TemplateFacts: Sendable, Hashable {
    /// One alias of the entity.
    package struct Alias: Sendable, Hashable {
        /// Its id.
        package var id = ""
        /// The name that the method knows the entity by.
        package var name = ""
        /// What the method said of it.
        package var metadata: [String: String] = [:]
        /// What operators said of it.
        package var customMetadata: [String: String] = [:]

        /// An alias of nothing.
        package init() {}
    }

    /// One group that the entity is a member of, directly or through other groups.
    package struct Group: Sendable, Hashable {
        /// Its id.
        package var id = ""
        /// Its name.
        package var name = ""
        /// Its metadata.
        package var metadata: [String: String] = [:]

        /// A group of nothing.
        package init() {}
    }

    /// The entity.
    package var entityID = ""
    /// Its name.
    package var entityName = ""
    /// Its metadata.
    package var metadata: [String: String] = [:]
    /// Its aliases, by the accessor of their mount.
    package var aliases: [String: Alias] = [:]
    /// Its groups, by id.
    package var groups: [String: Group] = [:]

    /// Facts of nobody.
    package init() {}
}

/// What an entity has now.
///
/// **Concurrency** does not change; a changed entity, or a change of a group of its, gets a new one.
package final class EntityRights: Sendable {
    /// Policies of the entity and of all its groups, canonical, sorted, each once.
    package let policies: [String]
    /// What its rules are filled with.
    package let facts: TemplateFacts

    /// Rights of an entity.
    package init(policies: [String], facts: TemplateFacts) {
        self.policies = policies
        self.facts = facts
    }
}

/// How an entity stands.
package enum EntityStanding: Sendable {
    /// There is none of that id: it was deleted, or merged away and never asked for since.
    case absent
    /// It may do nothing.
    case disabled
    /// It has these rights.
    case active(EntityRights)
}

/// Who entities are, as policies and tokens ask it. Implemented by the identity store.
///
/// **Concurrency** callable from event loops: memory only.
package protocol IdentityDirectory: Sendable {
    /// Rises with every change that may alter what an entity may do. **Cost** one atomic load.
    var generation: UInt64 { get }
    /// How an entity stands now. Ids of entities that were merged into another stand for that one.
    func standing(of entityID: String) -> EntityStanding
    /// The entity of a login, made with its alias when it is the first; its external groups follow the login's. Nil
    /// when the login has no alias name. Throws `permission denied` when the entity is disabled.
    func admit(_ login: Login, at mount: MountDescription) async throws(TokenFault) -> String?
}

/// Nobody is known: servers without identity, and tests.
package struct NoIdentity: IdentityDirectory {
    /// The directory.
    package init() {}
    package let generation: UInt64 = 0
    package func standing(of entityID: String) -> EntityStanding { .absent }
    package func admit(_ login: Login, at mount: MountDescription) async throws(TokenFault) -> String? { nil }
}

/// Finds the bearer of a token without counting a use, for the paths that speak about other tokens. Implemented by the
/// token store.
package protocol CallerLookup: Sendable {
    /// Who bears the token; nil when it is not good.
    func caller(ofToken token: [UInt8]) async throws(TokenFault) -> Caller?
    /// Who bears the token with this accessor; nil when there is none.
    func caller(ofAccessor accessor: String) async throws(TokenFault) -> Caller?
}

/// Makes passwords by named policies. Implemented by the policy store; asked by the database engine.
package protocol PasswordMaking: Sendable {
    /// A password by the policy of that name; nil when there is no such policy, or randomness is not to be had.
    func password(byPolicy name: String) -> SealSecret?
}
