internal import Storage
package import Vocabulary

extension SealFault: WireFault {
    package var faultClass: FaultClass {
        switch self {
        case .sealed, .randomUnavailable, .storage, .seal: .unavailable
        case .database(let error): error == .alreadyInitialized || error == .wrongRootKey ? .invalidRequest : .internal
        case .badSealRecord, .wrongTokenLength: .internal
        case .notInitialized, .alreadyInitialized, .invalidShares, .invalidRecoveryShares, .invalidRekeyShares,
            .keyMissing, .keyNotText, .keyTooShort, .keyTooLong, .invalidKey, .automaticSeal, .migrationNeeded,
            .noMigration, .noRecoveryKeys, .recoveryUnsupported, .alreadyRunning, .notRunning, .noVerification,
            .verificationUnderWay, .wrongNonce, .repeatedKey, .notAuthorized, .verificationFailed, .wrongOTPLength:
            .invalidRequest
        }
    }

    package var wireText: String {
        switch self {
        case .sealed: "Vault is sealed"
        case .notInitialized: "server is not yet initialized"
        case .alreadyInitialized: "Vault is already initialized"
        case .invalidShares(let fault): "invalid seal configuration: " + fault.wireText
        case .invalidRecoveryShares(let fault): "invalid recovery configuration: " + fault.wireText
        case .invalidRekeyShares(.thresholdAboveShares): "provided threshold greater than the total shares"
        case .invalidRekeyShares(let fault): "invalid rekey seal configuration: " + fault.wireText
        case .keyMissing: "'key' must be specified in request body as JSON, or 'reset' set to true"
        case .keyNotText: "'key' must be a valid hex or base64 string"
        case .keyTooShort: "key is shorter than minimum \(ShareText.shortest) bytes"
        case .keyTooLong: "key is longer than maximum \(ShareText.longest) bytes"
        case .alreadyRunning, .notRunning, .noVerification, .verificationUnderWay, .wrongNonce, .repeatedKey,
            .notAuthorized, .verificationFailed, .wrongOTPLength, .wrongTokenLength, .recoveryUnsupported:
            operationText
        default: sealText
        }
    }

    private var sealText: String {
        switch self {
        case .invalidKey: "Unseal failed, invalid key"
        case .automaticSeal: "the seal is automatic; keys do not unseal it"
        case .migrationNeeded: "a seal migration is under way; set 'migrate' to take part in it"
        case .noMigration: "'migrate' parameter set true in JSON body when not in seal migration mode"
        case .noRecoveryKeys: "there are no recovery keys"
        case .seal(.providerUnavailable): "the seal's provider is not available; try again"
        case .seal: "the seal does not open"
        case .database(.rolledBack(let epoch, let witnessed)):
            "the database was rolled back: it is at epoch \(epoch), its witness has seen \(witnessed)"
        case .database(.witnessMissing): "the database's witness is missing"
        case .database(.witnessUnreadable): "the database's witness cannot be read"
        case .database(.mismatchedRows): "rows of the database were brought back, added or taken away"
        case .database(.tampered(let key)): "the database was altered at \(key.path)"
        case .database(.foreignRows): "the database holds rows of another program"
        case .database, .storage: "storage is not available; try again"
        case .badSealRecord: "the seal's record cannot be read"
        default: "no random bytes are available; try again"
        }
    }

    private var operationText: String {
        switch self {
        case .alreadyRunning(.rootGeneration): "root generation already in progress"
        case .alreadyRunning: "rekey already in progress"
        case .notRunning(.rootGeneration): "no root generation in progress"
        case .notRunning(.barrierRekey): "no barrier rekey in progress"
        case .notRunning(.recoveryRekey): "no recovery rekey in progress"
        case .noVerification: "no rekey configuration found"
        case .verificationUnderWay(let nonce):
            "rekey operation already finished; verification must be performed; nonce for the verification operation "
                + "is \"\(nonce)\""
        case .wrongNonce(let operation, let nonce):
            "incorrect nonce supplied; nonce for this \(operation.wireText) operation is \"\(nonce)\""
        case .repeatedKey(.rootGeneration): "given key has already been provided during this generation operation"
        case .repeatedKey: "given key has already been provided during this rekey operation"
        case .notAuthorized(.rootGeneration): "root generation aborted: invalid key"
        case .notAuthorized: "rekey aborted: invalid key"
        case .verificationFailed: "rekey verification failed: the key shares are not the new ones"
        case .wrongOTPLength: "OTP string is wrong length"
        case .wrongTokenLength: "the token does not have the length of the OTP"
        default: "recovery rekeying not supported"
        }
    }
}

extension ShareOperation {
    fileprivate var wireText: String {
        switch self {
        case .rootGeneration: "root generation"
        case .barrierRekey, .recoveryRekey: "rekey"
        }
    }
}

extension ShareCountFault {
    /// The sentence's end that clients know.
    package var wireText: String {
        switch self {
        case .noShares: "shares must be at least one"
        case .noThreshold: "threshold must be at least one"
        case .thresholdOfOne: "threshold must be greater than one for multiple shares"
        case .tooManyShares: "shares must be less than 256"
        case .thresholdTooLarge: "threshold must be less than 256"
        case .thresholdAboveShares: "threshold cannot be larger than shares"
        }
    }
}
