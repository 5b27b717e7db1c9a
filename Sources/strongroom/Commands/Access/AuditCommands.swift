internal import ArgumentParser
internal import StrongroomClient

/// `strongroom audit`.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Enable, list and disable audit devices.",
        discussion: "  strongroom audit enable file file_path=/var/log/strongroom/audit.log",
        subcommands: [
            AuditEnableCommand.self, AuditDisableCommand.self, AuditListCommand.self, AuditVerifyCommand.self,
        ])
}

/// `strongroom audit enable`.
struct AuditEnableCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Enable an audit device.")

    @Argument(help: "Type: file, syslog or socket.")
    var type: String

    @Argument(help: "Options of the device, as key=value.")
    var options: [String] = []

    @Option(help: ArgumentHelp("Path to enable it at; as its type by default.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("What it is for, in words.", valueName: "text"))
    var description: String?

    @Flag(help: "Keep it out of replication.")
    var local = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = MountPathText.cleaned(path ?? type)
        let body: JSONNode = [
            "type": .string(type), "description": .string(description ?? ""), "local": .bool(local),
            "options": try ValueArguments.strings(options),
        ]
        try await session.tell(
            ClientRequest(.put, "sys/audit/\(place.dropLast())", body), "Enabled the \(type) audit device at: \(place)")
    }
}

/// `strongroom audit disable`.
struct AuditDisableCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "disable", abstract: "Disable an audit device.")

    @Argument(help: "Path of the device.")
    var path: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = MountPathText.cleaned(path)
        try await session.tell(
            ClientRequest(.delete, "sys/audit/\(place.dropLast())"),
            "Disabled audit device (if it was enabled) at: \(place)")
    }
}

/// `strongroom audit list`.
struct AuditListCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the audit devices.")

    @Flag(help: "Show options too.")
    var detailed = false

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let reply = try await session.ask(ClientRequest(.get, "sys/audit"))
        let devices = (reply.data?.members ?? []).filter { $0.value["type"]?.text != nil }.sorted { $0.name < $1.name }
        guard !devices.isEmpty else {
            if session.isTable {
                session.console.note("No audit devices are enabled.")
                CommandFault.advise(
                    "strongroom audit enable file file_path=/var/log/strongroom/audit.log", session.console)
            } else {
                session.console.say("{}")
            }
            throw CommandFault.ended(session.isTable ? 2 : 0)
        }
        let rows = devices.map { device -> [String] in
            let row = [device.name, Shown.cell(device.value["type"]), Shown.cell(device.value["description"])]
            let options = device.value["options"]?.members?.map { "\($0.name)=\(Shown.cell($0.value))" } ?? []
            return detailed ? row + [Shown.cell(device.value["local"]), options.joined(separator: " ")] : row
        }
        let headers = ["Path", "Type", "Description"] + (detailed ? ["Local", "Options"] : [])
        session.printer.table(headers, rows, of: reply.data ?? [:])
    }
}
