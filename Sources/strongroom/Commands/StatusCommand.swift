internal import ArgumentParser
internal import StrongroomClient

/// `strongroom status`: 0 open, 2 sealed.
struct StatusCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Whether the server is initialized, and sealed.",
        discussion: "Ends with 0 when it is unsealed, 2 when it is sealed, 1 when there is no answer.")

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let reply: ClientReply
        do {
            reply = try await session.ask(ClientRequest(.get, "sys/seal-status"))
        } catch CommandFault.server(let fault) where fault.status == nil {
            CommandFault.server(fault).report(session.console, address: session.client.address.text)
            throw CommandFault.ended(1)
        }
        guard let status = reply.document else { throw CommandFault.local("the server did not answer with a status") }
        try session.printer.show(status, rows: SealStatusRows.rows(status, session.console))
        if status["sealed"]?.flag != false { throw CommandFault.ended(2) }
    }
}

/// The seal status as rows.
enum SealStatusRows {
    static func rows(_ status: JSONNode, _ console: Console) -> [[String]] {
        let isSealed = status["sealed"]?.flag ?? true
        var rows = [
            ["Seal Type", Shown.cell(status["type"])], ["Initialized", Shown.cell(status["initialized"])],
            ["Sealed", Shown.cell(status["sealed"])], ["Total Shares", Shown.cell(status["n"])],
            ["Threshold", Shown.cell(status["t"])],
        ]
        if isSealed {
            let progress = status["progress"]?.integer ?? 0
            rows.append(["Unseal Progress", "\(progress)/\(status["t"]?.integer ?? 0)"])
            rows.append(["Unseal Nonce", Shown.cell(status["nonce"])])
        }
        rows += [["Version", Shown.cell(status["version"])], ["Storage Type", Shown.cell(status["storage_type"])]]
        if let name = status["cluster_name"] { rows.append(["Cluster Name", Shown.cell(name)]) }
        if let id = status["cluster_id"] { rows.append(["Cluster ID", Shown.cell(id)]) }
        return rows
    }
}
