internal import EngineKit

/// What keys do, in words.
extension Transit {
    private static let key = TransitFields.version

    static let workPaths: [PathDescription] = [
        PathDescription(
            "encrypt/{name}", "Encryption with a key.",
            .write(
                "Encrypts; where the key is missing and may be made, it is.",
                takes: [
                    .base64("plaintext", "What is encrypted; one of this and batch_input."), TransitFields.batch,
                    TransitFields.context, key, TransitFields.data, TransitFields.nonce, TransitFields.partial,
                    .text("type", "Type of a key that is made."),
                    .flag("convergent_encryption", "Whether a key that is made is convergent."),
                ] + TransitFields.padding,
                gives: TransitFields.gives(.text("ciphertext"), .int("key_version")))),
        PathDescription(
            "decrypt/{name}", "Decryption with a key.",
            .write(
                "Decrypts.",
                takes: [
                    .text("ciphertext", "What is decrypted; one of this and batch_input."), TransitFields.batch,
                    TransitFields.context, TransitFields.data, TransitFields.nonce, TransitFields.partial,
                ] + TransitFields.padding, gives: TransitFields.gives(.base64("plaintext")))),
        PathDescription(
            "rewrap/{name}", "Ciphertexts of older versions.",
            .write(
                "Encrypts again with the latest version, and shows no plaintext.",
                takes: [
                    .text("ciphertext", "One of this and batch_input."), TransitFields.batch, TransitFields.context,
                    key, TransitFields.data, TransitFields.nonce, .text("decrypt_padding_scheme"),
                    .text("encrypt_padding_scheme"), .text("hash_algorithm", "Hash function of OAEP."),
                ], gives: TransitFields.gives(.text("ciphertext"), .int("key_version")))),
        PathDescription(
            "datakey/{plaintext}/{name}", "A data key: plaintext for both forms, wrapped for the ciphertext alone.",
            .write(
                "Makes a data key.", takes: dataKey,
                gives: .data([.text("ciphertext").required, .base64("plaintext"), .int("key_version")]))),
        PathDescription(
            "datakeys/{plaintext}/{name}", "Many data keys.",
            .write(
                "Makes data keys.", takes: dataKey + [.int("count", "How many.")],
                gives: .data([
                    .objects("key_pairs", "", [.text("ciphertext").required, .base64("plaintext")]).required,
                    .int("key_version").required,
                ]))),
        PathDescription(
            "derivedkeys/{plaintext}/{name}", "Keys that are derived from a key.",
            .write(
                "Derives keys.",
                takes: [
                    .base64("salt", "Salt of the derivation."), .int("key_index_from", "First index."),
                    .int("key_index_to", "Last index."), .int("bits", "128, 256 or 512."),
                    .base64("info", "What the keys are for."), key, TransitFields.context, TransitFields.nonce,
                ], gives: .data([.int("key_version").required]))),
    ]

    private static let dataKey: [PathField] =
        [
            TransitFields.context, .int("bits", "128, 256 or 512."), key, TransitFields.data, TransitFields.nonce,
        ] + TransitFields.padding

    // MARK: - Proofs

    private static let input = [
        PathField.base64("input", "The message; one of this and batch_input."), TransitFields.batch,
    ]
    private static let signing: [PathField] =
        input + [
            TransitFields.context, .text("hash_algorithm", "Hash function; sha2-256 by default."),
            .text("algorithm", "The same, by its old name."), key,
            .flag("prehashed", "Whether the input is a digest already."),
            .text("signature_algorithm", "pss or pkcs1v15, of RSA keys."),
            .text("marshaling_algorithm", "asn1 or jws, of ECDSA keys."),
            .text("salt_length", "Length of the salt of PSS."),
            .base64("signature_context", "Context of the signature scheme."),
        ]
    private static let proofs: [PathField] = [
        .text("signature", "What is checked: one of signature, hmac and cmac."), .text("hmac"), .text("cmac"),
        .int("mac_length", "Bytes of a shortened cmac."),
    ]
    private static let signed = TransitFields.gives(
        .text("signature"), .int("key_version"), .text("publickey"))
    private static let verified = TransitFields.gives(.flag("valid"))
    private static let macced = TransitFields.gives(.text("hmac"))

    static let proofPaths: [PathDescription] = [
        PathDescription("sign/{name}", "Signatures.", .write("Signs.", takes: signing, gives: signed)),
        PathDescription(
            "sign/{name}/{hash}", "Signatures with a hash function.", .write("Signs.", takes: signing, gives: signed)),
        PathDescription(
            "verify/{name}", "Signatures and codes.",
            .write("Checks a signature or a code.", takes: signing + proofs, gives: verified)),
        PathDescription(
            "verify/{name}/{hash}", "Signatures and codes, with a hash function.",
            .write("Checks a signature or a code.", takes: signing + proofs, gives: verified)),
        PathDescription(
            "hmac/{name}", "Codes by HMAC.",
            .write("Makes a code.", takes: input + [.text("algorithm", "Hash function."), key], gives: macced)),
        PathDescription(
            "hmac/{name}/{hash}", "Codes by HMAC with a hash function.",
            .write("Makes a code.", takes: input + [key], gives: macced)),
        PathDescription(
            "cmac/{name}", "Codes by CMAC.",
            .write(
                "Makes a code.", takes: input + [.int("mac_length", "Bytes of the code."), key],
                gives: TransitFields.gives(.text("cmac")))),
        PathDescription(
            "cmac/{name}/{length}", "Codes by CMAC of a length.",
            .write("Makes a code.", takes: input + [key], gives: TransitFields.gives(.text("cmac")))),
    ]
}
