internal import EngineKit
internal import Tokens
package import Vocabulary

/// What clients are told. **Source** system wire facts §8.
extension TokenAuthError: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .store(let error): error.faultClass
        case .identity(let fault): fault.faultClass
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .nothingThere: .nothingThere
        case .permissionDenied, .badToken: .permissionDenied
        case .missingToken, .missingAccessor, .invalidAccessor, .nothingToRevoke, .notPositive, .negativeUses,
            .invalidType, .unknownRole, .needsSudo, .notSubsetOfParent, .needsRootParent, .rootMustEnd, .unassignable,
            .notSubsetOfRole, .disallowedByRole, .idHasPrefix, .idHasDot, .idTooLong, .limitedParent, .batchParent,
            .batchWith, .batchRoot, .batchRevoked, .aliasWithoutRole, .invalidAlias, .pathSuffix, .boundCIDRs,
            .batchRole:
            .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .store(let error): error.wireText
        case .identity(let fault): fault.wireText
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .nothingThere: ""
        case .permissionDenied: "permission denied"
        case .badToken: "bad token"
        case .missingToken: "missing token ID"
        case .missingAccessor: "missing accessor"
        case .invalidAccessor: "invalid accessor"
        case .nothingToRevoke: "token to revoke not found"
        case .notPositive(let field): "\(field) must be positive"
        case .negativeUses: "number of uses cannot be negative"
        case .invalidType: "invalid 'token_type' value"
        case .unknownRole(let name): "unknown role \(name)"
        case .needsSudo(let privilege): "root or sudo privileges required to \(privilege.rawValue)"
        case .notSubsetOfParent: "child policies must be subset of parent"
        case .needsRootParent: "root tokens may not be created without parent token being root"
        case .rootMustEnd: "expiring root tokens cannot create non-expiring root tokens"
        case .unassignable(let name): "cannot assign policy \"\(name)\""
        case .notSubsetOfRole(let asked, let allowed):
            "token policies (\(Self.list(asked))) must be subset of the role's allowed policies (\(Self.list(allowed)))"
        case .disallowedByRole(let name): "token policy \"\(name)\" is disallowed by this role"
        case .idHasPrefix: "custom token ID cannot have the 's.' prefix"
        case .idHasDot: "custom token ID cannot have a '.'"
        case .idTooLong: "custom token ID is too long"
        case .limitedParent: "restricted use token cannot generate child tokens"
        case .batchParent: "batch tokens cannot create more tokens"
        case .batchWith(let field): "batch tokens cannot have \"\(field)\" set"
        case .batchRoot: "batch tokens cannot be root tokens"
        case .batchRevoked: "batch tokens cannot be revoked"
        case .aliasWithoutRole: "'entity_alias' is only allowed in combination with token role"
        case .invalidAlias: "invalid 'entity_alias' value"
        case .pathSuffix: "given role path suffix contains invalid characters; must match \\w[\\w-.]+\\w"
        case .boundCIDRs: "'token_bound_cidrs' must be IP addresses or CIDR ranges"
        case .batchRole: "'token_type' can only be 'batch' when 'renewable' is false and 'orphan' is true"
        }
    }

    private static func list(_ names: [String]) -> String {
        "[" + names.map { "\"\($0)\"" }.joined(separator: " ") + "]"
    }
}
