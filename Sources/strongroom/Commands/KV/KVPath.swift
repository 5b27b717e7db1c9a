internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// Where a secret is: the mount that holds it, its version of the engine, and the key below it.
struct KVPath {
    /// With a slash at the end.
    let mount: String
    /// 1 or 2.
    let version: Int
    let key: String

    /// The path of the secret itself.
    var data: String { version == 2 ? below("data") : mount + key }
    var metadata: String { version == 2 ? below("metadata") : mount + key }

    /// The path of an action of version 2.
    func below(_ action: String) -> String { mount + action + (key.isEmpty ? "" : "/" + key) }

    /// Asks the server which mount holds the path.
    static func find(_ session: Session, mount: String?, _ words: String) async throws(CommandFault) -> KVPath {
        let path = ClientRequest.cleaned(words)
        let asked = mount.map { ClientRequest.cleaned($0) } ?? path
        guard !asked.isEmpty else { throw .local("a path is missing") }
        let reply = try await session.quietly(
            ClientRequest(.get, "sys/internal/ui/mounts/" + asked), allowing: [404, 405])
        let data = reply.data
        // A server without that path is an old one: version 1, and the first part of the path is the mount.
        guard reply.isGood, let found = data?["path"]?.text else {
            let first = asked.split(separator: "/").first.map(String.init) ?? asked
            let name = (mount == nil ? first : trimmed(asked)) + "/"
            return KVPath(mount: name, version: 1, key: rest(path, after: mount == nil ? name : nil))
        }
        let version = data?.at("options", "version")?.text == "2" ? 2 : 1
        return KVPath(mount: found, version: version, key: rest(path, after: mount == nil ? found : nil))
    }

    private static func rest(_ path: String, after mount: String?) -> String {
        guard let mount else { return path }
        if path.hasPrefix(mount) { return String(path.dropFirst(mount.count)) }
        return path + "/" == mount ? "" : path
    }

    private static func trimmed(_ path: String) -> String { path.hasSuffix("/") ? String(path.dropLast()) : path }

    /// Fails unless the engine keeps versions.
    func needsVersions(_ what: String) throws(CommandFault) {
        guard version == 2 else {
            throw .local(
                "\(what) needs version 2 of the engine, and \(mount) is of version 1",
                next: "strongroom kv enable-versioning \(mount)")
        }
    }
}

/// The mount of a secret, when it is not the beginning of its path.
struct KVMountOption: ParsableArguments {
    @Option(help: ArgumentHelp("Mount that holds the secret; the path is then below it.", valueName: "path"))
    var mount: String?
}

/// `strongroom kv`.
struct KVCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kv", abstract: "Work with secrets.",
        discussion: """
              strongroom kv put -mount=secret app/db username=web password=@password
              strongroom kv get -mount=secret -field=password app/db
              strongroom kv get secret/app/db
            """,
        subcommands: [
            KVGetCommand.self, KVPutCommand.self, KVPatchCommand.self, KVDeleteCommand.self, KVUndeleteCommand.self,
            KVDestroyCommand.self, KVListCommand.self, KVRollbackCommand.self, KVMetadataCommand.self,
            KVEnableVersioningCommand.self,
        ])
}
