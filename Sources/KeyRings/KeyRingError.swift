package import Bytes

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
    /// The ring was soft-deleted.
    case softDeleted
    /// Ciphertext text: no `vault:v`, no second colon, a version that is no number, a payload that is not base64.
    case ciphertextPrefix, ciphertextFields, ciphertextVersion, ciphertextBase64
    /// Ciphertext shorter than nonce and tag.
    case ciphertextLength
    /// Ciphertext of a version above the latest, or below the minimum decryption version.
    case versionTooNew, versionTooOld
    /// Encryption with a negative version, one above the latest, or one below the minimum encryption version.
    case encryptionVersionNegative, encryptionVersionAboveLatest, encryptionVersionBelowMinimum
    /// HMAC with such versions.
    case hmacVersionNegative
    case hmacVersionAboveLatest(latest: Int)
    case hmacVersionBelowMinimum
    /// A version that is archived or gone.
    case noSuchVersion
    /// The tag does not match: wrong key, context, associated data, or changed bytes.
    case authenticationFailed(KeyType)
    /// More plaintext than the cipher takes in one message.
    case messageTooLong
    /// The version has sealed as many messages as its random nonces allow.
    case usageExhausted(limit: Int)
    /// The crypto library or the random source failed.
    case cryptoUnavailable
    /// A stored record that cannot be read.
    case corruptRecord
}
