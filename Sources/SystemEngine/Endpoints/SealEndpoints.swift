internal import EngineKit

/// How the server is, and its seal. **Source** system wire facts §2.
extension SystemPaths {
    static let statusEndpoints: [Endpoint] = [
        Endpoint("health", .everybodyAlways, read: health).told(
            "How the server is, as a status for load balancers.",
            .read(
                "Tells it.",
                takes: [
                    .int("activecode", "Status while it serves."), .int("standbycode", "Kept for clients."),
                    .int("sealedcode", "Status while it is sealed."),
                    .int("uninitcode", "Status before the initialization."),
                    .int("drsecondarycode", "Kept for clients."), .int("performancestandbycode", "Kept for clients."),
                    .flag("standbyok", "Kept for clients."), .flag("perfstandbyok", "Kept for clients."),
                ], gives: PathAnswer.bare(healthFacts).with(statuses: 200, 429, 472, 473, 501, 503).withAnyStatus())),
        Endpoint("seal-status", .everybodyAlways, read: always(.seal(.status))).told(
            "Whether the server is sealed.", .read("Tells it.", gives: .bare(sealFacts))),
        Endpoint("leader", .everybodyAlways, read: always(.leader)).told(
            "Which server is active.",
            .read(
                "Tells it.",
                gives: .bare([
                    .flag("ha_enabled").required, .flag("is_self").required, .text("active_time").required,
                    .text("leader_address").required, .text("leader_cluster_address").required,
                    .flag("performance_standby").required, .int("performance_standby_last_remote_wal").required,
                ]))),
    ]

    private static let healthFacts: [PathField] =
        [
            PathField.flag("initialized"), .flag("sealed"), .flag("standby"), .flag("performance_standby"),
            .text("replication_performance_mode"), .text("replication_dr_mode"), .int("server_time_utc"),
            .text("version"), .text("strongroom_version"),
        ].allRequired + [.text("cluster_name"), .text("cluster_id")]

    private static let sealFacts: [PathField] =
        [
            PathField.text("type"), .flag("initialized"), .flag("sealed"), .int("t"), .int("n"), .int("progress"),
            .text("nonce"), .text("version"), .text("strongroom_version"), .flag("migration"),
            .flag("recovery_seal"), .text("storage_type"),
        ].allRequired + [.text("cluster_name"), .text("cluster_id"), .text("strongroom_reason")]

    private static let ignored = "Kept for clients; keys for PGP are refused."

    static let sealEndpoints: [Endpoint] = [
        Endpoint("init", .everybodyAlways, read: always(.seal(.initializationStatus)), write: initialize).told(
            "The initialization.",
            .read("Tells whether it is done.", gives: .bare([.flag("initialized").required])),
            .write(
                "Does it: makes the shares of the root key, and a root token.",
                takes: [
                    .int("secret_shares", "Shares of the root key."),
                    .int("secret_threshold", "Shares that unseal together."),
                    .int("recovery_shares", "Recovery shares, with an automatic seal."),
                    .int("recovery_threshold", "Recovery shares that act together."), .texts("pgp_keys", ignored),
                    .texts("recovery_pgp_keys", ignored), .text("root_token_pgp_key", ignored),
                    .int("stored_shares", "Kept for clients."),
                ],
                gives: .bare([
                    .texts("keys").required, .texts("keys_base64").required, .text("root_token").required,
                    .texts("recovery_keys"), .texts("recovery_keys_base64"),
                ]))),
        Endpoint("unseal", .everybodyAlways, write: unseal).told(
            "Unsealing.",
            .write(
                "Takes a share of the root key.",
                takes: [
                    .text("key", "The share, in hex or base64."), .flag("reset", "Forgets the shares so far."),
                    .flag("migrate", "Whether the seal is to be changed."),
                ], gives: .bare(sealFacts))),
        Endpoint("seal", write: always(.seal(.seal))).told("The seal.", .write("Seals the server.")),
        Endpoint("step-down", write: always(.stepDown)).told(
            "Leadership.", .write("Lets another server lead; there is none.")),
    ]
}
