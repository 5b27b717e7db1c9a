internal import ArgumentParser
internal import StrongroomClient

/// `strongroom kv metadata`.
struct KVMetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata", abstract: "Work with what is known about a secret.",
        subcommands: [
            KVMetadataGetCommand.self, KVMetadataPutCommand.self, KVMetadataPatchCommand.self,
            KVMetadataDeleteCommand.self,
        ])
}

/// `strongroom kv metadata get`.
struct KVMetadataGetCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show the settings and the versions of a secret.")

    @Argument(help: "Path of the secret.")
    var path: String

    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("metadata")
        let reply = try await session.look(ClientRequest(.get, place.metadata))
        guard let data = reply.data else { throw CommandFault.nothingThere(place.metadata) }
        guard session.isTable, session.field == nil, reply.wrapInfo == nil else {
            return try session.printer.show(reply)
        }
        KVOutput.heading(place.metadata, session)
        session.console.say("")
        var settings = data
        settings["versions"] = nil
        KVOutput.title("Metadata", KVOutput.metadata(settings), session)
        let versions = (data["versions"]?.members ?? []).sorted { (Int($0.name) ?? 0) < (Int($1.name) ?? 0) }
        for version in versions {
            session.console.say("")
            let rows = version.value.sorted.members?.map { [$0.name, Shown.cell($0.value)] } ?? []
            KVOutput.title("Version \(version.name)", rows, session)
        }
    }
}

/// The settings of a secret.
struct KVMetadataOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Whether writes must name the version that they replace.")
    var casRequired: Bool?

    @Option(help: ArgumentHelp("How many versions are kept; 0 as the mount says.", valueName: "number"))
    var maxVersions: Int?

    @Option(
        help: ArgumentHelp("Delete new versions after that time, for instance 720h; 0s never.", valueName: "duration"))
    var deleteVersionAfter: String?

    @Option(help: ArgumentHelp("A note on the secret, as key=value; may be given again.", valueName: "key=value"))
    var customMetadata: [String] = []

    func body() throws(CommandFault) -> JSONNode {
        var body: JSONNode = [:]
        if let casRequired { body["cas_required"] = .bool(casRequired) }
        if let maxVersions { body["max_versions"] = JSONNode(maxVersions) }
        if let deleteVersionAfter { body["delete_version_after"] = .string(deleteVersionAfter) }
        if !customMetadata.isEmpty { body["custom_metadata"] = try ValueArguments.strings(customMetadata) }
        return body
    }
}

/// `strongroom kv metadata put`.
struct KVMetadataPutCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Set what is known about a secret; notes are replaced as a whole.")

    @Argument(help: "Path of the secret.")
    var path: String

    @OptionGroup var settings: KVMetadataOptions
    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let body = try settings.body()
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("metadata")
        try await session.tell(ClientRequest(.post, place.metadata, body), "Data written to: \(place.metadata)")
    }
}

/// `strongroom kv metadata patch`.
struct KVMetadataPatchCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "patch", abstract: "Change some of what is known about a secret.")

    @Argument(help: "Path of the secret.")
    var path: String

    @Option(help: ArgumentHelp("Remove that note; may be given again.", valueName: "key"))
    var removeCustomMetadata: [String] = []

    @OptionGroup var settings: KVMetadataOptions
    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        var body = try settings.body()
        if !removeCustomMetadata.isEmpty {
            var notes = body["custom_metadata"] ?? [:]
            for name in removeCustomMetadata { notes[name] = .some(.null) }
            body["custom_metadata"] = notes
        }
        guard !body.isEmpty else { throw CommandFault.local("nothing to change") }
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("metadata")
        try await session.tell(ClientRequest(.patch, place.metadata, body), "Data written to: \(place.metadata)")
    }
}

/// `strongroom kv metadata delete`.
struct KVMetadataDeleteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a secret for good: all versions and what is known about it.")

    @Argument(help: "Path of the secret.")
    var path: String

    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("metadata")
        try await session.tell(
            ClientRequest(.delete, place.metadata), "Data deleted (if it existed) at: \(place.metadata)")
    }
}
