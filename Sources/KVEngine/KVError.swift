package import EngineKit
internal import Vocabulary

/// What a mount of secrets can answer besides success.
package enum KVError: Error, Equatable {
    /// The body, or a field of it, cannot be used.
    case parameters(ParameterFault)
    /// Storage did not answer, holds damage, or has no room; the last is told.
    case storage, storageFull
    /// Others changed the same secret again and again.
    case contention
    /// A path that is no name of a secret: too long, not UTF-8, or with empty steps.
    case pathTooLong(limit: Int)
    case malformedPath
    /// The path exists, the operation on it does not.
    case unsupportedOperation
    /// Nothing is there, and there is nothing to say about it.
    case nothingThere
    /// Version 1: a secret of no fields.
    case missingFields
    /// Version 2.
    case missingData, dataNotObject, missingVersions, missingCustomMetadata
    case casMismatch, casMissing, casMalformed
    case versionMalformed
    /// The secret would become larger than the limit, in bytes.
    case secretTooLarge(limit: Int)
    /// More than the limit.
    case maxVersionsOutOfRange(limit: Int)
    case deleteAfterMalformed
    case deleteAfterOutOfRange(limitSeconds: Int)
    case customMetadata(CustomMetadataFault)
    /// The mount is being changed from version 1 to version 2.
    case upgrading
    /// The random source failed.
    case noRandomness
}

/// What is wrong with custom metadata.
package enum CustomMetadataFault: Error, Equatable {
    /// Not an object of texts.
    case notTexts
    /// More pairs than the limit.
    case tooMany(limit: Int, count: Int)
    /// A name or value of no bytes, or of more than the limit.
    case keyLength(limit: Int)
    case valueLength(limit: Int)
    /// A name or value with characters that cannot be printed.
    case keyUnprintable
    case valueUnprintable
}
