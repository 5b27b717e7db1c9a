internal import Bytes
internal import KeyRings
internal import Primitives
package import Vocabulary

extension KeyRingError {
    /// Its class.
    package var faultClass: FaultClass {
        switch self {
        case .cryptoUnavailable, .versionNotInMemory: .unavailable
        case .asymmetric(.library): .unavailable
        case .corruptRecord: .internal
        default: .invalidRequest
        }
    }

    /// The sentence that clients know.
    package var wireText: String {
        switch self {
        case .base64(let fault): "illegal base64 data at input byte \(fault.offset)"
        case .contextBase64(let fault): "illegal base64 data at input byte \(fault.offset)"
        case .associatedDataBase64(let item, let fault):
            "unable to get associated_data/additional_data from factory[\(item)]: "
                + "illegal base64 data at input byte \(fault.offset)"
        case .missingContext:
            "missing 'context' for key derivation; the key was created using a derived key, which means additional, "
                + "per-request information must be included in order to perform operations with the key"
        case .associatedDataNotSupported(let item, let type):
            "'[\(item)].associated_data' provided for non-AEAD cipher suite \(type.rawValue)"
        case .nonceNotAllowed: "nonce provided when not allowed"
        case .softDeleted: "refusing to use soft-deleted key"
        case .ciphertextPrefix: "invalid ciphertext: no prefix"
        case .ciphertextFields: "invalid ciphertext: wrong number of fields"
        case .ciphertextVersion: "invalid ciphertext: version number could not be decoded"
        case .ciphertextBase64: "invalid ciphertext: could not decode base64"
        case .ciphertextLength: "invalid ciphertext length"
        case .versionTooNew: "invalid ciphertext: version is too new"
        case .versionTooOld: "ciphertext or signature version is disallowed by policy (too old)"
        case .encryptionVersionNegative: "requested version for encryption is negative"
        case .encryptionVersionAboveLatest: "requested version for encryption is higher than the latest key version"
        case .encryptionVersionBelowMinimum:
            "requested version for encryption is less than the minimum encryption key version"
        case .hmacVersionNegative: "key version does not exist (cannot be negative)"
        case .hmacVersionAboveLatest(let latest): "key version does not exist; latest key version is \(latest)"
        case .hmacVersionBelowMinimum: "cannot generate HMAC: version is too old (disallowed by policy)"
        case .noSuchVersion: "no such key version"
        case .versionDisabled(let number): "version \(number) of this key is disabled (disabled_versions)"
        case .versionNotInMemory: "the key version is being loaded; try again"
        case .oldConvergentVersion(let version):
            "refusing to support decryption with old convergent encryption key: version \(version)"
        case .authenticationFailed(let type): type.authenticationFailedText
        case .messageTooLongForRSA:
            "failed to RSA encrypt the plaintext: crypto/rsa: message too long for RSA public key size"
        case .messageTooLong: "the message is longer than the cipher allows"
        case .usageExhausted(let limit):
            "the key version has encrypted its limit of \(limit) messages (usage_refuse); rotate the key"
        default: typeText ?? signatureText ?? settingsText
        }
    }

    private var typeText: String? {
        switch self {
        case .cannotEncrypt(let type): "message encryption not supported for key type \(type.rawValue)"
        case .cannotDecrypt(let type): "message decryption not supported for key type \(type.rawValue)"
        case .cannotSign(let type): "key type \(type.rawValue) does not support signing"
        case .cannotVerify(let type): "key type \(type.rawValue) does not support verification"
        case .cannotHMAC(let type): "key type \(type.rawValue) does not support HMAC"
        case .cannotCMAC(let type): "key type \(type.rawValue) does not support CMAC"
        default: nil
        }
    }

    private var signatureText: String? {
        switch self {
        case .signaturePrefix: "invalid signature: no prefix"
        case .signatureFields: "invalid signature: wrong number of fields"
        case .signatureVersion: "invalid signature: version number could not be decoded"
        case .signatureBase64: "invalid base64 signature value"
        case .signatureTooNew: "invalid signature: version is too new"
        case .macPrefix: "invalid HMAC to verify: no prefix"
        case .macFields: "invalid HMAC: wrong number of fields"
        case .macVersion: "invalid HMAC: version number could not be decoded"
        case .macTooNew: "invalid HMAC: version is too new"
        case .macTooOld: "cannot verify HMAC: version is too old (disallowed by policy)"
        case .macBase64(let fault):
            "unable to decode verification HMAC as base64: illegal base64 data at input byte \(fault.offset)"
        case .signingVersionNegative: "requested version for signing is negative"
        case .signingVersionAboveLatest: "requested version for signing is higher than the latest key version"
        case .signingVersionBelowMinimum:
            "requested version for signing is less than the minimum encryption key version"
        case .signingWithoutPrivateHalf: "requested version for signing does not contain a private part"
        case .decryptionWithoutPrivateHalf:
            "cannot decrypt ciphertext, key version does not have a private counterpart"
        case .signatureAlgorithm(let name): "unsupported rsa signature algorithm \(name.shown)"
        case .signatureContext: "signature_context must be at most 255 bytes long"
        case .asymmetric(let error): error.wireText
        default: nil
        }
    }

    // **Source** wire facts §7.3.
    private var settingsText: String {
        switch self {
        case .minDecryptionBelowOne(let version): "minimum decryption version of \(version) is less than 1"
        case .latestVersionInvalid(let version): "latest version of \(version) is less than 1"
        case .minDecryptionAboveEncryption(let decryption, let encryption):
            "minimum decryption version of \(decryption) is greater than minimum encryption version of \(encryption)"
        case .minDecryptionAboveLatest(let decryption, let latest):
            "minimum decryption version of \(decryption) is greater than the latest version \(latest)"
        case .settingsInconsistent: "the settings of the key contradict each other"
        case .importedRotation(let name): "imported key \(name.text) does not allow rotation within Vault"
        case .keyLength(let length, let type): "invalid key size \(length) bytes for key type \(type.rawValue)"
        case .cryptoUnavailable: "the cryptographic library failed; try again"
        case .corruptRecord: "a stored record of the key cannot be read"
        default: "invalid request"
        }
    }
}

extension AsymmetricError {
    /// The sentence that clients know, for what a request can bring about.
    var wireText: String {
        switch self {
        case .wrongDigestLength: "crypto/rsa: input must be hashed with given hash"
        case .invalidSaltLength(let length): "requested salt length \(length) is invalid"
        case .messageTooLong: "crypto/rsa: message too long for RSA public key size"
        case .decryptionFailed: "failed to RSA decrypt the ciphertext: crypto/rsa: decryption error"
        case .invalidContextLength, .contextTooLong: KeyRingError.signatureContext.wireText
        case .malformedSignature: "supplied signature is invalid"
        case .signatureTrailingData: "supplied signature contains extra data"
        case .library: "the cryptographic library failed; try again"
        default: "the key does not support the operation"
        }
    }
}
