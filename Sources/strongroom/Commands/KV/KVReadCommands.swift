internal import ArgumentParser
internal import StrongroomClient

/// `strongroom kv get`.
struct KVGetCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "get", abstract: "Read a secret.")

    @Argument(help: "Path of the secret.")
    var path: String

    @Option(help: "Read that version instead of the latest.")
    var version: Int?

    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = try await KVPath.find(session, mount: mount.mount, path)
        var request = ClientRequest(.get, place.data)
        if let version {
            try place.needsVersions("-version")
            request.query.append(("version", String(version)))
        }
        let reply = try await session.look(request)
        guard reply.isGood || reply.data != nil else {
            guard reply.errors.isEmpty else {
                throw CommandFault.server(.refused(reply.status, reply.errors, "GET", request.path))
            }
            throw CommandFault.nothingThere(request.path)
        }
        try KVOutput.secret(reply, place, session)
    }
}

/// How secrets are shown.
enum KVOutput {
    /// A secret with its metadata in a table of its own.
    static func secret(_ reply: ClientReply, _ place: KVPath, _ session: Session) throws(CommandFault) {
        guard place.version == 2, reply.wrapInfo == nil, let whole = reply.data else {
            if session.isTable, session.field == nil, reply.wrapInfo == nil, let data = reply.data {
                session.printer.warn(reply.warnings)
                title("Data", data.members?.map { [$0.name, Shown.cell($0.value)] } ?? [], session)
                return
            }
            return try session.printer.show(reply)
        }
        let data = whole["data"].flatMap { $0.isNull ? nil : $0 }
        if let field = session.field { return try session.printer.show(field: field, of: data?.members ?? []) }
        guard session.isTable else { return try session.printer.show(reply) }
        session.printer.warn(reply.warnings)
        heading(place.data, session)
        session.console.say("")
        title("Metadata", metadata(whole["metadata"] ?? [:]), session)
        if let data {
            session.console.say("")
            title("Data", data.members?.map { [$0.name, Shown.cell($0.value)] } ?? [], session)
        }
    }

    /// The metadata of a version that was just written.
    static func written(_ reply: ClientReply, _ place: KVPath, _ session: Session) throws(CommandFault) {
        guard place.version == 2, session.isTable, session.field == nil, let data = reply.data, reply.wrapInfo == nil
        else { return try session.show(reply, orElse: "Data written to: \(place.data)") }
        session.printer.warn(reply.warnings)
        heading(place.data, session)
        session.console.say("")
        title("Metadata", metadata(data), session)
    }

    static func metadata(_ node: JSONNode) -> [[String]] {
        var rows = node.sorted.members ?? []
        if node["custom_metadata"] == nil { rows.append(.init("custom_metadata", .null)) }
        return rows.sorted { $0.name < $1.name }.map { member in
            [
                member.name,
                member.name == "custom_metadata" && member.value.isEmpty ? "<nil>" : Shown.cell(member.value),
            ]
        }
    }

    /// The path of the secret between two rules.
    static func heading(_ path: String, _ session: Session) {
        banner("Secret Path", path.count, session)
        session.console.say(Shown.harmless(path))
    }

    /// A table with a title over it.
    static func title(_ text: String, _ rows: [[String]], _ session: Session) {
        let table = session.printer.table(rows)
        let width = rows.map { Table.width($0[0]) }.max() ?? 0
        let value = rows.map { Table.width($0[1]) }.max() ?? 0
        banner(text, max(width, 3) + 4 + max(value, 5), session)
        session.console.say(table)
    }

    /// `== Secret Path ==`, as wide as what stands below it.
    private static func banner(_ text: String, _ width: Int, _ session: Session) {
        let side = max((min(width, 60) - text.count - 2) / 2, 2)
        let rule = String(repeating: session.console.terminal.isInteractive ? "═" : "=", count: side)
        session.console.say(session.console.styled("\(rule) \(text) \(rule)", .bold))
    }
}

/// `strongroom kv list`.
struct KVListCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the names of secrets.")

    @Argument(help: "Path; ends with a slash or not.")
    var path: String = ""

    @Flag(name: [.long, .customShort("r")], help: "Walk through all folders below it.")
    var recursive = false

    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = try await KVPath.find(session, mount: mount.mount, path)
        guard recursive else {
            try await session.showList(ClientRequest(.list, place.metadata))
            return
        }
        var found: [String] = []
        var folders = [place.key.isEmpty || place.key.hasSuffix("/") ? place.key : place.key + "/"]
        while let folder = folders.popLast() {
            let below = KVPath(mount: place.mount, version: place.version, key: folder)
            let reply = try await session.look(ClientRequest(.list, below.metadata))
            guard reply.isGood else {
                guard reply.errors.isEmpty else {
                    throw CommandFault.server(.refused(reply.status, reply.errors, "LIST", below.metadata))
                }
                continue
            }
            let names = reply.keys ?? []
            found += names.filter { !$0.hasSuffix("/") }.map { folder + $0 }
            folders += names.filter { $0.hasSuffix("/") }.map { folder + $0 }.reversed()
        }
        guard !found.isEmpty else { throw CommandFault.nothingThere(place.metadata) }
        session.printer.list(found)
    }
}
