internal import KeyRings

/// Sentences of certificates, agreement and encapsulation. **Source** wire facts §4.25, §4.28; the last are our own.
extension TransitError {
    var agreementText: String? {
        switch self {
        case .certificateKeyMissing(let name): "key with provided name '\(name.text)' not found"
        case .certificateType(let type): "key type '\(type.rawValue)' does not support signing"
        case .certificateDerived: "operation not supported for keys with derivation enabled"
        case .csrVersion: "could not create the csr: no such key version"
        case .csrPrivate: "could not create the csr: private key not imported for key version selected"
        case .chainVersion: "failed to persist certificate chain: no such key version"
        case .certificateFault(let text): text
        case .agreementAlgorithm(let name): "key derivation algorithm \(name.shown) not supported"
        case .agreementPeerMissing: "peer public key not provided"
        case .agreementBaseMissing: "specified base key not found"
        case .agreementType(let type): "base key type \(type.rawValue) does not support key agreement"
        case .agreementVersionNegative: "requested version of the base key is negative"
        case .agreementVersionTooNew: "requested version of the base key is higher than the latest key version"
        case .agreementVersionTooOld:
            "requested version of the base key is less than the minimum available key version"
        case .agreementPeer(let reason): "failed to parse supplied peer public key PEM: \(reason)"
        case .agreementPeerType: "supplied peer public key is not an ECDSA key"
        case .agreementCurve(let type):
            "base private key type \(type.rawValue) does not match peer public key curve"
        case .agreementExists(let name): "key \(name.text) exists and was not derived like this"
        case .missingDecapsulation: "missing ciphertext to decapsulate"
        case .decapsulationFailed: "invalid ciphertext length"
        case .encapsulationType(let type): "key type \(type.rawValue) does not support encapsulation"
        case .hpkeType(let type): "key type \(type.rawValue) does not support HPKE"
        case .hpkeFailed: "the ciphertext could not be opened"
        default: nil
        }
    }
}
