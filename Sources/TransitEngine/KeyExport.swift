internal import Bytes
internal import EngineKit
internal import KeyRings
internal import Primitives

/// `GET export/:type/:name(/:version)`. **Source** wire facts §4.21.
struct ExportCommand: Sendable {
    private static let table = FieldTable("format")

    /// What of a key leaves.
    enum Kind: String, Sendable {
        case encryptionKey = "encryption-key"
        case signingKey = "signing-key"
        case hmacKey = "hmac-key"
        case cmacKey = "cmac-key"
        case publicKey = "public-key"
        case certificateChain = "certificate-chain"

        var isSecret: Bool { self != .publicKey && self != .certificateChain }
    }

    /// In which form.
    enum Format: String, Sendable {
        case usual = ""
        case raw, der, pem
    }

    let name: KeyName
    let kind: Kind
    let format: Format
    let version: String
    let warnings: [String]

    init(_ request: EngineRequest, kind: ByteView, _ name: KeyName, version: ByteView) throws(TransitError) {
        let parameters = try Parameters(Self.table, of: request)
        let format = try parameters.read { (p) throws(ParameterFault) in try p.string(0) } ?? ""
        self.name = name
        self.version = version.string
        warnings = parameters.warnings(replaced: ["name", "type", "version"])
        guard let kind = Kind(rawValue: kind.string) else { throw .exportKind(kind.string) }
        guard let format = Format(rawValue: format) else { throw .exportFormat(format) }
        (self.kind, self.format) = (kind, format)
    }
}

/// Which versions of a ring are meant by the end of a path: all, `latest`, `N` or `vN`.
enum VersionChoice {
    /// The versions, oldest first. **Source** wire facts §4.21.
    static func versions(
        _ text: String, of ring: KeyRing, _ catalog: KeyCatalog
    ) async throws(TransitError) -> [KeyVersion] {
        if text.isEmpty { return try await catalog.allVersions(of: ring, from: ring.settings.minDecryptionVersion) }
        if text == "latest" { return [ring.latest] }
        guard let number = Int(text.hasPrefix("v") ? String(text.dropFirst()) : text) else { throw .exportVersion }
        if number < ring.settings.minDecryptionVersion { throw .exportVersionTooOld }
        if number > ring.settings.latestVersion { throw .exportVersionMissing }
        try await catalog.load(ring.missing([number]), of: ring)
        guard let version = ring.resident(number) else { throw .exportVersionMissing }
        return [version]
    }
}

extension Transit {
    /// Exports keys.
    func performStoring(_ command: ExportCommand, into body: inout ByteWriter) async throws(TransitError) -> EngineReply
    {
        guard let ring = try await catalog.ring(command.name) else { throw .nothingThere }
        try Self.check(command, ring)
        let versions = try await VersionChoice.versions(command.version, of: ring, catalog)
        body.append("{\"keys\":{")
        let order = versions.sorted { String($0.number).utf8.lexicographicallyPrecedes(String($1.number).utf8) }
        for (index, version) in order.enumerated() {
            body.append(index > 0 ? ",\"" : "\"")
            body.append(decimal: version.number)
            body.append("\":")
            try KeyExport(version: version, settings: ring.settings, format: command.format)
                .append(command.kind, to: &body)
        }
        body.append("},\"name\":")
        body.append(jsonString: ring.name.text)
        body.append(",\"type\":")
        body.append(jsonString: ring.settings.type.rawValue)
        body.append("}")
        return EngineReply(warnings: command.warnings)
    }

    private static func check(_ command: ExportCommand, _ ring: KeyRing) throws(TransitError) {
        let settings = ring.settings
        if settings.isSoftDeleted { throw .ring(.softDeleted) }
        if command.kind.isSecret && !settings.isExportable { throw .notExportable }
        switch command.kind {
        case .encryptionKey:
            if !settings.type.supportsEncryption && settings.type.kem == nil { throw .exportNoEncryption }
        case .signingKey: if !settings.type.supportsSigning { throw .exportNoSigning }
        case .certificateChain: if !settings.type.supportsSigning { throw .exportNoCertificates }
        case .hmacKey: if !settings.type.supportsHMAC { throw .exportUnknown(settings.type, command.kind.rawValue) }
        case .cmacKey:
            if case .cmac = settings.type.family {} else { throw .exportUnknown(settings.type, command.kind.rawValue) }
        case .publicKey:
            let hasPublicHalf = settings.type.supportsSigning || settings.type.kem != nil
            if !hasPublicHalf { throw .exportUnknown(settings.type, command.kind.rawValue) }
        }
    }
}

