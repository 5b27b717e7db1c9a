internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// `strongroom transit`.
struct TransitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transit", abstract: "Keys of the transit engine, whole files, and rewrapping at scale.",
        discussion: """
              strongroom transit create orders
              strongroom transit encrypt -key=backups backup.tar backup.tar.sealed
              strongroom transit rewrap -key=orders -input=tokens.txt -output=fresh.txt
            """,
        subcommands: [
            TransitCreateCommand.self, TransitRotateCommand.self, TransitKeysCommand.self, TransitEncryptCommand.self,
            TransitDecryptCommand.self, TransitRewrapCommand.self, TransitImportCommand.self,
            TransitImportVersionCommand.self,
        ])
}

/// The mount of the transit engine.
struct TransitMountOption: ParsableArguments {
    @Option(help: ArgumentHelp("Mount of the transit engine.", valueName: "path"))
    var mount = "transit"

    /// The path of something in the mount.
    func path(_ rest: String) -> String {
        ClientRequest.cleaned(mount).trimmingCharacters(in: ["/"]) + "/" + rest
    }
}

/// `strongroom transit create`.
struct TransitCreateCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Create a key.")

    @Argument(help: "Name of the key.")
    var name: String

    @Option(help: ArgumentHelp("Type of the key; aes256-gcm96 by default.", valueName: "type"))
    var type: String?

    @Flag(help: "Derive a key for each context.")
    var derived = false

    @Flag(help: "Equal plaintexts give equal ciphertexts; needs -derived.")
    var convergent = false

    @Flag(help: "Let the key be exported.")
    var exportable = false

    @Flag(help: "Let the key be backed up in clear.")
    var allowPlaintextBackup = false

    @Option(help: ArgumentHelp("Rotate by itself after that time.", valueName: "duration"))
    var autoRotatePeriod: String?

    @OptionGroup var place: TransitMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var body: JSONNode = [:]
        if let type { body["type"] = .string(type) }
        let flags = [
            ("derived", derived), ("convergent_encryption", convergent), ("exportable", exportable),
            ("allow_plaintext_backup", allowPlaintextBackup),
        ]
        for (name, flag) in flags where flag { body[name] = true }
        if let autoRotatePeriod { body["auto_rotate_period"] = .string(autoRotatePeriod) }
        let reply = try await session.ask(ClientRequest(.post, place.path("keys/\(name)"), body))
        guard session.isTable, session.field == nil else { return try session.printer.show(reply) }
        session.printer.warn(reply.warnings)
        let kind = reply.data?["type"]?.text ?? type ?? "aes256-gcm96"
        session.console.success(
            "Key \(name) of type \(kind) is at version \(Shown.cell(reply.data?["latest_version"]))")
    }
}

/// `strongroom transit rotate`.
struct TransitRotateCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "rotate", abstract: "Give a key a new version.")

    @Argument(help: "Name of the key.")
    var name: String

    @OptionGroup var place: TransitMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let reply = try await session.ask(ClientRequest(.post, place.path("keys/\(name)/rotate"), [:]))
        guard session.isTable, session.field == nil else { return try session.printer.show(reply) }
        session.console.success("Rotated \(name); it is at version \(Shown.cell(reply.data?["latest_version"]))")
        CommandFault.advise("bring old ciphertexts to it: strongroom transit rewrap -key=\(name) …", session.console)
    }
}

/// `strongroom transit keys`.
struct TransitKeysCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "List the keys with their types and versions, or show one.")

    @Argument(help: "Name of a key.")
    var name: String?

    @OptionGroup var place: TransitMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        if let name {
            return try session.printer.show(try await session.ask(ClientRequest(.get, place.path("keys/\(name)"))))
        }
        let request = ClientRequest(.list, place.path("keys"))
        let reply = try await session.look(request)
        let names = reply.keys ?? []
        guard !names.isEmpty else { throw CommandFault.nothingThere(request.path) }
        guard session.isTable else { return session.printer.list(names) }
        var rows: [[String]] = []
        for name in names.prefix(1000) {
            let key = try await session.quietly(ClientRequest(.get, place.path("keys/\(name)")), allowing: [403, 404])
                .data
            let minimum = key?["min_decryption_version"]?.integer ?? 1
            rows.append([
                name, Shown.cell(key?["type"]), Shown.cell(key?["latest_version"]), "\(max(minimum, 1))",
                Self.marks(key),
            ])
        }
        session.printer.table(["Name", "Type", "Version", "Decrypts From", "Settings"], rows, of: JSONNode(names))
        if names.count > rows.count { session.console.note("… and \(names.count - rows.count) more") }
    }

    private static func marks(_ key: JSONNode?) -> String {
        let flags = [
            "derived", "convergent_encryption", "exportable", "deletion_allowed", "allow_plaintext_backup",
            "soft_deleted",
        ]
        let set = flags.filter { key?[$0]?.flag == true }.map { $0.replacing("_", with: "-") }
        return set.isEmpty ? "-" : set.joined(separator: " ")
    }
}
