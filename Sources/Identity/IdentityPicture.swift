internal import EngineKit

/// All entities and groups with the ways to find them, in memory. A value: changes are made on a copy of the parts that
/// change, stored, and then adopted.
package struct IdentityPicture: Sendable {
    /// What names an alias: a mount and a name there.
    struct AliasKey: Hashable, Sendable {
        let accessor: String
        let name: String
    }

    /// By id.
    package private(set) var entities: [String: Entity] = [:]
    /// By id.
    package private(set) var groups: [String: Group] = [:]
    private var entityIDsByName: [String: String] = [:]
    private var groupIDsByName: [String: String] = [:]
    private var entityIDsByAlias: [AliasKey: String] = [:]
    private var groupIDsByAlias: [AliasKey: String] = [:]
    private var entityIDsByAliasID: [String: String] = [:]
    private var groupIDsByAliasID: [String: String] = [:]
    /// Entities that are gone, by what they became.
    private var mergedInto: [String: String] = [:]
    private var groupsOfEntity: [String: Set<String>] = [:]
    private var parentsOfGroup: [String: Set<String>] = [:]

    /// Nobody.
    package init() {}

    // MARK: - Changing

    mutating func put(_ entity: Entity) {
        removeEntity(entity.id)
        entities[entity.id] = entity
        entityIDsByName[entity.name] = entity.id
        for alias in entity.aliases {
            entityIDsByAlias[AliasKey(accessor: alias.mountAccessor, name: alias.name)] = entity.id
            entityIDsByAliasID[alias.id] = entity.id
        }
        for id in entity.mergedIDs { mergedInto[id] = entity.id }
    }

    mutating func removeEntity(_ id: String) {
        guard let old = entities.removeValue(forKey: id) else { return }
        entityIDsByName[old.name] = nil
        for alias in old.aliases {
            entityIDsByAlias[AliasKey(accessor: alias.mountAccessor, name: alias.name)] = nil
            entityIDsByAliasID[alias.id] = nil
        }
        for merged in old.mergedIDs where mergedInto[merged] == id { mergedInto[merged] = nil }
    }

    mutating func put(_ group: Group) {
        removeGroup(group.id)
        groups[group.id] = group
        groupIDsByName[group.name] = group.id
        if let alias = group.alias {
            groupIDsByAlias[AliasKey(accessor: alias.mountAccessor, name: alias.name)] = group.id
            groupIDsByAliasID[alias.id] = group.id
        }
        for id in group.memberEntityIDs { groupsOfEntity[id, default: []].insert(group.id) }
        for id in group.memberGroupIDs { parentsOfGroup[id, default: []].insert(group.id) }
    }

    mutating func removeGroup(_ id: String) {
        guard let old = groups.removeValue(forKey: id) else { return }
        groupIDsByName[old.name] = nil
        if let alias = old.alias {
            groupIDsByAlias[AliasKey(accessor: alias.mountAccessor, name: alias.name)] = nil
            groupIDsByAliasID[alias.id] = nil
        }
        for member in old.memberEntityIDs { Self.remove(id, from: &groupsOfEntity, at: member) }
        for member in old.memberGroupIDs { Self.remove(id, from: &parentsOfGroup, at: member) }
    }

    private static func remove(_ id: String, from table: inout [String: Set<String>], at key: String) {
        table[key]?.remove(id)
        if table[key]?.isEmpty ?? false { table[key] = nil }
    }

    // MARK: - Finding

    /// The entity of that id, or the one that it became.
    package func entity(id: String) -> Entity? { entities[id] ?? mergedInto[id].flatMap { entities[$0] } }
    /// The entity of that name.
    package func entity(name: String) -> Entity? { entityIDsByName[name].flatMap { entities[$0] } }
    /// The entity with the alias of that id.
    package func entity(aliasID: String) -> Entity? { entityIDsByAliasID[aliasID].flatMap { entities[$0] } }
    /// The entity that a mount knows by that name.
    package func entity(alias name: String, at accessor: String) -> Entity? {
        entityIDsByAlias[AliasKey(accessor: accessor, name: name)].flatMap { entities[$0] }
    }

    /// The group of that name.
    package func group(name: String) -> Group? { groupIDsByName[name].flatMap { groups[$0] } }
    /// The group with the alias of that id.
    package func group(aliasID: String) -> Group? { groupIDsByAliasID[aliasID].flatMap { groups[$0] } }
    /// The group that a mount knows by that name.
    package func group(alias name: String, at accessor: String) -> Group? {
        groupIDsByAlias[AliasKey(accessor: accessor, name: name)].flatMap { groups[$0] }
    }

    /// Groups that have the entity for a member themselves; sorted.
    package func directGroupIDs(of entityID: String) -> [String] { (groupsOfEntity[entityID] ?? []).sorted() }

    /// Groups that have the entity for a member through other groups, and not themselves; sorted.
    package func inheritedGroupIDs(of entityID: String) -> [String] {
        let direct = groupsOfEntity[entityID] ?? []
        return ancestors(of: direct).subtracting(direct).sorted()
    }

    /// Groups that have the group for a member; sorted.
    package func parentIDs(of groupID: String) -> [String] { (parentsOfGroup[groupID] ?? []).sorted() }

    /// The groups, and all above them. Ends also if there were a cycle.
    func ancestors(of groupIDs: Set<String>) -> Set<String> {
        var found = groupIDs
        var waiting = Array(groupIDs)
        while let next = waiting.popLast() {
            for parent in parentsOfGroup[next] ?? [] where found.insert(parent).inserted { waiting.append(parent) }
        }
        return found
    }

    /// External groups that the mount knows, by the names that it knows them by.
    func externalGroups(at accessor: String) -> [(name: String, id: String)] {
        groupIDsByAlias.filter { $0.key.accessor == accessor }.map { ($0.key.name, $0.value) }
    }

    /// What an entity has now, with all its groups.
    func rights(of entity: Entity) -> EntityRights {
        var policies = Set(entity.policies)
        var facts = TemplateFacts()
        (facts.entityID, facts.entityName, facts.metadata) = (entity.id, entity.name, entity.metadata)
        for alias in entity.aliases {
            var fact = TemplateFacts.Alias()
            (fact.id, fact.name) = (alias.id, alias.name)
            (fact.metadata, fact.customMetadata) = (alias.metadata, alias.customMetadata)
            facts.aliases[alias.mountAccessor] = fact
        }
        for id in ancestors(of: groupsOfEntity[entity.id] ?? []) {
            guard let group = groups[id] else { continue }
            policies.formUnion(group.policies)
            var fact = TemplateFacts.Group()
            (fact.id, fact.name, fact.metadata) = (group.id, group.name, group.metadata)
            facts.groups[id] = fact
        }
        return EntityRights(policies: policies.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, facts: facts)
    }
}
