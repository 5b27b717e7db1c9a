package import EngineKit
package import Identity
package import Vocabulary

/// What can go wrong below `identity/`.
package enum IdentityPathError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// Entities, aliases and groups.
    case identity(IdentityFault)
    /// No such path, or not this operation on it; nothing of that name.
    case unsupportedPath, unsupportedOperation, nothingThere
    /// Identity tokens.
    case invalidIssuer
    case unknownAlgorithm(String)
    case rotationTooShort
    case keyInUse(String, roles: [String])
    case keyMissing(String)
    case keyParameterMissing
    case roleMissing(String)
    case clientNotAllowed(key: String, role: String)
    case noEntity
    case template(String)
    case restrictedClaim(String)
    case malformedName
    /// The library refused.
    case signing

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .identity(let fault): fault.faultClass
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .nothingThere: .nothingThere
        case .invalidIssuer, .unknownAlgorithm, .rotationTooShort, .keyInUse, .keyMissing, .keyParameterMissing,
            .roleMissing, .clientNotAllowed, .noEntity, .template, .restrictedClaim, .malformedName:
            .invalidRequest
        case .signing: .unavailable
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .identity(let fault): fault.wireText
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .nothingThere: ""
        case .invalidIssuer:
            "invalid issuer, which must include only a scheme, host, and optional port (e.g. https://example.com:8200)"
        case .unknownAlgorithm(let name): "unknown signing algorithm \"\(name)\""
        case .rotationTooShort: "rotation_period must be at least one minute"
        case .keyInUse(let key, let roles):
            "unable to delete key \"\(key)\" because it is currently referenced by these roles: "
                + roles.joined(separator: ", ")
        case .keyMissing(let name): "key \"\(name)\" not found"
        case .keyParameterMissing: "the key parameter is required"
        case .roleMissing(let name): "role \"\(name)\" not found"
        case .clientNotAllowed(let key, let role):
            "the key \"\(key)\" does not list the client ID of the role \"\(role)\" as an allowed client ID"
        case .noEntity: "no entity associated with the request's token"
        case .template(let problem): "error parsing template JSON: \(problem)"
        case .restrictedClaim(let name):
            "top level key \"\(name)\" not allowed. Restricted keys: iat, aud, exp, iss, sub, namespace"
        case .malformedName: "names are not empty, have at most 512 bytes and no control characters"
        case .signing: "the key cannot sign; try again"
        }
    }
}
