internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// `strongroom operator unseal`.
struct OperatorUnsealCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "unseal", abstract: "Give a share of the key to a sealed server.",
        discussion:
            "Without a share on the command line it is asked for and not shown, and stays out of the shell's history.")

    @Argument(help: "A share of the key; - for the standard input.")
    var key: String?

    @Flag(help: "Forget the shares that were given so far.")
    var reset = false

    @Flag(help: "The share is of the old seal, while the server moves to another.")
    var migrate = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var body: JSONNode = [:]
        if reset {
            body["reset"] = true
        } else {
            body["key"] = .string(try Shares.given(key, session))
            if migrate { body["migrate"] = true }
        }
        let reply = try await session.ask(ClientRequest(.put, "sys/unseal", body))
        guard let status = reply.document else { throw CommandFault.local("the server did not answer with a status") }
        try session.printer.show(status, rows: SealStatusRows.rows(status, session.console))
    }
}

/// Shares as they are given.
enum Shares {
    /// The share on the command line, or one that is typed hidden.
    static func given(_ key: String?, _ session: Session) throws(CommandFault) -> String {
        let text = try key == nil || key == "-" ? Prompt.secret("Key share", session.console) : key ?? ""
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// `strongroom operator seal`.
struct OperatorSealCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal", abstract: "Seal the server: it forgets its keys and answers nobody.")

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        try await session.tell(ClientRequest(.put, "sys/seal", [:]), "Strongroom is sealed.")
    }
}

/// `strongroom operator step-down`.
struct OperatorStepDownCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "step-down", abstract: "Let another server become the active one.")

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        try await session.tell(
            ClientRequest(.put, "sys/step-down", [:]), "Stepped down: \(session.client.address.text)")
    }
}

/// `strongroom operator key-status`.
struct OperatorKeyStatusCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "key-status", abstract: "The term of the key that encrypts the storage.")

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let reply = try await session.ask(ClientRequest(.get, "sys/key-status"))
        guard session.isTable, session.field == nil else { return try session.printer.show(reply) }
        let data = reply.data ?? reply.document ?? [:]
        try session.printer.show(
            data,
            rows: [
                ["Key Term", Shown.cell(data["term"])], ["Install Time", Shown.cell(data["install_time"])],
                ["Encryption Count", Shown.cell(data["encryptions"])],
            ])
    }
}

/// `strongroom operator rotate`.
struct OperatorRotateCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Encrypt what is stored from now on with a new key.")

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        _ = try await session.ask(ClientRequest(.put, "sys/rotate", [:]))
        if session.isTable { session.console.success("Rotated key\n") }
        let reply = try await session.quietly(ClientRequest(.get, "sys/key-status"), allowing: [403, 404])
        guard reply.isGood, let data = reply.data ?? reply.document else { return }
        try session.printer.show(
            data, rows: [["Key Term", Shown.cell(data["term"])], ["Install Time", Shown.cell(data["install_time"])]])
    }
}
