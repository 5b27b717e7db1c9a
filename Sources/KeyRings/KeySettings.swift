package import Primitives

/// When the messages under one version of a 96-bit random-nonce key become too many.
///
/// Chance that two of n nonces are equal: about n²/2^97; 2^-37 at 2^30, 2^-33 at 2^32 (NIST SP 800-38D §8.3).
package struct UsageLimits: Equatable, Sendable {
    /// From here on replies carry a warning.
    package var warn = 1 << 30
    /// Here the ring rotates by itself; 0 never.
    package var rotate = 1 << 31
    /// Here the version refuses to seal; always below 2^32.
    package var refuse = (1 << 32) - (1 << 24)

    /// The defaults.
    package init() {}
}

/// How the keys of derived rings come out of a context. **Source** transit wire facts §5.3.
package enum KeyDerivation: Int, Sendable {
    /// HMAC in counter mode, 32 bytes and no more: old rings, and every derived ring that was imported.
    case counterHMAC = 0
    /// HKDF-SHA256.
    case hkdf = 1
}

/// What a hybrid key is made of, as its creator named it.
package struct HybridParts: Equatable, Sendable {
    /// `ml-dsa`.
    package var postQuantum: String
    /// `ecdsa-p256`, `ecdsa-p384`, `ecdsa-p521` or `ed25519`.
    package var classic: String

    /// The two parts.
    package init(postQuantum: String, classic: String) {
        self.postQuantum = postQuantum
        self.classic = classic
    }
}

/// When a ring was last backed up or restored, and its latest version then.
package struct BackupMark: Equatable, Sendable {
    /// When.
    package var moment: Moment
    /// The latest version.
    package var version: Int

    /// A mark.
    package init(moment: Moment, version: Int) {
        self.moment = moment
        self.version = version
    }
}

/// Everything about a ring but its keys.
package struct KeySettings: Equatable, Sendable {
    /// The kind of key.
    package var type: KeyType
    /// Keys are derived per context.
    package var isDerived = false
    /// Equal plaintext and context give equal ciphertext.
    package var isConvergent = false
    /// Keys may leave by export.
    package var isExportable = false
    /// The ring may be backed up in plaintext.
    package var allowsPlaintextBackup = false
    /// The ring may be deleted.
    package var allowsDeletion = false
    /// The ring refuses to work until it is restored.
    package var isSoftDeleted = false
    /// The keys were made elsewhere, and none has been made here since.
    package var isImported = false
    /// An imported ring may rotate here.
    package var allowsImportedRotation = false
    /// The newest version; versions count from 1.
    package var latestVersion = 1
    /// Versions below are archived: neither decrypting nor shown.
    package var minDecryptionVersion = 1
    /// Versions below do not encrypt; 0 sets no floor.
    package var minEncryptionVersion = 0
    /// Versions below have been destroyed; 0 until the first trim.
    package var minAvailableVersion = 0
    /// Age of the latest version at which the ring rotates by itself; 0 never.
    package var autoRotateSeconds = 0
    /// Bounds on messages per version.
    package var usageLimits = UsageLimits()
    /// How keys are derived.
    package var derivation = KeyDerivation.hkdf
    /// What the key object says of a convergent ring: -1 for today's scheme, 1 or 2 for old ones, which are refused.
    package var convergentVersion = -1
    /// Length of an `hmac` key in bytes; 0 for other types.
    package var keySize = 0
    /// Parameter set of ML-DSA, such as `65`; else empty.
    package var parameterSet = ""
    /// What a hybrid key is made of.
    package var hybrid: HybridParts?
    /// The last backup.
    package var backup: BackupMark?
    /// The restore that brought the ring here.
    package var restore: BackupMark?
    /// What ciphertexts begin with, with `{{version}}` in it; empty for `vault:v{{version}}:`.
    package var versionTemplate = ""
    /// Versions that are switched off one by one, in order; never the latest.
    package var disabledVersions: [Int] = []

    /// The settings of a new ring.
    package init(type: KeyType) { self.type = type }

    /// The oldest version that still exists.
    package var firstVersion: Int { max(minAvailableVersion, 1) }

    /// The parameter set of ML-DSA and hybrid keys.
    package var mlDSA: MLDSAParameterSet? { Int(parameterSet).flatMap(MLDSAParameterSet.init(rawValue:)) }

    /// The classic half of hybrid keys.
    package var classicHalf: AsymmetricAlgorithm? { hybrid.flatMap { KeyType(rawValue: $0.classic)?.pair } }

    /// Whether the messages of a version have to stay below the limits.
    package var isBoundByNonces: Bool { type.isBoundByNonces && !isConvergent }

    /// Whether that version is switched off. **Cost** nothing where none is.
    package func isDisabled(_ version: Int) -> Bool {
        !disabledVersions.isEmpty && disabledVersions.contains(version)
    }

    /// Why these settings cannot be those of a ring, or nil. **Source** transit wire facts §7.3.
    package var flaw: KeyRingError? {
        if minDecryptionVersion < 1 { return .minDecryptionBelowOne(minDecryptionVersion) }
        if latestVersion < 1 || latestVersion >= 1 << 40 { return .latestVersionInvalid(latestVersion) }
        if minEncryptionVersion > 0 && minDecryptionVersion > minEncryptionVersion {
            return .minDecryptionAboveEncryption(minDecryptionVersion, encryption: minEncryptionVersion)
        }
        if minDecryptionVersion > latestVersion {
            return .minDecryptionAboveLatest(minDecryptionVersion, latest: latestVersion)
        }
        return hasSoundNumbers ? nil : .settingsInconsistent
    }

    // Parameters only where the type has them, and only such as it has.
    private var hasSoundParameters: Bool {
        let isSized = type == .hmac && type.keyLengths?.contains(keySize) == true
        if keySize != 0 && !isSized { return false }
        if backup.map({ $0.version < 1 }) == true || restore.map({ $0.version < 1 }) == true { return false }
        switch type {
        case .mlDSA: return mlDSA != nil && hybrid == nil
        case .hybrid:
            return mlDSA != nil && hybrid?.postQuantum == "ml-dsa" && classicHalf.map { $0.modulusBits == nil } == true
        default: return parameterSet.isEmpty && hybrid == nil
        }
    }

    private var hasSoundNumbers: Bool {
        minEncryptionVersion >= 0 && minEncryptionVersion <= latestVersion
            && minAvailableVersion >= 0 && minAvailableVersion <= minDecryptionVersion
            && autoRotateSeconds >= 0 && usageLimits.warn >= 0 && usageLimits.rotate >= 0 && usageLimits.refuse >= 1
            && (!isConvergent || isDerived) && (!isDerived || type.supportsDerivation)
            && (!isConvergent || type.supportsConvergence)
            && (!isConvergent || derivation == .hkdf)
            && hasSoundParameters
            && disabledVersions.count <= KeyRing.residentLimit
            && disabledVersions.allSatisfy { $0 >= 1 && $0 < latestVersion }
    }
}
