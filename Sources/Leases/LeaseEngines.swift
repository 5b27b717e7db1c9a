package import EngineKit
package import Storage

/// The engines that leases are renewed and ended by; supplied by whoever holds the mounts.
package protocol LeaseEngines: Sendable {
    /// Has the engine at `mount` extend what the lease stands for.
    func renew(
        _ lease: LeasedSecret, at mount: String, incrementSeconds: Int
    ) async throws(LeaseFault) -> LeaseTerms
    /// Has the engine at `mount` end what the lease stands for.
    func revoke(_ lease: LeasedSecret, at mount: String) async throws(LeaseFault)
    /// The longest that a lease of the mount may live; nil when nothing is mounted there.
    func maxLeaseSeconds(at mount: String) -> Int?
    /// Where a path of the mount's own storage is in the backend; nil when nothing is mounted there.
    func storageKey(_ path: String, at mount: String) -> StorageKey?
}

/// One lease in the queue of those that are due and could not be ended yet.
package struct QueuedLease: Sendable, Equatable {
    /// The lease.
    package var leaseID: String
    /// Why it waits.
    package var trouble: LeaseBook.Trouble
}
