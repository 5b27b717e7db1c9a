package import EngineKit
package import Tokens
package import Vocabulary

/// What can go wrong under `sys/wrapping/`. **Source** system wire facts §9.
package enum WrappingError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// The store did not do it.
    case store(TokenError)
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation
    /// `wrap` without the header.
    case needsWrapping
    /// A token that is used, unknown, or none of this kind.
    case invalidToken

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .store(let error): error.faultClass
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .needsWrapping, .invalidToken: .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .store(let error): error.wireText
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .needsWrapping: "endpoint requires response wrapping to be used"
        case .invalidToken: "wrapping token is not valid or does not exist"
        }
    }
}
