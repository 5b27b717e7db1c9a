package import EngineKit

/// The paths in words. **Source** system wire facts §15.
extension AppRole {
    /// All paths of the mount, in words.
    package func describedPaths(at mount: MountDescription) -> [PathDescription] {
        Self.rolePaths + RoleField.paths.map { Self.describe("\($0.path)", $0.field) } + Self.secretPaths
    }

    private static let roleID = PathField.text("role_id", "What a machine logs in with, like a user's name.")
    private static let secretID = PathField.text("secret_id", "What it proves itself with.")

    private static let fields: [PathField] =
        [
            roleID, .flag("bind_secret_id", "Whether a secret id is asked for."),
            .texts("secret_id_bound_cidrs", "Addresses that logins may come from."),
            .texts("bound_cidr_list", "The same, by its old name."),
            .int("secret_id_num_uses", "Logins that a secret id is good for; 0 for any number."),
            .duration("secret_id_ttl", "Time to live of secret ids."),
            .flag("local_secret_ids", "Kept for clients."), .texts("policies", "As token_policies."),
            .duration("period", "As token_period."),
        ] + PathField.tokenSettings

    private static let shown: [PathField] =
        PathField.shownTokenSettings + [
            .flag("bind_secret_id").required, .flag("local_secret_ids").required,
            .texts("secret_id_bound_cidrs").orNull.required, .int("secret_id_num_uses").required,
            .int("secret_id_ttl").required,
        ]

    private static let rolePaths = [
        PathDescription(
            "login", "Logins.", isOpenToAll: true,
            .write("Logs in.", takes: [roleID.required, secretID], gives: .login)),
        PathDescription(
            "role", "The roles.", .read("Lists them.", takes: PathField.page, gives: .names),
            .list("Lists them.", isPaged: true)),
        PathDescription(
            "role/{role_name}", "One role.", .read("Shows the role.", gives: .data(shown)),
            .write("Makes or changes the role.", takes: fields), .delete("Deletes the role with its secret ids.")),
        PathDescription(
            "role/{role_name}/role-id", "The role id.", .read("Shows it.", gives: .data([roleID.required])),
            .write("Changes it.", takes: [roleID.required])),
        PathDescription(
            "tidy/secret-id", "Secret ids that have ended.",
            .write(
                "Removes them.", gives: PathAnswer.nothing.with(statuses: 202))),
    ]

    /// A part of a role that has a path of its own; from the table that routes it.
    private static func describe(_ path: String, _ field: RoleField) -> PathDescription {
        let name = field.name
        let read = PathAction.read("Shows it.", gives: .data([PathField(name, .anything)]))
        var actions = [read]
        if case .localSecretIDs = field {
            // It is settled when the role is made.
        } else {
            let known = fields.filter { $0.name == name }
            actions.append(.write("Changes it.", takes: known))
            actions.append(.delete("Sets it back."))
        }
        return PathDescription("role/{role_name}/\(path)", "The member \(name) of the role.", actions: actions)
    }

    private static let wish: [PathField] = [
        PathField("metadata", .anything, "Texts to keep with it: an object, or JSON in a text."),
        .texts("cidr_list", "Addresses that logins may come from."),
        .texts("token_bound_cidrs", "Addresses that tokens may come from."), .duration("ttl", "Time to live."),
        .int("num_uses", "Logins that it is good for."),
    ]
    private static let made = PathAnswer.data([
        secretID.required, .text("secret_id_accessor").required, .int("secret_id_ttl").required,
        .int("secret_id_num_uses").required,
    ])
    private static let facts = PathAnswer.maybe([
        .texts("cidr_list"), .text("creation_time"), .text("expiration_time"), .text("last_updated_time"),
        .map("metadata"), .text("secret_id_accessor"), .int("secret_id_num_uses"), .int("secret_id_ttl"),
        .texts("token_bound_cidrs"),
    ])
    private static let accessor = [PathField.text("secret_id_accessor", "The accessor.").required]

    private static let secretPaths = [
        PathDescription(
            "role/{role_name}/secret-id", "The secret ids of a role.",
            .list("Lists their accessors.", isPaged: true), .write("Makes one.", takes: wish, gives: made)),
        PathDescription(
            "role/{role_name}/custom-secret-id", "Secret ids that are chosen.",
            .write("Takes one over.", takes: wish + [secretID.required], gives: made)),
        PathDescription(
            "role/{role_name}/secret-id/lookup", "A secret id.",
            .write("Tells facts about it.", takes: [secretID.required], gives: facts)),
        PathDescription(
            "role/{role_name}/secret-id/destroy", "A secret id.",
            .write("Ends it.", takes: [secretID.required]), .delete("Ends it.", takes: [secretID.required])),
        PathDescription(
            "role/{role_name}/secret-id-accessor/lookup", "The secret id of an accessor.",
            .write("Tells facts about it.", takes: accessor, gives: facts)),
        PathDescription(
            "role/{role_name}/secret-id-accessor/destroy", "The secret id of an accessor.",
            .write("Ends it.", takes: accessor), .delete("Ends it.", takes: accessor)),
    ]
}
