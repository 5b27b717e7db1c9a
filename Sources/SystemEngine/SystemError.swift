package import EngineKit
package import Vocabulary

/// What can go wrong under `sys/`.
package enum SystemError: WireFault, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// A mount cannot be made or ended.
    case mount(MountFault)
    /// The seal did not do it.
    case seal(SealControlFault)
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation
    /// Nothing is mounted there.
    case noMount(String)
    /// The UI's question for a path that belongs to no mount, or to none that the caller may use.
    case preflight(String)
    /// What only callers with a token are told.
    case permissionDenied
    /// There is no such thing.
    case nothingThere
    /// A move without its two paths.
    case moveIncomplete
    /// Neither a share nor a reset came to `unseal`; no share came to where one is needed.
    case unsealKeyMissing, keyMissing
    /// Shares or tokens should be encrypted for PGP keys, which is not offered. To give them in clear would be wrong.
    case pgpKeysUnsupported
    /// A backup of the shares without PGP keys.
    case backupWithoutKeys

    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .mount(let fault): fault.faultClass
        case .seal(let fault): fault.faultClass
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .noMount, .unsealKeyMissing, .keyMissing, .pgpKeysUnsupported, .backupWithoutKeys,
            .moveIncomplete:
            .invalidRequest
        case .preflight, .permissionDenied: .permissionDenied
        case .nothingThere: .nothingThere
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .mount(let fault): fault.wireText
        case .seal(let fault): fault.wireText
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .noMount(let path): "No secret engine mount at \(path)"
        case .permissionDenied: "permission denied"
        case .nothingThere: ""
        case .moveIncomplete: "both 'from' and 'to' path must be specified as a string"
        case .preflight(let path):
            "preflight capability check returned 403, please ensure client's policies grant access to path \"\(path)\""
        case .unsealKeyMissing: "'key' must be specified in request body as JSON, or 'reset' set to true"
        case .keyMissing: "'key' must be specified in request body as JSON"
        case .pgpKeysUnsupported: "PGP keys are not supported; nothing was done"
        case .backupWithoutKeys:
            "cannot request a backup of the new keys without providing PGP keys for encryption"
        }
    }
}
