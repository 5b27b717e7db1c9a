internal import EngineKit

/// `keys/` in words.
extension Transit {
    static let keyPaths: [PathDescription] = [
        PathDescription("keys", "The keys.", .list("Lists the keys.", isPaged: true)),
        PathDescription(
            "keys/{name}", "One key.",
            .read(
                "Shows the key and its versions.",
                takes: [
                    .base64("context", "Context of a derived signing key whose public half is wanted."),
                    .flag("all_versions", "Whether a long list of versions is wanted whole."),
                ],
                gives: .data(TransitFields.key)),
            .write(
                "Makes the key; one that is there stays as it is.",
                takes: TransitFields.settings + [
                    .int("key_size", "Bytes of an hmac key."), .text("external_key_ref", "Kept for clients."),
                    .text("managed_key_name", "Kept for clients."), .text("managed_key_id", "Kept for clients."),
                ],
                gives: .maybe(TransitFields.key)),
            .delete("Deletes the key, if it is set to allow that.")),
    ]

    static let keyActionPaths: [PathDescription] = [
        PathDescription(
            "keys/{name}/config", "The settings of a key.",
            .write(
                "Changes settings.",
                takes: [
                    .int("min_decryption_version", "Oldest version that decrypts and verifies."),
                    .int("min_encryption_version", "Oldest version that encrypts and signs; 0 is the latest."),
                    .flag("deletion_allowed", "Whether the key may be deleted."),
                    .flag("exportable", "Whether the key may be exported; for good."),
                    .flag("allow_plaintext_backup", "Whether the key may be backed up; for good."),
                    .duration("auto_rotate_period", "How often a next version is made; 0 for never."),
                    .int("usage_warn", "Messages of a version after which answers warn."),
                    .int("usage_rotate", "Messages of a version after which the next is made."),
                    .int("usage_refuse", "Messages of a version after which it encrypts no more."),
                    PathField("disabled_versions", .list(.integer), "Versions that do nothing any more."),
                ], gives: .maybe(TransitFields.key))),
        PathDescription(
            "keys/{name}/rotate", "The next version of a key.",
            .write("Makes the next version.", gives: .maybe(TransitFields.key))),
        PathDescription(
            "keys/{name}/trim", "The old versions of a key.",
            .write(
                "Removes versions for good.",
                takes: [.int("min_available_version", "Oldest version that stays.").required],
                gives: .maybe(TransitFields.key))),
        PathDescription(
            "keys/{name}/soft-delete", "The mark of deletion.",
            .delete("Marks the key as deleted: nothing can be done with it.", gives: .maybe([]))),
        PathDescription(
            "keys/{name}/soft-delete-restore", "The mark of deletion.",
            .write("Takes the mark away.", gives: .maybe([]))),
        PathDescription(
            "keys/{name}/import", "A key from elsewhere.",
            .write(
                "Imports a key as version 1.",
                takes: TransitFields.settings + wrapped + [
                    .flag("allow_rotation", "Whether further versions may be made here.")
                ])),
        PathDescription(
            "keys/{name}/import_version", "A further version from elsewhere.",
            .write(
                "Imports a version of an imported key.",
                takes: wrapped + [.int("version", "Version that gets its private half.")])),
        PathDescription(
            "keys/{name}/csr", "A certificate signing request.",
            .write(
                "Signs a request with the key.",
                takes: [
                    .int("version", "Version of the key; 0 is the latest."),
                    .text("csr", "Request in PEM whose names are taken over."),
                ], gives: .data([.text("csr").required, .text("name").required, .text("type").required]))),
        PathDescription(
            "keys/{name}/set-certificate", "The certificate of a key.",
            .write(
                "Keeps a certificate with the key.",
                takes: [
                    .int("version", "Version of the key; 0 is the latest."),
                    .text("certificate_chain", "The chain in PEM, the key's own first.").required,
                ], gives: .maybe([]))),
    ]

    private static let wrapped: [PathField] = [
        .base64("ciphertext", "The key, wrapped under what wrapping_key shows."),
        .text("hash_function", "Hash function of the wrapping; SHA256 by default."),
        .text("public_key", "A public key in PEM instead."),
    ]
}
