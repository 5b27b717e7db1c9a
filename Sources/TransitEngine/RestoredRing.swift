internal import Bytes
internal import KeyRings
internal import Primitives

/// A ring that comes out of a backup blob, everything in it checked. **Source** wire facts §6, §7.3.
struct RestoredRing: Sendable {
    private let name: KeyName
    private let settings: KeySettings
    private let versions: [KeyVersion]

    /// Reads the blob. **Throws** the wire's sentences for settings that contradict each other and keys that are none.
    init(_ blob: BackupBlob, name: KeyName, now: Moment) throws(TransitError) {
        self.name = name
        var settings = try Self.settings(blob)
        if let flaw = settings.flaw { throw .restoreFlaw(name, flaw) }
        try Self.checkArchive(blob, name)
        var versions: [KeyVersion] = []
        let usage = Self.usage(blob)
        for number in settings.firstVersion...settings.latestVersion {
            guard let entry = Self.entry(number, blob) else { throw .restoreVersion(number) }
            if settings.type == .hmac {
                if settings.keySize == 0 { settings.keySize = entry.keyLength }
                if settings.keySize != entry.keyLength { throw .ring(.keyLength(entry.keyLength, .hmac)) }
            }
            versions.append(try Self.version(number, entry, settings, blob, KeyUsage(stored: usage[number] ?? 0)))
        }
        settings.restore = BackupMark(moment: now, version: settings.latestVersion)
        self.settings = settings
        self.versions = versions
    }

    /// The ring, not yet stored; it counts on from the ring whose place it takes.
    func ring(replacing known: KeyRing?) throws(TransitError) -> KeyRing {
        if let known {
            // Ended first: what is sealed under the same key from here on is not sealed by the ring that goes.
            for old in known.residents { _ = old.usage.close() }
            for version in versions { version.usage.raise(to: known.resident(version.number)?.usage.messages ?? 0) }
        }
        do throws(KeyRingError) { return try KeyRing(name: name, settings: settings, fresh: versions) } catch {
            throw .ring(error)
        }
    }

    private static func settings(_ blob: BackupBlob) throws(TransitError) -> KeySettings {
        guard let type = type(of: blob) else { throw .restoreType }
        var settings = KeySettings(type: type)
        settings.isDerived = blob.policy.isDerived
        settings.isConvergent = blob.policy.isConvergent
        settings.isExportable = blob.policy.isExportable
        settings.allowsPlaintextBackup = blob.policy.allowsPlaintextBackup
        settings.allowsDeletion = blob.policy.allowsDeletion
        settings.isSoftDeleted = blob.policy.isSoftDeleted
        settings.isImported = blob.policy.isImported
        settings.allowsImportedRotation = blob.policy.allowsImportedKeyRotation
        settings.latestVersion = blob.policy.latestVersion
        settings.minDecryptionVersion = blob.policy.minDecryptionVersion
        settings.minEncryptionVersion = blob.policy.minEncryptionVersion
        settings.minAvailableVersion = blob.policy.minAvailableVersion
        settings.autoRotateSeconds = max(blob.policy.autoRotateNanoseconds, 0) / 1_000_000_000
        settings.derivation = settings.isDerived ? KeyDerivation(rawValue: blob.policy.kdf) ?? .hkdf : .hkdf
        if settings.isDerived && KeyDerivation(rawValue: blob.policy.kdf) == nil { throw .restoreType }
        if settings.isConvergent { settings.convergentVersion = blob.policy.convergentVersion }
        settings.keySize = type == .hmac ? blob.policy.keySize : 0
        if type.family == .postQuantum {
            let parts = blob.policy.hybridConfig
            try settings.setParameters(
                set: blob.policy.parameterSet, postQuantum: parts?.pqc ?? "", classic: parts?.ec ?? "")
        }
        settings.disabledVersions = Set(blob.policy.disabledVersions).sorted()
        if blob.policy.usageLimits.count == 3 {
            settings.usageLimits.warn = blob.policy.usageLimits[0]
            settings.usageLimits.rotate = blob.policy.usageLimits[1]
            settings.usageLimits.refuse = min(blob.policy.usageLimits[2], UsageLimits().refuse)
        }
        guard VersionTemplate.isSound(blob.policy.versionTemplate) else { throw .restoreTemplate }
        settings.versionTemplate = blob.policy.versionTemplate
        settings.backup = blob.policy.backupInfo.map {
            BackupMark(moment: Moment(seconds: $0.time.seconds, nanoseconds: $0.time.nanoseconds), version: $0.version)
        }
        // A mark of no version says nothing.
        if let backup = settings.backup, backup.version < 1 { settings.backup = nil }
        if settings.latestVersion > BackupLimits.entries { throw .restoreTooLarge }
        if blob.policy.autoRotateNanoseconds < 0 { throw .restoreFault(.number(.autoRotatePeriod)) }
        return settings
    }

    /// Compatibility: two servers of the field use 10 and 11 for different types (wire facts §3).
    private static func type(of blob: BackupBlob) -> KeyType? {
        switch blob.policy.type {
        case 10, 11:
            if blob.policy.keySize > 0 { return .hmac }
            if blob.policy.type == 11 { return .xchacha20Poly1305 }
            return blob.keys.values.contains(where: \.hasExternalReference) ? nil : .hmac
        case let number: return KeyType(storedNumber: number)
        }
    }

