/// The address of one stored value: a slash-separated path of printable names.
package struct StorageKey: Hashable, Sendable, Comparable {
    /// The path.
    package let path: String

    /// A key at `path`.
    package init(_ path: String) { self.path = path }

    /// Byte order of the paths.
    package static func < (left: StorageKey, right: StorageKey) -> Bool {
        left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
    }
}

/// A stored value and the revision at which it was written.
package struct StorageEntry: Sendable, Equatable {
    /// The bytes.
    package let value: [UInt8]
    /// Rises with every commit of the backend; a precondition compares it.
    package let revision: UInt64

    /// An entry.
    package init(value: [UInt8], revision: UInt64) {
        self.value = value
        self.revision = revision
    }
}

/// What storage can answer besides success.
package enum StorageError: Error, Equatable, Sendable {
    /// A precondition of the batch no longer holds for this key; nothing was written.
    case conflict(StorageKey)
    /// The backend cannot be reached or refuses to write; nothing is known to have been written.
    case unavailable
    /// The storage is sealed: its keys are not in memory.
    case sealed
    /// What this key holds was altered, moved, brought back from the past or taken away behind the server's back.
    case corrupted(StorageKey)
}

/// Changes that become durable together or not at all.
package struct WriteBatch: Sendable {
    /// What a key must look like for the batch to go through.
    package enum Precondition: Sendable {
        /// The key holds nothing.
        case absent
        /// The key holds the entry of this revision.
        case revision(UInt64)
    }

    /// Values to store; nil removes.
    package private(set) var changes: [(key: StorageKey, value: [UInt8]?)] = []
    /// Conditions, all checked before anything is written.
    package private(set) var preconditions: [(key: StorageKey, condition: Precondition)] = []

    /// A batch of nothing.
    package init() {}

    /// Stores `value` at `key`.
    package mutating func put(_ key: StorageKey, _ value: [UInt8]) { changes.append((key, value)) }
    /// Removes what `key` holds, if anything.
    package mutating func delete(_ key: StorageKey) { changes.append((key, nil)) }
    /// Makes the batch depend on what `key` holds.
    package mutating func require(_ condition: Precondition, at key: StorageKey) {
        preconditions.append((key, condition))
    }
}

/// Where values are kept. Nothing above it knows which kind it is.
///
/// **Concurrency** callable from anywhere; commits are serialised by the backend.
package protocol StorageBackend: Sendable {
    /// What `key` holds, or nil.
    func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry?
    /// The keys below `prefix` in byte order, after `cursor`, at most `limit`.
    func list(under prefix: String, after cursor: StorageKey?, limit: Int) async throws(StorageError) -> [StorageKey]
    /// All or nothing, durable on return; the revision of the commit. Throws `.conflict(key)` when a precondition
    /// fails.
    @discardableResult
    func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64
}

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
        return keys.map { String($0.path.dropFirst(prefix.count)) }
    }

    /// Commits a batch whose keys are relative to the view.
    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        var absolute = WriteBatch()
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
