internal import Synchronization

/// Storage that ends with the process: dev mode, and the model that other backends are compared with.
package final class InMemoryStorage: StorageBackend {
    private struct State {
        var entries: [String: StorageEntry] = [:]
        // The paths in byte order; nil after a change until somebody lists.
        var sorted: [String]?
        var revision: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Empty storage.
    package init() {}

    package func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? {
        state.withLock { $0.entries[key.path] }
    }

    package func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        state.withLock { state in
            let sorted = state.sorted ?? state.entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            state.sorted = sorted
            let next = cursor.map { $0.path + "\u{0}" } ?? ""
            let start = next.utf8.lexicographicallyPrecedes(prefix.utf8) ? prefix : next
            var result: [StorageKey] = []
            var at = Self.firstIndex(in: sorted, notBefore: start)
            while at < sorted.count, result.count < limit, sorted[at].utf8.starts(with: prefix.utf8) {
                result.append(StorageKey(sorted[at]))
                at += 1
            }
            return result
        }
    }

    private static func firstIndex(in sorted: [String], notBefore start: String) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].utf8.lexicographicallyPrecedes(start.utf8) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        try state.withLock { (state) throws(StorageError) in
            for (key, condition) in batch.preconditions {
                let revision = state.entries[key.path]?.revision
                switch condition {
                case .absent where revision == nil: continue
                case .revision(let wanted) where revision == wanted: continue
                default: throw .conflict(key)
                }
            }
            state.revision += 1
            for (key, value) in batch.changes {
                let isKnown = state.entries[key.path] != nil
                if isKnown != (value != nil) { state.sorted = nil }
                state.entries[key.path] = value.map { StorageEntry(value: $0, revision: state.revision) }
            }
            return state.revision
        }
    }
}
