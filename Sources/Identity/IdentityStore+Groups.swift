internal import EngineKit
internal import Vocabulary

/// What is to be different about a group; nil stays as it is.
package struct GroupWish: Sendable {
    /// Which one, by its id; empty for a new one, or for the one of that name.
    package var id = ""
    /// Its name.
    package var name: String?
    /// `internal` or `external`.
    package var type: String?
    /// Its policies.
    package var policies: [String]?
    /// Its metadata.
    package var metadata: [String: String]?
    /// Entities in it.
    package var memberEntityIDs: [String]?
    /// Groups in it.
    package var memberGroupIDs: [String]?

    /// No wish.
    package init() {}
}

extension IdentityStore {
    /// Makes or changes a group.
    package func put(_ wish: GroupWish) async throws(IdentityFault) -> Outcome {
        try await change { (change) throws(IdentityFault) in
            let known: Group?
            if wish.id.isEmpty {
                known = wish.name.flatMap { change.picture.group(name: $0) }
            } else {
                known = change.picture.groups[wish.id]
                if known == nil { throw .groupMissing }
            }
            let word = wish.type.flatMap { $0.isEmpty ? nil : $0 } ?? known?.kind.rawValue ?? "internal"
            guard let kind = Group.Kind(rawValue: word) else { throw .invalidGroupType(word) }
            if let known, known.kind != kind { throw .groupTypeFixed }
            let now = Timestamp.now()
            var group: Group
            if let known {
                group = known
            } else {
                let id = try Self.newID()
                group = Group(id: id, name: "group_" + id.prefix(8), kind: kind, created: now)
            }
            if let name = wish.name, !name.isEmpty {
                if let other = change.picture.group(name: name), other.id != group.id { throw .groupNameTaken }
                group.name = name
            }
            try Self.checkName(group.name)
            if let policies = wish.policies { group.policies = try Self.checkedPolicies(policies) }
            if let metadata = wish.metadata {
                try Self.checkMetadata(metadata)
                group.metadata = metadata
            }
            try Self.setMembers(wish, &group, change.picture)
            group.updated = now
            change.put(group)
            return Outcome(id: group.id, name: group.name, isNew: known == nil, isChanged: true)
        }
    }

    private static func setMembers(
        _ wish: GroupWish, _ group: inout Group, _ picture: IdentityPicture
    ) throws(IdentityFault) {
        if let ids = wish.memberEntityIDs {
            if group.kind == .external && !ids.isEmpty { throw .externalMembers }
            for id in ids where picture.entities[id] == nil { throw .invalidMember(id) }
            if group.kind == .internal { group.memberEntityIDs = unique(ids) }
        }
        if let ids = wish.memberGroupIDs {
            if group.kind == .external && !ids.isEmpty { throw .externalSubgroups }
            let above = picture.ancestors(of: [group.id])
            for id in ids {
                // A group that is above this one, or is this one, cannot be below it.
                if above.contains(id) { throw .cycle(id) }
                if picture.groups[id] == nil { throw .invalidMemberGroup(id) }
            }
            group.memberGroupIDs = unique(ids)
        }
    }

    private static func unique(_ ids: [String]) -> [String] {
        var seen = Set<String>()
        return ids.filter { seen.insert($0).inserted }
    }

    /// Removes a group, and it from others; one that is not there is fine.
    package func deleteGroup(_ id: String) async throws(IdentityFault) {
        try await change { (change) throws(IdentityFault) in
            guard change.picture.groups[id] != nil else { return }
            change.removeGroup(id)
            for parent in change.picture.parentIDs(of: id) {
                guard var group = change.picture.groups[parent] else { continue }
                group.memberGroupIDs.removeAll { $0 == id }
                group.updated = .now()
                change.put(group)
            }
        }
    }

    /// Makes or changes the alias of an external group.
    package func putGroupAlias(_ wish: AliasWish) async throws(IdentityFault) -> Outcome {
        try await change { (change) throws(IdentityFault) in
            var old: Group?
            if !wish.id.isEmpty {
                old = change.picture.group(aliasID: wish.id)
                if old == nil { throw .aliasMissing }
            } else if let name = wish.name, let accessor = wish.mountAccessor {
                old = change.picture.group(alias: name, at: accessor)
            }
            let accessor = wish.mountAccessor ?? old?.alias?.mountAccessor ?? ""
            let name = wish.name ?? old?.alias?.name ?? ""
            guard !accessor.isEmpty, !name.isEmpty else { throw .aliasIncomplete }
            try Self.checkName(name)
            guard let mount = self.mount(accessor), mount.isAuth else { throw .invalidAccessor(accessor) }
            let id = wish.canonicalID.flatMap { $0.isEmpty ? nil : $0 } ?? old?.id ?? ""
            guard var group = change.picture.groups[id] else { throw .invalidCanonicalID }
            if group.kind != .external { throw .internalAlias }
            if let taken = change.picture.group(alias: name, at: accessor), taken.id != old?.id { throw .aliasTaken }
            let now = Timestamp.now()
            let known = old?.alias ?? group.alias
            let newID = try Self.newID()
            var alias = known ?? Alias(id: newID, name: name, mount: mount, created: now)
            (alias.name, alias.mountAccessor) = (name, accessor)
            (alias.mountPath, alias.mountType) = (mount.path, mount.type)
            if alias == group.alias {
                return Outcome(id: group.id, name: name, aliasID: alias.id, isNew: false, isChanged: false)
            }
            alias.updated = now
            if var old, old.id != group.id {
                old.alias = nil
                old.memberEntityIDs = []
                change.put(old)
            }
            // Who belongs to it under another name, the next logins tell.
            if group.alias?.name != name || group.alias?.mountAccessor != accessor { group.memberEntityIDs = [] }
            group.alias = alias
            group.updated = now
            change.put(group)
            return Outcome(id: group.id, name: name, aliasID: alias.id, isNew: old == nil, isChanged: true)
        }
    }

    /// Removes the alias of an external group, and with it the members; one that is not there is fine.
    package func deleteGroupAlias(_ id: String) async throws(IdentityFault) {
        try await change { (change) throws(IdentityFault) in
            guard var group = change.picture.group(aliasID: id) else { return }
            group.alias = nil
            group.memberEntityIDs = []
            group.updated = .now()
            change.put(group)
        }
    }
}
