/// What storage can answer besides success.
package enum StorageError: Error, Equatable, Sendable {
    /// A precondition of the batch no longer holds for this key; nothing was written.
    case conflict(StorageKey)
    /// A writer of this higher epoch has taken over; nothing was written, nor will be with the batch's epoch.
    case fenced(by: UInt64)
    /// The medium has no room; nothing was written. Reading goes on.
    case full
    /// The medium cannot be written to; nothing was written. Reading goes on.
    case readOnly
    /// What the medium holds is damaged. Of a commit, nothing is known to have been written.
    case corrupt
    /// The backend cannot be reached or refuses to write; nothing is known to have been written.
    case unavailable
    /// The storage is sealed: its keys are not in memory.
    case sealed
    /// What this key holds was altered, moved, brought back from the past or taken away behind the server's back.
    case corrupted(StorageKey)
}
