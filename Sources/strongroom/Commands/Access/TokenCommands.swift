internal import ArgumentParser
internal import StrongroomClient

/// `strongroom token`.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Create, look up, renew and revoke tokens.",
        subcommands: [
            TokenCreateCommand.self, TokenLookupCommand.self, TokenRenewCommand.self, TokenRevokeCommand.self,
            TokenCapabilitiesCommand.self,
        ])
}

/// `strongroom token create`.
struct TokenCreateCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token.",
        discussion: "  strongroom token create -policy=readers -ttl=1h -display-name=report")

    @Option(
        help: ArgumentHelp("Policy of the token; may be given again. None: those of the caller.", valueName: "name"))
    var policy: [String] = []

    @Option(help: ArgumentHelp("How long it lives at first.", valueName: "duration"))
    var ttl: String?

    @Option(help: ArgumentHelp("How long it lives at most, whatever is renewed.", valueName: "duration"))
    var explicitMaxTTL: String?

    @Option(help: ArgumentHelp("Each renewal lasts that long, for ever.", valueName: "duration"))
    var period: String?

    @Option(help: ArgumentHelp("How often it may be used; 0 as often as one likes.", valueName: "number"))
    var useLimit: Int?

    @Option(help: ArgumentHelp("Name shown in audit.", valueName: "text"))
    var displayName: String?

    @Option(help: ArgumentHelp("A note on the token, as key=value; may be given again.", valueName: "key=value"))
    var metadata: [String] = []

    @Option(help: ArgumentHelp("service or batch.", valueName: "kind"))
    var type: String?

    @Option(help: ArgumentHelp("Role that says what the token is like.", valueName: "name"))
    var role: String?

    @Option(help: ArgumentHelp("Alias of the entity, with -role.", valueName: "name"))
    var entityAlias: String?

    @Option(help: ArgumentHelp("The token itself; random by default.", valueName: "text"))
    var id: String?

    @Flag(inversion: .prefixedNo, help: "Whether it can be renewed.")
    var renewable = true

    @Flag(help: "Make it a child of nobody.")
    var orphan = false

    @Flag(help: "Leave out the policy default.")
    var noDefaultPolicy = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var body: JSONNode = ["renewable": .bool(renewable)]
        if !policy.isEmpty { body["policies"] = JSONNode(policy) }
        let texts = [
            ("ttl", ttl), ("explicit_max_ttl", explicitMaxTTL), ("period", period), ("display_name", displayName),
            ("type", type), ("entity_alias", entityAlias), ("id", id),
        ]
        for (name, text) in texts { if let text { body[name] = .string(text) } }
        if let useLimit { body["num_uses"] = JSONNode(useLimit) }
        if !metadata.isEmpty { body["meta"] = try ValueArguments.strings(metadata) }
        if orphan && role != nil { body["no_parent"] = true }
        if noDefaultPolicy { body["no_default_policy"] = true }
        let path = role.map { "auth/token/create/\($0)" } ?? (orphan ? "auth/token/create-orphan" : "auth/token/create")
        try await session.tell(ClientRequest(.post, path, body), "Created a token")
    }
}

/// A token that is named by itself, by its accessor, or is the caller's own.
struct NamedToken: ParsableArguments {
    @Argument(help: "Token, or accessor with -accessor; the caller's own by default. - to type it hidden.")
    var token: String?

    @Flag(help: "What is given is an accessor.")
    var accessor = false

    /// The text, typed hidden when it is `-`.
    func text(_ session: Session) throws(CommandFault) -> String? {
        token == "-" ? try Prompt.secret(accessor ? "Accessor" : "Token", session.console) : token
    }

    /// The request for that token: one of three paths.
    func request(_ session: Session, _ action: String, _ body: JSONNode = [:]) throws(CommandFault) -> ClientRequest {
        var body = body
        guard let text = try text(session) else {
            if accessor { throw .local("which accessor?") }
            return ClientRequest(.post, "auth/token/\(action)-self", body)
        }
        body[accessor ? "accessor" : "token"] = .string(text)
        return ClientRequest(.post, "auth/token/\(action)" + (accessor ? "-accessor" : ""), body)
    }
}

/// `strongroom token lookup`.
struct TokenLookupCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup", abstract: "Show what is known about a token.")

    @OptionGroup var named: NamedToken
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var request = try named.request(session, "lookup")
        if request.path.hasSuffix("-self") { request = ClientRequest(.get, request.path) }
        try session.printer.show(try await session.ask(request))
    }
}

/// `strongroom token renew`.
struct TokenRenewCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "renew", abstract: "Make a token live longer.")

    @Option(
        name: [.long, .customShort("i")],
        help: ArgumentHelp("How much longer; the server may give less.", valueName: "duration"))
    var increment: String?

    @OptionGroup var named: NamedToken
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let body: JSONNode = increment.map { ["increment": .string($0)] } ?? [:]
        try await session.tell(try named.request(session, "renew", body), "Renewed the token")
    }
}

/// `strongroom token revoke`.
struct TokenRevokeCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a token, its children and their leases.")

    enum Mode: String, CaseIterable, ExpressibleByArgument {
        case orphan
        case path
    }

    @Flag(name: .customLong("self"), help: "End the caller's own token.")
    var own = false

    @Option(
        help: ArgumentHelp("orphan: its children live on; path: all tokens of logins below a path.", valueName: "mode"))
    var mode: Mode?

    @OptionGroup var named: NamedToken
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard own != (named.token != nil) else {
            throw CommandFault.local(
                own ? "-self and a token exclude each other" : "which token?",
                next: own ? nil : "name it, or end your own with -self")
        }
        let success = "Revoked token (if it existed)"
        if own {
            try await session.tell(ClientRequest(.post, "auth/token/revoke-self", [:]), success)
            if let token = session.client.settings.token { TokenFile.forget(token, session.environment) }
            return
        }
        switch mode {
        case nil: try await session.tell(try named.request(session, "revoke"), success)
        case .orphan: try await session.tell(try named.request(session, "revoke-orphan"), success)
        case .path:
            let path = ClientRequest.cleaned(try named.text(session) ?? "")
            try await session.tell(ClientRequest(.put, "sys/leases/revoke-prefix/\(path)", [:]), success)
        }
    }
}

/// `strongroom token capabilities`.
struct TokenCapabilitiesCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "capabilities", abstract: "What a token may do at a path.",
        discussion: """
              strongroom token capabilities secret/data/app
              strongroom token capabilities TOKEN secret/data/app
            """)

    @Argument(help: "A path; or a token, or an accessor with -accessor, and a path.")
    var words: [String]

    @Flag(help: "The first word is an accessor.")
    var accessor = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard let path = words.last, words.count == (accessor ? 2 : words.count), words.count <= 2 else {
            throw CommandFault.local("give a path, or a token and a path")
        }
        let cleaned = ClientRequest.cleaned(path)
        var body: JSONNode = ["paths": [.string(cleaned)]]
        var target = "sys/capabilities-self"
        if words.count == 2 {
            body[accessor ? "accessor" : "token"] = .string(words[0])
            target = accessor ? "sys/capabilities-accessor" : "sys/capabilities"
        }
        let reply = try await session.ask(ClientRequest(.post, target, body))
        guard session.isTable, session.field == nil else { return try session.printer.show(reply) }
        let names = (reply.data?["capabilities"] ?? reply.data?[cleaned])?.texts ?? []
        session.console.say(names.sorted().joined(separator: ", "))
    }
}
