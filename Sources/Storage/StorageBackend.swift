/// The address of one stored value: a slash-separated path of printable names.
package struct StorageKey: Hashable, Sendable, Comparable {
    /// The path.
    package let path: String

    /// A key at `path`.
    package init(_ path: String) { self.path = path }

    // By bytes: Swift's strings are equal too when Unicode only writes the same character in two ways.
    /// Equality of the paths' bytes.
    package static func == (left: StorageKey, right: StorageKey) -> Bool {
        left.path.utf8.elementsEqual(right.path.utf8)
    }

    /// Hashes the path's bytes.
    package func hash(into hasher: inout Hasher) {
        var path = path
        path.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// The key without `prefix`; nil when the path does not begin with it. By bytes: to Swift's strings, a combining
    /// mark behind the prefix would swallow its slash.
    package func dropping(_ prefix: String) -> StorageKey? {
        guard path.utf8.starts(with: prefix.utf8) else { return nil }
        return StorageKey(String(path[path.utf8.index(path.startIndex, offsetBy: prefix.utf8.count)...]))
    }

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

/// A stored value with its key.
package struct StoredEntry: Sendable, Equatable {
    /// Where it is.
    package let key: StorageKey
    /// What is there.
    package let entry: StorageEntry

    /// An entry at `key`.
    package init(key: StorageKey, entry: StorageEntry) {
        self.key = key
        self.entry = entry
    }
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
    /// The term of the writer: once a batch of a higher epoch was committed, those of lower ones are refused.
    package var epoch: UInt64

    /// A batch of nothing, from a writer of this epoch; epoch 0 is for storage that has one writer.
    package init(epoch: UInt64 = 0) { self.epoch = epoch }

    /// Stores `value` at `key`.
    package mutating func put(_ key: StorageKey, _ value: [UInt8]) { changes.append((key, value)) }
    /// Removes what `key` holds, if anything.
    package mutating func delete(_ key: StorageKey) { changes.append((key, nil)) }
    /// The keys that the batch changes, each once.
    package var changedKeys: [StorageKey] {
        if changes.count < 2 { return changes.map(\.key) }
        var seen: Set<StorageKey> = []
        return changes.map(\.key).filter { seen.insert($0).inserted }
    }
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
    /// The entries below `prefix` in byte order of their keys, after `cursor`, at most `limit`. A page may end early
    /// so that its values stay below some MiB; only an empty one is the end. A page is of one moment.
    func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry]
    /// All or nothing, durable on return; the revision of the commit, which its entries carry. Batches that were under
    /// way at once and change different keys may share a revision; feeds then tell them as one commit. Throws
    /// `.fenced` when a higher epoch has written, and then `.conflict(key)` when a precondition fails.
    @discardableResult
    func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64
    /// The commits after `revision`, or, for nil, after this call, in the order of their revisions.
    func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed
}
