package import EngineKit

/// Somebody: a person or a machine, whatever way they log in.
package struct Entity: Sendable, Equatable {
    /// Random, never reused.
    package var id: String
    /// Unique.
    package var name: String
    /// Policies that its tokens have besides their own; canonical, sorted.
    package var policies: [String] = []
    /// What operators say of it.
    package var metadata: [String: String] = [:]
    /// Whether it may do nothing.
    package var isDisabled = false
    /// How methods know it; at most one for each mount.
    package var aliases: [Alias] = []
    /// Entities that became this one.
    package var mergedIDs: [String] = []
    /// When it was made.
    package var created: Timestamp
    /// When it last changed.
    package var updated: Timestamp

    /// An entity of nothing.
    package init(id: String, name: String, created: Timestamp) {
        (self.id, self.name, self.created, updated) = (id, name, created, created)
    }
}

/// The name by which one mount knows an entity or a group.
package struct Alias: Sendable, Equatable {
    /// Random, never reused.
    package var id: String
    /// The name.
    package var name: String
    /// Accessor of the mount.
    package var mountAccessor: String
    /// Path and type of the mount, as they were when the alias was made.
    package var mountPath: String
    /// The type of the auth method.
    package var mountType: String
    /// What the method says of it.
    package var metadata: [String: String] = [:]
    /// What operators say of it.
    package var customMetadata: [String: String] = [:]
    /// The entities that it belonged to before they were merged.
    package var mergedFromIDs: [String] = []
    /// When it was made.
    package var created: Timestamp
    /// When it last changed.
    package var updated: Timestamp

    init(id: String, name: String, mount: MountDescription, created: Timestamp) {
        (self.id, self.name, self.created, updated) = (id, name, created, created)
        (mountAccessor, mountPath, mountType) = (mount.accessor, mount.path, mount.type)
    }
}

/// Entities that share policies.
package struct Group: Sendable, Equatable {
    /// Who says who belongs to it.
    package enum Kind: String, Sendable {
        /// Operators.
        case `internal`
        /// A login method, by the groups that it knows.
        case external
    }

    /// Random, never reused.
    package var id: String
    /// Unique.
    package var name: String
    /// Who says who belongs to it.
    package var kind: Kind
    /// Policies of its members; canonical, sorted.
    package var policies: [String] = []
    /// What operators say of it.
    package var metadata: [String: String] = [:]
    /// Entities in it.
    package var memberEntityIDs: [String] = []
    /// Groups in it, whose members are its members.
    package var memberGroupIDs: [String] = []
    /// How a method knows it; only of external groups.
    package var alias: Alias?
    /// Counts the changes, from 1.
    package var modifyIndex = 1
    /// When it was made.
    package var created: Timestamp
    /// When it last changed.
    package var updated: Timestamp

    /// A group of nothing.
    package init(id: String, name: String, kind: Kind, created: Timestamp) {
        (self.id, self.name, self.kind, self.created, updated) = (id, name, kind, created, created)
    }
}
