internal import EngineKit

/// Identity tokens in words. **Source** system wire facts §13; OpenID Connect Core.
extension IdentityPaths {
    private static let key: [PathField] = [
        .choice("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"], "Of signatures."),
        .duration("rotation_period", "How often the next key is made."),
        .duration("verification_ttl", "How long old keys are shown."),
        .texts("allowed_client_ids", "Roles that may use it, or *."),
    ]
    private static let role: [PathField] = [
        .text("key", "The key that signs.").required,
        .text("template", "Claims, as JSON with places for facts, or that in base64."),
        .duration("ttl", "How long tokens are good."), .text("client_id", "Who the tokens are for."),
    ]
    private static let jwk = [
        PathField.text("kty").required, .text("kid").required, .text("alg").required, .text("use").required,
    ]

    static let tokenPaths: [PathDescription] = [
        PathDescription(
            "oidc/config", "The issuer of identity tokens.",
            .read("Shows it.", gives: .data([.text("issuer").required])),
            .write("Changes it.", takes: [.text("issuer", "https:// and a host; empty for this server's address.")])),
        PathDescription("oidc/key", "The keys of identity tokens.", .list("Lists them.")),
        PathDescription(
            "oidc/key/{name}", "One key.",
            .read(
                "Shows it.",
                gives: .data([
                    .text("algorithm").required, .int("rotation_period").required, .int("verification_ttl").required,
                    .texts("allowed_client_ids").required,
                ])), .write("Makes or changes it.", takes: key), .delete("Deletes it.")),
        PathDescription(
            "oidc/key/{name}/rotate", "The next key.",
            .write("Makes it.", takes: [.duration("verification_ttl", "How long the old one is shown.")])),
        PathDescription("oidc/role", "The roles of identity tokens.", .list("Lists them.")),
        PathDescription(
            "oidc/role/{name}", "One role.",
            .read(
                "Shows it.",
                gives: .data([
                    .text("client_id").required, .text("key").required, .text("template").required,
                    .int("ttl").required,
                ])), .write("Makes or changes it.", takes: role), .delete("Deletes it.")),
        PathDescription(
            "oidc/token/{path}", "Identity tokens.",
            .read(
                "Makes one for the caller.",
                gives: .data([.text("client_id").required, .text("token").required, .int("ttl").required]))),
        PathDescription(
            "oidc/introspect", "Whether an identity token is good.",
            .write(
                "Tells it.",
                takes: [.text("token", "The token.").required, .text("client_id", "Who it must be for.")],
                gives: .bare([.flag("active").required, .text("error")]))),
    ]

    static let openPaths: [PathDescription] = [
        PathDescription(
            "oidc/.well-known/openid-configuration", "The discovery document.", isOpenToAll: true,
            .read(
                "Shows it.",
                gives: .bare([
                    .text("issuer").required, .text("jwks_uri").required, .texts("response_types_supported").required,
                    .texts("subject_types_supported").required,
                    .texts("id_token_signing_alg_values_supported").required,
                ]))),
        PathDescription(
            "oidc/.well-known/keys", "The public keys.", isOpenToAll: true,
            .read("Shows them.", gives: .bare([.objects("keys", "", jwk).required]))),
    ]
}
