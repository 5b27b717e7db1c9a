internal import Bytes
internal import KeyRings
internal import Primitives

/// A key from outside, checked and not yet part of a ring.
final class ImportedKey: Sendable {
    private enum Content: Sendable {
        case pair(PairMaterial)
        case signer(PostQuantumSigner)
        case raw
    }

    private let content: Content
    private let secret: SecretBytes

    private init(_ content: Content, _ secret: consuming SecretBytes) {
        self.content = content
        self.secret = secret
    }

    /// A symmetric key that was agreed on.
    convenience init(raw secret: consuming SecretBytes) { self.init(.raw, secret) }

    /// A public half in PEM.
    init(publicPEM text: ByteView, _ settings: KeySettings) throws(TransitError) {
        let type = settings.type
        do throws(AsymmetricError) {
            if type == .mlDSA, let set = settings.mlDSA {
                content = .signer(PostQuantumSigner(try MLDSAPublicKey.decode(pem: text, set)))
                secret = SecretBytes(copying: .empty)
                return
            }
            let key = try PublicKey(pem: text)
            guard key.algorithm == type.pair else {
                throw .algorithmMismatch(own: type.pair ?? key.algorithm, other: key.algorithm)
            }
            content = .pair(PairMaterial(key))
        } catch {
            throw ImportFault.text(error, type, isPublic: true)
        }
        secret = SecretBytes(copying: .empty)
    }

    /// A secret: raw bytes of symmetric keys and seeds, PKCS #8 of pairs.
    init(secret: consuming SecretBytes, _ settings: KeySettings) throws(TransitError) {
        let type = settings.type
        if let algorithm = type.pair {
            do throws(AsymmetricError) {
                content = .pair(try PairMaterial(importing: secret, algorithm))
            } catch {
                throw ImportFault.text(error, type, isPublic: false)
            }
        } else {
            if let lengths = type.keyLengths, !lengths.contains(secret.count) {
                throw .importFault("invalid key size \(secret.count) bytes for key type \(type.rawValue)")
            }
            content = .raw
        }
        self.secret = secret
    }

    var keyLength: Int { secret.count }

    var hasPrivateHalf: Bool {
        switch content {
        case .pair(let pair): pair.hasPrivateHalf
        case .signer(let signer): signer.hasPrivateHalf
        case .raw: true
        }
    }

    /// Whether its public half is that of the pair.
    func matches(_ other: PairMaterial) -> Bool {
        if case .pair(let pair) = content { pair.subjectPublicKeyInfo == other.subjectPublicKeyInfo } else { false }
    }

    private var material: KeyMaterial? {
        switch content {
        case .pair(let pair): .pair(pair)
        case .signer(let signer): .postQuantum(signer)
        case .raw: nil
        }
    }

    /// The version that it becomes.
    func version(_ number: Int, _ settings: KeySettings, _ now: Moment) throws(TransitError) -> KeyVersion {
        do {
            let hmacKey = try RandomSource.secret(
                count: settings.type.supportsHMAC && settings.type != .hmac ? 32 : 0)
            if let material {
                return try KeyVersion(
                    number: number, settings: settings, material: material, hmacKey: hmacKey, created: now,
                    usage: KeyUsage(stored: 0))
            }
            let entry = KeyEntry(key: secret.duplicate(), hmacKey: hmacKey, created: now)
            return try KeyVersion(number: number, settings: settings, entry: entry, usage: KeyUsage(stored: 0))
        } catch let error as KeyRingError {
            if case .asymmetric(let fault) = error {
                throw ImportFault.text(fault, settings.type, isPublic: false)
            }
            if case .keyLength = error { throw .importFault(error.wireText) }
            throw .ring(error)
        } catch {
            throw .ring(.cryptoUnavailable)
        }
    }

    /// The version with this private half; everything else stays.
    func completing(_ version: KeyVersion, _ settings: KeySettings) throws(KeyRingError) -> KeyVersion {
        guard case .pair(let pair) = content else { throw .corruptRecord }
        return try KeyVersion(
            number: version.number, settings: settings, material: .pair(pair),
            hmacKey: version.exposingHMACKey { SecretBytes(copying: $0) }, created: version.created,
            certificates: version.certificates, usage: version.usage)
    }
}

/// What clients are told of keys that cannot be imported. **Source** wire facts §4.9.
enum ImportFault {
    static func text(_ error: AsymmetricError, _ type: KeyType, isPublic: Bool) -> TransitError {
        switch error {
        case .library: return .ring(.asymmetric(error))
        case .notPEM: return .importFault("error parsing public key: not in PEM format")
        case .algorithmMismatch(let own, let other): return mismatch(own, other, type, isPublic)
        case .unsupportedModulus(let bits), .modulusTooLarge(let bits):
            guard let wanted = type.pair?.modulusBits else { break }
            return .importFault("invalid key size: expected \(wanted / 8) bytes, got \((bits + 7) / 8) bytes")
        case .unsupportedCurve: return .importFault("error parsing asymmetric key: unsupported elliptic curve")
        case .invalidPoint: return .importFault("error parsing asymmetric key: the point is not on the curve")
        case .invalidScalar, .invalidNumbers:
            return .importFault("error parsing asymmetric key: the numbers do not belong to a key")
        case .pairMismatch:
            return .importFault("error parsing asymmetric key: private and public half do not match")
        case .unknownAlgorithm:
            return .importFault("error parsing asymmetric key: unknown key algorithm")
        default: break
        }
        return .importFault("error parsing asymmetric key: the key is malformed")
    }

    private static func mismatch(
        _ own: AsymmetricAlgorithm, _ other: AsymmetricAlgorithm, _ type: KeyType, _ isPublic: Bool
    ) -> TransitError {
        if let wanted = own.modulusBits, let got = other.modulusBits {
            return .importFault("invalid key size: expected \(wanted / 8) bytes, got \(got / 8) bytes")
        }
        if own.coordinateLength != nil && other.coordinateLength != nil {
            return .importFault("invalid curve: expected \(own.curveName), got \(other.curveName)")
        }
        return .importFault("invalid key type: expected \(type.rawValue), got \(other.goType(isPublic: isPublic))")
    }
}

extension AsymmetricAlgorithm {
    fileprivate var curveName: String {
        switch self {
        case .ecdsaP256: "P-256"
        case .ecdsaP384: "P-384"
        default: "P-521"
        }
    }

    // Compatibility: the wire's sentences name Go's types (wire facts §4.9).
    fileprivate func goType(isPublic: Bool) -> String {
        switch self {
        case .ecdsaP256, .ecdsaP384, .ecdsaP521: isPublic ? "*ecdsa.PublicKey" : "*ecdsa.PrivateKey"
        case .ed25519: isPublic ? "ed25519.PublicKey" : "ed25519.PrivateKey"
        case .rsa2048, .rsa3072, .rsa4096: isPublic ? "*rsa.PublicKey" : "*rsa.PrivateKey"
        }
    }
}
