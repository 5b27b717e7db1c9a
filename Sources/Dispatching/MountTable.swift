internal import Bytes
package import EngineKit
internal import Primitives
package import Storage
internal import Synchronization

/// One engine at one path.
package final class Mount: Sendable {
    /// What clients see of it.
    package let description: MountDescription
    /// The same, with the times that hold there, as requests carry it.
    let point: MountPoint
    let engine: any SecretsEngine
    let storage: StorageView
    /// Engines of their own for parts of the mount, by the first segment below it: how `sys/` is put together.
    private let sections: [String: any SecretsEngine]

    init(
        _ description: MountDescription, _ engine: any SecretsEngine, _ storage: StorageView,
        sections: [String: any SecretsEngine] = [:]
    ) {
        self.description = description
        self.engine = engine
        self.storage = storage
        self.sections = sections
        point = MountPoint(
            description, systemDefaultSeconds: MountTable.systemLeaseSeconds,
            systemMaxSeconds: MountTable.systemLeaseSeconds)
    }

    /// The engine that answers for `tail`, which is the path below the mount.
    func engine(for tail: ByteView) -> any SecretsEngine {
        if sections.isEmpty { return engine }
        let head = tail.slice(0, tail.firstIndex(of: UInt8(ascii: "/")) ?? tail.count)
        return sections[head.string] ?? engine
    }
}

