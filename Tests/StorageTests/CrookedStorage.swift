import Storage

/// Storage in memory that does one thing wrong.
struct CrookedStorage: StorageBackend {
    enum Fault: CaseIterable, Sendable {
        case dropsLastChange
        case forgetsPreconditions
        case takesAnyEpoch
        case listsBackwards
        case startsAtCursor
        case losesOneOfManyEntries
        case repeatsRevision
    }

    private let inner = InMemoryStorage()
    private let fault: Fault

    init(_ fault: Fault) { self.fault = fault }

    func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? { try await inner.read(key) }

    func list(under prefix: String, after cursor: StorageKey?, limit: Int) async throws(StorageError) -> [StorageKey] {
        var cursor = cursor
        if fault == .startsAtCursor, let path = cursor?.path, !path.isEmpty {
            cursor = StorageKey(String(path.dropLast()))
        }
        let keys = try await inner.list(under: prefix, after: cursor, limit: limit)
        return fault == .listsBackwards ? keys.reversed() : keys
    }

    func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        let entries = try await inner.entries(under: prefix, after: cursor, limit: limit)
        return fault == .losesOneOfManyEntries && entries.count > 1000 ? entries.dropLast() : entries
    }

    func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        var crooked = WriteBatch(epoch: fault == .takesAnyEpoch ? 0 : batch.epoch)
        for (key, value) in fault == .dropsLastChange ? batch.changes.dropLast() : batch.changes[...] {
            if let value { crooked.put(key, value) } else { crooked.delete(key) }
        }
        if fault != .forgetsPreconditions {
            for (key, condition) in batch.preconditions { crooked.require(condition, at: key) }
        }
        let revision = try await inner.commit(crooked)
        return fault == .repeatsRevision ? (revision + 1) / 2 : revision
    }

    func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        try await inner.changes(after: revision)
    }
}
