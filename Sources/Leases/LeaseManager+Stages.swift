package import Bytes
package import EngineKit
internal import Storage
internal import Vocabulary

/// Bounds on how many leases there may be of a path. Implemented by the quotas.
package protocol LeaseCountQuotas: Sendable {
    /// Whether one more may be made under the path; `count` tells how many there are of a path, or below a prefix that
    /// ends with a slash.
    func admitsLease(_ path: String, at mount: MountPoint, count: (String) -> Int) -> Bool
    /// Whether there are any. **Cost** one atomic load.
    var hasLeaseCounts: Bool { get }
}

/// Any number of leases.
package struct NoLeaseCountQuotas: LeaseCountQuotas {
    /// No bounds.
    package init() {}
    package let hasLeaseCounts = false
    package func admitsLease(_ path: String, at mount: MountPoint, count: (String) -> Int) -> Bool { true }
}

/// What the stages of a request and the mount table ask of leases.
extension LeaseManager: LeaseRegistering {
    package func admits(_ path: ByteView, at mount: MountPoint) -> Bool {
        guard quotas.hasLeaseCounts else { return true }
        return quotas.admitsLease(path.string, at: mount) { count(of: $0) }
    }

    package func register(
        _ grant: SecretGrant, path: String, at mount: MountPoint, for caller: Caller?
    ) async throws(LeaseFault) -> LeaseTicket {
        guard let caller else { throw .refused(LeaseError.tokenEnded.wireText) }
        var settling: SettledEntry?
        if let entry = grant.writeAhead {
            guard let key = engines.storageKey(entry.path, at: mount.path) else {
                throw .unavailable(LeaseError.overtaken.wireText)
            }
            settling = SettledEntry(key: key, revision: entry.revision)
        }
        do throws(LeaseError) {
            return try await register(grant, path: path, mount: mount, caller: caller, settling: settling)
        } catch {
            throw error.stageFault
        }
    }

    package func revokeAll(of mount: MountPoint) async throws(LeaseFault) {
        do throws(LeaseError) { try await revokeAll(mount: mount.path) } catch { throw error.stageFault }
        guard let tokens, mount.description.isAuth else { return }
        do throws(TokenFault) { try await tokens.revokeLeases(below: mount.path) } catch {
            throw .unavailable(error.wireText)
        }
    }
}

extension LeaseError {
    /// The fault as the stages know it.
    fileprivate var stageFault: LeaseFault {
        switch self {
        case .unknown, .nothingThere, .notRenewable, .belongsToToken, .pastMax, .refused, .pathTooLong, .tokenEnded:
            .refused(wireText)
        case .engineUnavailable, .stillQueued, .overtaken, .notReady, .storage, .noRandomness: .unavailable(wireText)
        }
    }
}
