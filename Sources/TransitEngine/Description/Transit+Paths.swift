package import EngineKit

/// The paths of a transit mount in words. **Source** transit wire facts §4.
extension Transit {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.keyPaths + Self.keyActionPaths + Self.workPaths + Self.proofPaths + Self.agreementPaths
            + Self.transferPaths + Self.toolPaths
    }
}

/// Parameters that many of the paths have, and members of many answers.
enum TransitFields {
    static let batch = PathField.objects(
        "batch_input", "Many items in one request, each with the parameters of one; the answer has batch_results.")
    static let context = PathField.base64("context", "Context of a derived key.")
    static let version = PathField.int("key_version", "Version of the key; 0 is the latest.")
    static let data = PathField.base64("associated_data", "Data that is authenticated and not encrypted.")
    static let nonce = PathField.base64("nonce", "Nonce, for keys of the oldest convergent form.")
    static let partial = PathField.int(
        "partial_failure_response_code", "Status of the answer when some items of a batch fail.")
    static let padding = [
        PathField.text("padding_scheme", "oaep or pkcs1v15, of RSA keys."),
        .text("hash_algorithm", "Hash function of OAEP."),
    ]

    /// What a batch answers.
    static let results = PathField.objects(
        "batch_results", "One answer for each item, in their order.", [.text("error"), .text("reference")])
    /// An answer for one item or for a batch of them.
    static func gives(_ members: PathField...) -> PathAnswer { .data(members + [results]) }

    static let settings: [PathField] = [
        .text("type", "Type of the key; aes256-gcm96 by default."), .flag("derived", "A key for each context."),
        .flag("convergent_encryption", "Equal plaintexts of equal contexts give equal ciphertexts."),
        .flag("exportable", "Whether the key may be exported; for good."),
        .flag("allow_plaintext_backup", "Whether the key may be backed up; for good."),
        .duration("auto_rotate_period", "How often a next version is made; 0 for never."), context,
        .text("parameter_set", "Parameter set of post-quantum keys."),
        .text("hybrid_key_type_pqc", "Post-quantum half of hybrid keys."),
        .text("hybrid_key_type_ec", "Classic half of hybrid keys."),
    ]

    static let key: [PathField] =
        [PathField.text("name"), .text("type"), .mapOfAnything("keys")].allRequired
        + [
            PathField.flag("derived"), .flag("deletion_allowed"), .flag("exportable"),
            .flag("allow_plaintext_backup"), .flag("supports_encryption"), .flag("supports_decryption"),
            .flag("supports_signing"), .flag("supports_derivation"), .flag("imported_key"), .flag("soft_deleted"),
        ].allRequired
        + [
            PathField.int("min_available_version"), .int("min_decryption_version"), .int("min_encryption_version"),
            .int("latest_version"), .int("auto_rotate_period"),
        ].allRequired
        + [
            .flag("imported_key_allow_rotation"), .int("key_size"), .text("kdf"), .text("kdf_mode"),
            .flag("convergent_encryption"), .int("convergent_encryption_version"),
            .object("usage_limits", "", [.int("warn"), .int("rotate"), .int("refuse")]),
            PathField("usage", .map(.integer)), PathField("disabled_versions", .list(.integer)),
        ]
}

extension PathField {
    /// An object of any values.
    static func mapOfAnything(_ name: String, _ about: String = "") -> PathField {
        PathField(name, .map(.anything), about)
    }
}
