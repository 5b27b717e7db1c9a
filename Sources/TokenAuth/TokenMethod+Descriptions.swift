package import EngineKit

/// The paths in words. **Source** system wire facts §8.
extension TokenMethod {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.creationPaths + Self.subjectPaths + Self.endingPaths + Self.rolePaths
    }

    private static let wish: [PathField] = [
        .text("id", "The token itself; takes root or sudo."), .texts("policies", "Names of policies."),
        .flag("no_default_policy", "Whether the policy default is left out."),
        .flag("no_parent", "Whether the token has no parent; takes root or sudo."),
        .map("meta", "Texts to keep with the token."), .text("display_name", "A name for people."),
        .int("num_uses", "Requests that it is good for; 0 for any number."), .duration("ttl", "Time to live."),
        .duration("lease", "The same, by its old name."), .duration("explicit_max_ttl", "Longest time to live."),
        .duration("period", "Time to live of a token that can be renewed for ever."),
        .flag("renewable", "Whether it can be renewed."), .choice("type", ["service", "batch"], "Its kind."),
        .text("entity_alias", "Alias of an entity, where the role allows it."),
    ]

    private static let creationPaths = [
        PathDescription(
            "create", "Tokens.", .write("Makes a child of the caller's token.", takes: wish, gives: .login)),
        PathDescription(
            "create-orphan", "Tokens without a parent.", .write("Makes a token.", takes: wish, gives: .login)),
        PathDescription(
            "create/{role}", "Tokens by a role.",
            .write("Makes a token as the role says.", takes: wish, gives: .login)),
    ]

    private static let facts: [PathField] =
        [
            PathField.text("id"), .text("accessor"), .int("creation_time"), .int("creation_ttl"),
            .text("display_name"), .text("entity_id"), .text("expire_time").orNull, .int("explicit_max_ttl"),
            .map("meta").orNull, .int("num_uses"), .flag("orphan"), .text("path"), .texts("policies"), .int("ttl"),
            .text("type"),
        ].allRequired
        + [
            .text("issue_time"), .flag("renewable"), .int("period"), .text("role"), .texts("bound_cidrs"),
            .text("last_renewal"), .int("last_renewal_time"), .texts("identity_policies"),
        ]

    private static let token = PathField.text("token", "The token; the caller's own where none is given.")
    private static let accessor = [PathField.text("accessor", "The accessor of the token.").required]
    private static let increment = PathField.duration("increment", "Time to live that is wished for.")

    private static let subjectPaths = [
        PathDescription(
            "lookup", "Facts about a token.",
            .read("Shows them.", takes: [token], gives: .data(facts)),
            .write("Shows them.", takes: [token], gives: .data(facts))),
        PathDescription(
            "lookup-self", "Facts about the caller's token.",
            .read("Shows them.", gives: .data(facts)), .write("Shows them.", gives: .data(facts))),
        PathDescription(
            "lookup-accessor", "Facts about the token of an accessor.",
            .write("Shows them, without the token.", takes: accessor, gives: .data(facts))),
        PathDescription(
            "renew", "The time to live of a token.",
            .write("Renews the token.", takes: [.text("token", "The token.").required, increment], gives: .login)),
        PathDescription(
            "renew-self", "The time to live of the caller's token.",
            .write("Renews it.", takes: [increment], gives: .login)),
        PathDescription(
            "renew-accessor", "The time to live of the token of an accessor.",
            .write("Renews it.", takes: accessor + [increment], gives: .login)),
    ]

    private static let endingPaths = [
        PathDescription(
            "revoke", "The end of a token.",
            .write(
                "Ends the token, its children and what they were given.",
                takes: [.text("token", "The token.").required])),
        PathDescription("revoke-self", "The end of the caller's token.", .write("Ends it.")),
        PathDescription(
            "revoke-accessor", "The end of the token of an accessor.", .write("Ends it.", takes: accessor)),
        PathDescription(
            "revoke-orphan", "The end of a token alone.",
            .write("Ends the token; its children live on.", takes: [.text("token", "The token.").required])),
        PathDescription("accessors", "The accessors of all tokens.", .list("Lists them.")),
        PathDescription(
            "tidy", "What ended tokens left behind.",
            .write("Removes it.", gives: PathAnswer.nothing.with(statuses: 202))),
    ]

    private static let roleFields: [PathField] = [
        .texts("allowed_policies", "Policies that may be asked for."), .texts("disallowed_policies"),
        .texts("allowed_policies_glob"), .texts("disallowed_policies_glob"), .texts("allowed_entity_aliases"),
        .flag("orphan", "Whether tokens have no parent."), .duration("period"),
        .text("path_suffix", "Last part of the tokens' path."), .duration("explicit_max_ttl"),
        .flag("renewable", "Whether tokens can be renewed."), .texts("token_bound_cidrs"),
        .duration("token_explicit_max_ttl"), .duration("token_period"), .text("token_type"), .int("token_num_uses"),
        .flag("token_no_default_policy"),
    ]
    private static let shownRole: [PathField] =
        [
            PathField.text("name"), .texts("allowed_policies"), .texts("disallowed_policies"),
            .texts("allowed_policies_glob"), .texts("disallowed_policies_glob"),
            .texts("allowed_entity_aliases").orNull, .flag("orphan"), .flag("renewable"), .text("path_suffix"),
            .int("period"), .int("token_period"), .int("explicit_max_ttl"), .int("token_explicit_max_ttl"),
            .text("token_type"),
        ].allRequired + [.texts("token_bound_cidrs"), .int("token_num_uses"), .flag("token_no_default_policy")]

    private static let rolePaths = [
        PathDescription("roles", "The roles that tokens are made by.", .list("Lists them.")),
        PathDescription(
            "roles/{role}", "One role.", .read("Shows it.", gives: .data(shownRole)),
            .write("Makes or changes it.", takes: roleFields), .delete("Deletes it.")),
    ]
}
