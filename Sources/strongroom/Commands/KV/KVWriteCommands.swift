internal import ArgumentParser
internal import StrongroomClient

/// `strongroom kv put`.
struct KVPutCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Write a secret: all its fields are replaced.")

    @Argument(help: "Path of the secret.")
    var path: String

    @Argument(help: "key=value pairs, key=@file, @file.json, or - for JSON on the standard input.")
    var data: [String]

    @Option(help: "Write only if the latest version is that one; 0: only if there is none.")
    var cas: Int?

    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let object = try ValueArguments.object(data)
        let place = try await KVPath.find(session, mount: mount.mount, path)
        let reply = try await session.ask(KVWrite.request(place, object, cas))
        try KVOutput.written(reply, place, session)
    }
}

/// The request that writes a secret.
enum KVWrite {
    static func request(_ place: KVPath, _ object: JSONNode, _ cas: Int?) throws(CommandFault) -> ClientRequest {
        guard place.version == 2 else {
            if cas != nil { try place.needsVersions("-cas") }
            return ClientRequest(.put, place.data, object)
        }
        return ClientRequest(.put, place.data, ["data": object, "options": options(cas)])
    }

    static func options(_ cas: Int?) -> JSONNode { cas.map { ["cas": JSONNode($0)] } ?? [:] }
}

/// `strongroom kv patch`.
struct KVPatchCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "patch", abstract: "Change some fields of a secret.",
        discussion:
            "With -method=patch in one request; with -method=rw by reading and writing. Without, the first that works.")

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case patch
        case rw
    }

    @Argument(help: "Path of the secret.")
    var path: String

    @Argument(help: "key=value pairs, key=@file, @file.json, or -.")
    var data: [String] = []

    @Option(help: ArgumentHelp("How to do it: patch or rw.", valueName: "method"))
    var method: Method?

    @Option(help: "Write only if the latest version is that one.")
    var cas: Int?

    @Option(help: ArgumentHelp("Remove that field; may be given again.", valueName: "field"))
    var removeData: [String] = []

    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        guard !data.isEmpty || !removeData.isEmpty else { throw CommandFault.local("nothing to change") }
        var object = try ValueArguments.object(data)
        for name in removeData { object[name] = .some(.null) }
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("patch")
        if method != .rw {
            let request = ClientRequest(.patch, place.data, ["data": object, "options": KVWrite.options(cas)])
            try session.preview(request)
            let reply = try await session.quietly(request, allowing: method == .patch ? [] : [403, 404, 405, 415])
            if reply.isGood { return try KVOutput.written(reply, place, session) }
            if reply.status == 404 { throw CommandFault.nothingThere(place.data) }
        }
        let before = try await session.quietly(ClientRequest(.get, place.data), allowing: [404])
        guard let fields = before.data?["data"], fields.members != nil,
            let version = before.data?.at("metadata", "version")?.integer
        else { throw CommandFault.nothingThere(place.data) }
        // Written only if nobody else wrote in between.
        let merged = Self.merged(fields, object)
        let reply = try await session.ask(KVWrite.request(place, merged, cas ?? version))
        try KVOutput.written(reply, place, session)
    }

    /// **Source** RFC 7396 §2.
    static func merged(_ target: JSONNode, _ patch: JSONNode) -> JSONNode {
        guard let changes = patch.members else { return patch }
        var result: JSONNode = target.members == nil ? [:] : target
        for change in changes {
            result[change.name] = change.value.isNull ? nil : merged(result[change.name] ?? .null, change.value)
        }
        return result
    }
}

/// `strongroom kv rollback`.
struct KVRollbackCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Write an old version again, as a new one.")

    @Argument(help: "Path of the secret.")
    var path: String

    @Option(help: "The version to write again.")
    var version: Int

    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("rollback")
        let metadata = try await session.quietly(ClientRequest(.get, place.metadata), allowing: [404])
        guard let latest = metadata.data?["current_version"]?.integer else {
            throw CommandFault.nothingThere(place.metadata)
        }
        var request = ClientRequest(.get, place.data)
        request.query = [("version", String(version))]
        let old = try await session.quietly(request, allowing: [404])
        guard let fields = old.data?["data"], fields.members != nil else {
            throw CommandFault.local(
                "version \(version) of \(place.data) is deleted, destroyed, or was never there",
                next: "its versions: strongroom kv metadata get -mount=\(place.mount.dropLast()) \(place.key)")
        }
        let reply = try await session.ask(KVWrite.request(place, fields, latest))
        try KVOutput.written(reply, place, session)
    }
}
