package import Bytes
package import EngineKit
package import Storage
internal import Synchronization
package import Vocabulary

/// Secrets that are kept for their users: version 1, where a secret is its fields, and version 2, where it has
/// versions. Which of them a mount is, its option `version` says with each request.
///
/// **Concurrency** any number of requests at once; those that change one secret wait for each other, and their commits
/// are on the condition that nobody else changed it.
package final class KeyValue: SecretsEngine {
    /// A resolved request.
    package struct Command: Sendable {
        enum Work {
            case readFields(SecretPath)
            case writeFields(SecretPath, ByteView)
            case deleteFields(SecretPath)
            case list(ListCommand)
            case readConfig
            case writeConfig(VersionedSettings)
            case read(SecretPath, version: Int)
            case subkeys(SecretPath, version: Int, depth: Int)
            case write(SecretPath, DataCommand)
            case patch(SecretPath, DataCommand)
            case deleteLatest(SecretPath)
            case change(SecretPath, VersionChange, [Int])
            case readMetadata(SecretPath)
            case writeMetadata(SecretPath, VersionedSettings)
            case patchMetadata(SecretPath, VersionedSettings)
            case deleteMetadata(SecretPath)
            case nowhere
        }

        let work: Work
        let version: KVVersion
        let capability: Capability
        /// **Units** seconds for which a read of version 1 may be kept.
        let keepSeconds: Int
    }

    /// What can be done to versions by their numbers.
    enum VersionChange: Sendable { case delete, undelete, destroy }

    package let typeName: String
    let storage: StorageView
    let now: @Sendable () -> Timestamp
    let turns = NamedTurns()
    let config = Mutex(VersionedConfig())
    let layout = LayoutState()
    private let fallback: KVVersion

    /// An engine over its part of storage; `open` reads what is there. `version` counts where the mount says nothing.
    package init(
        storage: StorageView, typeName: String = "kv", version: KVVersion = .plain,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.storage = storage
        self.typeName = typeName
        self.now = now
        fallback = version
    }

    /// Reads the mount's settings.
    package func open() async throws(KVError) {
        try await loadLayout()
        guard let entry = try await read(VersionedConfig.path) else { return }
        let stored = try Self.decoding { () throws(RecordFault) in
            try entry.value.withBytes { (view) throws(RecordFault) in try VersionedConfig(record: view) }
        }
        config.withLock { $0 = stored }
    }

    // MARK: - Resolving

    package func resolve(_ request: EngineRequest) throws(KVError) -> Command {
        let version = version(of: request.mount.description)
        let work: Command.Work =
            switch version {
            case .plain: try plainWork(request)
            case .versioned: try versionedWork(request)
            }
        return Command(
            work: work, version: version, capability: Self.capability(work, request.operation),
            keepSeconds: request.mount.defaultLeaseSeconds)
    }

    /// Which of the two a mount is.
    func version(of mount: MountDescription) -> KVVersion {
        switch mount.options["version"] {
        case "1": .plain
        case "2": .versioned
        default: mount.type == "kv-v2" ? .versioned : fallback
        }
    }

    private func plainWork(_ request: EngineRequest) throws(KVError) -> Command.Work {
        let path = try SecretPath(request.path)
        switch request.operation {
        case .list: return .list(try ListCommand(request, path))
        case .patch: throw .unsupportedOperation
        case .read: return .readFields(path)
        case .delete: return .deleteFields(path)
        case .write:
            guard path.isLeaf else { throw .malformedPath }
            return .writeFields(path, try Self.fields(request))
        }
    }

    private func versionedWork(_ request: EngineRequest) throws(KVError) -> Command.Work {
        let slash = request.path.firstIndex(of: UInt8(ascii: "/"))
        let head = request.path.slice(0, slash ?? request.path.count)
        guard slash != nil || request.operation == .list || head.equals("config") else { return .nowhere }
        let rest = request.path.dropFirst((slash ?? request.path.count) + 1)
        if head.equals("config") && slash == nil {
            switch request.operation {
            case .read: return .readConfig
            case .write: return .writeConfig(try VersionedSettings(request, ofMount: true))
            case .list, .delete, .patch: throw .unsupportedOperation
            }
        }
        let path = try SecretPath(rest)
        if head.equals("data") { return try dataWork(request, path) }
        if head.equals("metadata") { return try metadataWork(request, path) }
        if head.equals("delete") { return try changeWork(request, path, .delete) }
        if head.equals("undelete") { return try changeWork(request, path, .undelete) }
        if head.equals("destroy") { return try changeWork(request, path, .destroy) }
        if head.equals("subkeys") {
            guard request.operation == .read else { throw .unsupportedOperation }
            let query = try ReadQuery(request)
            return .subkeys(path, version: query.version, depth: query.depth)
        }
        return .nowhere
    }

    private func dataWork(_ request: EngineRequest, _ path: SecretPath) throws(KVError) -> Command.Work {
        switch request.operation {
        case .list: throw .unsupportedOperation
        case .read: return .read(path, version: try ReadQuery(request).version)
        case .delete: return .deleteLatest(path)
        case .write:
            guard path.isLeaf else { throw .malformedPath }
            return .write(path, try DataCommand(request, isPatch: false))
        case .patch: return .patch(path, try DataCommand(request, isPatch: true))
        }
    }

    private func metadataWork(_ request: EngineRequest, _ path: SecretPath) throws(KVError) -> Command.Work {
        switch request.operation {
        case .list: return .list(try ListCommand(request, path))
        case .read: return .readMetadata(path)
        case .delete: return .deleteMetadata(path)
        case .write:
            guard path.isLeaf else { throw .malformedPath }
            return .writeMetadata(path, try VersionedSettings(request, ofMount: false))
        case .patch: return .patchMetadata(path, try VersionedSettings(request, ofMount: false))
        }
    }

    private func changeWork(
        _ request: EngineRequest, _ path: SecretPath, _ change: VersionChange
    ) throws(KVError) -> Command.Work {
        guard request.operation == .write else { throw .unsupportedOperation }
        return .change(path, change, try VersionNumbers(request).numbers)
    }

    // MARK: - Rights

    package func capability(for command: Command) -> Capability { command.capability }

    private static func capability(_ work: Command.Work, _ operation: Operation) -> Capability {
        // Names further below may be under rules of their own: who sees them all must be trusted with all of them.
        if case .list(let list) = work { return list.isRecursive ? .sudo : .list }
        return switch operation {
        case .read: .read
        case .list: .list
        case .delete: .delete
        case .patch: .patch
        case .write: .update
        }
    }

    package func storedCapability(for command: Command) async throws(KVError) -> Capability {
        switch command.work {
        case .writeFields(let path, _): try await read(Self.fieldsRoot + path.text) == nil ? .create : .update
        case .write(let path, _), .writeMetadata(let path, _):
            try await read(Self.metadataRoot + path.text) == nil ? .create : .update
        default: command.capability
        }
    }

    // MARK: - Performing

    package func perform(_ command: Command, into body: inout ByteWriter) throws(KVError) -> Handling {
        guard case .nowhere = command.work else { return .needsStorage }
        return .done(Self.nowhere)
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(KVError) -> EngineReply {
        switch command.version {
        case .plain: try await requirePlain()
        case .versioned: try await requireVersioned()
        }
        switch command.work {
        case .nowhere: return Self.nowhere
        case .list(let list):
            let root = command.version == .plain ? Self.fieldsRoot : Self.metadataRoot
            return try await list.perform(in: storage, below: root, into: &body)
        case .readFields(let path):
            return try await readFields(path, keepSeconds: command.keepSeconds, into: &body)
        case .writeFields(let path, let fields): return try await writeFields(path, fields)
        case .deleteFields(let path): return try await deleteFields(path)
        case .readConfig:
            config.withLock { $0 }.write(into: &body)
            return EngineReply()
        case .writeConfig(let settings): return try await writeConfig(settings)
        case .read(let path, let version): return try await readData(path, version: version, into: &body)
        case .subkeys(let path, let version, let depth):
            return try await readSubkeys(path, version: version, depth: depth, into: &body)
        case .write(let path, let command): return try await write(path, command, into: &body)
        case .patch(let path, let command): return try await patch(path, command, into: &body)
        case .deleteLatest(let path): return try await change(path, .delete, [0])
        case .change(let path, let change, let numbers): return try await self.change(path, change, numbers)
        case .readMetadata(let path): return try await readMetadata(path, into: &body)
        case .writeMetadata(let path, let settings): return try await writeMetadata(path, settings)
        case .patchMetadata(let path, let settings): return try await patchMetadata(path, settings)
        case .deleteMetadata(let path): return try await deleteMetadata(path)
        }
    }

    // **Source** system wire facts §17.
    private static let nowhere = EngineReply(
        status: 404,
        warnings: [
            "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to "
                + "use. If using the Vault CLI, use 'vault kv get' for this operation."
        ])
}