    /// Messages sealed before the backup, by version: a restored key goes on counting.
    private static func usage(_ blob: BackupBlob) -> [Int: UInt64] {
        var usage: [Int: UInt64] = [:]
        let numbers = blob.policy.usage
        for index in stride(from: 0, to: numbers.count - 1, by: 2) {
            usage[numbers[index]] = UInt64(clamping: numbers[index + 1])
        }
        return usage
    }

    private static func checkArchive(_ blob: BackupBlob, _ name: KeyName) throws(TransitError) {
        if blob.policy.archiveVersion > blob.policy.latestVersion {
            throw .restoreArchive(name, archive: blob.policy.archiveVersion, latest: blob.policy.latestVersion)
        }
    }

    /// The live entry, or that of the archive.
    private static func entry(_ number: Int, _ blob: BackupBlob) -> BackupEntry? {
        if let entry = blob.keys[number] { return entry }
        let index = number - blob.policy.minAvailableVersion
        guard blob.archived.indices.contains(index), blob.archived[index].isPresent else { return nil }
        return blob.archived[index]
    }

    private static func version(
        _ number: Int, _ entry: BackupEntry, _ settings: KeySettings, _ blob: BackupBlob, _ usage: KeyUsage
    ) throws(TransitError) -> KeyVersion {
        do {
            let key = try RestoredKey(entry, settings)
            // A key from before there were HMAC keys gets one.
            let macLength = entry.hmacKeyLength
            let hmacKey =
                macLength > 0
                ? entry.copyOfHMACKey()
                : try RandomSource.secret(count: settings.type.supportsHMAC && settings.type != .hmac ? 32 : 0)
            if let material = key.material {
                return try KeyVersion(
                    number: number, settings: settings, material: material, hmacKey: hmacKey, created: entry.created,
                    certificates: entry.certificateChain, usage: usage)
            }
            var convergent = entry.convergentVersion
            if convergent == 0 { convergent = blob.policy.convergentVersion }
            if !settings.isConvergent || convergent < 0 { convergent = KeyEntry.currentConvergentVersion }
            let stored = KeyEntry(
                key: entry.copyOfKey(), hmacKey: hmacKey, created: entry.created,
                certificates: entry.certificateChain, convergentVersion: max(convergent, 1))
            return try KeyVersion(number: number, settings: settings, entry: stored, usage: usage)
        } catch let error as AsymmetricError {
            throw ImportFault.text(error, settings.type, isPublic: false)
        } catch let error as KeyRingError {
            if case .asymmetric(let fault) = error { throw ImportFault.text(fault, settings.type, isPublic: false) }
            throw .ring(error)
        } catch {
            throw .ring(.cryptoUnavailable)
        }
    }
}

/// The pair of a restored entry; nil for keys that are bytes.
private struct RestoredKey {
    let material: KeyMaterial?

    init(_ entry: BackupEntry, _ settings: KeySettings) throws {
        guard let algorithm = settings.type.pair else {
            material = nil
            return
        }
        if algorithm == .ed25519 {
            material = .pair(try Self.ed25519(entry))
        } else if algorithm.modulusBits != nil {
            material = .pair(try Self.rsa(entry, algorithm))
        } else {
            material = .pair(try Self.curve(entry, algorithm))
        }
    }

    private static func ed25519(_ entry: BackupEntry) throws -> PairMaterial {
        let secret = entry.copyOfKey()
        if secret.count > 0 { return try PairMaterial(importing: secret, .ed25519) }
        let decoded = entry.publicKey.lending { Base64.decode($0) }
        guard case .success(let bytes) = decoded else { throw AsymmetricError.malformedKey }
        return PairMaterial(try bytes.withUnsafeBytes { try PublicKey(ed25519: ByteView($0)) })
    }

    private static func rsa(_ entry: BackupEntry, _ algorithm: AsymmetricAlgorithm) throws -> PairMaterial {
        if let rsa = entry.rsa {
            // A pair that lacks numbers is not taken for a public key.
            guard let key = try rsa.privateKey() else { throw AsymmetricError.invalidNumbers }
            guard key.algorithm == algorithm else {
                throw AsymmetricError.algorithmMismatch(own: algorithm, other: key.algorithm)
            }
            return try PairMaterial(key)
        }
        guard let half = entry.rsaPublic else { throw AsymmetricError.malformedKey }
        let key = try half.modulus.withUnsafeBytes { modulus in
            try half.publicExponent.withUnsafeBytes {
                try PublicKey(modulus: ByteView(modulus), exponent: ByteView($0))
            }
        }
        guard key.algorithm == algorithm else {
            throw AsymmetricError.algorithmMismatch(own: algorithm, other: key.algorithm)
        }
        return PairMaterial(key)
    }

    private static func curve(_ entry: BackupEntry, _ algorithm: AsymmetricAlgorithm) throws -> PairMaterial {
        let width = algorithm.coordinateLength ?? 0
        guard let x = entry.ecX?.padded(width), let y = entry.ecY?.padded(width) else {
            throw AsymmetricError.invalidPoint
        }
        let point = [4] + x + y
        return try point.withUnsafeBytes { point in
            if let key = try entry.privateKey(algorithm, point: ByteView(point)) { return try PairMaterial(key) }
            return PairMaterial(try PublicKey(algorithm, point: ByteView(point)))
        }
    }
}

extension [UInt8] {
    /// With zeros in front, in exactly `width` bytes; nil when it does not fit.
    fileprivate func padded(_ width: Int) -> [UInt8]? {
        count <= width ? [UInt8](repeating: 0, count: width - count) + self : nil
    }
}
