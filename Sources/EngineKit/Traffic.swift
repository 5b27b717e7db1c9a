internal import Synchronization
package import Vocabulary

/// Counts the requests of one mount, by right and kind of status.
///
/// **Concurrency** one atomic per request; nothing is locked.
package final class TrafficCounter: Sendable {
    private static let rights: [Capability] = [.create, .read, .update, .delete, .list, .patch, .sudo]
    private static let classes = 6
    private let cells: [48 of Atomic<Int>] = .init { _ in Atomic(0) }

    /// Nothing yet.
    package init() {}

    /// Counts one request.
    package func count(_ capability: Capability, status: Int) {
        let row: Int =
            switch capability {
            case .create: 0
            case .read: 1
            case .update: 2
            case .delete: 3
            case .list: 4
            case .patch: 5
            case .sudo: 6
            }
        cells[row * Self.classes + min(max(status / 100, 0), Self.classes - 1)].add(1, ordering: .relaxed)
    }

    /// What was counted, without what never happened: the right, the first digit of the status, how often.
    package var counts: [(operation: String, statusClass: Int, count: Int)] {
        var result: [(String, Int, Int)] = []
        for (row, right) in Self.rights.enumerated() {
            for kind in 0..<Self.classes {
                let count = cells[row * Self.classes + kind].load(ordering: .relaxed)
                if count > 0 { result.append((right.rawValue, kind, count)) }
            }
        }
        return result
    }
}

/// How long requests took, in a fixed set of ranges.
///
/// **Concurrency** two atomics per request; nothing is locked.
package final class DurationHistogram: Sendable {
    /// The upper ends of the ranges; longer ones are in a last range without end. **Units** microseconds.
    package static let limits = [
        50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000,
    ]
    private let cells: [16 of Atomic<Int>] = .init { _ in Atomic(0) }
    private let sum = Atomic<Int>(0)

    /// Nothing yet.
    package init() {}

    /// Counts one duration.
    package func count(nanoseconds: Int) {
        let microseconds = nanoseconds / 1000
        var index = 0
        while index < Self.limits.count, microseconds > Self.limits[index] { index += 1 }
        cells[index].add(1, ordering: .relaxed)
        sum.add(microseconds, ordering: .relaxed)
    }

    /// How many were in each range, and the sum of all. **Units** microseconds.
    package var counts: (ranges: [Int], sum: Int) {
        ((0..<16).map { cells[$0].load(ordering: .relaxed) }, sum.load(ordering: .relaxed))
    }
}

/// What was counted of one mount.
package struct MountTraffic: Sendable {
    /// The mount's path.
    package var path: String
    /// Its engine's type.
    package var type: String
    /// The right, the first digit of the status, how often.
    package var counts: [(operation: String, statusClass: Int, count: Int)]

    /// Traffic of a mount.
    package init(path: String, type: String, counts: [(operation: String, statusClass: Int, count: Int)]) {
        self.path = path
        self.type = type
        self.counts = counts
    }
}

/// Tells what was counted; supplied by the mount table.
package protocol TrafficReports: Sendable {
    /// The counts of every mount.
    var traffic: [MountTraffic] { get }
    /// How long requests took.
    var durations: DurationHistogram { get }
}
