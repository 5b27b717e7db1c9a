package import Bytes
package import Primitives
internal import Synchronization

/// A classic key pair of one version, or its public half alone. The library's objects are made when first needed: a
/// ring of many versions is read without parsing them.
///
/// **Concurrency** a short lock per look-up of the objects.
package final class PairMaterial: Sendable {
    private struct Made {
        var privateKey: PrivateKey?
        var publicKey: PublicKey?
    }

    /// The kind of key.
    package let algorithm: AsymmetricAlgorithm
    /// SubjectPublicKeyInfo.
    package let subjectPublicKeyInfo: [UInt8]
    /// PKCS #8, or for Ed25519 `seed ‖ public`; empty when only the public half is here.
    private let secret: SecretBytes
    private let made: Mutex<Made>

    /// A pair that is at hand as an object.
    @inline(never)
    package init(_ pair: PrivateKey) throws(AsymmetricError) {
        algorithm = pair.algorithm
        subjectPublicKeyInfo = pair.publicKey.subjectPublicKeyInfo
        secret =
            pair.algorithm == .ed25519
            ? try pair.exposingEd25519Pair { bytes throws(AsymmetricError) in SecretBytes(copying: bytes) }
            : try pair.exposingDER(.pkcs8) { bytes throws(AsymmetricError) in SecretBytes(copying: bytes) }
        made = Mutex(Made(privateKey: pair, publicKey: pair.publicKey))
    }

    /// A public half.
    @inline(never)
    package init(_ key: PublicKey) {
        algorithm = key.algorithm
        subjectPublicKeyInfo = key.subjectPublicKeyInfo
        secret = SecretBytes(copying: .empty)
        made = Mutex(Made(privateKey: nil, publicKey: key))
    }

    /// A pair from outside: PKCS #8, or for Ed25519 also `seed ‖ public`.
    @inline(never)
    package convenience init(
        importing secret: borrowing SecretBytes, _ algorithm: AsymmetricAlgorithm
    ) throws(AsymmetricError) {
        let key = try secret.exposing { (bytes) throws(AsymmetricError) -> PrivateKey in
            algorithm == .ed25519 && bytes.count == 64
                ? try PrivateKey(ed25519Pair: bytes) : try PrivateKey(pkcs8: bytes)
        }
        guard key.algorithm == algorithm else { throw .algorithmMismatch(own: algorithm, other: key.algorithm) }
        try self.init(key)
    }

    /// A pair out of its stored entry, which was checked when it was made.
    @inline(never)
    init(_ algorithm: AsymmetricAlgorithm, secret: consuming SecretBytes, subjectPublicKeyInfo: [UInt8]) {
        self.algorithm = algorithm
        self.subjectPublicKeyInfo = subjectPublicKeyInfo
        self.secret = secret
        made = Mutex(Made())
    }

    /// Whether the private half is here.
    package var hasPrivateHalf: Bool { secret.count > 0 }

    /// The private half; nil when it is not here.
    package func privateKey() throws(KeyRingError) -> PrivateKey? {
        guard hasPrivateHalf else { return nil }
        if let key = made.withLock({ $0.privateKey }) { return key }
        do throws(AsymmetricError) {
            let algorithm = algorithm
            let key = try secret.exposing { (bytes) throws(AsymmetricError) -> PrivateKey in
                try Self.privateKey(algorithm, bytes)
            }
            guard key.algorithm == algorithm else { throw AsymmetricError.malformedKey }
            made.withLock { $0.privateKey = key }
            return key
        } catch {
            throw .corruptRecord
        }
    }

    private static func privateKey(
        _ algorithm: AsymmetricAlgorithm, _ bytes: ByteView
    ) throws(AsymmetricError) -> PrivateKey {
        algorithm == .ed25519 ? try PrivateKey(checkedEd25519Pair: bytes) : try PrivateKey(checkedPKCS8: bytes)
    }

    /// The public half.
    package func publicKey() throws(KeyRingError) -> PublicKey {
        if let key = made.withLock({ $0.publicKey ?? $0.privateKey?.publicKey }) { return key }
        do {
            let key = try subjectPublicKeyInfo.withUnsafeBytes { try PublicKey(spki: ByteView($0)) }
            guard key.algorithm == algorithm else { throw AsymmetricError.malformedKey }
            made.withLock { $0.publicKey = key }
            return key
        } catch {
            throw .corruptRecord
        }
    }

    /// The public half in PEM.
    package func publicPEM(finalNewline: Bool) -> String {
        var writer = ByteWriter(capacity: 1024)
        subjectPublicKeyInfo.withUnsafeBytes {
            PEM.append("PUBLIC KEY", ByteView($0), finalNewline: finalNewline, into: &writer)
        }
        return writer.view.string
    }

    /// Lends the stored secret.
    package func exposingSecret<R: ~Copyable, E: Error>(_ body: (ByteView) throws(E) -> R) throws(E) -> R {
        try secret.exposing(body)
    }
}
