package import Bytes
package import Primitives
internal import Synchronization

/// A signing key of ML-DSA, alone or together with a classic pair (`hybrid`).
///
/// A hybrid signature holds only if both of its parts do, and neither part can be cut out and used alone: both sign the
/// same label ‖ message digest. **Layout** of the secret: `seed(32)`, then the classic secret as `PairMaterial` has it;
/// of the public half: ML-DSA's raw bytes, then SubjectPublicKeyInfo; of a signature: ML-DSA's, then the classic one
/// (ECDSA in ASN.1). What is signed: `prefix ‖ label ‖ length(context, 1) ‖ context ‖ SHA-512(message)`, under ML-DSA
/// with the label as its context. **Source** in the manner of draft-ietf-lamps-pq-composite-sigs.
/// **Concurrency** objects are made at first use, behind a short lock.
package final class PostQuantumSigner: Sendable {
    private struct Made {
        var privateKey: MLDSAPrivateKey?
        var publicKey: MLDSAPublicKey?
    }

    /// The parameter set of ML-DSA.
    package let parameterSet: MLDSAParameterSet
    /// The classic half of hybrid keys.
    package let classic: PairMaterial?
    private let seed: SecretBytes
    private let rawPublicKey: [UInt8]
    private let made: Mutex<Made>

    /// A fresh key; `classic` names the other half of hybrid ones.
    @inline(never)
    package init(generating set: MLDSAParameterSet, classic algorithm: AsymmetricAlgorithm?) throws(AsymmetricError) {
        let key = try MLDSAPrivateKey.generate(set)
        parameterSet = set
        classic = try algorithm.map { (algorithm) throws(AsymmetricError) in
            try PairMaterial(try PrivateKey.generate(algorithm))
        }
        seed = try key.exposingSeed { (bytes) throws(AsymmetricError) in SecretBytes(copying: bytes) }
        rawPublicKey = key.publicKey.rawBytes
        made = Mutex(Made(privateKey: key, publicKey: key.publicKey))
    }

    /// The public half of an ML-DSA key alone.
    @inline(never)
    package init(_ key: MLDSAPublicKey) {
        parameterSet = key.parameterSet
        classic = nil
        seed = SecretBytes(copying: .empty)
        rawPublicKey = key.rawBytes
        made = Mutex(Made(privateKey: nil, publicKey: key))
    }

    /// Whether the secret is here.
    package var hasPrivateHalf: Bool { seed.count > 0 }

    /// A key out of its stored entry, or of one that was imported: then the public half is empty and is computed.
    @inline(never)
    init(
        _ set: MLDSAParameterSet, classic algorithm: AsymmetricAlgorithm?, secret: borrowing SecretBytes,
        publicKey: [UInt8]
    ) throws(KeyRingError) {
        parameterSet = set
        let secretCopy = secret.exposing { SecretBytes(copying: $0) }
        let isPublicOnly = secretCopy.count == 0 && algorithm == nil && publicKey.count == set.publicKeyLength
        guard isPublicOnly || secretCopy.count >= MLDSAParameterSet.seedLength,
            isPublicOnly || algorithm != nil || secretCopy.count == MLDSAParameterSet.seedLength
        else { throw .keyLength(secretCopy.count, algorithm == nil ? .mlDSA : .hybrid) }
        seed = secretCopy.exposing { SecretBytes(copying: $0.slice(0, MLDSAParameterSet.seedLength)) }
        let rest = secretCopy.exposing { SecretBytes(copying: $0.dropFirst(MLDSAParameterSet.seedLength)) }
        do throws(AsymmetricError) {
            if publicKey.isEmpty {
                let key = try seed.exposing { (seed) throws(AsymmetricError) in try MLDSAPrivateKey(set, seed: seed) }
                rawPublicKey = key.publicKey.rawBytes
                made = Mutex(Made(privateKey: key, publicKey: key.publicKey))
                classic = try algorithm.map { (algorithm) throws(AsymmetricError) in
                    try PairMaterial(importing: rest, algorithm)
                }
            } else {
                rawPublicKey = Array(publicKey.prefix(set.publicKeyLength))
                made = Mutex(Made())
                classic = algorithm.map {
                    PairMaterial(
                        $0, secret: rest.duplicate(),
                        subjectPublicKeyInfo: Array(publicKey.dropFirst(set.publicKeyLength)))
                }
            }
        } catch {
            throw .asymmetric(error)
        }
    }

    /// Both public halves in one.
    package var publicKey: [UInt8] { rawPublicKey + (classic?.subjectPublicKeyInfo ?? []) }

    /// Both secrets in one.
    package func exposingSecret<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        var writer = ByteWriter(capacity: 256)
        seed.exposing { writer.append($0) }
        classic?.exposingSecret { writer.append($0) }
        return try body(writer.view)
    }

    /// The name that the key object shows.
    package var name: String { "ml-dsa-\(parameterSet.rawValue)" + (classic.map { "-\($0.algorithm.wireName)" } ?? "") }

    /// The public halves in PEM, ML-DSA's first.
    package func publicPEM(finalNewline: Bool) throws(KeyRingError) -> String {
        var writer = ByteWriter(capacity: 4096)
        try mlDSAPublicKey().appendPEM(finalNewline: finalNewline || classic != nil, to: &writer)
        if let classic { writer.append(text: classic.publicPEM(finalNewline: finalNewline)) }
        return writer.view.string
    }

    /// ML-DSA's public half.
    package func mlDSAPublicKey() throws(KeyRingError) -> MLDSAPublicKey {
        if let key = made.withLock({ $0.publicKey ?? $0.privateKey?.publicKey }) { return key }
        do {
            let key = try rawPublicKey.withUnsafeBytes { try MLDSAPublicKey(parameterSet, raw: ByteView($0)) }
            made.withLock { $0.publicKey = key }
            return key
        } catch {
            throw .corruptRecord
        }
    }

    private func privateKey() throws(KeyRingError) -> MLDSAPrivateKey {
        if let key = made.withLock({ $0.privateKey }) { return key }
        do throws(AsymmetricError) {
            let set = parameterSet
            let key = try seed.exposing { (seed) throws(AsymmetricError) in try MLDSAPrivateKey(set, seed: seed) }
            made.withLock { $0.privateKey = key }
            return key
        } catch {
            throw .corruptRecord
        }
    }

    /// Appends a signature of the message.
    package func appendSignature(
        of message: ByteView, context: [UInt8], to output: inout ByteWriter
    ) throws(KeyRingError) {
        guard context.count <= MLDSAParameterSet.contextLimit else { throw .signatureContext }
        guard hasPrivateHalf else { throw .signingWithoutPrivateHalf }
        let key = try privateKey()
        guard let classic else { return try Self.append(key, message, context, to: &output) }
        let label = Self.label(parameterSet, classic.algorithm)
        let composite = try Self.composite(message, label, context)
        try Self.append(key, composite.view, label, to: &output)
        guard let pair = try classic.privateKey() else { throw .corruptRecord }
        let digest = try Self.digest(composite.view, pair.algorithm)
        do throws(AsymmetricError) {
            try output.append(room: pair.algorithm.signatureRoom) { (out) throws(AsymmetricError) in
                try pair.sign(digest.view, Self.scheme(pair.algorithm), into: out)
            }
        } catch {
            throw .asymmetric(error)
        }
    }

    /// Whether it is a signature of the message.
    package func verifies(
        _ signature: ByteView, of message: ByteView, context: [UInt8]
    ) throws(KeyRingError) -> Bool {
        guard context.count <= MLDSAParameterSet.contextLimit else { throw .signatureContext }
        let key = try mlDSAPublicKey()
        guard let classic else { return try Self.verify(key, signature, message, context) }
        let label = Self.label(parameterSet, classic.algorithm)
        let composite = try Self.composite(message, label, context)
        guard signature.count > parameterSet.signatureLength else { return false }
        let first = signature.slice(0, parameterSet.signatureLength)
        guard try Self.verify(key, first, composite.view, label) else { return false }
        let other = try classic.publicKey()
        let digest = try Self.digest(composite.view, other.algorithm)
        do throws(AsymmetricError) {
            return try other.verify(
                signature.dropFirst(parameterSet.signatureLength), of: digest.view, Self.scheme(other.algorithm))
        } catch {
            return false
        }
    }
}

