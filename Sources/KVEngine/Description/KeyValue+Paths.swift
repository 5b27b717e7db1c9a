package import EngineKit

/// The paths of a mount in words. **Source** system wire facts §16, §17.
extension KeyValue {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        version(of: mount) == .plain ? Self.plainPaths : Self.versionedPaths + Self.versionChangePaths
    }

    private static let recursive = [
        PathField.flag("recursive", "Whether the names below folders are listed too; takes sudo.")
    ]

    private static let plainPaths = [
        PathDescription(
            "{path}", "A secret: any object.",
            .read("Reads the secret.", gives: .data([])),
            .list("Lists the names in a folder.", isPaged: true, takes: recursive),
            .write("Writes the secret, whole.", takes: [.duration("ttl", "How long readers may keep it.")]),
            .delete("Deletes the secret."))
    ]

    private static let versionFacts: [PathField] = [
        .text("created_time").required, PathField("custom_metadata", .map(.text)).orNull.required,
        .text("deletion_time").required, .flag("destroyed").required, .int("version").required,
    ]
    private static let settings: [PathField] = [
        .int("max_versions", "Versions that are kept; 0 inherits."),
        .flag("cas_required", "Whether writes must name the current version."),
        .duration("delete_version_after", "Time after which versions are deleted by themselves."),
    ]
    private static let ownSettings = settings + [.map("custom_metadata", "Texts to keep with the secret.")]
    private static let options = PathField.object(
        "options", "Conditions of the write.", [.int("cas", "Current version; 0 if there must be none.")])
    private static let secret = [
        PathField.object("data", "The secret; null when the version is deleted.").orNull.required,
        .object("metadata", "Facts about the version.", versionFacts).required,
    ]
    private static func found(_ fields: [PathField]) -> PathAnswer {
        PathAnswer.data(fields).with(statuses: 200, 404)
    }
    private static let wanted = PathField.int("version", "Version; 0 is the latest.")

    private static let versionedPaths = [
        PathDescription(
            "config", "Settings of the mount.",
            .read(
                "Shows them.",
                gives: .data([
                    .int("max_versions").required, .flag("cas_required").required,
                    .text("delete_version_after").required,
                ])), .write("Changes them.", takes: settings)),
        PathDescription(
            "data/{path}", "The versions of a secret.",
            .read("Reads a version.", takes: [wanted], gives: found(secret)),
            .write(
                "Makes a version.", takes: [.object("data", "The secret.").required, options],
                gives: .data(versionFacts)),
            .patch(
                "Makes a version by a merge patch of the latest.",
                takes: [.object("data", "The patch.").required, options], gives: found(versionFacts)),
            .delete("Deletes the latest version; it can be undeleted.")),
        PathDescription(
            "subkeys/{path}", "The names within a secret.",
            .read(
                "Reads a version without its values.",
                takes: [wanted, .int("depth", "Levels that are told; 0 for all.")],
                gives: found([
                    .object("subkeys").orNull.required, .object("metadata", "", versionFacts).required,
                ]))),
        PathDescription(
            "metadata", "The folder of all secrets.",
            .list("Lists the names.", isPaged: true, takes: recursive)),
        PathDescription(
            "metadata/{path}", "A secret without its versions' data.",
            .read("Shows settings and versions.", gives: .data(metadata)),
            .list("Lists the names in a folder.", isPaged: true, takes: recursive),
            .write("Changes settings.", takes: ownSettings),
            .patch("Changes settings by a merge patch.", takes: ownSettings),
            .delete("Deletes the secret with all versions, for good.")),
    ]

    private static let metadata: [PathField] = [
        .flag("cas_required").required, .text("created_time").required, .int("current_version").required,
        PathField("custom_metadata", .map(.text)).orNull.required, .text("delete_version_after").required,
        .int("max_versions").required, .int("oldest_version").required, .text("updated_time").required,
        .mapOfObjects(
            "versions", "The versions by their numbers.",
            [.text("created_time").required, .text("deletion_time").required, .flag("destroyed").required]
        ).required,
    ]

    private static let numbers = [PathField("versions", .list(.integer), "Numbers of versions.").required]

    private static let versionChangePaths = [
        PathDescription(
            "delete/{path}", "Versions that are to be deleted.",
            .write("Deletes versions; they can be undeleted.", takes: numbers)),
        PathDescription(
            "undelete/{path}", "Versions that are deleted.", .write("Brings versions back.", takes: numbers)),
        PathDescription(
            "destroy/{path}", "Versions that are to be destroyed.",
            .write("Destroys the data of versions, for good.", takes: numbers)),
    ]
}
