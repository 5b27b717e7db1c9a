package import Vocabulary

/// Why a device is not enabled, or a question about devices not answered. **Source** system wire facts §12.
package enum AuditFault: WireFault, Equatable {
    /// There is a device at the path, or above or below it.
    case pathInUse
    /// The path is not one.
    case malformedPath
    /// No type was named, or one that is not known.
    case typeMissing
    case unknownType(String)
    /// An option that is needed is missing, or one cannot be used. Texts name the option, not its value.
    case optionMissing(String)
    case option(String)
    /// The device does not record.
    case unusable(SinkFault)
    /// There are so many devices already.
    case tooMany(limit: Int)
    /// Nothing to hash was given.
    case inputMissing
    /// There is no device of that path.
    case unknownDevice(String)
    /// There is no such header in the configuration, or it is no header's name, or there are too many.
    case unknownHeader, malformedHeader, tooManyHeaders
    /// Storage did not answer, or the random source failed.
    case storage, noRandomness

    package var faultClass: FaultClass {
        switch self {
        case .storage, .noRandomness: .unavailable
        case .pathInUse, .malformedPath, .typeMissing, .unknownType, .optionMissing, .option, .unusable, .tooMany,
            .inputMissing, .unknownDevice, .unknownHeader, .malformedHeader, .tooManyHeaders:
            .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .pathInUse: "path already in use"
        case .malformedPath: "device paths are made of letters, digits, '.', '_', '-' and '/' and must not be empty"
        case .typeMissing: "backend type must be specified as a string"
        case .unknownType(let type): "unknown backend type: \"\(type)\""
        case .optionMissing(let name): "\(name) is required"
        case .option(let sentence): sentence
        case .unusable(let fault): "sanity check failed; the device \(fault.text)"
        case .tooMany(let limit): "there cannot be more than \(limit) audit devices"
        case .inputMissing: "the \"input\" parameter is empty"
        case .unknownDevice(let path): "unknown audit backend \"\(path)\""
        case .unknownHeader: "Could not find header in config"
        case .malformedHeader: "a header's name is made of letters, digits and '-', at most 128"
        case .tooManyHeaders: "there cannot be more than 64 headers in the configuration"
        case .storage: "storage is not available; try again"
        case .noRandomness: "the random source is not available; try again"
        }
    }
}
