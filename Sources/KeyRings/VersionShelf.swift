internal import Synchronization

/// Old versions of a large ring that somebody asked for; shared by all pictures of the ring.
///
/// **Concurrency** behind one lock. Bounded: versions that storage can bring back at any time leave first.
final class VersionShelf: Sendable {
    private static let limit = 1024
    private let versions = Mutex<[Int: KeyVersion]>([:])

    init() {}

    subscript(number: Int) -> KeyVersion? { versions.withLock { $0[number] } }

    func put(_ version: KeyVersion) { put([version], replacing: true) }

    /// Keeps versions that were loaded, all of them at once: somebody needs them now, however many they are.
    func keep(_ loaded: [KeyVersion]) { put(loaded, replacing: false) }

    private func put(_ wanted: [KeyVersion], replacing: Bool) {
        versions.withLock { versions in
            Self.makeRoom(&versions, for: wanted)
            for version in wanted where replacing || versions[version.number] == nil {
                versions[version.number] = version
            }
        }
    }

    // More than it takes, so that not every version that comes has all the others looked at.
    private static func makeRoom(_ versions: inout [Int: KeyVersion], for wanted: [KeyVersion]) {
        guard versions.count + wanted.count > limit else { return }
        let numbers = Set(wanted.map(\.number))
        var surplus = versions.count + wanted.count - limit * 3 / 4
        versions = versions.filter { number, version in
            // Counts that are not written back stay in memory.
            let isIdle = version.usage.messages == version.usage.reserved
            guard surplus > 0, isIdle, !numbers.contains(number) else { return true }
            surplus -= 1
            return false
        }
    }

    var all: [KeyVersion] { versions.withLock { Array($0.values) } }
}
