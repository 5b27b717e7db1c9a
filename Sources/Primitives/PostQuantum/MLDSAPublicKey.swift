package import Bytes
internal import Crypto
internal import FoundationEssentials

/// The public half of an ML-DSA pair; verifies on any number of threads at once. **Source** FIPS 204.
///
/// **Cost** 10 to 20 KiB: the library keeps it expanded.
package final class MLDSAPublicKey: Sendable {
    enum Backing: Sendable {
        case mlDSA65(MLDSA65.PublicKey)
        case mlDSA87(MLDSA87.PublicKey)
    }

    /// Which ML-DSA it is.
    package let parameterSet: MLDSAParameterSet
    /// The encoded key, as FIPS 204 §7.2 has it.
    package let rawBytes: [UInt8]
    private let backing: Backing

    /// A key from its encoded form. **Throws** `.malformedKey` for one of another length; every other one is a key.
    package init(_ parameterSet: MLDSAParameterSet, raw: ByteView) throws(AsymmetricError) {
        guard raw.count == parameterSet.publicKeyLength else { throw .malformedKey }
        self.parameterSet = parameterSet
        rawBytes = raw.array
        do {
            switch parameterSet {
            case .mlDSA65: backing = .mlDSA65(try MLDSA65.PublicKey(rawRepresentation: raw.buffer))
            case .mlDSA87: backing = .mlDSA87(try MLDSA87.PublicKey(rawRepresentation: raw.buffer))
            }
        } catch {
            throw .malformedKey
        }
    }

    init(_ parameterSet: MLDSAParameterSet, _ backing: Backing) {
        self.parameterSet = parameterSet
        self.backing = backing
        switch backing {
        case .mlDSA65(let key): rawBytes = Array(key.rawRepresentation)
        case .mlDSA87(let key): rawBytes = Array(key.rawRepresentation)
        }
    }

    /// Whether the signature is that of the message under the context; one of another length is merely false.
    ///
    /// **Throws** `.contextTooLong`. **Source** FIPS 204, algorithm 3; Wycheproof.
    package func verify(
        _ signature: ByteView, of message: ByteView, context: ByteView = .empty
    ) throws(AsymmetricError) -> Bool {
        guard context.count <= MLDSAParameterSet.contextLimit else { throw .contextTooLong }
        guard signature.count == parameterSet.signatureLength else { return false }
        switch backing {
        case .mlDSA65(let key):
            return key.isValidSignature(signature.buffer, for: message.buffer, context: context.buffer)
        case .mlDSA87(let key):
            return key.isValidSignature(signature.buffer, for: message.buffer, context: context.buffer)
        }
    }

    /// DER of SubjectPublicKeyInfo, without parameters. **Source** RFC 9881 §3 and §4.
    package var subjectPublicKeyInfo: [UInt8] {
        rawBytes.lending { bits in
            PublicKeyParts.info(bits: bits) { $0.append(derIdentifier: parameterSet.identifier) }
        }
    }

    /// A key from the first PEM block of a text, which holds SubjectPublicKeyInfo of that parameter set.
    ///
    /// **Throws** `.notPEM`, `.unknownAlgorithm` for every other key, `.malformedKey`.
    package static func decode(
        pem: ByteView, _ parameterSet: MLDSAParameterSet
    ) throws(AsymmetricError) -> MLDSAPublicKey {
        try PEM.decode(pem) { _, der throws(AsymmetricError) in
            let length = parameterSet.publicKeyLength
            guard der.count > length else { throw .unknownAlgorithm }
            let key = try MLDSAPublicKey(parameterSet, raw: der.dropFirst(der.count - length))
            // There is one way to write such a key, so that the rest is right when the whole is.
            guard key.subjectPublicKeyInfo.lending({ $0.equalsVariableTime(der) }) else { throw .unknownAlgorithm }
            return key
        }
    }

    /// Appends `PUBLIC KEY` in PEM: 64 columns, LF, and a last LF unless that is declined. **Source** RFC 7468 §13.
    package func appendPEM(finalNewline: Bool = true, to writer: inout ByteWriter) {
        subjectPublicKeyInfo.lending { PEM.append("PUBLIC KEY", $0, finalNewline: finalNewline, into: &writer) }
    }
}
