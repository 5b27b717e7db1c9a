package import EngineKit
package import Vocabulary

/// What a mount of users with passwords can answer besides success.
package enum UserpassError: Error, Equatable {
    case parameters(ParameterFault)
    case tokenSettings(TokenSettingsFault)
    /// Storage did not answer; or others changed the same user again and again.
    case storage, contention
    case noRandomness
    /// The mount has no such path, or the path no such operation.
    case unsupportedPath, unsupportedOperation
    case nothingThere
    /// A login that does not succeed: one sentence for every reason that must not be told apart.
    case badLogin
    /// The name is locked after too many failures, or the address is not one of the user's.
    case denied
    /// Too many failures from the address, or too many logins at once.
    case slowed, busy
    case missingPassword
    case passwordTooLong(limit: Int)
    case unknownUser
    /// The password is right and a code is needed.
    case missingPasscode
    /// The old second factor is chosen but not configured; or it is, and is not served here.
    case duoUnconfigured, duoUnserved
    case valueTooLong(limit: Int)
}

extension UserpassError: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .tokenSettings(let fault): fault.faultClass
        case .storage, .contention, .noRandomness, .busy: .unavailable
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .nothingThere: .nothingThere
        case .denied: .permissionDenied
        case .slowed: .tooManyRequests
        case .badLogin, .missingPassword, .passwordTooLong, .unknownUser, .missingPasscode, .duoUnconfigured,
            .duoUnserved, .valueTooLong:
            .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .tokenSettings(let fault): fault.wireText
        case .storage: "storage is not available; try again"
        case .contention: "the user is being changed by others too often; try again"
        case .noRandomness: "the random source is not available; try again"
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .nothingThere: ""
        case .badLogin: "invalid username or password"
        case .denied: "permission denied"
        case .slowed: "too many failed logins from this address; try again later"
        case .busy: "too many logins at once; try again"
        case .missingPassword: "missing password"
        case .passwordTooLong(let limit): "passwords have at most \(limit) bytes"
        case .unknownUser: "username does not exist"
        case .missingPasscode: "missing passcode: this user has a second factor"
        case .duoUnconfigured:
            "Duo access credentials haven't been configured. Please configure\nthem at the 'duo/access' endpoint"
        case .duoUnserved: "Duo is not served: use the user's 'totp' endpoint for a second factor"
        case .valueTooLong(let limit): "values have at most \(limit) bytes"
        }
    }
}
