internal import EngineKit

/// What is mounted. **Source** system wire facts §6, §7.
extension SystemPaths {
    private static let settings: [PathField] = [
        .duration("default_lease_ttl", "Default time to live of what the mount gives out."),
        .duration("max_lease_ttl", "The longest."),
        .choice("listing_visibility", ["unauth", "hidden", ""], "Whether everybody is shown it."),
        .texts("audit_non_hmac_request_keys", "Parameters that audit devices record in clear."),
        .texts("audit_non_hmac_response_keys", "Members of answers that audit devices record in clear."),
        .texts("passthrough_request_headers", "Request headers that the engine sees."),
        .texts("allowed_response_headers", "Response headers that the engine may set."),
        .flag("force_no_cache", "Kept for clients."),
    ]
    private static let tokenType = PathField.choice(
        "token_type", ["default-service", "default-batch", "service", "batch"], "Kind of the tokens of logins.")
    private static let options = PathField.map("options", "Options of the engine.")
    private static let about = PathField.text("description", "For people.")

    private static func wish(_ more: PathField...) -> [PathField] {
        [
            .text("type", "Type of the engine or method.").required, about, options,
            .object("config", "Settings.", settings + more), .flag("local", "Kept for clients."),
            .flag("seal_wrap", "Kept for clients."), .flag("external_entropy_access", "Kept for clients."),
            .text("plugin_name", "Type, where type is plugin."), .text("plugin_version", "Kept for clients."),
        ]
    }

    private static func tuning(_ more: PathField...) -> [PathField] {
        settings + more + [
            about, options, .text("plugin_version", "Kept for clients."), .text("plugin_name", "Kept for clients."),
            .object("user_lockout_config", "Kept for clients."), .text("identity_token_key", "Kept for clients."),
            .flag("trim_request_trailing_slashes", "Kept for clients."),
        ]
    }

    static let mountFacts: [PathField] = [
        .text("accessor").required, .text("uuid").required, .text("type").required, .text("description").required,
        .flag("local").required, .flag("seal_wrap").required, .flag("external_entropy_access").required,
        .map("options").orNull.required,
        .object(
            "config", "", [.int("default_lease_ttl").required, .int("max_lease_ttl").required, .flag("force_no_cache")]
        ).required,
    ]
    private static let tuned = PathAnswer.mirrored([
        .int("default_lease_ttl").required, .int("max_lease_ttl").required, .text("description").required,
        .flag("force_no_cache").required, .map("options"), .text("token_type"), .text("listing_visibility"),
        .texts("audit_non_hmac_request_keys"), .texts("audit_non_hmac_response_keys"),
        .texts("passthrough_request_headers"), .texts("allowed_response_headers"),
    ])

    static let mountEndpoints: [Endpoint] = [
        Endpoint("mounts", read: always(.mounts(.list(auth: false)))).told(
            "The secrets engines.", .read("Lists them.", gives: .mirrored([]))),
        Endpoint("mounts/", isPrefix: true, read: mount, write: enableMount, delete: disable).told(
            "A secrets engine at a path.", .read("Shows it.", gives: .mirrored(mountFacts)),
            .write("Mounts one.", takes: wish()), .delete("Ends it: its data and what it gave out go.")
        ).told(
            "The settings of a secrets engine.", at: "{path}/tune", .read("Shows them.", gives: tuned),
            .write("Changes them.", takes: tuning())),
        Endpoint("auth", read: always(.mounts(.list(auth: true)))).told(
            "The login methods.", .read("Lists them.", gives: .mirrored([]))),
        Endpoint("auth/", isPrefix: true, read: authMount, write: enableAuthMount, delete: disableAuth).told(
            "A login method at a path.", .read("Shows it.", gives: .mirrored(mountFacts)),
            .write("Mounts one.", takes: wish(tokenType)), .delete("Ends it, and its tokens.")
        ).told(
            "The settings of a login method.", at: "{path}/tune", .read("Shows them.", gives: tuned),
            .write("Changes them.", takes: tuning(tokenType))),
        Endpoint("remount", write: move).told(
            "Moves of mounts.",
            .write(
                "Moves a mount with its data.",
                takes: [.text("from", "Its path.").required, .text("to", "Its path to be.").required],
                gives: .data([.text("migration_id").required]))),
        Endpoint("remount/status/", isPrefix: true, read: migration).told(
            "A move of a mount.", at: "{migration_id}",
            .read(
                "Tells how far it is.",
                gives: .data([
                    .text("migration_id").required,
                    .object(
                        "migration_info", "",
                        [.text("source_mount").required, .text("target_mount").required, .text("status").required]
                    ).required,
                ]))),
    ]

    static let interfaceEndpoints: [Endpoint] = [
        Endpoint("internal/ui/mounts", .everybody, read: uiMounts).told(
            "The mounts that the caller may see.",
            .read("Lists them.", gives: .data([.object("auth").required, .object("secret").required]))),
        // Open, because it asks for no right of its own path: it tells only callers with one on the mount's.
        Endpoint("internal/ui/mounts/", .everybody, isPrefix: true, read: uiMount).told(
            "The mount that answers for a path.",
            .read("Shows it.", gives: .data(mountFacts + [.text("path").required]))),
        Endpoint("internal/ui/resultant-acl", read: resultantACL).told(
            "What the caller may do.",
            .read(
                "Lists it by path.",
                gives: .data([.flag("root").required, .object("exact_paths"), .object("glob_paths")]))),
        Endpoint("internal/specs/openapi", .everybody, read: specification).told(
            "This document: what is mounted and the caller may see, as OpenAPI 3.",
            .read(
                "Writes it.",
                takes: [.flag("generic_mount_paths", "Kept for clients."), .text("context", "Kept for clients.")],
                gives: .bare([
                    .text("openapi").required, .object("info").required, .object("paths").required,
                    .object("components").required,
                ]))),
    ]

    private static func specification(_ request: EngineRequest) -> Command {
        .mounts(.specification(request.caller))
    }
}
