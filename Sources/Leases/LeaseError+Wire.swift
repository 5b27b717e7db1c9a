package import Vocabulary

extension LeaseError: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .unknown, .notRenewable, .belongsToToken, .pastMax, .refused, .pathTooLong: .invalidRequest
        case .nothingThere: .nothingThere
        case .tokenEnded: .permissionDenied
        case .engineUnavailable, .stillQueued: .internal
        case .overtaken, .notReady, .storage, .noRandomness: .unavailable
        }
    }

    /// **Source** system wire facts §11.
    package var wireText: String {
        switch self {
        case .unknown: "lease not found"
        case .nothingThere: ""
        case .notRenewable: "lease is not renewable"
        case .belongsToToken: "tokens cannot be renewed through this endpoint"
        case .pastMax: "past the max TTL, cannot renew"
        case .refused(let text): text
        case .engineUnavailable(let text): text
        case .stillQueued(let count, let reason):
            "failed to revoke \(count) lease\(count == 1 ? "" : "s"), to be tried again: \(reason)"
        case .tokenEnded: "permission denied"
        case .pathTooLong: "the path is too long to name a lease"
        case .overtaken: "the secret was not recorded in time; try again"
        case .notReady: "leases are not loaded yet; try again"
        case .storage: "storage is not available; try again"
        case .noRandomness: "the random source is not available; try again"
        }
    }
}
