internal import Bytes
internal import Primitives

/// An immutable picture of one named key; every change makes the next picture.
///
/// **Cost** a change copies the array of version references, nothing else.
package final class KeyRing: Sendable {
    /// The name.
    package let name: KeyName
    /// Everything but the keys.
    package let settings: KeySettings
    /// The versions from `settings.firstVersion` to the latest, oldest first.
    package let versions: [KeyVersion]
    /// The storage revision that this picture was read from or written at; pictures are ordered by it.
    package let revision: UInt64

    /// A picture. Throws `.corruptRecord` unless the versions are exactly those that the settings speak of.
    package init(
        name: KeyName, settings: KeySettings, versions: [KeyVersion], revision: UInt64
    ) throws(KeyRingError) {
        guard versions.first?.number == settings.firstVersion, versions.last?.number == settings.latestVersion,
            versions.count == settings.latestVersion - settings.firstVersion + 1
        else { throw .corruptRecord }
        self.name = name
        self.settings = settings
        self.versions = versions
        self.revision = revision
    }

    /// A new ring with one fresh version, not yet stored.
    package static func generate(
        name: KeyName, settings: KeySettings, nowUnixSeconds: Int
    ) throws(KeyRingError) -> KeyRing {
        let first = try KeyVersion.generate(number: 1, settings: settings, nowUnixSeconds: nowUnixSeconds)
        return try KeyRing(name: name, settings: settings, versions: [first], revision: 0)
    }

    /// The same ring, as stored at `revision`.
    package func stored(at revision: UInt64) throws(KeyRingError) -> KeyRing {
        try KeyRing(name: name, settings: settings, versions: versions, revision: revision)
    }

    /// The next picture with other settings; versions that the settings no longer have are dropped.
    package func with(_ settings: KeySettings) throws(KeyRingError) -> KeyRing {
        let kept = versions.filter { $0.number >= settings.firstVersion }
        return try KeyRing(name: name, settings: settings, versions: kept, revision: revision)
    }

    /// The next picture with one more, fresh version.
    package func rotated(nowUnixSeconds: Int) throws(KeyRingError) -> KeyRing {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        var next = settings
        next.latestVersion += 1
        let version = try KeyVersion.generate(
            number: next.latestVersion, settings: next, nowUnixSeconds: nowUnixSeconds)
        return try KeyRing(name: name, settings: next, versions: versions + [version], revision: revision)
    }

    /// The newest version.
    package var latest: KeyVersion { versions[versions.count - 1] }

    /// The versions that are neither archived nor destroyed.
    package var workingSet: ArraySlice<KeyVersion> {
        versions.dropFirst(max(settings.minDecryptionVersion - settings.firstVersion, 0))
    }

    /// The version of that number out of the working set.
    private func working(_ number: Int) throws(KeyRingError) -> KeyVersion {
        guard number >= settings.minDecryptionVersion, number >= settings.firstVersion,
            number <= settings.latestVersion
        else { throw .noSuchVersion }
        return versions[number - settings.firstVersion]
    }

    /// The version that encrypts; 0 asks for the latest.
    package func encryptionVersion(_ requested: Int) throws(KeyRingError) -> KeyVersion {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        if requested == 0 || requested == settings.latestVersion { return latest }
        if requested < 0 { throw .encryptionVersionNegative }
        if requested > settings.latestVersion { throw .encryptionVersionAboveLatest }
        if requested < settings.minEncryptionVersion { throw .encryptionVersionBelowMinimum }
        return try working(requested)
    }

    /// The version that opens a ciphertext; 0 means 1.
    package func decryptionVersion(_ stated: Int) throws(KeyRingError) -> KeyVersion {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        let number = stated == 0 ? 1 : stated
        if number > settings.latestVersion { throw .versionTooNew }
        if number < settings.minDecryptionVersion { throw .versionTooOld }
        return try working(number)
    }

    /// The version that makes an HMAC; 0 asks for the latest.
    package func hmacVersion(_ requested: Int) throws(KeyRingError) -> KeyVersion {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        if requested == 0 || requested == settings.latestVersion { return latest }
        if requested < 0 { throw .hmacVersionNegative }
        if requested > settings.latestVersion { throw .hmacVersionAboveLatest(latest: settings.latestVersion) }
        if requested < settings.minEncryptionVersion { throw .hmacVersionBelowMinimum }
        return try working(requested)
    }
}
