internal import Bytes
internal import KeyRings
internal import Primitives

/// What of a key is wanted to be seen.
struct KeyView: Sendable {
    /// Context of a derived Ed25519 key, decoded.
    var context: [UInt8] = []
    /// Whether a long list of versions is wanted whole.
    var showsAll = false
    /// That list.
    var versions: [KeyVersion]?
    /// Of a ring with more live versions than are kept in memory, so many of the newest are listed.
    static let listed = 64
}

extension Transit {
    /// Writes the key object of the wire; returns warnings. **Source** wire facts §4.2; `usage`, `usage_limits` and
    /// `disabled_versions` are our own.
    func describe(_ ring: KeyRing, _ view: KeyView, into body: inout ByteWriter) throws(TransitError) -> [String] {
        var warnings: [String] = []
        var listed = view.versions ?? Array(ring.workingSet)
        if view.versions == nil && ring.workingCount > KeyRing.residentLimit {
            listed = listed.suffix(KeyView.listed)
            warnings = [
                "this key has \(ring.workingCount) live versions; the newest \(KeyView.listed) are listed, read it "
                    + "with all_versions=true for all"
            ]
        }
        var members = ring.settings.members
        members["name"] = .string(ring.name.text)
        var keys: [String: JSON] = [:]
        for version in listed { keys[String(version.number)] = try version.face(ring.settings, view.context) }
        members["keys"] = .object(keys)
        if ring.settings.type.cipher != nil {
            let counts = listed.map { (String($0.number), JSON.int(Int(clamping: $0.usage.messages))) }
            members["usage"] = .object(Dictionary(counts) { first, _ in first })
        }
        JSON.object(members).write(into: &body)
        return warnings
    }
}

extension KeySettings {
    /// All members of the key object that do not depend on the versions.
    fileprivate var members: [String: JSON] {
        var members: [String: JSON] = [
            "type": .string(type.rawValue), "derived": .bool(isDerived), "deletion_allowed": .bool(allowsDeletion),
            "exportable": .bool(isExportable), "allow_plaintext_backup": .bool(allowsPlaintextBackup),
            "min_available_version": .int(minAvailableVersion), "min_decryption_version": .int(minDecryptionVersion),
            "min_encryption_version": .int(minEncryptionVersion), "latest_version": .int(latestVersion),
            "supports_encryption": .bool(type.supportsEncryption),
            "supports_decryption": .bool(type.supportsEncryption), "supports_signing": .bool(type.supportsSigning),
            "supports_derivation": .bool(type.supportsDerivation), "auto_rotate_period": .int(autoRotateSeconds),
            "imported_key": .bool(isImported), "soft_deleted": .bool(isSoftDeleted),
        ]
        if isImported { members["imported_key_allow_rotation"] = .bool(allowsImportedRotation) }
        if keySize > 0 { members["key_size"] = .int(keySize) }
        if isDerived {
            members["kdf"] = .string(derivation == .hkdf ? "hkdf_sha256" : "hmac-sha256-counter")
            if derivation == .counterHMAC { members["kdf_mode"] = .string("hmac-sha256-counter") }
            members["convergent_encryption"] = .bool(isConvergent)
        }
        if isConvergent { members["convergent_encryption_version"] = .int(convergentVersion) }
        if let backup { members["backup_info"] = backup.json }
        if let restore { members["restore_info"] = restore.json }
        if !disabledVersions.isEmpty { members["disabled_versions"] = .array(disabledVersions.map { .int($0) }) }
        if !parameterSet.isEmpty { members["parameter_set"] = .string(parameterSet) }
        if let hybrid {
            members["hybrid_key_type_pqc"] = .string(hybrid.postQuantum)
            members["hybrid_key_type_ec"] = .string(hybrid.classic)
        }
        if isBoundByNonces {
            let limits = usageLimits
            members["usage_limits"] = .object([
                "warn": .int(limits.warn), "rotate": .int(limits.rotate), "refuse": .int(limits.refuse),
            ])
        }
        return members
    }
}

extension BackupMark {
    fileprivate var json: JSON { .object(["time": .string(moment.text), "version": .int(version)]) }
}

extension Moment {
    /// RFC 3339 with up to nine digits of a fraction.
    var text: String {
        var writer = ByteWriter(capacity: 32)
        return TimestampText.append(seconds: seconds, nanoseconds: nanoseconds, to: &writer)
            ? writer.view.string : "0001-01-01T00:00:00Z"
    }
}

extension KeyVersion {
    /// What the key object shows of a version: the second of its making, and of key pairs the public half.
    fileprivate func face(_ settings: KeySettings, _ context: [UInt8]) throws(TransitError) -> JSON {
        guard let publicText = try publicText(settings, context) else { return .int(created.seconds) }
        var members: [String: JSON] = [
            "creation_time": .string(created.text), "name": .string(settings.curveName),
            "public_key": .string(publicText),
        ]
        // Compatibility: without a chain the member is left out, as in the recorded key objects of the field.
        if !certificates.isEmpty { members["certificate_chain"] = .string(CertificateText.pem(certificates)) }
        return .object(members)
    }

    /// The public half as clients read it: PEM, of Ed25519 base64; nil for symmetric keys.
    private func publicText(_ settings: KeySettings, _ context: [UInt8]) throws(TransitError) -> String? {
        do throws(KeyRingError) {
            if let signer { return try signer.publicPEM(finalNewline: true) }
            if let kem { return Self.base64(kem.rawPublicKey) }
            guard let pair else { return nil }
            if settings.isDerived {
                if context.isEmpty { return "" }
                return Self.base64(try derivedPublicKey(context))
            }
            if pair.algorithm == .ed25519 { return Self.base64(pair.subjectPublicKeyInfo.suffix(32)) }
            return pair.publicPEM(finalNewline: true)
        } catch {
            throw .ring(error)
        }
    }

    static func base64(_ bytes: some Collection<UInt8>) -> String {
        var writer = ByteWriter(capacity: 64)
        Array(bytes).withUnsafeBytes { writer.append(base64: ByteView($0)) }
        return writer.view.string
    }
}

extension KeySettings {
    /// The name of curve or algorithm that the key object has for key pairs.
    fileprivate var curveName: String {
        switch type {
        case .ecdsaP256: "P-256"
        case .ecdsaP384: "P-384"
        case .ecdsaP521: "P-521"
        case .mlDSA: "ml-dsa-\(parameterSet)"
        case .hybrid: "ml-dsa-\(parameterSet)-\(hybrid?.classic ?? "")"
        default: type.rawValue
        }
    }
}

/// Certificates as text.
enum CertificateText {
    /// PEM blocks joined by line feeds, without one at the end; empty without certificates.
    static func pem(_ certificates: [[UInt8]]) -> String {
        certificates.map { der in
            var writer = ByteWriter(capacity: der.count * 3 / 2 + 64)
            der.withUnsafeBytes { PEM.append("CERTIFICATE", ByteView($0), finalNewline: false, into: &writer) }
            return writer.view.string
        }.joined(separator: "\n")
    }
}
