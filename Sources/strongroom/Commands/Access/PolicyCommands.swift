internal import ArgumentParser
internal import StrongroomClient

/// `strongroom policy`.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Work with access policies.",
        subcommands: [
            PolicyListCommand.self, PolicyReadCommand.self, PolicyWriteCommand.self, PolicyDeleteCommand.self,
            PolicyFormatCommand.self, PolicyLintCommand.self, PolicyExplainCommand.self,
        ])
}

/// `strongroom policy list`.
struct PolicyListCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the policies.")

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let reply = try await session.ask(ClientRequest(.list, "sys/policies/acl"))
        if session.isTable {
            session.console.say((reply.keys ?? []).map(Shown.harmless).joined(separator: "\n"))
        } else {
            session.printer.list(reply.keys ?? [])
        }
    }
}

/// `strongroom policy read`.
struct PolicyReadCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "read", abstract: "Show the text of a policy.")

    @Argument(help: "Name.")
    var name: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let path = "sys/policies/acl/\(name.lowercased())"
        let reply = try await session.look(ClientRequest(.get, path))
        guard let text = reply.data?["policy"]?.text else {
            throw CommandFault.local("No policy named: \(name)", next: "strongroom policy list")
        }
        guard session.isTable, session.field == nil else { return try session.printer.show(reply) }
        session.console.say(Shown.harmless(text.hasSuffix("\n") ? String(text.dropLast()) : text))
    }
}

/// `strongroom policy write`.
struct PolicyWriteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "write", abstract: "Write a policy from a file.",
        discussion: """
              strongroom policy write readers readers.hcl
              strongroom policy write readers - < readers.hcl
            """)

    @Argument(help: "Name.")
    var name: String

    @Argument(help: "File, or - for the standard input.", completion: .file())
    var file: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let text = String(
            decoding: try ValueArguments.file(file.hasPrefix("@") ? String(file.dropFirst()) : file), as: UTF8.self)
        let name = name.lowercased()
        try await session.tell(
            ClientRequest(.put, "sys/policies/acl/\(name)", ["policy": .string(text)]), "Uploaded policy: \(name)")
    }
}

/// `strongroom policy delete`.
struct PolicyDeleteCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete a policy.")

    @Argument(help: "Name.")
    var name: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let name = name.lowercased()
        try await session.tell(
            ClientRequest(.delete, "sys/policies/acl/\(name)"), "Deleted policy (if it existed): \(name)")
    }
}
