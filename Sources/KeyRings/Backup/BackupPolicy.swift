package import Bytes

/// Everything about a backed-up ring but its keys, as the blob spells it; what is not there is zero.
///
/// **Source** wire facts §6.
package struct BackupPolicy: ~Copyable, Sendable {
    /// The ring's name.
    package var name = ""
    /// Length of an HMAC key; 0 when the type alone says it.
    package var keySize = 0
    /// Keys are derived per context.
    package var isDerived = false
    /// How they are derived: 0 counter mode, 1 HKDF.
    package var kdf = 0
    /// Equal plaintext and context give equal ciphertext.
    package var isConvergent = false
    /// Keys may leave by export.
    package var isExportable = false
    /// Versions below do not decrypt.
    package var minDecryptionVersion = 0
    /// Versions below do not encrypt.
    package var minEncryptionVersion = 0
    /// The newest version.
    package var latestVersion = 0
    /// The newest version in the archive.
    package var archiveVersion = 0
    /// The oldest version in the archive after a trim.
    package var archiveMinVersion = 0
    /// Versions below have been destroyed.
    package var minAvailableVersion = 0
    /// The ring may be deleted.
    package var allowsDeletion = false
    /// The manner of convergent encryption.
    package var convergentVersion = 0
    /// The kind of key, by its stored number.
    package var type = 0
    /// The latest backup.
    package var backupInfo: BackupStamp?
    /// The latest restore.
    package var restoreInfo: BackupStamp?
    /// The ring may be backed up in plaintext.
    package var allowsPlaintextBackup = false
    /// What stands for `vault:v{{version}}:`, if anything.
    package var versionTemplate = ""
    /// Where the origin stored the ring, if not in the usual place.
    package var storagePrefix = ""
    /// Age of the latest version at which the ring rotates by itself; 0 never. **Units** nanoseconds.
    package var autoRotateNanoseconds = 0
    /// The keys came from outside.
    package var isImported = false
    /// An imported ring may be rotated.
    package var allowsImportedKeyRotation = false
    /// The ring refuses to work until it is restored.
    package var isSoftDeleted = false
    /// The parameter set of post-quantum keys.
    package var parameterSet = ""
    /// The two halves of hybrid keys, as spelled in the blob: names, or numbers in decimal.
    package var hybridConfig: (pqc: String, ec: String)?
    /// Our own: versions that are switched off.
    package var disabledVersions: [Int] = []
    /// Our own: versions and the messages that each has sealed, in turn.
    package var usage: [Int] = []
    /// Our own: the counts at which a version warns, rotates and refuses; empty for the defaults.
    package var usageLimits: [Int] = []
    /// The key of a ring from before there were versions.
    package var legacyKey: SecretBytes?

    /// A policy of zeros.
    package init() {}
}

/// When a ring was last backed up or restored, and its latest version then.
package struct BackupStamp: Sendable {
    /// Seconds since 1970, and nanoseconds on top.
    package var time: (seconds: Int, nanoseconds: Int)
    /// The version.
    package var version: Int

    /// A stamp.
    package init(time: (seconds: Int, nanoseconds: Int), version: Int) {
        self.time = time
        self.version = version
    }
}
