internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// The parameters that sign and verify share. **Source** wire facts §4.17; checks in their order: hash, marshaling,
/// salt.
enum SignatureParameters {
    /// The names; `input` and `batch_input` first, what only verify has last.
    static let table = FieldTable(
        "input", "batch_input", "context", "hash_algorithm", "algorithm", "key_version", "prehashed",
        "signature_algorithm", "marshaling_algorithm", "salt_length", "signature_context", "signature", "hmac", "cmac",
        "mac_length")

    /// The shape of their batches: loose, with signatures or MACs in the items.
    static let shape = BatchShape(
        table: table, batch: 1, input: 0, context: 2, keyVersion: 5, associatedData: -1, nonce: -1,
        partialFailureCode: -1, inputName: "input", missingInput: nil, proofs: (signature: 11, hmac: 12, cmac: 13))

    /// How the signature is wanted.
    static func request(_ parameters: Parameters, urlAlgorithm: ByteView) throws(TransitError) -> SignatureRequest {
        var request = SignatureRequest()
        request.digest = try digest(parameters, urlAlgorithm)
        switch try parameters.read({ (p) throws(ParameterFault) in try p.string(8) }) ?? "asn1" {
        case "asn1": request.isJWS = false
        case "jws": request.isJWS = true
        case let other: throw .marshalingAlgorithm(other)
        }
        request.salt = try salt(parameters)
        request.isPrehashed = try parameters.read { (p) throws(ParameterFault) in try p.bool(6) } ?? false
        switch try parameters.read({ (p) throws(ParameterFault) in try p.string(7) }) ?? "pss" {
        case "pss": request.rsaScheme = .pss
        case "pkcs1v15": request.rsaScheme = .pkcs1v15
        case let other: request.rsaScheme = .unknown(other)
        }
        let context = try parameters.read { (p) throws(ParameterFault) in try p.string(10) } ?? ""
        switch context.lending({ Base64.decode($0) }) {
        case .success(let bytes): request.context = bytes
        case .failure: throw .signatureContextNotBase64
        }
        return request
    }

    /// The hash function; nil for `none`.
    private static func digest(
        _ parameters: Parameters, _ urlAlgorithm: ByteView
    ) throws(TransitError) -> DigestAlgorithm? {
        var name = urlAlgorithm.string
        if name.isEmpty { name = try parameters.read { (p) throws(ParameterFault) in try p.string(3) } ?? "sha2-256" }
        // Compatibility: the old parameter counts only where the new one is explicitly empty (wire facts §4.17).
        if name.isEmpty { name = try parameters.read { (p) throws(ParameterFault) in try p.string(4) } ?? "sha2-256" }
        if name == "none" { return nil }
        guard let digest = DigestAlgorithm(wireName: name) else { throw .signatureHash(name) }
        return digest
    }

    private static func salt(_ parameters: Parameters) throws(TransitError) -> PSSSaltLength {
        let text = try parameters.read { (p) throws(ParameterFault) in try p.string(9) } ?? "auto"
        if text == "auto" || text.isEmpty { return .automatic }
        if text == "hash" { return .digestLength }
        guard let number = Int(text) else { throw .saltLengthText(text) }
        switch number {
        case -1: return .digestLength
        case 0: return .automatic
        case 1...: return .bytes(number)
        default: throw .saltLengthNumber(number)
        }
    }
}

extension String {
    /// Lends the UTF-8 of the text.
    func lending<R>(_ body: (ByteView) -> R) -> R {
        var copy = self
        return copy.withUTF8 { body(ByteView(UnsafeRawBufferPointer($0))) }
    }
}
