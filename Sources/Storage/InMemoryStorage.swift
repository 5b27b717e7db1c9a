internal import Synchronization

/// Storage that ends with the process: dev mode, and the model that other backends are compared with.
package final class InMemoryStorage: StorageBackend {
    private struct State {
        var entries: [StorageKey: StorageEntry] = [:]
        // The keys in byte order, but for the few that came or went since somebody listed; nil after many changes.
        var sorted: [StorageKey]?
        var unsorted: Set<StorageKey> = []
        var revision: UInt64 = 0
        var epoch: UInt64 = 0
    }

    // A page of entries ends when it has so many bytes.
    private static let pageBytes = 8 << 20
    // To put so many keys in their places moves less memory than sorting compares texts.
    private static let fewChanges = 256
    private let state = Mutex(State())
    private let log = ChangeLog(after: 0)

    /// Empty storage.
    package init() {}

    package func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? {
        state.withLock { $0.entries[key] }
    }

    package func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        state.withLock { Array(Self.keys(&$0, under: prefix, after: cursor, limit: limit)) }
    }

    package func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        state.withLock { state in
            var result: [StoredEntry] = []
            var bytes = 0
            for key in Self.keys(&state, under: prefix, after: cursor, limit: limit) {
                guard let entry = state.entries[key] else { continue }
                bytes += entry.value.count
                if bytes > Self.pageBytes, !result.isEmpty { break }
                result.append(StoredEntry(key: key, entry: entry))
            }
            return result
        }
    }

    private static func keys(
        _ state: inout State, under prefix: String, after cursor: StorageKey?, limit: Int
    ) -> ArraySlice<StorageKey> {
        let sorted = sorted(&state)
        let next = StorageKey(cursor.map { $0.path + "\u{0}" } ?? "")
        let first = firstIndex(in: sorted, notBefore: max(next, StorageKey(prefix)))
        var end = first
        while end < sorted.count, end - first < limit, sorted[end].path.utf8.starts(with: prefix.utf8) { end += 1 }
        return sorted[first..<end]
    }

    // A few changes are put in their places, so that whoever lists between writes does not pay for all keys.
    private static func sorted(_ state: inout State) -> [StorageKey] {
        guard var sorted = state.sorted.take() else {
            let all = state.entries.keys.sorted()
            state.sorted = all
            return all
        }
        for key in state.unsorted {
            let place = firstIndex(in: sorted, notBefore: key)
            let isThere = place < sorted.count && sorted[place] == key
            switch (isThere, state.entries[key] != nil) {
            case (false, true): sorted.insert(key, at: place)
            case (true, false): sorted.remove(at: place)
            case (true, true), (false, false): break
            }
        }
        state.unsorted = []
        state.sorted = sorted
        return sorted
    }

    // Bounded: where nobody lists, keys that came and went must not gather.
    private static func note(_ key: StorageKey, _ state: inout State) {
        guard state.sorted != nil else { return }
        state.unsorted.insert(key)
        if state.unsorted.count > fewChanges { (state.sorted, state.unsorted) = (nil, []) }
    }

    private static func firstIndex(in sorted: [StorageKey], notBefore start: StorageKey) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < start { low = middle + 1 } else { high = middle }
        }
        return low
    }

    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        try state.withLock { (state) throws(StorageError) in
            if batch.epoch < state.epoch { throw .fenced(by: state.epoch) }
            for (key, condition) in batch.preconditions {
                let revision = state.entries[key]?.revision
                switch condition {
                case .absent where revision == nil: continue
                case .revision(let wanted) where revision == wanted: continue
                default: throw .conflict(key)
                }
            }
            state.epoch = batch.epoch
            state.revision += 1
            for (key, value) in batch.changes {
                let isKnown = state.entries[key] != nil
                if isKnown != (value != nil) { Self.note(key, &state) }
                state.entries[key] = value.map { StorageEntry(value: $0, revision: state.revision) }
            }
            log.publish(state.revision, changing: batch.changedKeys)
            return state.revision
        }
    }

    package func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        log.feed(after: revision)
    }

    /// Everything that is stored, of one moment.
    package func readAll(
        _ page: @escaping @Sendable ([StoredEntry]) throws(StorageError) -> Void
    ) async throws(StorageError) {
        let entries = state.withLock { $0.entries }
        for key in entries.keys.sorted() {
            if let entry = entries[key] { try page([StoredEntry(key: key, entry: entry)]) }
        }
    }

    /// Puts other content in place of everything that is stored.
    package func replaceAll(by entries: any EntrySource) async throws(StorageError) {
        let next = entries.iterator()
        var fresh: [StorageKey: [UInt8]] = [:]
        while let entry = next() { fresh[entry.key] = entry.entry.value }
        state.withLock { [fresh] state in
            state.revision += 1
            let revision = state.revision
            state.entries = fresh.mapValues { StorageEntry(value: $0, revision: revision) }
            (state.sorted, state.unsorted) = (nil, [])
            log.publishMissed(through: revision)
        }
    }
}
