internal import ArgumentParser
internal import StrongroomClient

/// Paths of mounts as commands take them.
enum MountPathText {
    /// Without slashes in front, with one at the end.
    static func cleaned(_ path: String) -> String {
        let path = ClientRequest.cleaned(path)
        return path.hasSuffix("/") ? path : path + "/"
    }
}

/// What can be set on a mount, at its start and later.
struct MountSettings: ParsableArguments {
    @Option(help: ArgumentHelp("What it is for, in words.", valueName: "text"))
    var description: String?

    @Option(help: ArgumentHelp("Time to live of leases and tokens that ask for none.", valueName: "duration"))
    var defaultLeaseTTL: String?

    @Option(help: ArgumentHelp("Longest time to live.", valueName: "duration"))
    var maxLeaseTTL: String?

    @Option(help: ArgumentHelp("Whether it is shown to those who have no token: unauth or hidden.", valueName: "word"))
    var listingVisibility: String?

    @Option(help: ArgumentHelp("Field of requests that audit shows in clear; may be given again.", valueName: "field"))
    var auditNonHmacRequestKeys: [String] = []

    @Option(help: ArgumentHelp("Field of answers that audit shows in clear; may be given again.", valueName: "field"))
    var auditNonHmacResponseKeys: [String] = []

    @Option(help: ArgumentHelp("Header of requests that the engine sees; may be given again.", valueName: "header"))
    var passthroughRequestHeaders: [String] = []

    @Option(help: ArgumentHelp("Header that the engine may set; may be given again.", valueName: "header"))
    var allowedResponseHeaders: [String] = []

    @Option(help: ArgumentHelp("Option of the engine, as key=value; may be given again.", valueName: "key=value"))
    var options: [String] = []

    /// The members of a configuration.
    var configuration: JSONNode {
        var configuration: JSONNode = [:]
        if let defaultLeaseTTL { configuration["default_lease_ttl"] = .string(defaultLeaseTTL) }
        if let maxLeaseTTL { configuration["max_lease_ttl"] = .string(maxLeaseTTL) }
        if let listingVisibility { configuration["listing_visibility"] = .string(listingVisibility) }
        for (name, list) in [
            ("audit_non_hmac_request_keys", auditNonHmacRequestKeys),
            ("audit_non_hmac_response_keys", auditNonHmacResponseKeys),
            ("passthrough_request_headers", passthroughRequestHeaders),
            ("allowed_response_headers", allowedResponseHeaders),
        ] where !list.isEmpty {
            configuration[name] = JSONNode(list.flatMap { $0.split(separator: ",").map(String.init) })
        }
        return configuration
    }

    /// The options of the engine.
    func engineOptions(version: Int? = nil) throws(CommandFault) -> JSONNode? {
        var node = try ValueArguments.strings(options)
        if let version { node["version"] = .string(String(version)) }
        return node.isEmpty ? nil : node
    }
}

/// What can only be set at the start.
struct NewMountOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Path to enable it at; as its type by default.", valueName: "path"))
    var path: String?

    @Flag(help: "Keep it out of replication.")
    var local = false

    @Flag(help: "Wrap its secrets by the seal once more.")
    var sealWrap = false

    @Flag(help: "Take randomness from the seal.")
    var externalEntropyAccess = false

    @Option(help: ArgumentHelp("Name of the plugin, when the type is plugin.", valueName: "name"))
    var pluginName: String?

    /// The body that enables a mount of that type.
    func body(_ type: String, _ settings: MountSettings, _ configuration: JSONNode, version: Int?) throws(CommandFault)
        -> JSONNode
    {
        var body: JSONNode = ["type": .string(pluginName ?? type), "description": .string(settings.description ?? "")]
        body["config"] = configuration
        if let options = try settings.engineOptions(version: version) { body["options"] = options }
        if local { body["local"] = true }
        if sealWrap { body["seal_wrap"] = true }
        if externalEntropyAccess { body["external_entropy_access"] = true }
        return body
    }
}

/// The table of mounts.
enum MountList {
    static func show(_ session: Session, _ path: String, detailed: Bool) async throws {
        let reply = try await session.ask(ClientRequest(.get, path))
        guard let data = reply.data else { throw CommandFault.nothingThere(path) }
        let mounts = (data.members ?? []).filter { $0.value["type"]?.text != nil }.sorted { $0.name < $1.name }
        let short = ["Path", "Type", "Accessor", "Description"]
        let long = ["Path", "Type", "Accessor", "Default TTL", "Max TTL", "Options", "Local", "UUID", "Description"]
        let rows = mounts.map { mount in detailed ? detailedRow(mount) : row(mount) }
        session.printer.table(detailed ? long : short, rows, of: data)
    }

    private static func row(_ mount: JSONNode.Member) -> [String] {
        [
            mount.name, Shown.cell(mount.value["type"]), Shown.cell(mount.value["accessor"]),
            Shown.cell(mount.value["description"]),
        ]
    }

    private static func detailedRow(_ mount: JSONNode.Member) -> [String] {
        let time = { (name: String) -> String in
            let seconds = mount.value.at("config", name)?.integer ?? 0
            return seconds == 0 ? "system" : Shown.duration(seconds: seconds)
        }
        let options = mount.value["options"]?.members?.map { "\($0.name)=\(Shown.cell($0.value))" } ?? []
        return [
            mount.name, Shown.cell(mount.value["type"]), Shown.cell(mount.value["accessor"]), time("default_lease_ttl"),
            time("max_lease_ttl"), options.isEmpty ? "-" : options.joined(separator: " "),
            Shown.cell(mount.value["local"]), Shown.cell(mount.value["uuid"]), Shown.cell(mount.value["description"]),
        ]
    }
}
