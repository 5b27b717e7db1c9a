internal import Storage

/// A commit that waits for its group.
struct PendingCommit: Sendable {
    let batch: WriteBatch
    let continuation: UnsafeContinuation<Result<UInt64, StorageError>, Never>
    /// Bytes that it adds to the transaction, about.
    let weight: Int

    init(_ batch: WriteBatch, _ continuation: UnsafeContinuation<Result<UInt64, StorageError>, Never>) {
        self.batch = batch
        self.continuation = continuation
        weight = batch.changes.reduce(0) { $0 + $1.key.path.utf8.count + ($1.value?.count ?? 0) + 64 }
    }
}
