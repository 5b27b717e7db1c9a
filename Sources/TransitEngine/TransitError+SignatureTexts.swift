internal import EngineKit
internal import KeyRings

extension TransitError {
    /// Sentences of sign, verify, MACs and RSA padding. **Source** wire facts §4.17, §4.18, §11.
    var signatureText: String? {
        switch self {
        case .signatureHash(let name): "invalid hash algorithm \"\(name.shown)\""
        case .hashNoneNotAllowed:
            "hash_algorithm=none requires both prehashed=true and signature_algorithm=pkcs1v15"
        case .marshalingAlgorithm(let name): "invalid marshaling type \"\(name.shown)\""
        case .saltLengthText(let text): "salt length neither 'auto', 'hash', nor an int: \(text.shown)"
        case .saltLengthNumber(let number): "salt length is invalid: \(number)"
        case .signatureContextNotBase64: "failed to base64-decode signature_context"
        case .derivationWithoutContext: "error deriving key: \(KeyRingError.missingContext.wireText)"
        case .nothingToVerify: "neither a 'signature' nor an 'hmac' were given to verify"
        case .noneToVerify: "no batch_input elements have 'signature' or 'hmac'"
        case .mixedProofs: "elements of batch_input must all provide 'signature' or all provide 'hmac'"
        case .someProofsMissing(let name): "some elements of batch_input are missing '\(name)'"
        case .macLength: "mac_length must be between 1 and 16, or 0 for the whole code"
        case .paddingScheme(let name): "unknown padding scheme: \(name.shown)"
        case .paddingHash(let name): "unsupported hash algorithm for padding: \(name.shown)"
        default: nil
        }
    }
}
