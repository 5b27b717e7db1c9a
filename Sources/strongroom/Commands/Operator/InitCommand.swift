internal import ArgumentParser
internal import StrongroomClient

/// `strongroom operator init`.
struct OperatorInitCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Initialize a server: make its root key, and the shares that unseal it.",
        discussion: """
            The shares and the root token are shown once. Give each share to another person, and revoke the root \
            token when other ways to log in are set up.

              strongroom operator init -key-shares=5 -key-threshold=3
            """)

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Shares to split the key into.", valueName: "number"))
    var keyShares = 5

    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("Shares that unseal.", valueName: "number"))
    var keyThreshold = 3

    @Option(help: ArgumentHelp("Recovery shares, for servers that unseal by themselves.", valueName: "number"))
    var recoveryShares: Int?

    @Option(help: ArgumentHelp("Recovery shares that are needed.", valueName: "number"))
    var recoveryThreshold: Int?

    @Flag(help: "Only say whether the server is initialized: ends with 0, or 2 when it is not.")
    var status = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        if status { return try await showStatus(session) }
        var body: JSONNode = ["secret_shares": JSONNode(keyShares), "secret_threshold": JSONNode(keyThreshold)]
        if let recoveryShares { body["recovery_shares"] = JSONNode(recoveryShares) }
        if let recoveryThreshold { body["recovery_threshold"] = JSONNode(recoveryThreshold) }
        let reply = try await session.ask(ClientRequest(.put, "sys/init", body))
        guard let document = reply.document else { throw CommandFault.local("the server gave no keys") }
        guard session.isTable, session.field == nil else {
            return try session.printer.show(Self.fieldNames(document), rows: [])
        }
        let console = session.console
        for (name, title) in [("keys_base64", "Unseal Key"), ("recovery_keys_base64", "Recovery Key")] {
            let keys = document[name]?.texts ?? []
            for (number, key) in zip(1..., keys) { console.say("\(title) \(number): \(console.styled(key, .bold))") }
            if !keys.isEmpty { console.say("") }
        }
        console.say("Initial Root Token: \(console.styled(document["root_token"]?.text ?? "", .bold))\n")
        let shares = document["keys_base64"]?.elements?.count ?? 0
        guard shares > 0 else { return console.success("Strongroom is initialized") }
        let threshold = keyThreshold
        console.say(
            """
            Strongroom is initialized with \(shares) key shares and a key threshold of \(threshold). Keep the shares \
            apart from each other: when the server starts or is sealed, \(threshold) of them are needed to unseal it.

            Strongroom does not keep the root key. Without \(threshold) shares the data stays closed for ever.
            """)
        CommandFault.advise("unseal it: strongroom operator unseal", console)
    }

    private static func fieldNames(_ document: JSONNode) -> JSONNode {
        // The names that the field's command line gives them.
        var result: JSONNode = [:]
        for (name, own) in [
            ("unseal_keys_b64", "keys_base64"), ("unseal_keys_hex", "keys"),
            ("recovery_keys_b64", "recovery_keys_base64"), ("recovery_keys_hex", "recovery_keys"),
        ] { result[name] = document[own] ?? [] }
        result["root_token"] = document["root_token"] ?? ""
        return result
    }

    private func showStatus(_ session: Session) async throws {
        let reply = try await session.ask(ClientRequest(.get, "sys/init"))
        let isInitialized = reply.document?["initialized"]?.flag ?? false
        if session.isTable {
            session.console.say(isInitialized ? "The server is initialized" : "The server is not initialized")
        } else {
            try session.printer.show(reply.document ?? [:], rows: [])
        }
        if !isInitialized { throw CommandFault.ended(2) }
    }
}
