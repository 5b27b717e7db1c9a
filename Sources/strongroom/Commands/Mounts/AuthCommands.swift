internal import ArgumentParser
internal import StrongroomClient

/// `strongroom auth`.
struct AuthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth", abstract: "Enable, tune, move and disable login methods.",
        discussion: """
              strongroom auth enable userpass
              strongroom write auth/userpass/users/alice password=- policies=readers
            """,
        subcommands: [
            AuthEnableCommand.self, AuthDisableCommand.self, AuthListCommand.self, AuthTuneCommand.self,
            AuthMoveCommand.self, AuthHelpCommand.self,
        ])
}

/// `strongroom auth enable`.
struct AuthEnableCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Enable a login method.")

    @Argument(help: "Type: userpass, approle, …")
    var type: String

    @Option(
        help: ArgumentHelp(
            "Kind of tokens of its logins: default-service, default-batch, service, batch.", valueName: "kind"))
    var tokenType: String?

    @OptionGroup var new: NewMountOptions
    @OptionGroup var settings: MountSettings
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let path = MountPathText.cleaned(new.path ?? type)
        var configuration = settings.configuration
        if let tokenType { configuration["token_type"] = .string(tokenType) }
        let body = try new.body(type, settings, configuration, version: nil)
        try await session.tell(
            ClientRequest(.post, "sys/auth/\(path.dropLast())", body), "Enabled \(type) auth method at: \(path)")
    }
}

/// `strongroom auth disable`.
struct AuthDisableCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Disable a login method: its tokens are revoked.")

    @Argument(help: "Path of the method.")
    var path: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let path = MountPathText.cleaned(path)
        try await session.tell(
            ClientRequest(.delete, "sys/auth/\(path.dropLast())"),
            "Disabled the auth method (if it existed) at: \(path)")
    }
}

/// `strongroom auth list`.
struct AuthListCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the login methods.")

    @Flag(help: "Show settings too.")
    var detailed = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws { try await MountList.show(session, "sys/auth", detailed: detailed) }
}

/// `strongroom auth tune`.
struct AuthTuneCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Change the settings of a login method.")

    @Argument(help: "Path of the method.")
    var path: String

    @Option(help: ArgumentHelp("Kind of tokens of its logins.", valueName: "kind"))
    var tokenType: String?

    @OptionGroup var settings: MountSettings
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let path = MountPathText.cleaned(path)
        var body = settings.configuration
        if let tokenType { body["token_type"] = .string(tokenType) }
        if let description = settings.description { body["description"] = .string(description) }
        if let options = try settings.engineOptions() { body["options"] = options }
        try await session.tell(
            ClientRequest(.post, "sys/auth/\(path)tune", body), "Tuned the auth method at: \(path)")
    }
}

/// `strongroom auth move`.
struct AuthMoveCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Move a login method to another path.")

    @Argument(help: "Path now.")
    var source: String

    @Argument(help: "Path then.")
    var destination: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let full = { (path: String) -> String in
            let path = MountPathText.cleaned(path)
            return path.hasPrefix("auth/") ? path : "auth/" + path
        }
        try await MountMove.run(session, full(source), full(destination), "auth method")
    }
}

/// `strongroom auth help`.
struct AuthHelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "How to log in with a method.")

    @Argument(help: "Type of the method.")
    var type: String

    private static let texts = [
        "token": "strongroom login [TOKEN]\n\nWithout a token, it is asked for and not shown.",
        "userpass":
            "strongroom login -method=userpass username=NAME [password=-]\n\nThe password is asked for and not shown.",
        "approle": "strongroom login -method=approle role_id=ID secret_id=@FILE",
        "jwt": "strongroom login -method=jwt role=ROLE jwt=@FILE",
        "ldap": "strongroom login -method=ldap username=NAME",
        "cert": "strongroom login -method=cert -client-cert=FILE -client-key=FILE [name=ROLE]",
        "github": "strongroom login -method=github token=-",
        "kubernetes":
            "strongroom login -method=kubernetes role=ROLE jwt=@/var/run/secrets/kubernetes.io/serviceaccount/token",
    ]

    func run() throws {
        guard let text = Self.texts[type] else {
            throw CommandFault.local(
                "there is no login method \"\(Shown.harmless(type))\"",
                next: "there are: " + Self.texts.keys.sorted().joined(separator: ", "))
        }
        print(text)
    }
}
