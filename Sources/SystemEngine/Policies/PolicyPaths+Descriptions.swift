package import EngineKit

/// The paths in words. **Source** system wire facts §10.
extension PolicyPaths {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.textPaths + Self.passwordPaths + Self.questionPaths
    }

    private static let text = [PathField.text("policy", "The text, in HCL or JSON, or that in base64.").required]

    private static let textPaths = [
        PathDescription("policies/acl", "The policies.", .list("Lists them.")),
        PathDescription(
            "policies/acl/{name}", "One policy.",
            .read("Shows it.", gives: .data([.text("name").required, .text("policy").required])),
            .write("Makes or changes it; warnings tell what it may not mean.", takes: text), .delete("Deletes it.")),
        PathDescription(
            "policy", "The policies, as old clients ask.",
            .read("Lists them.", gives: .mirrored([.texts("keys").required, .texts("policies").required])),
            .list("Lists them.", gives: .mirrored([.texts("keys").required, .texts("policies").required]))),
        PathDescription(
            "policy/{name}", "One policy, as old clients ask.",
            .read("Shows it.", gives: .mirrored([.text("name").required, .text("rules").required])),
            .write("Makes or changes it.", takes: text + [.text("rules", "The text, by its old name.")]),
            .delete("Deletes it.")),
    ]

    private static let passwordPaths = [
        PathDescription("policies/password", "The rules of passwords that are made.", .list("Lists them.")),
        PathDescription(
            "policies/password/{name}", "One rule.", .read("Shows it.", gives: .data([.text("policy").required])),
            .write("Makes or changes it.", takes: text), .delete("Deletes it.")),
        PathDescription(
            "policies/password/{name}/generate", "Passwords by a rule.",
            .read("Makes a password.", gives: .data([.text("password").required]))),
    ]

    private static let paths = [
        PathField.texts("paths", "Paths that are asked about."), .text("path", "One path."),
    ]
    private static let capabilities = PathAnswer.mirrored([])

    private static let questionPaths = [
        PathDescription(
            "capabilities", "What a token may do.",
            .write(
                "Tells it for some paths.", takes: [.text("token", "The token.").required] + paths,
                gives: capabilities)),
        PathDescription(
            "capabilities-self", "What the caller may do.",
            .write("Tells it for some paths.", takes: paths, gives: capabilities)),
        PathDescription(
            "capabilities-accessor", "What the token of an accessor may do.",
            .write(
                "Tells it for some paths.", takes: [.text("accessor", "The accessor.").required] + paths,
                gives: capabilities)),
        PathDescription(
            "policies/explain", "Why something is allowed or not.",
            .write(
                "Tells which rules were considered, and which decided.",
                takes: [
                    .text("token", "A token; the caller's own where nobody is named."), .text("accessor"),
                    .texts("policies", "Policies instead of a token."), .text("path", "The path.").required,
                    .text("capability", "read by default."), .object("parameters", "Parameters that would be sent."),
                ],
                gives: .data([
                    .text("path").required, .text("capability").required, .flag("allowed").required,
                    .text("reason").required, .texts("missing").required, .texts("policies").required,
                    .texts("unknown_policies").required, .text("decides").orNull.required,
                    .objects(
                        "rules", "",
                        [
                            .text("path").required, .flag("decides").required, .texts("capabilities").required,
                            .flag("has_parameter_rules"), .int("min_wrapping_ttl"), .int("max_wrapping_ttl"),
                            .objects("written", "", [.text("policy"), .text("path"), .int("line")]),
                        ]
                    ).required,
                ]))),
    ]
}
