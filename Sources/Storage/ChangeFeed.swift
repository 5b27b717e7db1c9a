/// What a change feed tells.
package enum StorageChange: Sendable, Equatable {
    /// The commit of this revision changed these keys, each once.
    case committed(UInt64, keys: [StorageKey])
    /// Commits up to this revision are no longer told one by one: whoever keeps copies has to read again.
    case missed(through: UInt64)

    /// The revision up to which a follower is informed after this change.
    package var revision: UInt64 {
        switch self {
        case .committed(let revision, _), .missed(let revision): revision
        }
    }
}

/// The commits of a backend, told after they have become durable, in the order of their revisions; ends when the
/// backend is closed or the task that waits is cancelled.
///
/// **Concurrency** each iterator is for one task; it holds a place in the backend's log, not a queue of its own, so
/// that a slow one costs nothing and is told `.missed` in the end.
package struct ChangeFeed: AsyncSequence, Sendable {
    private let log: ChangeLog
    private let start: UInt64
    private var prefix = ""

    init(_ log: ChangeLog, after start: UInt64) {
        self.log = log
        self.start = start
    }

    /// The same commits, told with those of their keys that are below `prefix`, and without it.
    package func below(_ prefix: String) -> ChangeFeed {
        var feed = self
        feed.prefix += prefix
        return feed
    }

    /// Goes through the changes from the feed's start.
    package func makeAsyncIterator() -> Iterator { Iterator(log: log, prefix: prefix, position: start) }

    /// A place in the log.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let log: ChangeLog
        fileprivate let prefix: String
        fileprivate var position: UInt64

        /// The next change; waits for it.
        package mutating func next() async -> StorageChange? {
            await next(isolation: nil)
        }

        /// The next change; waits for it.
        package mutating func next(isolation actor: isolated (any Actor)?) async -> StorageChange? {
            guard let change = await log.change(after: position) else { return nil }
            position = change.revision
            guard case .committed(let revision, let keys) = change, !prefix.isEmpty else { return change }
            return .committed(revision, keys: keys.compactMap { $0.dropping(prefix) })
        }
    }
}
