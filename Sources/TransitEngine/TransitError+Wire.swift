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
        case .missingCMACInput: "missing input for CMAC"
        case .missingInput: "missing input"
        case .emptyBatch: "missing batch input to process"
        case .batchNotArray(let got):
            "failed to parse batch input: source data must be an array or slice, got \(got)"
        case .batchItems(let faults): "failed to parse batch input: " + faults.joined(separator: "\n")
        case .mixedContexts: "context should be set either in all the request blocks or in none"
        default: keyText ?? signatureText ?? transferText ?? agreementText ?? otherText
        }
    }

    private var keyText: String? {
        switch self {
        case .encryptionKeyNotFound: "encryption key not found"
        case .signingKeyNotFound: "signing key not found"
        case .verificationKeyNotFound: "signature verification key not found"
        case .keyToRotateNotFound: "key not found"
        case .keyToConfigureNotFound(let name): "no existing key named \(name.text) could be found"
        case .keyToTrimNotFound: "invalid key name"
        case .deletionNotAllowed(let name):
            "error deleting policy \(name.text): deletion is not allowed for this key"
        case .keyToDeleteNotFound(let name): "error deleting policy \(name.text): could not delete key; not found"
        case .unknownKeyType(let type): "unknown key type \(type.shown)"
        case .typeNotForEncryption(let type): "key type \(type.shown) not supported for this operation"
        case .keySizeNotValid(let type): "key_size is not valid for algorithm \(type.rawValue)"
        case .keySizeOutOfRange(let size): "invalid key_size \(size)"
        case .derivationNotSupported(let type):
            "key derivation and convergent encryption not supported for keys of type \(type.rawValue)"
        case .convergenceNotSupported(let type):
            "convergent encryption not supported for keys of type \(type.rawValue)"
        case .parameterSet(let type): "parameter_set is missing or not one that keys of type \(type.rawValue) have"
        case .hybridParts:
            "hybrid_key_type_pqc must be \"ml-dsa\" and hybrid_key_type_ec one of \"ecdsa-p256\", \"ecdsa-p384\", "
                + "\"ecdsa-p521\", \"ed25519\""
        case .externalKeysNotSupported: "keys that are kept elsewhere are not supported"
        case .disabledVersions:
            "disabled_versions must be a list of at most 1000 versions, each at least 1 and below the latest; to "
                + "disable the latest version, rotate first"
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
        case .dataKeyAssociatedData(let type):
            "'associated_data' provided for non-AEAD cipher suite \(type.rawValue)"
        case .dataKeyWork(let most):
            "context, associated data, salt and info together, counted once per key, must be at most \(most) bytes"
        case .dataKeyCountMissing: "missing count"
        case .dataKeyCount(let most): "count must be between 1 and \(most)"
        case .keyIndexes(let most):
            "key_index_from and key_index_to must name at least one and at most \(most) keys, the end exclusive"
        case .saltMissing: "missing salt"
        case .saltNotBase64: "failed to base64-decode salt"
        case .infoNotBase64: "failed to base64-decode info"
        // Compatibility: the quotes and the backslash are part of the wire's text (facts §4.16).
        case .hmacAlgorithm: #"unsupported algorithm '\x00'"#
        case .hashAlgorithm(let name): "unsupported algorithm \(name.shown)"
        case .hashFormat(let name): "unsupported encoding format \(name.shown); must be \"hex\" or \"base64\""
        case .inputBase64(let fault), .hashInputBase64(let fault):
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

extension String {
    /// Itself where it is short, else a stand-in: the wire's sentences repeat names of types and formats, but must not
    /// carry a whole secret that somebody put into the wrong field.
    var shown: String { utf8.count <= 40 ? self : "(not shown)" }
}
