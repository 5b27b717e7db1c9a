internal import ArgumentParser
internal import StrongroomClient

/// `strongroom read`.
struct ReadCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Read what is at a path.",
        discussion: """
            Words after the path become the query.

              strongroom read transit/keys/orders
              strongroom read -field=latest_version transit/keys/orders
            """)

    @Argument(help: "Path, for instance transit/keys/orders.")
    var path: String

    @Argument(help: "key=value pairs for the query.")
    var data: [String] = []

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var request = ClientRequest(.get, path)
        for word in data {
            let (name, value) = try ValueArguments.pair(word)
            request.query.append((name, value))
        }
        let reply = try await session.look(request)
        guard reply.isGood || reply.data != nil else {
            if reply.errors.isEmpty && reply.warnings.isEmpty { throw CommandFault.nothingThere(request.path) }
            session.printer.warn(reply.warnings)
            if reply.errors.isEmpty { throw CommandFault.nothingThere(request.path) }
            throw CommandFault.server(.refused(reply.status, reply.errors, "GET", request.path))
        }
        if session.format != .raw, reply.document?["data"] == nil, let document = reply.document {
            // Answers of some paths have no envelope.
            let rows = (document.members ?? []).map { [$0.name, Shown.cell($0.value)] }
            try session.printer.show(document, rows: rows)
        } else {
            try session.printer.show(reply)
        }
    }
}

/// `strongroom write`.
struct WriteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "write", abstract: "Write data to a path.",
        discussion: """
            Data is key=value, key=@file, key=- (standard input), @file.json, or - for JSON on the standard input.

              strongroom write transit/encrypt/orders plaintext=aGVsbG8=
              strongroom write -force transit/keys/orders
              echo '{"type":"ed25519"}' | strongroom write transit/keys/signer -
            """)

    @Argument(help: "Path, for instance transit/encrypt/orders.")
    var path: String

    @Argument(help: "key=value pairs, @file.json, or -.")
    var data: [String] = []

    @Flag(name: [.long, .customShort("f")], help: "Write without data.")
    var force = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard force || !data.isEmpty else {
            throw CommandFault.local("nothing to write", next: "give key=value pairs, or -force to write without data")
        }
        let request = ClientRequest(.put, path, try ValueArguments.object(data))
        try await session.tell(request, "Data written to: \(request.path)")
    }
}

/// `strongroom patch`.
struct PatchCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "patch", abstract: "Change some of what is at a path.",
        discussion: "Sends a merge patch: fields that are given change, the others stay.")

    @Argument(help: "Path.")
    var path: String

    @Argument(help: "key=value pairs, @file.json, or -.")
    var data: [String] = []

    @Flag(name: [.long, .customShort("f")], help: "Patch without data.")
    var force = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard force || !data.isEmpty else {
            throw CommandFault.local("nothing to write", next: "give key=value pairs, or -force to patch without data")
        }
        let request = ClientRequest(.patch, path, try ValueArguments.object(data))
        try await session.tell(request, "Data written to: \(request.path)")
    }
}

/// `strongroom delete`.
struct DeleteCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete what is at a path.")

    @Argument(help: "Path.")
    var path: String

    @Argument(help: "key=value pairs for the query.")
    var data: [String] = []

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var request = ClientRequest(.delete, path)
        for word in data {
            let (name, value) = try ValueArguments.pair(word)
            request.query.append((name, value))
        }
        try await session.tell(request, "Data deleted (if it existed) at: \(request.path)")
    }
}

/// `strongroom list`.
struct ListCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the names below a path.",
        discussion: "  strongroom list transit/keys")

    @Argument(help: "Path.")
    var path: String

    @Option(help: "Begin after that name, where the server lists by pages.")
    var after: String?

    @Option(help: "At most that many names, where the server lists by pages.")
    var limit: Int?

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var request = ClientRequest(.list, path)
        if let after { request.query.append(("after", after)) }
        if let limit { request.query.append(("limit", String(limit))) }
        try await session.showList(request)
    }
}

extension Session {
    /// Sends a list request and shows the names, with what the server says about them when it does.
    func showList(_ request: ClientRequest) async throws(CommandFault) {
        let reply = try await look(request)
        guard reply.isGood, let data = reply.data, let keys = data["keys"]?.texts, !keys.isEmpty else {
            if reply.status == 404, !reply.errors.isEmpty {
                throw .server(.refused(reply.status, reply.errors, "LIST", request.path))
            }
            printer.warn(reply.warnings)
            if format == .json { console.say("{}") }
            throw .nothingThere(request.path)
        }
        if field != nil { return try printer.show(reply) }
        if format == .raw { return console.put(reply.bytes) }
        printer.warn(reply.warnings)
        printer.list(keys)
    }
}

/// `strongroom unwrap`.
struct UnwrapCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "unwrap", abstract: "Open a wrapping token: show what was wrapped. It works once.",
        discussion: "Without a token, the caller's own token is opened.")

    @Argument(help: "Wrapping token; - to type it hidden.")
    var token: String?

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var request = ClientRequest(.put, "sys/wrapping/unwrap", [:])
        if let token {
            let wrapping = token == "-" ? try Prompt.secret("Wrapping token", session.console) : token
            // With a token of our own, the wrapping token travels in the body; else it is who we are.
            if session.client.settings.token?.isEmpty == false, session.client.settings.token != wrapping {
                request.body = ["token": .string(wrapping)]
            } else {
                request.token = wrapping
            }
        }
        request.wrapTTL = ""
        try await session.tell(request, "There was nothing in it.")
    }
}

/// `strongroom path-help`.
struct PathHelpCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "path-help", abstract: "What a path is for, in the server's words.",
        discussion: "  strongroom path-help transit/encrypt/orders")

    @Argument(help: "Path.")
    var path: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var request = ClientRequest(.get, path)
        request.query = [("help", "1")]
        let reply = try await session.ask(request)
        guard let help = reply.document?["help"]?.text else {
            throw CommandFault.local("the server has no help for \(request.path)")
        }
        if session.isTable {
            session.console.say(Shown.harmless(help))
        } else {
            try session.printer.show(reply.document ?? .null, rows: [])
        }
    }
}
