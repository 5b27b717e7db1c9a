package import EngineKit

/// The paths in words. **Source** system wire facts §14; `totp` is our own.
extension Userpass {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] { Self.paths + Self.factorPaths }

    private static let password = PathField.text("password", "The password.")
    private static let old: [PathField] = [
        .duration("ttl", "As token_ttl."), .duration("max_ttl", "As token_max_ttl."),
        .texts("policies", "As token_policies."), .texts("bound_cidrs", "As token_bound_cidrs."),
    ]

    private static let paths = [
        PathDescription(
            "login/{username}", "Logins.", isOpenToAll: true,
            .write(
                "Logs in.", takes: [password.required, .text("passcode", "The code of the second factor.")],
                gives: .login)),
        PathDescription(
            "users", "The users.", .read("Lists them.", takes: PathField.page, gives: .names),
            .list("Lists them.", isPaged: true)),
        PathDescription(
            "users/{username}", "One user.", .read("Shows the user.", gives: .data(PathField.shownTokenSettings)),
            .write("Makes or changes the user.", takes: [password] + PathField.tokenSettings + old),
            .delete("Deletes the user.")),
        PathDescription(
            "users/{username}/password", "The password of a user.",
            .write("Changes it.", takes: [password.required])),
        PathDescription(
            "users/{username}/policies", "The policies of a user.",
            .write("Changes them.", takes: [.texts("token_policies"), .texts("policies")])),
    ]

    private static let factorPaths = [
        PathDescription(
            "users/{username}/totp", "The second factor of a user.",
            .read("Tells whether there is one.", gives: .data([.flag("enabled").required])),
            .write(
                "Makes one.", takes: [.text("issuer", "The name that apps show.")],
                gives: .data([.text("secret").required, .text("url").required])), .delete("Takes it away.")),
        PathDescription(
            "mfa_config", "Kept for clients.", .read("Shows it.", gives: .data([.text("type").required])),
            .write("Changes it.", takes: [.text("type")])),
        PathDescription(
            "duo/access", "Kept for clients.",
            .write("Changes it.", takes: [.text("host"), .text("ikey"), .text("skey")])),
        PathDescription(
            "duo/config", "Kept for clients.", .read("Shows it.", gives: .data([])),
            .write("Changes it.", takes: [.text("username_format"), .text("push_info"), .text("user_agent")])),
    ]
}
