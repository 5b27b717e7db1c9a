internal import ArgumentParser
internal import StrongroomClient

/// `strongroom lease`.
struct LeaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease", abstract: "Look up, renew and revoke leases.",
        subcommands: [LeaseLookupCommand.self, LeaseRenewCommand.self, LeaseRevokeCommand.self])
}

/// `strongroom lease lookup`.
struct LeaseLookupCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup", abstract: "Show a lease; with a slash at the end, list the leases below a path.")

    @Argument(help: "Identifier of the lease, or a path that ends with a slash.")
    var lease: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        if lease.hasSuffix("/") {
            try await session.showList(ClientRequest(.list, "sys/leases/lookup/" + ClientRequest.cleaned(lease)))
            return
        }
        let request = ClientRequest(.put, "sys/leases/lookup", ["lease_id": .string(lease)])
        try session.printer.show(try await session.ask(request))
    }
}

/// `strongroom lease renew`.
struct LeaseRenewCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "renew", abstract: "Make a lease last longer.")

    @Argument(help: "Identifier of the lease.")
    var lease: String

    @Option(
        name: [.long, .customShort("i")],
        help: ArgumentHelp("How much longer; the server may give less.", valueName: "duration"))
    var increment: String?

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var body: JSONNode = ["lease_id": .string(lease)]
        if let increment { body["increment"] = .string(increment) }
        let reply = try await session.ask(ClientRequest(.put, "sys/leases/renew", body))
        try session.printer.show(reply)
    }
}

/// `strongroom lease revoke`.
struct LeaseRevokeCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a lease, or all leases below a path.")

    @Argument(help: "Identifier of the lease, or a path with -prefix.")
    var lease: String

    @Flag(help: "End all leases below that path.")
    var prefix = false

    @Flag(
        name: [.long, .customShort("f")],
        help: "With -prefix: forget them even when they cannot be revoked where they came from.")
    var force = false

    @Flag(inversion: .prefixedNo, help: "Wait until it is done.")
    var sync = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard prefix || !force else { throw CommandFault.local("-force needs -prefix") }
        let path = ClientRequest.cleaned(lease)
        if prefix {
            let action = force ? "revoke-force" : "revoke-prefix"
            let body: JSONNode = force ? [:] : ["sync": .bool(sync)]
            try await session.tell(
                ClientRequest(.put, "sys/leases/\(action)/\(path)", body),
                sync ? "Revoked all leases below: \(path)" : "All revocation operations queued for: \(path)")
        } else {
            try await session.tell(
                ClientRequest(.put, "sys/leases/revoke", ["lease_id": .string(path), "sync": .bool(sync)]),
                sync ? "Revoked lease: \(path)" : "All revocation operations queued for: \(path)")
        }
    }
}
