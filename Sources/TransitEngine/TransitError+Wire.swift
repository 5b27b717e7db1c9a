internal import Bytes
internal import EngineKit
internal import KeyRings
package import Vocabulary

extension TransitError: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .parameters(let fault): fault.faultClass
        case .ring(let error): error.faultClass
        case .storage, .contention: .unavailable
        case .unsupportedPath: .unsupportedPath
        case .unsupportedOperation: .unsupportedOperation
        case .nothingThere: .nothingThere
        default: .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .ring(let error): error.wireText
        case .storage: "storage is not available; try again"
        case .contention: "the key is being changed by others too often; try again"
        case .unsupportedPath: "unsupported path"
        case .unsupportedOperation: "unsupported operation"
        case .nothingThere: ""
        case .missingPlaintext: "missing plaintext to encrypt"
        case .missingCiphertext: "missing ciphertext to decrypt"
        case .missingHMACInput: "missing input for HMAC"
        case .missingHashInput: "input missing"
        case .emptyBatch: "missing batch input to process"
        case .batchNotArray(let got):
            "failed to parse batch input: source data must be an array or slice, got \(got)"
        case .batchItems(let faults): "failed to parse batch input: " + faults.joined(separator: "\n")
        case .mixedContexts: "context should be set either in all the request blocks or in none"
        default: keyText ?? otherText
        }
    }

    private var keyText: String? {
        switch self {
        case .encryptionKeyNotFound: "encryption key not found"
        case .keyToRotateNotFound: "key not found"
        case .keyToConfigureNotFound(let name): "no existing key named \(name.text) could be found"
        case .keyToTrimNotFound: "invalid key name"
        case .deletionNotAllowed(let name):
            "error deleting policy \(name.text): deletion is not allowed for this key"
        case .keyToDeleteNotFound(let name): "error deleting policy \(name.text): could not delete key; not found"
        case .unknownKeyType(let type): "unknown key type \(type.shown)"
        case .typeNotForEncryption(let type): "key type \(type.shown) not supported for this operation"
        case .keySizeNotValid(let type): "key_size is not valid for algorithm \(type.rawValue)"
        case .autoRotateTooShort: "auto rotate period must be 0 to disable or at least an hour"
        case .autoRotateTooLong: "auto rotate period must be at most \(KeySettings.longestPeriodSeconds) seconds"
        case .convergentNeedsDerivation: "convergent encryption requires derivation to be enabled"
        case .convergentNeedsContext:
            "convergent encryption requires derivation to be enabled, so context is required"
        case .minDecryptionNegative: "min decryption version cannot be negative"
        case .minDecryptionAboveLatest(let asked, let latest):
            "cannot set min decryption version of \(asked), latest key version is \(latest)"
        case .minEncryptionNegative: "min encryption version cannot be negative"
        case .minEncryptionAboveLatest(let asked, let latest):
            "cannot set min encryption version of \(asked), latest key version is \(latest)"
        case .minEncryptionBelowDecryption(let encryption, let decryption):
            "cannot set min encryption/decryption values; min encryption version of \(encryption) must be greater "
                + "than or equal to min decryption version of \(decryption)"
        case .minEncryptionBelowAvailable: "min encryption version should not be less than min available version"
        // Compatibility: "then" is the wire's own spelling (facts §4.5).
        case .minDecryptionBelowAvailable: "min decryption version should not be less then min available version"
        case .usageLimitsInvalid:
            "usage_refuse must be between 1 and 4278190080, usage_warn and usage_rotate between 0 and usage_refuse"
        default: nil
        }
    }

    private var otherText: String {
        switch self {
        case .trimVersionMissing: "missing min_available_version"
        case .trimDecremented: "minimum available version cannot be decremented"
        case .trimWithoutMinEncryption:
            "minimum available version cannot be set when minimum encryption version is not set"
        case .trimWithoutMinDecryption:
            "minimum available version cannot be set when minimum decryption version is not set"
        // Compatibility: "minmum" is the wire's own spelling (facts §4.7).
        case .trimAboveMinEncryption: "minimum available version cannot be greater than minmum encryption version"
        case .trimAboveMinDecryption: "minimum available version cannot be greater than minimum decryption version"
        case .trimNegative: "minimum available version cannot be negative"
        case .trimNotPositive: "minimum available version should be positive"
        case .contextNotBase64: "failed to base64-decode context"
        case .dataKeyKind: "Invalid path, must be 'plaintext' or 'wrapped'"
        case .dataKeyBits: "invalid bit length"
        // Compatibility: the quotes and the backslash are part of the wire's text (facts §4.16).
        case .hmacAlgorithm: #"unsupported algorithm '\x00'"#
        case .hashAlgorithm(let name): "unsupported algorithm \(name.shown)"
        case .hashFormat(let name): "unsupported encoding format \(name.shown); must be \"hex\" or \"base64\""
        case .hmacInputBase64(let fault), .hashInputBase64(let fault):
            "unable to decode input as base64: illegal base64 data at input byte \(fault.offset)"
        case .randomTooFew: "\"bytes\" cannot be less than 1"
        case .randomTooMany: "\"bytes\" should be less than 131072"
        case .randomCount(let text):
            "error parsing url-set byte count: strconv.Atoi: parsing \"\(text.shown)\": invalid syntax"
        case .randomFormat(let name): "unsupported encoding format \"\(name.shown)\"; must be \"hex\" or \"base64\""
        case .randomSource(let name):
            "unsupported entropy source \"\(name.shown)\"; must be \"platform\" or \"seal\", or \"all\""
        case .cacheSize: "size must be 0 or a value greater or equal to 10"
        default: "invalid request"
        }
    }
}

extension KeyRingError {
    /// Its class.
    package var faultClass: FaultClass {
        switch self {
        case .cryptoUnavailable: .unavailable
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
        case .authenticationFailed(let type): type.authenticationFailedText
        case .messageTooLong: "the message is longer than the cipher allows"
        case .usageExhausted(let limit):
            "the key version has encrypted its limit of \(limit) messages (usage_refuse); rotate the key"
        case .cryptoUnavailable: "the cryptographic library failed; try again"
        case .corruptRecord: "a stored record of the key cannot be read"
        }
    }
}

extension String {
    /// Itself where it is short, else a stand-in: the wire's sentences repeat names of types and formats, but must not
    /// carry a whole secret that somebody put into the wrong field.
    fileprivate var shown: String { utf8.count <= 40 ? self : "(not shown)" }
}
