internal import Synchronization

/// A number that the server tells about itself.
package struct Metric: Sendable {
    /// Whether it only rises.
    package enum Kind: Sendable {
        /// Goes up and down.
        case gauge
        /// Only rises.
        case counter
    }

    /// The name, without the prefix `strongroom_`.
    package var name: String
    /// Whether it only rises.
    package var kind: Kind
    /// The value.
    package var value: Double
    /// What it is of.
    package var labels: [(name: String, value: String)]

    /// A number.
    package init(_ name: String, _ kind: Kind, _ value: Double, labels: [(name: String, value: String)] = []) {
        self.name = name
        self.kind = kind
        self.value = value
        self.labels = labels
    }
}

/// Where the parts of the server leave word how they are to be asked for their numbers.
///
/// **Concurrency** sources are asked one after the other, in a task, when somebody reads the metrics.
package final class MetricsBoard: Sendable {
    /// Gives numbers.
    package typealias Source = @Sendable () async -> [Metric]

    private let sources = Mutex<[Source]>([])

    /// Without sources.
    package init() {}

    /// Adds a source.
    package func add(_ source: @escaping Source) { sources.withLock { $0.append(source) } }

    /// What all sources say now.
    func read() async -> [Metric] {
        var result: [Metric] = []
        for source in sources.withLock({ $0 }) { result += await source() }
        return result
    }
}
