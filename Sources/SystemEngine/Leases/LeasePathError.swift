package import EngineKit
package import Leases
package import Vocabulary

/// What can go wrong on the lease paths.
package enum LeasePathError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// Leases did not do it.
    case lease(LeaseError)
    /// No lease is named.
    case leaseIDMissing
    /// No prefix is named.
    case prefixMissing
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .lease(let fault): fault.faultClass
        case .leaseIDMissing, .prefixMissing: .invalidRequest
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .lease(let fault): fault.wireText
        case .leaseIDMissing: "lease_id must be specified"
        case .prefixMissing: "a prefix must be specified"
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        }
    }
}
