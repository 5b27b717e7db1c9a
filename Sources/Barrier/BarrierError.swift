package import Storage

/// What can go wrong with sealed storage as a whole; single rows fail with `StorageError`.
package enum BarrierError: Error, Equatable, Sendable {
    /// The keys are not in memory.
    case sealed
    /// Nothing was initialised here.
    case notInitialized
    /// Something was initialised here before.
    case alreadyInitialized
    /// There are rows, but none of ours: another program's database.
    case foreignRows
    /// The root key does not open the terms: a wrong key, or an altered row. The two cannot be told apart.
    case wrongRootKey
    /// This row was altered or moved.
    case tampered(StorageKey)
    /// Rows were brought back from the past, added or taken away: together they are not what was committed last.
    case mismatchedRows
    /// The database is older than what the witness has seen.
    case rolledBack(databaseEpoch: UInt64, witnessedEpoch: UInt64)
    /// A witness was kept, and now there is none.
    case witnessMissing
    /// The witness holds no record of this database, or cannot be read.
    case witnessUnreadable
    /// The storage below failed.
    case storage(StorageError)
    /// Others keep writing to the database.
    case contention
    /// No random bytes, or the crypto library failed.
    case cryptoUnavailable
    /// A rotation policy outside its limits.
    case invalidRotationPolicy
}
