internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST derive-key/:name`: a symmetric key agreed on with somebody else's key. **Source** wire facts §4.28, §5.3.
struct DeriveKeyCommand: Sendable {
    private static let table = FieldTable(
        "key_derivation_algorithm", "peer_public_key", "base_key_name", "base_key_version", "derived_key_type")

    /// Short names of the types that can be derived.
    private static let types: [String: KeyType] = [
        "aes128": .aes128GCM96, "aes256": .aes256GCM96, "chacha": .chacha20Poly1305, "chacha20": .chacha20Poly1305,
        "xchacha": .xchacha20Poly1305, "xchacha20": .xchacha20Poly1305,
    ]

    let name: KeyName
    let base: String
    let baseVersion: Int
    let type: KeyType
    let peer: TextRef
    let texts: RequestTexts
    let warnings: [String]

    init(_ request: EngineRequest, _ name: KeyName) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        texts = RequestTexts(body: request.body)
        self.name = name
        warnings = parameters.warnings(replaced: ["name"])
        let algorithm = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? "ecdh"
        if algorithm != "ecdh" { throw .agreementAlgorithm(algorithm) }
        peer = try BatchWork.text(1, parameters, texts)
        if peer.isBlank { throw .agreementPeerMissing }
        base = try parameters.read { (p) throws(ParameterFault) in try p.string(2) } ?? ""
        baseVersion = try parameters.read { (p) throws(ParameterFault) in try p.int(3) } ?? 0
        let wanted = try parameters.read { (p) throws(ParameterFault) in try p.string(4) } ?? "aes256-gcm96"
        guard let type = Self.types[wanted.lowercased()] ?? KeyType(rawValue: wanted.lowercased()), type.cipher != nil
        else { throw .unknownKeyType(wanted) }
        self.type = type
    }
}

extension Transit {
    /// Agrees on a key and stores it under the new name, or as a further version of what an agreement made before.
    func performStoring(
        _ command: DeriveKeyCommand, into body: inout ByteWriter
    ) async throws(TransitError) -> EngineReply {
        guard let name = KeyName(text: command.base), let base = try await catalog.ring(name) else {
            throw .agreementBaseMissing
        }
        guard base.settings.type.supportsAgreement else { throw .agreementType(base.settings.type) }
        let secret = try await agreed(command, base)
        let now = moment
        let ring = try await catalog.put(command.name) { (known) throws(TransitError) in
            var settings = known?.settings ?? KeySettings(type: command.type)
            if let known {
                let isAgreed = settings.isImported && settings.type == command.type && !settings.isDerived
                guard isAgreed, !settings.isSoftDeleted else { throw .agreementExists(known.name) }
                settings.latestVersion += 1
            }
            settings.isImported = true
            let version = try secret.version(settings.latestVersion, settings, now)
            do throws(KeyRingError) {
                guard let known else { return try KeyRing(name: command.name, settings: settings, first: version) }
                return try known.appending(version, settings: settings)
            } catch {
                throw .ring(error)
            }
        }
        noteRotation(of: ring)
        if command.warnings.isEmpty { return .noContent }
        body.append("null")
        return EngineReply(warnings: command.warnings)
    }

    private func agreed(_ command: DeriveKeyCommand, _ base: KeyRing) async throws(TransitError) -> ImportedKey {
        let number = command.baseVersion
        if number < 0 { throw .agreementVersionNegative }
        if number > base.settings.latestVersion { throw .agreementVersionTooNew }
        if number > 0 && number < max(base.settings.minAvailableVersion, base.settings.minDecryptionVersion) {
            throw .agreementVersionTooOld
        }
        if number > 0 { try await catalog.load(base.missing([number]), of: base) }
        do throws(KeyRingError) {
            let version = number == 0 ? base.latest : try base.working(number)
            guard let own = try version.pair?.privateKey() else { throw .signingWithoutPrivateHalf }
            return try Self.agree(own, command)
        } catch {
            if case .asymmetric(let fault) = error { throw Self.peerFault(fault, base.settings.type) }
            throw .ring(error)
        }
    }

    private static func agree(_ own: PrivateKey, _ command: DeriveKeyCommand) throws(KeyRingError) -> ImportedKey {
        let length = command.type.cipher?.keyLength ?? 32
        do throws(AsymmetricError) {
            let peer = try PublicKey(pem: command.texts.view(command.peer))
            guard peer.algorithm.coordinateLength != nil else { throw .unsupportedOperation }
            let key = try own.exposingSharedSecret(with: peer) { (secret) throws(AsymmetricError) in
                do throws(CryptoError) { return try derive(secret, length) } catch { throw .library(error) }
            }
            return ImportedKey(raw: key)
        } catch {
            throw .asymmetric(error)
        }
    }

    /// **Layout** HKDF-SHA256(IKM = x coordinate, no salt, no info, L = key length).
    private static func derive(_ secret: ByteView, _ length: Int) throws(CryptoError) -> SecretBytes {
        let derivation = try HKDFKey(extractingSHA256: secret)
        return try SecretBytes(count: length) { (buffer) throws(CryptoError) in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try derivation.expand(info: .empty, count: length, into: start)
        }
    }

    private static func peerFault(_ error: AsymmetricError, _ type: KeyType) -> TransitError {
        switch error {
        case .library: .ring(.asymmetric(error))
        case .unsupportedOperation: .agreementPeerType
        case .algorithmMismatch: .agreementCurve(type)
        case .notPEM: .agreementPeer("not in PEM format")
        case .invalidPoint: .agreementPeer("the point is not on the curve")
        default: .agreementPeer("the key is malformed")
        }
    }
}
