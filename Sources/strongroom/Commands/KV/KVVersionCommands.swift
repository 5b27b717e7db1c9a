internal import ArgumentParser
internal import StrongroomClient

/// Numbers of versions: `-versions=1,2`, given once or again.
struct VersionsOption: ParsableArguments {
    @Option(help: ArgumentHelp("Numbers of versions, separated by commas.", valueName: "numbers"))
    var versions: [String] = []

    func numbers() throws(CommandFault) -> [Int] {
        var numbers: [Int] = []
        for word in versions.flatMap({ $0.split(separator: ",") }) {
            guard let number = Int(word), number > 0 else {
                throw .local("-versions takes numbers, as in -versions=1,2")
            }
            numbers.append(number)
        }
        return numbers
    }

    /// The body of the request about those versions.
    func body() throws(CommandFault) -> JSONNode {
        let numbers = try numbers()
        guard !numbers.isEmpty else { throw .local("which versions?", next: "give -versions=1,2") }
        return ["versions": .array(numbers.map { JSONNode($0) })]
    }
}

/// `strongroom kv delete`.
struct KVDeleteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete the latest version of a secret, or versions of it.",
        discussion: "Deleted versions of version 2 of the engine can be undeleted.")

    @Argument(help: "Path of the secret.")
    var path: String

    @OptionGroup var versions: VersionsOption
    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let place = try await KVPath.find(session, mount: mount.mount, path)
        let success = "Data deleted (if it existed) at: \(place.data)"
        if try versions.numbers().isEmpty {
            try await session.tell(ClientRequest(.delete, place.data), success)
        } else {
            try place.needsVersions("-versions")
            try await session.tell(ClientRequest(.post, place.below("delete"), try versions.body()), success)
        }
    }
}

/// `strongroom kv undelete`.
struct KVUndeleteCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "undelete", abstract: "Bring deleted versions of a secret back.")

    @Argument(help: "Path of the secret.")
    var path: String

    @OptionGroup var versions: VersionsOption
    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let body = try versions.body()
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("undelete")
        try await session.tell(
            ClientRequest(.post, place.below("undelete"), body), "Data written to: \(place.below("undelete"))")
    }
}

/// `strongroom kv destroy`.
struct KVDestroyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Remove versions of a secret for good.")

    @Argument(help: "Path of the secret.")
    var path: String

    @OptionGroup var versions: VersionsOption
    @OptionGroup var mount: KVMountOption
    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let body = try versions.body()
        let place = try await KVPath.find(session, mount: mount.mount, path)
        try place.needsVersions("destroy")
        try await session.tell(
            ClientRequest(.post, place.below("destroy"), body), "Data written to: \(place.below("destroy"))")
    }
}

/// `strongroom kv enable-versioning`.
struct KVEnableVersioningCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable-versioning", abstract: "Make a mount of version 1 keep versions.")

    @Argument(help: "Mount.")
    var mount: String

    @OptionGroup var shared: SharedOptions

    func run(_ session: Session) async throws {
        let name = MountPathText.cleaned(mount)
        try await session.tell(
            ClientRequest(.post, "sys/mounts/\(name)tune", ["options": ["version": "2"]]),
            "Tuned the secrets engine at: \(name)")
    }
}
