package import EngineKit
package import Policies
package import Vocabulary

/// What can go wrong on the paths of policies.
package enum PolicyPathError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// The policy cannot be stored.
    case policy(PolicyFault)
    /// The token store did not answer.
    case token(TokenFault)
    /// No such path, or not this operation on it; nothing of that name.
    case unsupportedPath, unsupportedOperation, nothingThere
    /// No paths came; no token came.
    case pathsMissing, tokenMissing
    /// The token or the accessor is not one.
    case invalidToken, invalidAccessor
    /// The explanation's right is none.
    case invalidCapability

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .policy(let fault): fault.faultClass
        case .token(let fault): fault.faultClass
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .nothingThere: .nothingThere
        // The field's server answers a missing token with 500; it is the client's mistake.
        case .pathsMissing, .tokenMissing, .invalidToken, .invalidAccessor, .invalidCapability: .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .policy(let fault): fault.wireText
        case .token(let fault): fault.wireText
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .nothingThere: ""
        case .pathsMissing: "paths must be supplied"
        case .tokenMissing: "no token found"
        case .invalidToken: "invalid token"
        case .invalidAccessor: "invalid accessor"
        case .invalidCapability:
            "'capability' must be one of create, delete, list, patch, read, sudo and update"
        }
    }
}
