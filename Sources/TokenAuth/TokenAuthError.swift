package import EngineKit
package import Tokens

/// What can go wrong under `auth/token/`.
package enum TokenAuthError: Error, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// The store did not do it.
    case store(TokenError)
    /// Identity did not do it.
    case identity(TokenFault)
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation
    /// Nobody asks, or somebody whose token is over meanwhile.
    case permissionDenied
    /// Nothing is there.
    case nothingThere
    /// `lookup` of a token that does not exist.
    case badToken
    /// No token, or no accessor, where one is needed.
    case missingToken, missingAccessor
    /// There is no token of that accessor.
    case invalidAccessor
    /// `revoke-orphan` of a token that does not exist.
    case nothingToRevoke
    /// A duration below zero.
    case notPositive(String)
    /// Uses below zero.
    case negativeUses
    /// A type that is none.
    case invalidType
    /// There is no such role.
    case unknownRole(String)
    /// What somebody without root or sudo asks for.
    case needsSudo(Privilege)
    /// Policies beyond those of the parent.
    case notSubsetOfParent
    /// Root from somebody who is not.
    case needsRootParent
    /// A root token for ever from one that ends.
    case rootMustEnd
    /// A policy that only the house gives.
    case unassignable(String)
    /// Policies that the role does not allow.
    case notSubsetOfRole(asked: [String], allowed: [String])
    case disallowedByRole(String)
    /// A custom id that cannot be one.
    case idHasPrefix, idHasDot, idTooLong
    /// Tokens whose uses or kind do not let them make others.
    case limitedParent, batchParent
    /// Batch tokens and what they cannot have.
    case batchWith(String)
    case batchRoot, batchRevoked
    /// `entity_alias` without a role, or one that the role does not allow.
    case aliasWithoutRole, invalidAlias
    /// Settings of a role that make no sense.
    case pathSuffix, boundCIDRs, batchRole

    /// What needs root or sudo.
    package enum Privilege: String, Sendable {
        case specifyID = "specify token id"
        case orphan = "create orphan token"
        case periodic = "create periodic token"
    }
}
