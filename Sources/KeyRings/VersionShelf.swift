internal import Synchronization

/// Old versions of a large ring that somebody asked for; shared by all pictures of the ring.
///
/// **Concurrency** behind one lock. Bounded: versions that storage can bring back at any time leave first.
final class VersionShelf: Sendable {
    private static let limit = 1024
    private let versions = Mutex<[Int: KeyVersion]>([:])

    init() {}

    subscript(number: Int) -> KeyVersion? { versions.withLock { $0[number] } }

    func put(_ version: KeyVersion) { put(version, replacing: true) }

    func keep(_ version: KeyVersion) { put(version, replacing: false) }

    private func put(_ version: KeyVersion, replacing: Bool) {
        versions.withLock { versions in
            if versions[version.number] != nil {
                if replacing { versions[version.number] = version }
                return
            }
            if versions.count >= Self.limit {
                // Counts that are not written back stay in memory.
                let idle = versions.first { $0.value.usage.messages == $0.value.usage.reserved }
                if let idle { versions[idle.key] = nil }
            }
            versions[version.number] = version
        }
    }

    var all: [KeyVersion] { versions.withLock { Array($0.values) } }
}
