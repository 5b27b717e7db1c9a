internal import EngineKit

/// What shares of the root key authorise. **Source** system wire facts §3, §4.
extension SystemPaths {
    private static let share = PathField.text("key", "A share, in hex or base64.").required
    private static let nonce = PathField.text("nonce", "The nonce that the start answered.")

    private static let generation = PathAnswer.bare(
        [
            PathField.text("nonce"), .flag("started"), .int("progress"), .int("required"), .flag("complete"),
            .text("encoded_token"), .text("encoded_root_token"), .text("pgp_fingerprint"), .text("otp"),
            .int("otp_length"),
        ].allRequired)

    static let rootGenerationEndpoints: [Endpoint] = [
        Endpoint(
            "generate-root/attempt", .everybodyAlways, read: generationStatus, write: startGeneration,
            delete: cancelGeneration
        ).told(
            "The making of a root token with shares.", .read("Tells how far it is.", gives: generation),
            .write(
                "Starts it.",
                takes: [
                    .text("otp", "What the token is encoded with; one is made by default."),
                    .text("pgp_key", "Is refused."),
                ], gives: generation),
            .delete("Ends it.", takes: [nonce])),
        Endpoint("generate-root/update", .everybodyAlways, write: updateGeneration).told(
            "The making of a root token with shares.",
            .write("Takes a share.", takes: [share, nonce], gives: generation)),
    ]

    static let rekeyEndpoints: [Endpoint] =
        [
            backup("rekey/backup", .barrier), backup("rekey/recovery-key-backup", .recovery),
            backup("rekey-recovery-key/backup", .recovery),
        ]
        + rekey(.barrier, "rekey/init", "rekey/update", "rekey/verify")
        + rekey(
            .recovery, "rekey-recovery-key/init", "rekey-recovery-key/update", "rekey-recovery-key/verify")

    private static let rekeying = PathAnswer.bare([
        .text("nonce").required, .flag("started"), .int("t"), .int("n"), .int("progress"), .int("required"),
        .texts("pgp_fingerprints").orNull, .flag("backup"), .flag("verification_required"),
        .text("verification_nonce"), .flag("complete"), .texts("keys"), .texts("keys_base64"),
    ])

    private static func rekey(
        _ kind: ShareKind, _ start: StaticString, _ update: StaticString, _ verify: StaticString
    ) -> [Endpoint] {
        [
            Endpoint(
                start, read: always(.rekey(kind, .status)),
                write: { (request) throws(SystemError) in .rekey(kind, try startRekey(request)) },
                delete: always(.rekey(kind, .cancel))
            ).told(
                "New shares.", .read("Tells how far their making is.", gives: rekeying),
                .write(
                    "Starts it.",
                    takes: [
                        .int("secret_shares", "New shares.").required,
                        .int("secret_threshold", "New shares that act together.").required,
                        .flag("require_verification", "Whether the new shares count only once they were given back."),
                        .flag("backup", "Kept for clients."), .texts("pgp_keys", "Is refused."),
                        .int("stored_shares", "Kept for clients."),
                    ], gives: rekeying),
                .delete("Ends it.")),
            Endpoint(
                update, write: { (request) throws(SystemError) in .rekey(kind, try updateRekey(request)) }
            ).told("New shares.", .write("Takes an old share.", takes: [share, nonce], gives: rekeying)),
            Endpoint(
                verify, read: always(.rekey(kind, .verificationStatus)),
                write: { (request) throws(SystemError) in .rekey(kind, try verifyRekey(request)) },
                delete: always(.rekey(kind, .restartVerification))
            ).told(
                "The check of new shares.", .read("Tells how far it is.", gives: rekeying),
                .write("Takes a new share.", takes: [share, nonce], gives: rekeying),
                .delete("Begins again.", gives: rekeying)),
        ]
    }

    private static func backup(_ path: StaticString, _ kind: ShareKind) -> Endpoint {
        Endpoint(path, read: always(.rekey(kind, .backup)), delete: always(.rekey(kind, .deleteBackup))).told(
            "Kept shares; there are none.", .read("Is refused.", gives: .data([])), .delete("Changes nothing."))
    }
}
