package import EngineKit
internal import Leases
package import Storage

/// Leases find their engines among the mounts.
extension MountTable: LeaseEngines {
    package func renew(
        _ lease: LeasedSecret, at mount: String, incrementSeconds: Int
    ) async throws(LeaseFault) -> LeaseTerms {
        guard let engine = engine(at: mount) else { throw .refused("nothing is mounted at \(mount)") }
        return try await engine.renew(lease, incrementSeconds: incrementSeconds)
    }

    package func revoke(_ lease: LeasedSecret, at mount: String) async throws(LeaseFault) {
        guard let engine = engine(at: mount) else { throw .refused("nothing is mounted at \(mount)") }
        try await engine.revoke(lease)
    }

    package func maxLeaseSeconds(at mount: String) -> Int? { self[mount]?.point.maxLeaseSeconds }

    package func storageKey(_ path: String, at mount: String) -> StorageKey? { self[mount]?.storage.key(path) }

    private func engine(at mount: String) -> (any SecretsEngine)? { self[mount]?.engine }
}
