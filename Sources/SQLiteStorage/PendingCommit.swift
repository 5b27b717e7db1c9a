internal import Storage

/// A commit that waits for its group.
struct PendingCommit: Sendable {
    let batch: WriteBatch
    let continuation: UnsafeContinuation<Result<UInt64, StorageError>, Never>
    /// Bytes that it adds to the transaction, about.
    let weight: Int
    /// What takes the place of everything, in a commit that replaces all entries; may be asked for again.
    let replacement: (any EntrySource)?

    init(_ batch: WriteBatch, _ continuation: UnsafeContinuation<Result<UInt64, StorageError>, Never>) {
        self.batch = batch
        self.continuation = continuation
        replacement = nil
        weight = batch.changes.reduce(0) { $0 + $1.key.path.utf8.count + ($1.value?.count ?? 0) + 64 }
    }

    init(
        replacingAllBy entries: any EntrySource,
        _ continuation: UnsafeContinuation<Result<UInt64, StorageError>, Never>
    ) {
        batch = WriteBatch()
        self.continuation = continuation
        replacement = entries
        // The last of its group: what waits behind it need not wait for so long.
        weight = .max / 2
    }
}
