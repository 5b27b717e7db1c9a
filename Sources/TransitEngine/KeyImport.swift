internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `POST keys/:name/import` and `import_version`. **Source** wire facts §4.9, §4.10, §5.9.
struct ImportCommand: Sendable {
    private static let table = FieldTable(
        "type", "ciphertext", "hash_function", "public_key", "allow_rotation", "derived", "exportable",
        "allow_plaintext_backup", "auto_rotate_period", "context", "convergent_encryption", "version",
        "parameter_set", "hybrid_key_type_pqc", "hybrid_key_type_ec")

    /// What is imported.
    enum Source: Sendable {
        /// A wrapped key, still in base64, and the hash function of its OAEP.
        case wrapped(text: TextRef, DigestAlgorithm)
        /// A public key in PEM.
        case publicKey(TextRef)
    }

    let name: KeyName
    /// The settings of a new key; nil for a further version.
    let settings: KeySettings?
    let source: Source
    /// The version that gets its private half.
    let version: Int?
    let texts: RequestTexts
    let warnings: [String]

    init(_ request: EngineRequest, _ name: KeyName, isVersion: Bool) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        let texts = RequestTexts(body: request.body)
        self.name = name
        self.texts = texts
        warnings = parameters.warnings(replaced: ["name"])
        version = isVersion ? try parameters.read { (p) throws(ParameterFault) in try p.int(11) } : nil
        settings = isVersion ? nil : try Self.settings(parameters)
        let hash = try parameters.read { (p) throws(ParameterFault) in try p.string(2) } ?? "SHA256"
        guard let digest = DigestAlgorithm(wrappingName: hash) else { throw .wrappingHash(hash) }
        let wrapped = try BatchWork.text(1, parameters, texts)
        // Compatibility: a ciphertext silently wins over a public key (wire facts §4.9).
        source =
            wrapped.isAbsent ? .publicKey(try BatchWork.text(3, parameters, texts)) : .wrapped(text: wrapped, digest)
    }

    private static func settings(_ parameters: Parameters) throws(TransitError) -> KeySettings {
        func flag(_ index: Int) throws(TransitError) -> Bool {
            try parameters.read { (p) throws(ParameterFault) in try p.bool(index) } ?? false
        }
        func text(_ index: Int) throws(TransitError) -> String {
            try parameters.read { (p) throws(ParameterFault) in try p.string(index) } ?? ""
        }
        if parameters[10].kind != .absent { throw .importConvergent }
        let name = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? "aes256-gcm96"
        guard let type = KeyType(rawValue: name.lowercased()) else { throw .unknownImportType(name) }
        var settings = KeySettings(type: type)
        settings.isImported = true
        settings.allowsImportedRotation = try flag(4)
        settings.isDerived = try flag(5)
        settings.isExportable = try flag(6)
        settings.allowsPlaintextBackup = try flag(7)
        settings.autoRotateSeconds = try parameters.read { (p) throws(ParameterFault) in try p.durationSeconds(8) } ?? 0
        if settings.autoRotateSeconds > KeySettings.longestPeriodSeconds { throw .autoRotateTooLong }
        if settings.autoRotateSeconds > 0 && !settings.allowsImportedRotation { throw .importRotation }
        try settings.checkDerivation()
        // Compatibility: imported derived keys have the old derivation, which only suits keys of 32 bytes (§4.9).
        if settings.isDerived {
            guard type.cipher?.keyLength == 32 else {
                throw type == .ed25519 && parameters[1].kind == .absent ? .importDerivedPublic : .importDerived(type)
            }
            settings.derivation = .counterHMAC
        }
        try settings.setParameters(set: try text(12), postQuantum: try text(13), classic: try text(14))
        return settings
    }
}

extension DigestAlgorithm {
    /// The hash function that a wrapping names, in any case.
    init?(wrappingName name: String) {
        switch name.uppercased() {
        case "SHA1": self = .sha1
        case "SHA224": self = .sha2_224
        case "SHA256": self = .sha2_256
        case "SHA384": self = .sha2_384
        case "SHA512": self = .sha2_512
        default: return nil
        }
    }
}

