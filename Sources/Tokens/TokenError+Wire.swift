internal import EngineKit
package import Vocabulary

/// What clients are told. **Source** system wire facts §1.11, §8.
extension TokenError: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .unknown, .duplicate, .pastMax, .noLease, .notRenewable, .isBatch, .refused, .rootLogin, .tooLarge:
            .invalidRequest
        case .methodUnavailable, .closed, .contended, .storage, .noRandomness: .unavailable
        case .damaged: .internal
        }
    }

    package var wireText: String {
        switch self {
        case .unknown: "token not found"
        case .duplicate: "cannot create a token with a duplicate ID"
        case .pastMax: "past the max TTL, cannot renew"
        case .noLease: "invalid lease ID"
        case .notRenewable: "lease is not renewable"
        case .isBatch: "batch tokens cannot be renewed"
        case .refused(let sentence): sentence
        case .rootLogin: "auth methods cannot create root tokens"
        case .tooLarge: "the token would be too long: give it less metadata"
        case .methodUnavailable: "the auth method cannot judge the renewal now; try again"
        case .closed: "Vault is sealed"
        case .contended: "the token is being changed by others; try again"
        case .storage: "storage is not available; try again"
        case .noRandomness: "the random source is not available; try again"
        case .damaged: "the stored token cannot be read"
        }
    }
}

extension TokenFault {
    init(_ error: TokenError) { self.init(error.faultClass, error.wireText) }
}
