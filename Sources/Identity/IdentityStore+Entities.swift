package import EngineKit
internal import Vocabulary

/// What is to be different about an entity; nil stays as it is.
package struct EntityWish: Sendable {
    /// Which one, by its id; empty for a new one, or for the one of that name.
    package var id = ""
    /// Its name.
    package var name: String?
    /// Its policies.
    package var policies: [String]?
    /// Its metadata.
    package var metadata: [String: String]?
    /// Whether it may do nothing.
    package var isDisabled: Bool?

    /// No wish.
    package init() {}
}

/// What is to be different about an alias; nil stays as it is.
package struct AliasWish: Sendable {
    /// Which one, by its id; empty for a new one, or for the one of that name and mount.
    package var id = ""
    /// Its name.
    package var name: String?
    /// Accessor of its mount.
    package var mountAccessor: String?
    /// Whose it is.
    package var canonicalID: String?
    /// What operators say of it.
    package var customMetadata: [String: String]?

    /// No wish.
    package init() {}
}

/// What became of a wish.
package struct Outcome: Sendable {
    /// What it is about: an entity, a group, or for an alias the one that has it.
    package var id: String
    /// Its name.
    package var name: String
    /// The alias, when it is about one.
    package var aliasID = ""
    /// Whether it was made.
    package var isNew: Bool
    /// Whether anything is different.
    package var isChanged: Bool
}

extension IdentityStore {
    static let maxNameBytes = 512

    static func checkName(_ name: String) throws(IdentityFault) {
        guard !name.isEmpty, name.utf8.count <= maxNameBytes, !hasControls(name) else { throw .malformedName }
    }

    static func checkMetadata(_ metadata: [String: String]) throws(IdentityFault) {
        let isSound = metadata.allSatisfy { key, value in
            (1...128).contains(key.utf8.count) && value.utf8.count <= 512 && !hasControls(key) && !hasControls(value)
        }
        guard metadata.count <= 64, isSound else { throw .malformedMetadata }
    }

    private static func hasControls(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }

    /// The names in their one form; root, however it is written, is refused (CVE-2025-5999, CVE-2024-9180).
    static func checkedPolicies(_ names: [String]) throws(IdentityFault) -> [String] {
        let names = PolicyName.canonical(names)
        if names.contains(PolicyName.root) { throw .rootPolicy }
        if names.count > 1000 { throw .tooMany(what: "policies", limit: 1000) }
        return names
    }

    /// Makes or changes an entity.
    package func put(_ wish: EntityWish) async throws(IdentityFault) -> Outcome {
        try await change { (change) throws(IdentityFault) in
            let known: Entity?
            if wish.id.isEmpty {
                known = wish.name.flatMap { change.picture.entity(name: $0) }
            } else {
                known = change.picture.entity(id: wish.id)
                if known == nil { throw .entityMissing }
            }
            let now = Timestamp.now()
            var entity: Entity
            if let known {
                entity = known
            } else {
                entity = Entity(id: try Self.newID(), name: try Self.newName(change.picture), created: now)
            }
            if let name = wish.name, !name.isEmpty {
                if let other = change.picture.entity(name: name), other.id != entity.id { throw .entityNameTaken }
                entity.name = name
            }
            try Self.checkName(entity.name)
            if let policies = wish.policies { entity.policies = try Self.checkedPolicies(policies) }
            if let metadata = wish.metadata {
                try Self.checkMetadata(metadata)
                entity.metadata = metadata
            }
            if let isDisabled = wish.isDisabled { entity.isDisabled = isDisabled }
            entity.updated = now
            change.put(entity)
            return Outcome(id: entity.id, name: entity.name, isNew: known == nil, isChanged: true)
        }
    }

    /// Removes entities, their aliases and memberships; ones that are not there are fine.
    package func deleteEntities(_ ids: [String]) async throws(IdentityFault) {
        try await change { (change) throws(IdentityFault) in
            let known = Set(ids).filter { change.picture.entities[$0] != nil }
            for id in known { change.removeEntity(id) }
            Self.removeMembers(known, replacedBy: nil, &change)
        }
    }

    private static func removeMembers(_ ids: Set<String>, replacedBy other: String?, _ change: inout Change) {
        let groupIDs = Set(ids.flatMap { change.picture.directGroupIDs(of: $0) })
        for groupID in groupIDs {
            guard var group = change.picture.groups[groupID] else { continue }
            group.memberEntityIDs.removeAll { ids.contains($0) }
            if let other, !group.memberEntityIDs.contains(other) { group.memberEntityIDs.append(other) }
            group.updated = .now()
            change.put(group)
        }
    }

