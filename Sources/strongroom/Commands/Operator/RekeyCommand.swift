internal import ArgumentParser
internal import StrongroomClient

/// `strongroom operator rekey`.
struct OperatorRekeyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Make new shares of the root key.",
        discussion: """
            One begins it, the holders of the old shares go on with it, each with a share and the nonce that the first \
            was told.

              strongroom operator rekey -init -key-shares=5 -key-threshold=3
              strongroom operator rekey -nonce=NONCE
            """)

    enum Target: String, CaseIterable, ExpressibleByArgument {
        case barrier
        case recovery
    }

    @Argument(help: "A share of the key; it is asked for and not shown when it is left out.")
    var key: String?

    @Flag(name: .customLong("init"), help: "Begin.")
    var begins = false

    @Flag(help: "Give up.")
    var cancel = false

    @Flag(help: "Show how far it is.")
    var status = false

    @Flag(help: "With -init: the new shares count only when they were given once. Else: give a new share.")
    var verify = false

    @Option(help: ArgumentHelp("Nonce of this run, as -init told it.", valueName: "text"))
    var nonce: String?

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("New shares.", valueName: "number"))
    var keyShares = 5

    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("New shares that unseal.", valueName: "number"))
    var keyThreshold = 3

    @Option(help: ArgumentHelp("barrier or recovery.", valueName: "target"))
    var target = Target.barrier

    @OptionGroup var shared: SharedOptions

    private var base: String { target == .barrier ? "sys/rekey" : "sys/rekey-recovery-key" }
    private var place: String { base + (verify ? "/verify" : "/init") }

    func run(_ session: Session) async throws {
        guard [begins, cancel, status].filter({ $0 }).count <= 1 else {
            throw CommandFault.local("-init, -cancel and -status exclude each other")
        }
        if begins {
            let body: JSONNode = [
                "secret_shares": JSONNode(keyShares), "secret_threshold": JSONNode(keyThreshold),
                "require_verification": .bool(verify),
            ]
            let reply = try await session.ask(ClientRequest(.put, base + "/init", body))
            return try show(reply.document ?? [:], session)
        }
        if cancel {
            try await session.tell(ClientRequest(.delete, place), "Canceled rekeying (if it was started)")
            return
        }
        if status {
            return try show(try await session.ask(ClientRequest(.get, place)).document ?? [:], session)
        }
        let known = try await session.quietly(ClientRequest(.get, place)).document ?? [:]
        guard known["started"]?.flag == true else {
            throw CommandFault.local("no rekeying is going on", next: "begin one: strongroom operator rekey -init")
        }
        let share = try Shares.given(key, session)
        let body: JSONNode = ["key": .string(share), "nonce": .string(nonce ?? known["nonce"]?.text ?? "")]
        let reply = try await session.ask(ClientRequest(.put, base + (verify ? "/verify" : "/update"), body))
        let document = reply.document ?? [:]
        guard document["complete"]?.flag == true else { return try show(document, session) }
        try showNewShares(document, session)
    }

    private func show(_ status: JSONNode, _ session: Session) throws(CommandFault) {
        var rows = [["Nonce", Shown.cell(status["nonce"])], ["Started", Shown.cell(status["started"])]]
        if status["started"]?.flag == true {
            rows.append([
                "Rekey Progress", "\(Shown.cell(status["progress"]))/\(Shown.cell(status["required"] ?? status["t"]))",
            ])
            rows.append(["New Shares", Shown.cell(status["n"])])
            rows.append(["New Threshold", Shown.cell(status["t"])])
            rows.append(["Verification Required", Shown.cell(status["verification_required"])])
        }
        try session.printer.show(status, rows: rows)
    }

    private func showNewShares(_ document: JSONNode, _ session: Session) throws(CommandFault) {
        guard session.isTable, session.field == nil else { return try session.printer.show(document, rows: []) }
        let console = session.console
        for (number, key) in zip(1..., document["keys_base64"]?.texts ?? []) {
            console.say("Key \(number): \(console.styled(key, .bold))")
        }
        console.say("")
        if verify { return console.success("The new shares are verified and count from now on.") }
        console.say("Operation nonce: \(Shown.cell(document["nonce"]))\n")
        if document["verification_required"]?.flag == true {
            console.say("Verification nonce: \(Shown.cell(document["verification_nonce"]))\n")
            console.say("The new shares count when enough of them were given once. Until then the old ones do.")
            CommandFault.advise("give a new share: strongroom operator rekey -verify", console)
        } else {
            console.say("The new shares count from now on, the old ones are of no use any more.")
        }
    }
}
