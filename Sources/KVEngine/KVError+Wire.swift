internal import EngineKit
package import Vocabulary

extension KVError: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .storage, .storageFull, .contention, .noRandomness: .unavailable
        case .unsupportedOperation: .unsupportedOperation
        case .nothingThere: .nothingThere
        case .secretTooLarge: .tooLarge
        case .pathTooLong, .malformedPath, .missingFields, .missingData, .dataNotObject, .missingVersions,
            .missingCustomMetadata, .casMismatch, .casMissing, .casMalformed, .versionMalformed,
            .maxVersionsOutOfRange, .deleteAfterMalformed, .deleteAfterOutOfRange, .customMetadata, .upgrading:
            .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .storage: "storage is not available; try again"
        case .storageFull: "storage has no room"
        case .contention: "the secret is being changed by others too often; try again"
        case .pathTooLong(let limit): "paths of secrets have at most \(limit) bytes"
        case .malformedPath: "paths of secrets are UTF-8 and have no empty steps"
        case .unsupportedOperation: "unsupported operation"
        case .nothingThere: ""
        case .missingFields: "missing data fields"
        case .missingData: "no data provided"
        case .dataNotObject: "error converting input for field \"data\": expected a map"
        case .missingVersions: "No version number provided"
        case .missingCustomMetadata: "custom_metadata must be an object or null"
        case .casMismatch: "check-and-set parameter did not match the current version"
        case .casMissing: "check-and-set parameter required for this call"
        case .casMalformed: "error parsing check-and-set parameter"
        case .versionMalformed: "versions must be whole numbers"
        case .secretTooLarge(let limit): "secrets have at most \(limit) bytes"
        case .maxVersionsOutOfRange(let limit): "max_versions must be between 0 and \(limit)"
        case .deleteAfterMalformed: "delete_version_after must be a duration"
        case .deleteAfterOutOfRange(let limit): "delete_version_after must be at most \(limit) seconds"
        case .customMetadata(let fault): "custom_metadata validation failed: " + fault.text
        case .upgrading:
            "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and "
                + "will resume service shortly."
        case .noRandomness: "the random source is not available; try again"
        }
    }
}

extension CustomMetadataFault {
    fileprivate var text: String {
        switch self {
        case .notTexts: "keys and values must be strings"
        case .tooMany(let limit, let count): "payload must contain at most \(limit) keys, provided \(count)"
        case .keyLength(let limit): "length of key must be between 1 and \(limit) bytes"
        case .valueLength(let limit): "length of value must be between 1 and \(limit) bytes"
        case .keyUnprintable: "keys must contain printable characters only"
        case .valueUnprintable: "values must contain printable characters only"
        }
    }
}