/// The mounts: an immutable picture that requests read, replaced as a whole by those who mount and unmount.
///
/// **Concurrency** routing takes a short lock to fetch the picture; changes are serialised by an actor.
package final class MountTable: MountControl {
    /// Makes an engine of one type over its part of storage.
    package typealias Factory = @Sendable (MountDescription, StorageView) async throws -> any SecretsEngine

    private struct Picture {
        private(set) var byPath: [String: Mount] = [:]
        // No slash behind this many bytes can end a mount's path.
        private(set) var longestPath = 0

        subscript(path: String) -> Mount? {
            get { byPath[path] }
            set {
                byPath[path] = newValue
                longestPath = byPath.keys.map(\.utf8.count).max() ?? 0
            }
        }
    }

    private let picture = Mutex(Picture())
    private let changes = MountChanges()
    let storage: any StorageBackend
    let factories: [String: Factory]
    /// Mounted by the house and by nobody else.
    private static let houseTypes = ["system", "cubbyhole", "identity", "token"]
    private static let reserved = ["sys/", "auth/", "cubbyhole/", "identity/"]
    /// Default and longest time to live of the system: 768 hours.
    package static let systemLeaseSeconds = 2_764_800

    /// A table without mounts. `factories` are the types that can be mounted.
    package init(storage: any StorageBackend, factories: [String: Factory]) {
        self.storage = storage
        self.factories = factories
    }

    /// The mount whose path the request's path begins with, and the rest of it. **Cost** one look-up per path segment.
    func route(_ path: ByteView) -> (Mount, tail: ByteView)? {
        let picture = picture.withLock { $0 }
        let head = path.slice(0, picture.longestPath)
        var from = 0
        while let slash = head.firstIndex(of: UInt8(ascii: "/"), from: from) {
            if let mount = picture[head.slice(0, slash + 1).string] { return (mount, path.dropFirst(slash + 1)) }
            from = slash + 1
        }
        return nil
    }

    /// What is mounted at exactly this path.
    subscript(path: String) -> Mount? { picture.withLock { $0[path] } }

    package var mounts: [MountDescription] {
        picture.withLock { $0.byPath.values.map(\.description) }.sorted { $0.path < $1.path }
    }

    /// Puts in an engine of the house; `sections` answer for the first segments below it that they are named after.
    package func install(
        _ engine: any SecretsEngine, at path: String, about: String, sections: [String: any SecretsEngine] = [:]
    ) throws(MountFault) {
        let type = engine.typeName
        let description = MountDescription(
            path: path, type: type, accessor: try Self.accessor(type), uuid: try Self.uuid(), about: about,
            isLocal: type == "cubbyhole")
        let mount = Mount(description, engine, StorageView(storage, prefix: "house/" + path), sections: sections)
        picture.withLock { $0[path] = mount }
    }

    package func mount(_ wish: MountDescription) async throws(MountFault) {
        try await changes.run { () async throws(MountFault) in try await self.add(wish) }
    }

    package func unmount(_ path: String) async throws(MountFault) {
        try await changes.run { () async throws(MountFault) in try await self.remove(path) }
    }

    private func add(_ wish: MountDescription) async throws(MountFault) {
        let path = try Self.normalised(wish.path)
        guard !wish.type.isEmpty else { throw .typeMissing }
        if Self.reserved.contains(where: { path.hasPrefix($0) }) { throw .reservedPath(path) }
        if Self.houseTypes.contains(wish.type) { throw .typeNotMountable(wish.type) }
        guard let factory = factories[wish.type] else { throw .unknownType(wish.type) }
        if wish.maxLeaseSeconds > 0 && wish.defaultLeaseSeconds > wish.maxLeaseSeconds { throw .defaultLeaseAboveMax }
        if wish.maxLeaseSeconds == 0 && wish.defaultLeaseSeconds > Self.systemLeaseSeconds {
            throw .defaultLeaseAboveSystem(maxSeconds: Self.systemLeaseSeconds)
        }
        let taken = picture.withLock { $0.byPath.keys.first { $0.hasPrefix(path) || path.hasPrefix($0) } }
        if let taken { throw .pathInUse(taken) }
        var description = wish
        description.path = path
        description.accessor = try Self.accessor(wish.type)
        description.uuid = try Self.uuid()
        let view = StorageView(storage, prefix: Self.prefix(description.uuid))
        let engine: any SecretsEngine
        do { engine = try await factory(description, view) } catch { throw .storage }
        do throws(MountFault) { try await store(MountRecord(description)) } catch {
            await engine.close()
            throw error
        }
        publish(Mount(description, engine, view))
    }

    /// Lets requests reach the mount.
    func publish(_ mount: Mount) { picture.withLock { $0[mount.description.path] = mount } }

    /// Takes every mount but those of the house out of the picture.
    func withdrawAll() -> [Mount] {
        picture.withLock { picture in
            let mounts = picture.byPath.values.filter { !Self.houseTypes.contains($0.description.type) }
            for mount in mounts { picture[mount.description.path] = nil }
            return mounts
        }
    }

    private func remove(_ path: String) async throws(MountFault) {
        let path = try Self.normalised(path)
        if Self.reserved.contains(where: { path.hasPrefix($0) }) { throw .cannotUnmount(path) }
        guard let mount = picture.withLock({ $0[path] }) else { return }
        // From here on the mount is going, whatever happens: what this run leaves, the next start removes.
        try await store(MountRecord(mount.description, isEnding: true))
        picture.withLock { $0[path] = nil }
        await mount.engine.close()
        do {
            try await mount.storage.removeAll()
            try await storage.commit(Self.removal(of: mount.description.uuid))
        } catch {
            throw .storage
        }
    }

    /// Lets every engine do its periodic work.
    package func maintain(nowUnixSeconds: Int) async {
        for mount in all { await mount.engine.maintain(nowUnixSeconds: nowUnixSeconds) }
    }

    /// Lets every engine write back what only memory knows.
    package func close() async {
        for mount in all { await mount.engine.close() }
    }

    private var all: [Mount] { picture.withLock { Array($0.byPath.values) } }

    private static func normalised(_ path: String) throws(MountFault) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let trimmed = parts.last == "" ? parts.dropLast() : parts[...]
        guard !trimmed.isEmpty, path.utf8.count <= 256 else { throw .malformedPath }
        for part in trimmed {
            let isSound = part.utf8.allSatisfy { byte in
                byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
                    || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            }
            guard !part.isEmpty, part != ".", part != "..", isSound else { throw .malformedPath }
        }
        return trimmed.joined(separator: "/") + "/"
    }

    private static func accessor(_ type: String) throws(MountFault) -> String { type + "_" + (try uuid()).prefix(8) }

    private static func uuid() throws(MountFault) -> String {
        var writer = ByteWriter(capacity: 64)
        guard writer.appendUUID() else { throw .noRandomness }
        return writer.view.string
    }
}

/// Runs the changes of mounts one after the other.
private actor MountChanges {
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func run(_ change: @Sendable () async throws(MountFault) -> Void) async throws(MountFault) {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        try await change()
    }
}