extension PostQuantumSigner {
    private static func append(
        _ key: MLDSAPrivateKey, _ message: ByteView, _ context: [UInt8], to output: inout ByteWriter
    ) throws(KeyRingError) {
        do {
            let length = key.parameterSet.signatureLength
            try context.withUnsafeBytes { context in
                try output.append(room: length) { (out) throws(AsymmetricError) in
                    try key.sign(message, context: ByteView(context), into: out)
                }
            }
        } catch {
            throw .cryptoUnavailable
        }
    }

    private static func verify(
        _ key: MLDSAPublicKey, _ signature: ByteView, _ message: ByteView, _ context: [UInt8]
    ) throws(KeyRingError) -> Bool {
        do {
            return try context.withUnsafeBytes { try key.verify(signature, of: message, context: ByteView($0)) }
        } catch {
            throw .cryptoUnavailable
        }
    }

    private static func label(_ set: MLDSAParameterSet, _ classic: AsymmetricAlgorithm) -> [UInt8] {
        let name =
            switch classic {
            case .ecdsaP256: "ECDSA-P256"
            case .ecdsaP384: "ECDSA-P384"
            case .ecdsaP521: "ECDSA-P521"
            default: "Ed25519"
            }
        return Array("COMPSIG-MLDSA\(set.rawValue)-\(name)-SHA512".utf8)
    }

    private static func composite(
        _ message: ByteView, _ label: [UInt8], _ context: [UInt8]
    ) throws(KeyRingError) -> ByteWriter {
        var writer = ByteWriter(capacity: 512)
        writer.append("CompositeAlgorithmSignatures2025")
        label.withUnsafeBytes { writer.append(ByteView($0)) }
        writer.append(UInt8(truncatingIfNeeded: context.count))
        context.withUnsafeBytes { writer.append(ByteView($0)) }
        try append(hash: .sha2_512, of: message, to: &writer)
        return writer
    }

    // Ed25519 hashes by itself; ECDSA signs a digest as wide as its curve.
    private static func digest(
        _ message: ByteView, _ algorithm: AsymmetricAlgorithm
    ) throws(KeyRingError) -> ByteWriter {
        var writer = ByteWriter(capacity: 512)
        switch algorithm {
        case .ecdsaP256: try append(hash: .sha2_256, of: message, to: &writer)
        case .ecdsaP384: try append(hash: .sha2_384, of: message, to: &writer)
        case .ecdsaP521: try append(hash: .sha2_512, of: message, to: &writer)
        default: writer.append(message)
        }
        return writer
    }

    private static func append(
        hash digest: DigestAlgorithm, of message: ByteView, to writer: inout ByteWriter
    ) throws(KeyRingError) {
        do throws(CryptoError) {
            try writer.append(room: 64) { (out) throws(CryptoError) in
                try digest.hash(message, into: out)
                return digest.length
            }
        } catch {
            throw .cryptoUnavailable
        }
    }

    private static func scheme(_ algorithm: AsymmetricAlgorithm) -> SignatureScheme {
        algorithm == .ed25519 ? .ed25519 : .ecdsa(.asn1)
    }
}
