package import EngineKit
package import Vocabulary

/// What a mount of roles for machines can answer besides success.
package enum AppRoleError: Error, Equatable {
    case parameters(ParameterFault)
    case tokenSettings(TokenSettingsFault)
    /// Storage did not answer; or others changed the same thing again and again.
    case storage, contention
    case noRandomness
    case unsupportedPath, unsupportedOperation
    case nothingThere
    /// No constraint is left on who may log in.
    case noConstraint
    case roleIDInUse, secretIDInUse
    case negativeUses
    case negativeSecretIDUses
    case missingRoleID, missingSecretID, missingAccessor
    case unknownRole(RoleName)
    case secretIDNotBound
    case unknownAccessor
    case metadataMalformed
    case malformedCIDR, cidrOutsideRole
    case ttlAboveRole, usesAboveRole
    case valueTooLong(limit: Int)
    case missingField(String)
    /// Logins.
    case badRoleID, badSecretID, addressNotAllowed
}

extension AppRoleError: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .tokenSettings(let fault): fault.faultClass
        case .storage, .contention, .noRandomness: .unavailable
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .nothingThere: .nothingThere
        case .unknownRole, .unknownAccessor: .noRoute
        case .noConstraint, .roleIDInUse, .secretIDInUse, .negativeUses, .negativeSecretIDUses, .missingRoleID,
            .missingSecretID, .missingAccessor, .secretIDNotBound, .metadataMalformed, .malformedCIDR,
            .cidrOutsideRole, .ttlAboveRole, .usesAboveRole, .valueTooLong, .missingField, .badRoleID, .badSecretID,
            .addressNotAllowed:
            .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .tokenSettings(let fault): fault.wireText
        case .storage: "storage is not available; try again"
        case .contention: "the role is being changed by others too often; try again"
        case .noRandomness: "the random source is not available; try again"
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .nothingThere: ""
        case .noConstraint: "at least one constraint should be enabled on the role"
        case .roleIDInUse: "role_id already in use"
        case .secretIDInUse: "SecretID is already registered"
        case .negativeUses: "num_uses cannot be negative"
        case .negativeSecretIDUses: "secret_id_num_uses cannot be negative"
        case .missingRoleID: "missing role_id"
        case .missingSecretID: "missing secret_id"
        case .missingAccessor: "missing secret_id_accessor"
        case .unknownRole(let name): "role \"\(name.text)\" does not exist"
        case .secretIDNotBound: "bind_secret_id is not set on the role"
        case .unknownAccessor: "failed to find accessor entry for secret_id_accessor"
        case .metadataMalformed: "metadata must be the text of a JSON object of strings"
        case .malformedCIDR: "CIDR lists must be IP addresses or CIDR blocks"
        case .cidrOutsideRole: "CIDR blocks of the secret ID must lie in those of the role"
        case .ttlAboveRole: "ttl cannot be longer than the role's secret_id_ttl"
        case .usesAboveRole: "num_uses cannot be higher than the role's secret_id_num_uses"
        case .valueTooLong(let limit): "values have at most \(limit) bytes"
        case .missingField(let name): "missing \(name)"
        case .badRoleID: "invalid role ID"
        case .badSecretID: "invalid secret id"
        case .addressNotAllowed: "source address unauthorized through CIDR restrictions"
        }
    }
}
