package import Bytes
package import EngineKit
package import KeyRings

/// What can go wrong in the transit engine. Sentences and classes stand in `TransitError+Wire.swift`.
package enum TransitError: Error, Equatable {
    /// Parameters that cannot be read.
    case parameters(ParameterFault)
    /// A key ring said no.
    case ring(KeyRingError)
    /// Storage said no, or changed under us too often.
    case storage, contention
    /// No such path, or not this operation on it.
    case unsupportedPath, unsupportedOperation
    /// Reading or listing what does not exist.
    case nothingThere
    /// Required members that are not there.
    case missingPlaintext, missingCiphertext, missingHMACInput, missingHashInput
    /// `batch_input` is empty, no array, or has items that cannot be read.
    case emptyBatch, batchNotArray(got: String), batchItems([String])
    /// Some items have a context and some have none.
    case mixedContexts
    /// The key does not exist; each endpoint has its own words.
    case encryptionKeyNotFound, keyToRotateNotFound, keyToConfigureNotFound(KeyName), keyToTrimNotFound
    /// Deletion of a key that forbids it, or is not there.
    case deletionNotAllowed(KeyName), keyToDeleteNotFound(KeyName)
    /// Creation.
    case unknownKeyType(String), typeNotForEncryption(String), keySizeNotValid(KeyType), autoRotateTooShort
    case convergentNeedsDerivation, convergentNeedsContext
    /// Configuration.
    case minDecryptionNegative, minDecryptionAboveLatest(Int, latest: Int)
    case minEncryptionNegative, minEncryptionAboveLatest(Int, latest: Int)
    case minEncryptionBelowDecryption(Int, decryption: Int)
    case minEncryptionBelowAvailable, minDecryptionBelowAvailable
    case usageLimitsInvalid
    /// Trimming.
    case trimVersionMissing, trimDecremented, trimWithoutMinEncryption, trimWithoutMinDecryption
    case trimAboveMinEncryption, trimAboveMinDecryption, trimNegative, trimNotPositive
    /// A context that is not base64, where the sentence does not say at which byte.
    case contextNotBase64
    /// Data keys.
    case dataKeyKind, dataKeyBits
    /// Digests and random bytes.
    case hmacAlgorithm, hashAlgorithm(String), hashFormat(String), hmacInputBase64(Base64Fault), hashInputBase64(Base64Fault)
    case randomTooFew, randomTooMany, randomCount(String), randomFormat(String), randomSource(String)
    /// Cache size between 1 and 9, or negative.
    case cacheSize
}
