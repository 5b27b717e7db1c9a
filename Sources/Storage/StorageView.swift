/// A part of storage in which an engine is confined: every key gets the prefix, none escapes it.
package struct StorageView: Sendable {
    private let backend: any StorageBackend
    private let prefix: String

    /// The part of `backend` below `prefix`, which ends with a slash.
    package init(_ backend: any StorageBackend, prefix: String) {
        self.backend = backend
        self.prefix = prefix
    }

    /// What `path` holds, or nil.
    package func read(_ path: String) async throws(StorageError) -> StorageEntry? {
        try await backend.read(StorageKey(prefix + path))
    }

    /// The paths below `folder`, relative to the view, in byte order, after the path `cursor`, at most `limit`.
    package func list(
        under folder: String, after cursor: String? = nil, limit: Int = .max
    ) async throws(StorageError) -> [String] {
        let after = cursor.map { StorageKey(prefix + $0) }
        let keys = try await backend.list(under: prefix + folder, after: after, limit: limit)
        return keys.map { relative($0).path }
    }

    /// The entries below `folder`, with keys relative to the view; see `StorageBackend.entries`.
    package func entries(
        under folder: String, after cursor: String? = nil, limit: Int = .max
    ) async throws(StorageError) -> [StoredEntry] {
        let after = cursor.map { StorageKey(prefix + $0) }
        let entries = try await backend.entries(under: prefix + folder, after: after, limit: limit)
        return entries.map { StoredEntry(key: relative($0.key), entry: $0.entry) }
    }

    /// Where `path` is in the backend: for commits that go beyond one view.
    package func key(_ path: String) -> StorageKey { StorageKey(prefix + path) }

    private func relative(_ key: StorageKey) -> StorageKey { key.dropping(prefix) ?? key }

    /// Commits a batch whose keys are relative to the view.
    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        var absolute = WriteBatch(epoch: batch.epoch)
        for (key, value) in batch.changes {
            let key = StorageKey(prefix + key.path)
            if let value { absolute.put(key, value) } else { absolute.delete(key) }
        }
        for (key, condition) in batch.preconditions { absolute.require(condition, at: StorageKey(prefix + key.path)) }
        return try await backend.commit(absolute)
    }

    /// Removes everything in the view. **Cost** one commit per thousand keys.
    package func removeAll() async throws(StorageError) {
        while true {
            let paths = try await list(under: "", limit: 1000)
            if paths.isEmpty { return }
            var batch = WriteBatch()
            for path in paths { batch.delete(StorageKey(path)) }
            try await commit(batch)
        }
    }
}
