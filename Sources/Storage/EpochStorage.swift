internal import Synchronization

/// Storage in front of another that puts an epoch on every batch, so that those who write need not know of it.
///
/// **Concurrency** the epoch may be raised at any time; batches that are on their way keep the one they have got.
package final class EpochStorage: StorageBackend {
    private let inner: any StorageBackend
    private let current: Atomic<UInt64>

    /// Storage in front of `inner` for a writer of `epoch`.
    package init(_ inner: any StorageBackend, epoch: UInt64) {
        self.inner = inner
        current = Atomic(epoch)
    }

    /// The epoch that batches get.
    package var epoch: UInt64 { current.load(ordering: .acquiring) }

    /// Takes over with an epoch that nobody else has been given: from its return on, writers of lower ones are refused.
    /// Throws `.fenced` when a higher one has written already.
    package func claim(_ epoch: UInt64) async throws(StorageError) {
        try await inner.commit(WriteBatch(epoch: epoch))
        current.max(epoch, ordering: .acquiringAndReleasing)
    }

    package func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? { try await inner.read(key) }

    package func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        try await inner.list(under: prefix, after: cursor, limit: limit)
    }

    package func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        try await inner.entries(under: prefix, after: cursor, limit: limit)
    }

    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        var stamped = batch
        stamped.epoch = max(batch.epoch, epoch)
        return try await inner.commit(stamped)
    }

    package func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        try await inner.changes(after: revision)
    }
}
