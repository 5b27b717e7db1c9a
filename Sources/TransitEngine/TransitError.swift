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
    case missingPlaintext, missingCiphertext, missingHMACInput, missingHashInput, missingCMACInput, missingInput
    /// `batch_input` is empty, no array, or has items that cannot be read.
    case emptyBatch
    case batchNotArray(got: String)
    case batchItems([String])
    /// Some items have a context and some have none.
    case mixedContexts
    /// The key does not exist; each endpoint has its own words.
    case encryptionKeyNotFound, keyToRotateNotFound
    case keyToConfigureNotFound(KeyName)
    case keyToTrimNotFound
    case signingKeyNotFound, verificationKeyNotFound
    /// Deletion of a key that forbids it, or is not there.
    case deletionNotAllowed(KeyName)
    case keyToDeleteNotFound(KeyName)
    /// Creation.
    case unknownKeyType(String)
    case typeNotForEncryption(String)
    case keySizeNotValid(KeyType)
    case keySizeOutOfRange(Int)
    case derivationNotSupported(KeyType)
    case convergenceNotSupported(KeyType)
    case parameterSet(KeyType)
    case hybridParts
    case externalKeysNotSupported
    case autoRotateTooShort, autoRotateTooLong
    case convergentNeedsDerivation, convergentNeedsContext
    /// Configuration.
    case minDecryptionNegative
    case minDecryptionAboveLatest(Int, latest: Int)
    case minEncryptionNegative
    case minEncryptionAboveLatest(Int, latest: Int)
    case minEncryptionBelowDecryption(Int, decryption: Int)
    case minEncryptionBelowAvailable, minDecryptionBelowAvailable
    case usageLimitsInvalid
    case disabledVersions
    /// Trimming.
    case trimVersionMissing, trimDecremented, trimWithoutMinEncryption, trimWithoutMinDecryption
    case trimAboveMinEncryption, trimAboveMinDecryption, trimNegative, trimNotPositive
    /// A context that is not base64, where the sentence does not say at which byte.
    case contextNotBase64
    /// Data keys.
    case dataKeyKind, dataKeyBits, dataKeyCountMissing
    case dataKeyCount(most: Int)
    case keyIndexes(most: Int)
    case dataKeyWork(most: Int)
    case dataKeyAssociatedData(KeyType)
    case saltMissing, saltNotBase64, infoNotBase64
    /// Digests and random bytes.
    case hmacAlgorithm
    case hashAlgorithm(String)
    case hashFormat(String)
    case inputBase64(Base64Fault)
    case hashInputBase64(Base64Fault)
    case randomTooFew, randomTooMany
    case randomCount(String)
    case randomFormat(String)
    case randomSource(String)
    /// How a signature is wanted.
    case signatureHash(String)
    case hashNoneNotAllowed
    case marshalingAlgorithm(String)
    case saltLengthText(String)
    case saltLengthNumber(Int)
    case signatureContextNotBase64
    case derivationWithoutContext
    /// What is to be verified.
    case nothingToVerify, noneToVerify, mixedProofs
    case someProofsMissing(String)
    /// Length of a CMAC.
    case macLength
    /// How RSA pads.
    case paddingScheme(String)
    case paddingHash(String)
    /// Import.
    case unknownImportType(String)
    case wrappingHash(String)
    case importConvergent, importRotation, importExists, importNotImported, importVersionConvergent, importVersionType
    case importMissing(KeyName)
    case importDerived(KeyType)
    case importDerivedPublic
    case importPublicType, importPublicTwice, importPrivateTwice, importPairMismatch
    case importTooShort, importTooLong, importDecryption, importEphemeralKey, importUnwrap
    case importBase64(Base64Fault)
    case importFault(String)
    /// Export.
    case exportKind(String)
    case exportFormat(String)
    case exportFormatPair(String)
    case exportFormatHMAC, exportNoChain, notExportable, keyNotExportable
    case exportNoEncryption, exportNoSigning, exportNoCertificates
    case exportUnknown(KeyType, String)
    case exportVersion, exportVersionTooOld, exportVersionMissing
    case byokNoDestination, byokNoSource, byokNotRSA
    case byokSoftDeleted(String)
    case byokDestinationType(KeyType)
    /// Backup and restore.
    case backupMissing(KeyName)
    case backupNotExportable, backupNotAllowed
    case restoreMissing, restoreTooLarge, restorePath, restoreName, restoreType, restoreTemplate
    case restoreExists(KeyName)
    case restoreFault(BackupFault)
    case restoreFlaw(KeyName, KeyRingError)
    case restoreArchive(KeyName, archive: Int, latest: Int)
    case restoreVersion(Int)
    /// Certificates.
    case certificateKeyMissing(KeyName)
    case certificateType(KeyType)
    case certificateDerived, csrVersion, csrPrivate, chainVersion
    case certificateFault(String)
    /// Agreement on a key.
    case agreementAlgorithm(String)
    case agreementPeerMissing, agreementBaseMissing, agreementPeerType
    case agreementType(KeyType)
    case agreementCurve(KeyType)
    case agreementPeer(String)
    case agreementVersionNegative, agreementVersionTooNew, agreementVersionTooOld
    case agreementExists(KeyName)
    /// Encapsulation and HPKE.
    case missingDecapsulation, decapsulationFailed, hpkeFailed
    case encapsulationType(KeyType)
    case hpkeType(KeyType)
    /// Cache size between 1 and 9, or negative.
    case cacheSize
}
