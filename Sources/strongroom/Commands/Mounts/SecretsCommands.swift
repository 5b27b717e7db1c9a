internal import ArgumentParser
internal import StrongroomClient

/// `strongroom secrets`.
struct SecretsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Enable, tune, move and disable engines.",
        discussion: """
              strongroom secrets enable transit
              strongroom secrets enable -path=team/secrets -version=2 kv
            """,
        subcommands: [
            SecretsEnableCommand.self, SecretsDisableCommand.self, SecretsListCommand.self, SecretsTuneCommand.self,
            SecretsMoveCommand.self,
        ])
}

/// `strongroom secrets enable`.
struct SecretsEnableCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Enable an engine.")

    @Argument(help: "Type: transit, kv, database, …")
    var type: String

    @Option(help: ArgumentHelp("Version of the engine, for kv.", valueName: "number"))
    var version: Int?

    @Flag(help: "Never cache what it answers.")
    var forceNoCache = false

    @OptionGroup var new: NewMountOptions
    @OptionGroup var settings: MountSettings
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let path = MountPathText.cleaned(new.path ?? type)
        var configuration = settings.configuration
        if forceNoCache { configuration["force_no_cache"] = true }
        let body = try new.body(type, settings, configuration, version: version)
        try await session.tell(
            ClientRequest(.post, "sys/mounts/\(path.dropLast())", body),
            "Enabled the \(type) secrets engine at: \(path)")
    }
}

/// `strongroom secrets disable`.
struct SecretsDisableCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Disable an engine: its data and leases go.")

    @Argument(help: "Path of the mount.")
    var path: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let path = MountPathText.cleaned(path)
        try await session.tell(
            ClientRequest(.delete, "sys/mounts/\(path.dropLast())"),
            "Disabled the secrets engine (if it existed) at: \(path)")
    }
}

/// `strongroom secrets list`.
struct SecretsListCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the engines.")

    @Flag(help: "Show settings too.")
    var detailed = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws { try await MountList.show(session, "sys/mounts", detailed: detailed) }
}

/// `strongroom secrets tune`.
struct SecretsTuneCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "tune", abstract: "Change the settings of an engine.")

    @Argument(help: "Path of the mount.")
    var path: String

    @Option(help: ArgumentHelp("Version of the engine, for kv.", valueName: "number"))
    var version: Int?

    @OptionGroup var settings: MountSettings
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let path = MountPathText.cleaned(path)
        var body = settings.configuration
        if let description = settings.description { body["description"] = .string(description) }
        if let options = try settings.engineOptions(version: version) { body["options"] = options }
        try await session.tell(
            ClientRequest(.post, "sys/mounts/\(path)tune", body), "Tuned the secrets engine at: \(path)")
    }
}

/// `strongroom secrets move`.
struct SecretsMoveCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Move an engine to another path: its leases are revoked, its data stays.")

    @Argument(help: "Path now.")
    var source: String

    @Argument(help: "Path then.")
    var destination: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        try await MountMove.run(
            session, MountPathText.cleaned(source), MountPathText.cleaned(destination), "secrets engine")
    }
}

/// Moves a mount, and waits for servers that do it in the background.
enum MountMove {
    static func run(_ session: Session, _ source: String, _ destination: String, _ what: String) async throws {
        let request = ClientRequest(.post, "sys/remount", ["from": .string(source), "to": .string(destination)])
        let reply = try await session.ask(request)
        if let id = (reply.data?["migration_id"] ?? reply.document?["migration_id"])?.text {
            for _ in 0..<600 {
                let status = try await session.quietly(ClientRequest(.get, "sys/remount/status/\(id)"))
                let state = status.data?.at("migration_info", "status")?.text ?? "success"
                if state == "failure" { throw CommandFault.local("the server could not move \(source)") }
                if state == "success" { break }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        if session.isTable { session.console.success("Moved \(what) \(source) to: \(destination)") }
    }
}
