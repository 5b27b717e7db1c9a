package import EngineKit

/// The paths in words. **Source** system wire facts §13.
extension IdentityPaths {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.entityPaths + Self.groupPaths + Self.aliasPaths + Self.lookupPaths + Self.tokenPaths + Self.openPaths
    }

    private static let metadata = PathField.map("metadata", "Texts to keep with it.")
    private static let policies = PathField.texts("policies", "Policies that it adds to tokens.")
    private static let name = PathField.text("name", "Its name.")
    private static let id = PathField.text("id", "Its id, to change the one that is there.")

    private static let shownAlias: [PathField] =
        [
            PathField.text("id"), .text("name"), .text("canonical_id"), .text("mount_accessor"), .text("mount_path"),
            .text("mount_type"), .map("metadata").orNull, .map("custom_metadata").orNull, .text("creation_time"),
            .text("last_update_time"), .texts("merged_from_canonical_ids").orNull, .flag("local"),
        ].allRequired + [.text("namespace_id")]

    private static let shownEntity = [
        PathField.text("id"), .text("name"), .objects("aliases", "", shownAlias), .texts("policies").orNull,
        .map("metadata").orNull, .flag("disabled"), .text("creation_time"), .text("last_update_time"),
        .texts("direct_group_ids"), .texts("inherited_group_ids"), .texts("group_ids"),
        .texts("merged_entity_ids").orNull, .text("namespace_id"),
    ].allRequired

    private static let shownGroup = [
        PathField.text("id"), .text("name"), .text("type"), .texts("policies").orNull, .map("metadata").orNull,
        .texts("member_entity_ids"), .texts("member_group_ids").orNull, .texts("parent_group_ids").orNull,
        .object("alias"), .int("modify_index"), .text("creation_time"), .text("last_update_time"),
        .text("namespace_id"),
    ].allRequired

    private static let entity = [
        name, metadata, policies, .flag("disabled", "Whether its tokens are refused."), id,
    ]
    private static let made = PathAnswer.maybe([.text("id"), .text("name")])
    private static let listed = PathAnswer.data([.texts("keys").required, .object("key_info")])

    private static let entityPaths = [
        PathDescription("entity", "Entities: who logs in.", .write("Makes one.", takes: entity, gives: made)),
        PathDescription("entity/id", "Entities by id.", .list("Lists them.", gives: listed)),
        PathDescription("entity/name", "Entities by name.", .list("Lists them.")),
        PathDescription(
            "entity/id/{path}", "One entity.", .read("Shows it.", gives: .data(shownEntity)),
            .write("Changes it.", takes: entity, gives: made), .delete("Deletes it.")),
        PathDescription(
            "entity/name/{path}", "One entity.", .read("Shows it.", gives: .data(shownEntity)),
            .write("Makes or changes it.", takes: entity, gives: made), .delete("Deletes it.")),
        PathDescription(
            "entity/merge", "Entities that are one.",
            .write(
                "Merges them.",
                takes: [
                    .texts("from_entity_ids", "Those that go.").required,
                    .text("to_entity_id", "The one that stays.").required,
                    .flag("force", "Whether second factors are lost."),
                    .texts("conflicting_alias_ids_to_keep", "Aliases that stay, of two of one mount."),
                ])),
        PathDescription(
            "entity/batch-delete", "Many entities.",
            .write("Deletes them.", takes: [.texts("entity_ids", "Their ids.").required])),
    ]

    private static let group = [
        name, .choice("type", ["internal", "external"], "Kind, for good."), policies, metadata,
        .texts("member_entity_ids", "Entities in it."), .texts("member_group_ids", "Groups in it."), id,
    ]

    private static let groupPaths = [
        PathDescription("group", "Groups of entities.", .write("Makes one.", takes: group, gives: made)),
        PathDescription("group/id", "Groups by id.", .list("Lists them.", gives: listed)),
        PathDescription("group/name", "Groups by name.", .list("Lists them.")),
        PathDescription(
            "group/id/{path}", "One group.", .read("Shows it.", gives: .data(shownGroup)),
            .write("Changes it.", takes: group, gives: made), .delete("Deletes it.")),
        PathDescription(
            "group/name/{path}", "One group.", .read("Shows it.", gives: .data(shownGroup)),
            .write("Makes or changes it.", takes: group, gives: made), .delete("Deletes it.")),
    ]

    private static let alias = [
        PathField.text("name", "The name in the login method."),
        .text("canonical_id", "The entity or group that it stands for."),
        .text("entity_id", "The same, by its old name."),
        .text("mount_accessor", "The accessor of the login method."), .map("custom_metadata", "Texts to keep with it."),
        id,
    ]
    private static let aliasMade = PathAnswer.maybe([.text("canonical_id"), .text("id")])

    private static let aliasPaths = ["entity-alias", "group-alias"].flatMap { head in
        [
            PathDescription(head, "Names in login methods.", .write("Makes one.", takes: alias, gives: aliasMade)),
            PathDescription(head + "/id", "Names in login methods.", .list("Lists them.", gives: listed)),
            PathDescription(
                head + "/id/{path}", "One name in a login method.", .read("Shows it.", gives: .data(shownAlias)),
                .write("Changes it.", takes: alias, gives: aliasMade), .delete("Deletes it.")),
        ]
    }

    private static let question = [
        PathField.text("name", "Its name."), .text("id", "Its id."), .text("alias_id", "The id of an alias."),
        .text("alias_name", "The name of an alias, with alias_mount_accessor."),
        .text("alias_mount_accessor", "The accessor of the alias's login method."),
    ]

    private static let lookupPaths = [
        PathDescription(
            "lookup/entity", "An entity by one of its names.",
            .write("Shows it.", takes: question, gives: .maybe(shownEntity))),
        PathDescription(
            "lookup/group", "A group by one of its names.",
            .write("Shows it.", takes: question, gives: .maybe(shownGroup))),
    ]
}
