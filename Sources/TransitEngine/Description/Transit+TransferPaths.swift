internal import EngineKit

/// How keys meet other keys, how they come and go, and what needs no key; in words.
extension Transit {
    static let agreementPaths: [PathDescription] = [
        PathDescription(
            "derive-key/{name}", "A key out of a key agreement.",
            .write(
                "Agrees on a secret, and keeps a key derived from it.",
                takes: [
                    .text("key_derivation_algorithm", "hkdf-sha256 and the like."),
                    .text("peer_public_key", "The other side's public key.").required,
                    .text("base_key_name", "The key of this side.").required, .int("base_key_version"),
                    .text("derived_key_type", "Type of the key that is made."),
                ], gives: .maybe([]))),
        PathDescription(
            "encapsulate/{name}", "Shared secrets.",
            .write(
                "Makes a shared secret for the key's holder.", takes: [TransitFields.version],
                gives: .data([
                    .base64("ciphertext").required, .base64("shared_secret").required, .int("key_version").required,
                ]))),
        PathDescription(
            "decapsulate/{name}", "Shared secrets.",
            .write(
                "Gets the shared secret out.",
                takes: [.base64("ciphertext", "What encapsulate answered.").required, TransitFields.version],
                gives: .data([.base64("shared_secret").required]))),
        PathDescription(
            "hpke/seal/{name}", "Hybrid public key encryption.",
            .write(
                "Encrypts to the key.",
                takes: [
                    .base64("plaintext", "What is encrypted.").required, .base64("info"), TransitFields.data,
                    TransitFields.version,
                ],
                gives: .data([
                    .text("ciphertext").required, .int("encapsulated_key_length").required,
                    .int("key_version").required,
                ]))),
        PathDescription(
            "hpke/open/{name}", "Hybrid public key encryption.",
            .write(
                "Decrypts with the key.",
                takes: [
                    .text("ciphertext", "What is decrypted.").required, .base64("info"), TransitFields.data,
                    TransitFields.version,
                ], gives: .data([.base64("plaintext").required]))),
    ]

    private static let exported = PathAnswer.data([
        .text("name").required, .text("type").required, PathField("keys", .map(.anything)).required,
    ])
    private static let format = [PathField.text("format", "raw, der or pem.")]
    private static let blob: [PathField] = [
        .text("backup", "What backup answered.").required, .flag("force", "Whether a key of the name is replaced."),
        .text("name", "Name of the key; the one in the backup by default."),
    ]

    static let transferPaths: [PathDescription] = [
        PathDescription(
            "wrapping_key", "The key that imports are wrapped under.",
            .read("Shows the public key.", gives: .data([.text("public_key").required]))),
        PathDescription(
            "export/{type}/{name}", "Keys that may be exported.",
            .read("Shows all versions.", takes: format, gives: exported)),
        PathDescription(
            "export/{type}/{name}/{version}", "Keys that may be exported.",
            .read("Shows a version, or the latest one.", takes: format, gives: exported)),
        PathDescription(
            "byok-export/{destination}/{source}", "A key for another service.",
            .read(
                "Wraps all versions of source under destination.", takes: [.text("hash", "Hash function of OAEP.")],
                gives: exported)),
        PathDescription(
            "byok-export/{destination}/{source}/{version}", "A key for another service.",
            .read(
                "Wraps a version of source under destination.", takes: [.text("hash", "Hash function of OAEP.")],
                gives: exported)),
        PathDescription(
            "backup/{name}", "Keys that may be backed up.",
            .read("The whole key as a text.", gives: .data([.text("backup").required]))),
        PathDescription("restore", "Keys out of backups.", .write("Restores a key.", takes: blob)),
        PathDescription(
            "restore/{name}", "Keys out of backups.",
            .write("Restores a key under a name.", takes: blob.filter { $0.name != "name" })),
    ]

    private static let text = [PathField.text("format", "base64 or hex.")]
    private static let sum = PathAnswer.data([.text("sum").required])
    private static let bytes = PathAnswer.data([.text("random_bytes").required])

    static let toolPaths: [PathDescription] = [
        PathDescription(
            "hash", "Digests.",
            .write(
                "Makes a digest.",
                takes: [.base64("input", "The message.").required, .text("algorithm", "Hash function.")] + text,
                gives: sum)),
        PathDescription(
            "hash/{algorithm}", "Digests.",
            .write(
                "Makes a digest.", takes: [.base64("input", "The message.").required] + text, gives: sum)),
        PathDescription(
            "random", "Random bytes.",
            .write("Draws bytes.", takes: [.int("bytes", "How many; 32 by default.")] + text, gives: bytes)),
        PathDescription("random/{bytes}", "Random bytes.", .write("Draws bytes.", takes: text, gives: bytes)),
        PathDescription(
            "random/{source}/{bytes}", "Random bytes of a source: platform, seal or all.",
            .write("Draws bytes.", takes: text, gives: bytes)),
        PathDescription(
            "cache-config", "How many keys are kept in memory.",
            .read("Shows the number.", gives: .data([.int("size").required])),
            .write("Changes the number.", takes: [.int("size", "Number of keys; 0 for all.")])),
        PathDescription(
            "config/keys", "Settings of the mount.",
            .read("Shows them.", gives: .data([.flag("disable_upsert").required])),
            .write(
                "Changes them.", takes: [.flag("disable_upsert", "Whether encrypt makes no missing keys.")],
                gives: .maybe([.flag("disable_upsert")]))),
    ]
}
