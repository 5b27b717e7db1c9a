package import Bytes

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

    /// The settings of a new ring.
    package init(type: KeyType) { self.type = type }

    /// The oldest version that still exists.
    package var firstVersion: Int { max(minAvailableVersion, 1) }

    /// Whether the messages of a version have to stay below the limits.
    package var isBoundByNonces: Bool { type.isBoundByNonces && !isConvergent }

    /// The stored form. **Layout** format 1: type, 6 flags, latest, 3 minimums, period, 3 limits.
    package var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        writer.put(type.storedNumber)
        for flag in [isDerived, isConvergent, isExportable, allowsPlaintextBackup, allowsDeletion, isSoftDeleted] {
            writer.put(flag)
        }
        for number in [latestVersion, minDecryptionVersion, minEncryptionVersion, minAvailableVersion] {
            writer.put(number)
        }
        writer.put(autoRotateSeconds)
        for limit in [usageLimits.warn, usageLimits.rotate, usageLimits.refuse] { writer.put(limit) }
        return writer.record
    }

    /// Reads the stored form back and checks that the numbers fit each other.
    package init(record: ByteView) throws(KeyRingError) {
        do throws(RecordFault) {
            var reader = try RecordReader(record)
            guard reader.format == 1, let type = KeyType(storedNumber: try reader.int()) else { throw RecordFault() }
            self.init(type: type)
            isDerived = try reader.bool()
            isConvergent = try reader.bool()
            isExportable = try reader.bool()
            allowsPlaintextBackup = try reader.bool()
            allowsDeletion = try reader.bool()
            isSoftDeleted = try reader.bool()
            latestVersion = try reader.int()
            minDecryptionVersion = try reader.int()
            minEncryptionVersion = try reader.int()
            minAvailableVersion = try reader.int()
            autoRotateSeconds = try reader.int()
            usageLimits.warn = try reader.int()
            usageLimits.rotate = try reader.int()
            usageLimits.refuse = try reader.int()
            try reader.finish()
            guard hasSoundNumbers else { throw RecordFault() }
        } catch {
            throw .corruptRecord
        }
    }

    private var hasSoundNumbers: Bool {
        latestVersion >= 1 && latestVersion < 1 << 40
            && minDecryptionVersion >= 1 && minDecryptionVersion <= latestVersion
            && minEncryptionVersion >= 0 && minEncryptionVersion <= latestVersion
            && minAvailableVersion >= 0 && minAvailableVersion <= minDecryptionVersion
            && autoRotateSeconds >= 0 && usageLimits.warn >= 0 && usageLimits.rotate >= 0 && usageLimits.refuse >= 1
            && (!isConvergent || isDerived)
    }
}
