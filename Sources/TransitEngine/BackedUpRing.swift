internal import Bytes
internal import KeyRings
internal import Primitives

/// A ring on its way into a backup blob. **Source** wire facts §6.
struct BackedUpRing {
    private let ring: KeyRing
    private let versions: [KeyVersion]

    /// The ring with all its versions, oldest first.
    init(_ ring: KeyRing, _ versions: [KeyVersion]) {
        self.ring = ring
        self.versions = versions
    }

    /// The blob. The archive holds every version, the live ones too; without a trim its first entry is empty.
    func blob() throws(TransitError) -> BackupBlob {
        var entries: [BackupEntry] = []
        do { entries = try versions.map { try $0.backupEntry(ring.settings) } } catch let error as KeyRingError {
            throw .ring(error)
        } catch {
            throw .ring(.cryptoUnavailable)
        }
        var keys: [Int: BackupEntry] = [:]
        for (version, entry) in zip(versions, entries) where version.number >= ring.settings.minDecryptionVersion {
            keys[version.number] = entry
        }
        let archived = (ring.settings.minAvailableVersion == 0 ? [BackupEntry()] : []) + entries
        return BackupBlob(policy: policy(), keys: keys, archived: archived)
    }

    private func policy() -> BackupPolicy {
        let settings = ring.settings
        var policy = BackupPolicy()
        policy.name = ring.name.text
        policy.keySize = settings.keySize
        policy.isDerived = settings.isDerived
        policy.kdf = settings.isDerived ? settings.derivation.rawValue : 0
        policy.isConvergent = settings.isConvergent
        policy.isExportable = settings.isExportable
        policy.minDecryptionVersion = settings.minDecryptionVersion
        policy.minEncryptionVersion = settings.minEncryptionVersion
        policy.latestVersion = settings.latestVersion
        policy.archiveVersion = settings.latestVersion
        policy.archiveMinVersion = settings.minAvailableVersion
        policy.minAvailableVersion = settings.minAvailableVersion
        policy.allowsDeletion = settings.allowsDeletion
        policy.convergentVersion = settings.isConvergent ? settings.convergentVersion : 0
        policy.type = settings.type.storedNumber
        policy.backupInfo = settings.backup.map(BackupStamp.init)
        policy.restoreInfo = settings.restore.map(BackupStamp.init)
        policy.allowsPlaintextBackup = settings.allowsPlaintextBackup
        policy.versionTemplate = settings.versionTemplate
        let (nanoseconds, overflow) = settings.autoRotateSeconds.multipliedReportingOverflow(by: 1_000_000_000)
        policy.autoRotateNanoseconds = overflow ? .max : nanoseconds
        policy.isImported = settings.isImported
        policy.allowsImportedKeyRotation = settings.allowsImportedRotation
        policy.isSoftDeleted = settings.isSoftDeleted
        policy.parameterSet = settings.parameterSet
        policy.disabledVersions = settings.disabledVersions
        policy.usage = versions.flatMap { version in
            let messages = Int(clamping: version.usage.messages)
            return messages > 0 ? [version.number, messages] : []
        }
        if settings.usageLimits != UsageLimits() {
            policy.usageLimits = [settings.usageLimits.warn, settings.usageLimits.rotate, settings.usageLimits.refuse]
        }
        policy.hybridConfig = settings.hybrid.map { (pqc: $0.postQuantum, ec: $0.classic) }
        return policy
    }
}

extension BackupStamp {
    fileprivate init(_ mark: BackupMark) {
        self.init(time: (mark.moment.seconds, mark.moment.nanoseconds), version: mark.version)
    }
}

extension KeyVersion {
    fileprivate func backupEntry(_ settings: KeySettings) throws -> BackupEntry {
        let time = (seconds: created.seconds, nanoseconds: created.nanoseconds)
        let convergent = settings.isConvergent ? convergentVersion : 0
        let macKey = exposingHMACKey { SecretBytes(copying: $0) }
        guard let pair, pair.algorithm != .ed25519 else {
            // Symmetric keys, seeds, and Ed25519's seed and public key, all of them as bytes.
            let text = pair.map { KeyVersion.base64($0.subjectPublicKeyInfo.suffix(32)) }
            let publicKey = text ?? (publicBytes.isEmpty ? "" : KeyVersion.base64(publicBytes))
            return BackupEntry(
                key: exposingKey { $0.isEmpty ? nil : SecretBytes(copying: $0) }, hmacKey: macKey, time: time,
                creationUnixSeconds: created.seconds, publicKey: publicKey, convergentVersion: convergent,
                certificateChain: certificates)
        }
        if pair.algorithm.modulusBits != nil { return try rsaEntry(pair, macKey, time) }
        let point = try pair.publicKey().rawBytes ?? []
        let width = pair.algorithm.coordinateLength ?? 0
        let x = Array(point.dropFirst().prefix(width))
        let y = Array(point.suffix(width))
        let scalar = try pair.privateKey()?.exposingECNumbers { numbers throws(AsymmetricError) -> SecretBytes? in
            SecretBytes(copying: numbers.d)
        }
        return BackupEntry(
            hmacKey: macKey, time: time, creationUnixSeconds: created.seconds, ecX: x.minimal, ecY: y.minimal,
            ecD: Self.flatten(scalar), publicKey: pair.publicPEM(finalNewline: true), certificateChain: certificates)
    }

    private static func flatten(_ secret: consuming SecretBytes??) -> SecretBytes? {
        switch consume secret {
        case .some(let inner): inner
        case .none: nil
        }
    }

    private func rsaEntry(
        _ pair: PairMaterial, _ macKey: consuming SecretBytes, _ time: (seconds: Int, nanoseconds: Int)
    ) throws -> BackupEntry {
        let (modulus, exponent) = try pair.publicKey().rsaNumbers()
        let publicHalf = BackupRSAPublicKey(modulus: modulus, publicExponent: exponent)
        let secret = try pair.privateKey()?.exposingRSANumbers { numbers throws(AsymmetricError) in
            BackupRSAKey(
                publicHalf: publicHalf, privateExponent: SecretBytes(copying: numbers.privateExponent),
                prime1: SecretBytes(copying: numbers.prime1), prime2: SecretBytes(copying: numbers.prime2),
                exponent1: Self.copy(numbers.exponent1), exponent2: Self.copy(numbers.exponent2),
                coefficient: Self.copy(numbers.coefficient))
        }
        return BackupEntry(
            hmacKey: macKey, time: time, creationUnixSeconds: created.seconds, rsa: secret, rsaPublic: publicHalf,
            certificateChain: certificates)
    }

    private static func copy(_ view: ByteView?) -> SecretBytes? {
        guard let view else { return nil }
        return SecretBytes(copying: view)
    }
}

extension [UInt8] {
    /// Without zeros in front.
    fileprivate var minimal: [UInt8] { Array(drop { $0 == 0 }) }
}