/// One version on its way out; the text of its JSON string is written straight into the reply.
struct KeyExport {
    let version: KeyVersion
    let settings: KeySettings
    let format: ExportCommand.Format

    func append(_ kind: ExportCommand.Kind, to body: inout ByteWriter) throws(TransitError) {
        switch kind {
        case .hmacKey:
            guard format == .usual || format == .raw else { throw .exportFormatHMAC }
            version.exposingHMACKey { Self.append(base64: $0, to: &body) }
        case .certificateChain:
            guard !version.certificates.isEmpty else { throw .exportNoChain }
            body.append(jsonString: CertificateText.pem(version.certificates))
        case .publicKey: try appendPublic(to: &body)
        case .encryptionKey, .signingKey, .cmacKey:
            if let pair = version.pair { return try append(pair, to: &body) }
            guard format == .usual || format == .raw else { throw .exportFormatHMAC }
            version.exposingKey { Self.append(base64: $0, to: &body) }
        }
    }

    private static func append(base64 bytes: ByteView, to body: inout ByteWriter) {
        body.append("\"")
        body.append(base64: bytes)
        body.append("\"")
    }

    private func wrongFormat(_ algorithm: AsymmetricAlgorithm) -> TransitError {
        .exportFormatPair(algorithm.modulusBits == nil ? "ec" : "rsa")
    }

    private func append(_ pair: PairMaterial, to body: inout ByteWriter) throws(TransitError) {
        let algorithm = pair.algorithm
        if format == .raw && algorithm != .ed25519 { throw wrongFormat(algorithm) }
        do {
            guard let key = try pair.privateKey() else {
                body.append("\"\"")
                return
            }
            switch format {
            case .der:
                try key.exposingDER(.pkcs8) { (der) throws(AsymmetricError) in Self.append(base64: der, to: &body) }
            case .pem: try append(key, .pkcs8, to: &body)
            case .usual where algorithm != .ed25519: try append(key, .traditional, to: &body)
            case .usual, .raw:
                try key.exposingEd25519Pair { (bytes) throws(AsymmetricError) in Self.append(base64: bytes, to: &body) }
            }
        } catch let error as KeyRingError {
            throw .ring(error)
        } catch {
            throw .ring(.cryptoUnavailable)
        }
    }

    // Compatibility: RSA's PEM ends with a line feed, the others' does not (wire facts §4.21).
    private func append(
        _ key: PrivateKey, _ form: PrivateKeyFormat, to body: inout ByteWriter
    ) throws(AsymmetricError) {
        try key.exposingPEM(form, finalNewline: settings.type.isRSA) { (pem) throws(AsymmetricError) in
            body.append(jsonString: pem)
        }
    }

    private func appendPublic(to body: inout ByteWriter) throws(TransitError) {
        if let signer = version.signer { return try append(signer, to: &body) }
        if let kem = version.kem {
            guard format == .usual || format == .raw else { throw .exportFormatPair("kem") }
            return kem.rawPublicKey.withUnsafeBytes { Self.append(base64: ByteView($0), to: &body) }
        }
        guard let pair = version.pair else { throw .exportUnknown(settings.type, "public-key") }
        switch format {
        case .usual where pair.algorithm == .ed25519, .raw where pair.algorithm == .ed25519:
            pair.subjectPublicKeyInfo.suffix(32).withUnsafeBytes { Self.append(base64: ByteView($0), to: &body) }
        case .raw: throw wrongFormat(pair.algorithm)
        case .der: pair.subjectPublicKeyInfo.withUnsafeBytes { Self.append(base64: ByteView($0), to: &body) }
        case .usual, .pem: body.append(jsonString: pair.publicPEM(finalNewline: settings.type.isRSA))
        }
    }

    private func append(_ signer: PostQuantumSigner, to body: inout ByteWriter) throws(TransitError) {
        switch format {
        case .usual, .raw: signer.publicKey.withUnsafeBytes { Self.append(base64: ByteView($0), to: &body) }
        case .pem:
            do throws(KeyRingError) {
                body.append(jsonString: try signer.publicPEM(finalNewline: false))
            } catch {
                throw .ring(error)
            }
        case .der:
            guard signer.classic == nil else { throw .exportFormatPair("hybrid") }
            do throws(KeyRingError) {
                try signer.mlDSAPublicKey().subjectPublicKeyInfo.withUnsafeBytes {
                    Self.append(base64: ByteView($0), to: &body)
                }
            } catch {
                throw .ring(error)
            }
        }
    }
}
