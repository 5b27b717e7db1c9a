internal import Bytes
package import EngineKit
internal import Storage
internal import Synchronization

/// One engine at one path. A tuned or moved mount is a new one with the same engine, storage and life.
package final class Mount: Sendable {
    /// What clients see of it.
    package let description: MountDescription
    /// The same, with the times that hold there, as requests carry it.
    let point: MountPoint
    let engine: any SecretsEngine
    let storage: StorageView
    let life: MountLife
    /// Counts its requests.
    let traffic: TrafficCounter
    /// Engines of their own for parts of the mount, by the first segment below it: how `sys/` is put together.
    let sections: [String: any SecretsEngine]
    /// Whether the house put it in.
    let isHouse: Bool

    init(
        _ point: MountPoint, _ engine: any SecretsEngine, _ storage: StorageView, isHouse: Bool = false,
        sections: [String: any SecretsEngine] = [:], life: MountLife = MountLife(),
        traffic: TrafficCounter = TrafficCounter()
    ) {
        description = point.description
        self.point = point
        self.engine = engine
        self.storage = storage
        self.isHouse = isHouse
        self.sections = sections
        self.life = life
        self.traffic = traffic
    }

    /// The same engine as another description tells it.
    func changed(to point: MountPoint) -> Mount {
        Mount(point, engine, storage, isHouse: isHouse, sections: sections, life: life, traffic: traffic)
    }

    /// The engine that answers for `tail`, which is the path below the mount.
    func engine(for tail: ByteView) -> any SecretsEngine {
        if sections.isEmpty { return engine }
        let head = tail.slice(0, tail.firstIndex(of: UInt8(ascii: "/")) ?? tail.count)
        return sections[head.string] ?? engine
    }
}

/// Whether a mount takes requests that store, and how many it has.
///
/// So that nothing is given out behind the back of those who take everything back: a mount that goes is shut first, and
/// waited for.
/// **Layout** of the number: bit 62 says that it is shut, the rest counts. **Concurrency** one atomic.
final class MountLife: Sendable {
    private static let shut = 1 << 62
    private let state = Atomic<Int>(0)

    /// Whether it is shut.
    var isShut: Bool { state.load(ordering: .acquiring) & Self.shut != 0 }

    /// Counts one request more; false when the mount is shut.
    func begin() -> Bool {
        if state.add(1, ordering: .acquiringAndReleasing).newValue & Self.shut == 0 { return true }
        end()
        return false
    }

    /// Counts one request less.
    func end() { state.subtract(1, ordering: .acquiringAndReleasing) }

    /// Lets no more requests in.
    func close() { state.bitwiseOr(Self.shut, ordering: .acquiringAndReleasing) }

    /// Lets requests in again.
    func reopen() { state.bitwiseAnd(~Self.shut, ordering: .acquiringAndReleasing) }

    /// Waits until those that were let in have ended; false when they do not.
    func drain(seconds: Int) async -> Bool {
        for _ in 0..<seconds * 100 {
            if state.load(ordering: .acquiring) & ~Self.shut == 0 { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return state.load(ordering: .acquiring) & ~Self.shut == 0
    }
}
