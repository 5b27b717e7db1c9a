package import Bytes
package import Primitives

/// What can go wrong with a key ring. Cases carry data; the sentences stand in the engine's wire table.
package enum KeyRingError: Error, Equatable {
    /// Base64 of the main input, of the context, or of the associated data of the item with that index.
    case base64(Base64Fault)
    case contextBase64(Base64Fault)
    case associatedDataBase64(item: Int, Base64Fault)
    /// A derived key was used without a context.
    case missingContext
    /// A nonce came with a request on a key that makes its own.
    case nonceNotAllowed
    /// Associated data came with a request on a key that cannot authenticate it; the item's index.
    case associatedDataNotSupported(item: Int, KeyType)
    /// Keys of the type do not do that.
    case cannotEncrypt(KeyType)
    case cannotDecrypt(KeyType)
    case cannotSign(KeyType)
    case cannotVerify(KeyType)
    case cannotHMAC(KeyType)
    case cannotCMAC(KeyType)
    /// The ring was soft-deleted.
    case softDeleted
    /// Ciphertext text: no `vault:v`, no second colon, a version that is no number, a payload that is not base64.
    case ciphertextPrefix, ciphertextFields, ciphertextVersion, ciphertextBase64
    /// Ciphertext shorter than nonce and tag.
    case ciphertextLength
    /// Ciphertext of a version above the latest, or below the minimum decryption version.
    case versionTooNew, versionTooOld
    /// The same of a signature's text.
    case signaturePrefix, signatureFields, signatureVersion, signatureBase64, signatureTooNew
    /// The same of a MAC's text.
    case macPrefix, macFields, macVersion, macTooNew, macTooOld
    case macBase64(Base64Fault)
    /// Encryption with a negative version, one above the latest, or one below the minimum encryption version.
    case encryptionVersionNegative, encryptionVersionAboveLatest, encryptionVersionBelowMinimum
    /// Signing with such versions, and with one of which only the public half is here.
    case signingVersionNegative, signingVersionAboveLatest, signingVersionBelowMinimum, signingWithoutPrivateHalf
    /// HMAC with such versions.
    case hmacVersionNegative
    case hmacVersionAboveLatest(latest: Int)
    case hmacVersionBelowMinimum
    /// A version that is archived or gone.
    case noSuchVersion
    /// A version that was switched off.
    case versionDisabled(Int)
    /// A version that exists and has not been loaded; engines load it and try again.
    case versionNotInMemory(Int)
    /// Decryption with a version of which only the public half is here.
    case decryptionWithoutPrivateHalf
    /// A convergent key of an old scheme.
    case oldConvergentVersion(Int)
    /// A stated RSA signature algorithm, or salt length, that is none.
    case signatureAlgorithm(String)
    /// The pair would not sign, verify, encrypt or decrypt.
    case asymmetric(AsymmetricError)
    /// A `signature_context` on a key that takes none, or one that is too long.
    case signatureContext
    /// The tag does not match: wrong key, context, associated data, or changed bytes.
    case authenticationFailed(KeyType)
    /// More plaintext than the cipher takes in one message.
    case messageTooLong, messageTooLongForRSA
    /// The version has sealed as many messages as its random nonces allow.
    case usageExhausted(limit: Int)
    /// Settings that no ring can have.
    case minDecryptionBelowOne(Int)
    case latestVersionInvalid(Int)
    case minDecryptionAboveEncryption(Int, encryption: Int)
    case minDecryptionAboveLatest(Int, latest: Int)
    case settingsInconsistent
    /// An imported ring that must not rotate.
    case importedRotation(KeyName)
    /// Key material of a length that the type does not have.
    case keyLength(Int, KeyType)
    /// The crypto library or the random source failed.
    case cryptoUnavailable
    /// A stored record that cannot be read.
    case corruptRecord
}