extension Transit {
    /// Imports a key, or a further version of one.
    func performStoring(_ command: ImportCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply
    {
        if let settings = command.settings {
            if try await catalog.ring(command.name) != nil { throw .importExists }
            let draft = try await imported(command, settings)
            let now = moment
            let ring = try await catalog.put(command.name) { (known) throws(TransitError) in
                if known != nil { throw .importExists }
                var settings = settings
                if settings.type == .hmac { settings.keySize = draft.keyLength }
                let first = try draft.version(1, settings, now)
                do throws(KeyRingError) {
                    return try KeyRing(name: command.name, settings: settings, first: first)
                } catch {
                    throw .ring(error)
                }
            }
            noteRotation(of: ring)
        } else {
            try await importVersion(command)
        }
        if command.warnings.isEmpty { return .noContent }
        body.append("null")
        return EngineReply(warnings: command.warnings)
    }

    private func importVersion(_ command: ImportCommand) async throws(TransitError) {
        guard let known = try await catalog.ring(command.name) else { throw .importMissing(command.name) }
        try Self.checkImport(known)
        let draft = try await imported(command, known.settings)
        let now = moment
        let changed = try await catalog.update(command.name) { (ring) async throws(TransitError) in
            try Self.checkImport(ring)
            if let number = command.version {
                try await catalog.load(ring.missing([number]), of: ring)
                guard number >= ring.settings.minDecryptionVersion, let version = ring.resident(number) else {
                    throw .ring(.noSuchVersion)
                }
                return try Self.complete(ring, version, draft)
            }
            // The private half of the latest public key completes it; everything else is a new version.
            if let pair = ring.latest.pair, !pair.hasPrivateHalf, draft.matches(pair) {
                return try Self.complete(ring, ring.latest, draft)
            }
            var next = ring.settings
            next.latestVersion += 1
            let version = try draft.version(next.latestVersion, next, now)
            do throws(KeyRingError) { return try ring.appending(version, settings: next) } catch { throw .ring(error) }
        }
        guard let changed else { throw .importMissing(command.name) }
        noteRotation(of: changed)
    }

    private static func checkImport(_ ring: KeyRing) throws(TransitError) {
        if ring.settings.isSoftDeleted { throw .ring(.softDeleted) }
        guard ring.settings.isImported else { throw .importNotImported }
        if ring.settings.isConvergent { throw .importVersionConvergent }
    }

    private static func complete(
        _ ring: KeyRing, _ version: KeyVersion, _ draft: ImportedKey
    ) throws(TransitError) -> KeyRing {
        guard let pair = version.pair else { throw .importVersionType }
        guard draft.hasPrivateHalf else { throw .importPublicTwice }
        guard !pair.hasPrivateHalf else { throw .importPrivateTwice }
        guard draft.matches(pair) else { throw .importPairMismatch }
        do throws(KeyRingError) { return try ring.replacing(try draft.completing(version, ring.settings)) } catch {
            throw .ring(error)
        }
    }

    private func imported(_ command: ImportCommand, _ settings: KeySettings) async throws(TransitError) -> ImportedKey {
        switch command.source {
        case .publicKey(let reference):
            guard settings.type.hasPublicHalf else { throw .importPublicType }
            return try ImportedKey(publicPEM: command.texts.view(reference), settings)
        case .wrapped(let reference, let digest):
            let text = command.texts.view(reference)
            var blob = ByteWriter(capacity: Base64.decodedRoom(min(text.count, Self.mostWrappedText)))
            guard text.count <= Self.mostWrappedText else { throw .importTooLong }
            do throws(Base64Fault) { try blob.replace(with: text) } catch { throw .importBase64(error) }
            let key = try await wrappingKey.pair()
            return try Self.unwrap(blob.view, key, digest, settings)
        }
    }

    // A wrapped key of 8 KiB, the wrapping of its key, and the frame of base64.
    private static let mostWrappedText = 16 * 1024

    private static func unwrap(
        _ blob: ByteView, _ wrapping: PrivateKey, _ digest: DigestAlgorithm, _ settings: KeySettings
    ) throws(TransitError) -> ImportedKey {
        let head = wrapping.algorithm.signatureRoom
        guard blob.count > head else { throw .importTooShort }
        var ephemeral = ByteWriter(capacity: head)
        do throws(AsymmetricError) {
            try ephemeral.append(room: head) { (out) throws(AsymmetricError) in
                try wrapping.decrypt(blob.slice(0, head), .oaep(digest), into: out)
            }
        } catch {
            throw error == .decryptionFailed ? .importDecryption : .ring(.asymmetric(error))
        }
        guard ephemeral.count == 32 else { throw .importEphemeralKey }
        var target = ByteWriter(capacity: blob.count)
        do throws(CryptoError) {
            try target.append(room: blob.count) { (out) throws(CryptoError) in
                try AESKeyWrap.unwrap(blob.dropFirst(head), key: ephemeral.view, into: out)
            }
        } catch {
            throw .importUnwrap
        }
        return try ImportedKey(secret: SecretBytes(copying: target.view), settings)
    }
}

extension ByteWriter {
    /// Appends the decoded text.
    mutating func replace(with base64: ByteView) throws(Base64Fault) {
        try append(room: Base64.decodedRoom(base64.count)) { (out) throws(Base64Fault) in
            let length = Base64.decode(base64, into: out)
            if length < 0 { throw Base64Fault(offset: ~length) }
            return length
        }
    }
}
