internal import Bytes
package import EngineKit
package import Storage
internal import Synchronization

/// The mounts: an immutable picture that requests read, replaced as a whole by those who mount and unmount.
///
/// Auth methods are mounts below `auth/`.
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

    /// Who is asked and told when mounts change; they need the table, so they come later than it.
    struct Connections {
        var leases: (any LeaseRegistering)?
        var watchers: [any MountWatching] = []
    }

    private let picture = Mutex(Picture())
    let connections = Mutex(Connections())
    let migrations = Mutex<[MountMigration]>([])
    let changes = MountChanges()
    let storage: any StorageBackend
    let factories: [String: Factory]
    /// How long requests took.
    package let durations = DurationHistogram()
    let authFactories: [String: Factory]
    let systemDefaultSeconds: Int
    let systemMaxSeconds: Int
    /// Default and longest time to live of the system, unless its settings say otherwise: 768 hours.
    package static let systemLeaseSeconds = 2_764_800

    /// A table without mounts. `factories` are the engines of secrets that can be mounted, `authFactories` the auth
    /// methods. **Units** seconds.
    package init(
        storage: any StorageBackend, factories: [String: Factory], authFactories: [String: Factory] = [:],
        systemDefaultSeconds: Int = systemLeaseSeconds, systemMaxSeconds: Int = systemLeaseSeconds
    ) {
        self.storage = storage
        self.factories = factories
        self.authFactories = authFactories
        self.systemDefaultSeconds = systemDefaultSeconds
        self.systemMaxSeconds = systemMaxSeconds
    }

    /// Connects what gives back the leases of a mount that goes, and those who want to know of it.
    package func connect(leases: (any LeaseRegistering)?, watchers: [any MountWatching] = []) {
        connections.withLock {
            $0.leases = leases
            $0.watchers += watchers
        }
    }

    // MARK: - Looking up

    /// The mount whose path the request's path begins with, and the rest of it; not one that is going.
    /// **Cost** one look-up per path segment.
    func route(_ path: ByteView) -> (Mount, tail: ByteView)? {
        guard let (mount, tail) = find(path), !mount.life.isShut else { return nil }
        return (mount, tail)
    }

    private func find(_ path: ByteView) -> (Mount, tail: ByteView)? {
        let picture = picture.withLock { $0 }
        let head = path.slice(0, picture.longestPath)
        var from = 0
        while let slash = head.firstIndex(of: UInt8(ascii: "/"), from: from) {
            if let mount = picture[head.slice(0, slash + 1).string] { return (mount, path.dropFirst(slash + 1)) }
            from = slash + 1
        }
        return nil
    }

    /// What is mounted at exactly this path, also while it is going.
    subscript(path: String) -> Mount? { picture.withLock { $0[path] } }

    package var mounts: [MountDescription] {
        picture.withLock { $0.byPath.values.map(\.description) }.sorted { $0.path < $1.path }
    }

    package func point(at path: String) -> MountPoint? { self[path]?.point }

    /// The mount with this accessor. **Cost** looks at every mount.
    package func mount(ofAccessor accessor: String) -> MountDescription? {
        picture.withLock { $0.byPath.values.first { $0.description.accessor == accessor }?.description }
    }

    package func holder(of path: String) -> MountDescription? {
        var path = path
        return path.withUTF8 { find(ByteView(UnsafeRawBufferPointer($0)))?.0.description }
    }

    var all: [Mount] { picture.withLock { Array($0.byPath.values) } }

    /// The path of a mount that is at, above or below `path`.
    func conflict(with path: String) -> String? {
        picture.withLock { $0.byPath.keys.filter { $0.hasPrefix(path) || path.hasPrefix($0) }.min() }
    }

    /// A description with the times that hold for it.
    func resolve(_ description: MountDescription) -> MountPoint {
        MountPoint(description, systemDefaultSeconds: systemDefaultSeconds, systemMaxSeconds: systemMaxSeconds)
    }

    // MARK: - Changing the picture

    /// Lets requests reach the mount.
    func publish(_ mount: Mount) { picture.withLock { $0[mount.description.path] = mount } }

    /// Puts a mount at another path.
    func republish(_ mount: Mount, insteadOf path: String) {
        picture.withLock {
            $0[path] = nil
            $0[mount.description.path] = mount
        }
    }

    /// Takes a mount out of the picture.
    func withdraw(_ path: String) { picture.withLock { $0[path] = nil } }

    /// Takes every mount but those of the house out of the picture.
    func withdrawAll() -> [Mount] {
        picture.withLock { picture in
            let mounts = picture.byPath.values.filter { !$0.isHouse }
            for mount in mounts { picture[mount.description.path] = nil }
            return mounts
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
}

/// Runs the changes of mounts one after the other.
actor MountChanges {
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func run<Result: Sendable>(
        _ change: @Sendable () async throws(MountFault) -> Result
    ) async throws(MountFault) -> Result {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        return try await change()
    }
}