    /// Makes several entities one: aliases, memberships, and the tokens of those that vanish go to the one that stays.
    package func merge(_ sources: [String], into target: String, isForced: Bool) async throws(IdentityFault) {
        try await change { (change) throws(IdentityFault) in
            if sources.contains(target) { throw .mergeIntoItself }
            guard var entity = change.picture.entities[target] else { throw .mergeTargetInvalid }
            if sources.isEmpty { throw .mergeSourcesMissing }
            for id in Set(sources) {
                guard let source = change.picture.entities[id] else { throw .mergeSourceInvalid(id) }
                for var alias in source.aliases {
                    if entity.aliases.contains(where: { $0.mountAccessor == alias.mountAccessor }) {
                        guard isForced else { throw .mergeConflict }
                        continue
                    }
                    alias.mergedFromIDs.append(id)
                    alias.updated = .now()
                    entity.aliases.append(alias)
                }
                entity.mergedIDs += source.mergedIDs + [id]
                change.removeEntity(id)
            }
            entity.updated = .now()
            change.put(entity)
            Self.removeMembers(Set(sources), replacedBy: target, &change)
        }
    }

    // MARK: - Aliases

    /// Makes, changes or moves an alias.
    package func put(_ wish: AliasWish) async throws(IdentityFault) -> Outcome {
        try await change { (change) throws(IdentityFault) in
            let (owner, old) = try Self.knownAlias(wish, change.picture)
            let accessor = wish.mountAccessor ?? old?.mountAccessor ?? ""
            let name = wish.name ?? old?.name ?? ""
            guard !accessor.isEmpty, !name.isEmpty else { throw .aliasIncomplete }
            try Self.checkName(name)
            guard let mount = self.mount(accessor), mount.isAuth else { throw .invalidAccessor(accessor) }
            if let metadata = wish.customMetadata { try Self.checkMetadata(metadata) }
            if let taken = change.picture.entity(alias: name, at: accessor), taken.id != owner?.id { throw .aliasTaken }
            let now = Timestamp.now()
            var target: Entity
            if let id = wish.canonicalID, !id.isEmpty {
                guard let found = change.picture.entity(id: id) else { throw .invalidCanonicalID }
                target = found
            } else if let owner {
                target = owner
            } else {
                target = Entity(id: try Self.newID(), name: try Self.newName(change.picture), created: now)
            }
            let newID = try Self.newID()
            var alias = old ?? Alias(id: newID, name: name, mount: mount, created: now)
            (alias.name, alias.mountAccessor) = (name, accessor)
            (alias.mountPath, alias.mountType) = (mount.path, mount.type)
            if let metadata = wish.customMetadata { alias.customMetadata = metadata }
            if alias == old && target.id == owner?.id {
                return Outcome(id: target.id, name: name, aliasID: alias.id, isNew: false, isChanged: false)
            }
            alias.updated = now
            if var owner, owner.id != target.id {
                owner.aliases.removeAll { $0.id == alias.id }
                change.put(owner)
            }
            // Of each mount an entity has one alias: which template value it is must be certain.
            if target.aliases.contains(where: { $0.mountAccessor == accessor && $0.id != alias.id }) {
                throw .aliasTaken
            }
            target.aliases.removeAll { $0.id == alias.id }
            target.aliases.append(alias)
            target.updated = now
            change.put(target)
            return Outcome(id: target.id, name: name, aliasID: alias.id, isNew: old == nil, isChanged: true)
        }
    }

    private static func knownAlias(
        _ wish: AliasWish, _ picture: IdentityPicture
    ) throws(IdentityFault) -> (Entity?, Alias?) {
        if !wish.id.isEmpty {
            guard let owner = picture.entity(aliasID: wish.id) else { throw .aliasMissing }
            return (owner, owner.aliases.first { $0.id == wish.id })
        }
        guard let name = wish.name, let accessor = wish.mountAccessor else { throw .aliasIncomplete }
        guard let owner = picture.entity(alias: name, at: accessor) else { return (nil, nil) }
        return (owner, owner.aliases.first { $0.mountAccessor == accessor && $0.name == name })
    }

    /// Removes an alias; one that is not there is fine.
    package func deleteAlias(_ id: String) async throws(IdentityFault) {
        try await change { (change) throws(IdentityFault) in
            guard var owner = change.picture.entity(aliasID: id) else { return }
            owner.aliases.removeAll { $0.id == id }
            owner.updated = .now()
            change.put(owner)
        }
    }

    /// An auth method goes: so do the names that it knew.
    package func deleteAliases(ofMount accessor: String) async throws(IdentityFault) {
        try await change { (change) throws(IdentityFault) in
            for var entity in change.picture.entities.values {
                guard entity.aliases.contains(where: { $0.mountAccessor == accessor }) else { continue }
                entity.aliases.removeAll { $0.mountAccessor == accessor }
                entity.updated = .now()
                change.put(entity)
            }
            for (_, id) in change.picture.externalGroups(at: accessor) {
                guard var group = change.picture.groups[id] else { continue }
                // Nobody says any more who belongs to it.
                (group.alias, group.memberEntityIDs) = (nil, [])
                group.updated = .now()
                change.put(group)
            }
        }
    }
}

extension IdentityStore: MountWatching {
    package func mountEnds(_ mount: MountDescription) async throws(MountFault) {
        guard mount.isAuth else { return }
        do throws(IdentityFault) { try await deleteAliases(ofMount: mount.accessor) } catch { throw .storage }
    }
}
