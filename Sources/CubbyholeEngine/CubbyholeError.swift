package import EngineKit
package import Storage
package import Vocabulary

/// What can go wrong under `cubbyhole/`. **Source** system wire facts §8.1, §18.
package enum CubbyholeError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// A write of nothing.
    case nothingToKeep
    /// Nothing is there.
    case nothingThere
    /// Batch tokens have no cubbyhole.
    case serviceTokensOnly
    /// Nobody asks.
    case permissionDenied
    /// A path that nothing can be kept under.
    case unsupportedPath, pathTooLong
    /// Not this operation.
    case unsupportedOperation
    /// The token store did not do it.
    case token(TokenFault)
    /// Storage did not do it.
    case storage(StorageError)

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .nothingToKeep: .invalidRequest
        case .nothingThere: .nothingThere
        case .serviceTokensOnly, .pathTooLong: .invalidRequest
        case .permissionDenied: .permissionDenied
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .token(let fault): fault.faultClass
        case .storage: .unavailable
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .nothingToKeep: "missing data fields"
        case .nothingThere: ""
        case .serviceTokensOnly: "cubbyhole operations are only supported by \"service\" type tokens"
        case .permissionDenied: "permission denied"
        case .unsupportedPath: "unsupported path"
        case .pathTooLong: "the path is too long"
        case .unsupportedOperation: "unsupported operation"
        case .token(let fault): fault.wireText
        case .storage: "storage is not available; try again"
        }
    }
}
