internal import Bytes
internal import EngineKit
internal import Identity

/// Entities, aliases and groups as the wire shows them. **Source** system wire facts §13.
extension IdentityPaths {
    static func strings(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }

    /// A list, or null for none.
    static func nullable(_ texts: [String]) -> JSON { texts.isEmpty ? .null : strings(texts) }

    static func map(_ map: [String: String]) -> JSON { map.isEmpty ? .null : .object(map.mapValues { .string($0) }) }

    func json(_ entity: Entity, in picture: IdentityPicture) -> JSON {
        let direct = picture.directGroupIDs(of: entity.id)
        let inherited = picture.inheritedGroupIDs(of: entity.id)
        return .object([
            "id": .string(entity.id), "name": .string(entity.name),
            "aliases": .array(entity.aliases.map { .object(json($0, of: entity.id)) }),
            "policies": Self.nullable(entity.policies), "metadata": Self.map(entity.metadata),
            "disabled": .bool(entity.isDisabled), "creation_time": .string(entity.created.text),
            "last_update_time": .string(entity.updated.text), "direct_group_ids": Self.strings(direct),
            "inherited_group_ids": Self.strings(inherited), "group_ids": Self.strings(direct + inherited),
            "merged_entity_ids": Self.nullable(entity.mergedIDs), "namespace_id": .string("root"),
        ])
    }

    /// Where the alias's mount is now; where it was, when it is gone.
    private func mountFacts(_ alias: Alias) -> (path: String, type: String) {
        let mount = store.mount(alias.mountAccessor)
        return (mount?.path ?? alias.mountPath, mount?.type ?? alias.mountType)
    }

    func json(_ alias: Alias, of ownerID: String) -> [String: JSON] {
        let mount = mountFacts(alias)
        return [
            "id": .string(alias.id), "name": .string(alias.name), "canonical_id": .string(ownerID),
            "mount_accessor": .string(alias.mountAccessor), "mount_path": .string(mount.path),
            "mount_type": .string(mount.type), "metadata": Self.map(alias.metadata),
            "custom_metadata": Self.map(alias.customMetadata), "creation_time": .string(alias.created.text),
            "last_update_time": .string(alias.updated.text),
            "merged_from_canonical_ids": Self.nullable(alias.mergedFromIDs), "local": .bool(false),
        ]
    }

    func info(_ alias: Alias, of ownerID: String? = nil) -> [String: JSON] {
        let mount = mountFacts(alias)
        var members: [String: JSON] = [
            "name": .string(alias.name), "mount_accessor": .string(alias.mountAccessor),
            "mount_path": .string(mount.path), "mount_type": .string(mount.type),
        ]
        members[ownerID == nil ? "id" : "canonical_id"] = .string(ownerID ?? alias.id)
        return members
    }

    func json(_ group: Group, in picture: IdentityPicture) -> JSON {
        .object([
            "id": .string(group.id), "name": .string(group.name), "type": .string(group.kind.rawValue),
            "policies": Self.nullable(group.policies), "metadata": Self.map(group.metadata),
            "member_entity_ids": Self.strings(group.memberEntityIDs),
            "member_group_ids": Self.nullable(group.memberGroupIDs),
            "parent_group_ids": Self.nullable(picture.parentIDs(of: group.id)),
            "alias": .object(group.alias.map { json($0, of: group.id) } ?? [:]),
            "modify_index": .int(group.modifyIndex), "creation_time": .string(group.created.text),
            "last_update_time": .string(group.updated.text), "namespace_id": .string("root"),
        ])
    }
}
