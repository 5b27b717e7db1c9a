package import EngineKit

/// The paths in words. **Source** system wire facts §19.
extension DatabaseSecrets {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.databasePaths + Self.rolePaths + Self.staticRolePaths
    }

    private static func statements(_ name: String, _ about: String) -> PathField {
        PathField(name, .list(.text), about)
    }

    private static let credential: [PathField] = [
        .text("credential_type", "password."), .anything("credential_config", "Kept for clients."),
    ]

    private static let connection: [PathField] =
        [
            .text("plugin_name", "Kind of the database.").required,
            .text("connection_url", "Where it is, with {{username}} and {{password}}."),
            .text("username", "Who makes users."), .text("password", "The password."),
            .texts("allowed_roles", "Roles that may use it, or *."),
            .flag("verify_connection", "Whether a connection is tried now."),
            statements("root_rotation_statements", "How the password is changed."),
            statements("root_credentials_rotate_statements", "The same, by its other name."),
            .text("password_policy", "The rule of passwords that are made."),
            .text("username_template", "What names of users look like."),
            .int("max_open_connections", "Connections at the same time."),
            .text("plugin_version", "Kept for clients."),
        ]
        + [
            "host", "port", "tls", "insecure_tls", "ca_cert", "tls_ca", "tls_server_name", "max_idle_connections",
            "max_connection_lifetime", "connect_timeout", "persistence_mode", "password_authentication",
            "disable_escaping", "tls_skip_verify",
        ].map { .anything($0, "An option of the connection.") }

    private static let databasePaths = [
        PathDescription("config", "The databases.", .list("Lists them.")),
        PathDescription(
            "config/{name}", "One database.",
            .read(
                "Shows it.",
                gives: .data([
                    .texts("allowed_roles").required, .object("connection_details").required,
                    .text("password_policy").required, .text("plugin_name").required,
                    .texts("root_credentials_rotate_statements").required,
                ])), .write("Makes or changes it.", takes: connection), .delete("Forgets it.")),
        PathDescription("reset/{name}", "Connections to a database.", .write("Closes and opens them again.")),
        PathDescription(
            "rotate-root/{name}", "The password of who makes users.", .write("Changes it to one that nobody knows.")),
    ]

    private static let role: [PathField] =
        [
            .text("db_name", "The database."), statements("creation_statements", "How a user is made."),
            statements("revocation_statements", "How a user is taken away."),
            statements("rollback_statements", "What is done when making one fails."),
            statements("renew_statements", "How a user's time is extended."),
            .duration("default_ttl", "Default time to live."), .duration("max_ttl", "The longest."),
        ] + credential

    private static let rolePaths = [
        PathDescription("roles", "Roles that users are made by.", .list("Lists them.")),
        PathDescription(
            "roles/{name}", "One role.",
            .read(
                "Shows it.",
                gives: .data([
                    .text("db_name").required, .texts("creation_statements").required,
                    .texts("revocation_statements").required, .texts("rollback_statements").required,
                    .texts("renew_statements").required, .int("default_ttl").required, .int("max_ttl").required,
                ])), .write("Makes or changes it.", takes: role), .delete("Deletes it.")),
        PathDescription(
            "creds/{name}", "Users by a role.",
            .read("Makes one, with a lease.", gives: .data([.text("username").required, .text("password").required]))),
    ]

    private static let staticRole: [PathField] =
        [
            .text("db_name", "The database."), .text("username", "The user that is there."),
            statements("rotation_statements", "How its password is changed."),
            .duration("rotation_period", "How often that is done."),
            .text("rotation_schedule", "When that is done, like crontab."),
            .duration("rotation_window", "How long after the time it may still be done."),
            .flag("skip_import_rotation", "Whether the password stays for now."),
        ] + credential

    private static let staticRolePaths = [
        PathDescription("static-roles", "Users whose passwords are changed.", .list("Lists them.")),
        PathDescription(
            "static-roles/{name}", "One such user.",
            .read(
                "Shows it.",
                gives: .data([
                    .text("db_name").required, .text("username").required, .texts("rotation_statements").required,
                    .text("last_vault_rotation").orNull.required, .int("rotation_period"),
                    .text("rotation_schedule"), .int("rotation_window"),
                ])), .write("Makes or changes it.", takes: staticRole), .delete("Forgets it.")),
        PathDescription(
            "static-creds/{name}", "The password of such a user.",
            .read(
                "Shows it.",
                gives: .data([
                    .text("username").required, .text("password").required, .text("last_vault_rotation").required,
                    .int("ttl").required, .int("rotation_period"), .text("rotation_schedule"), .int("rotation_window"),
                ]))),
        PathDescription("rotate-role/{name}", "The password of such a user.", .write("Changes it now.")),
    ]
}
