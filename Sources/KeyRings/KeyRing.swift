internal import Bytes
internal import Primitives

/// An immutable picture of one named key; every change makes the next picture.
///
/// The newest `residentLimit` versions are part of the picture; older ones of a large ring are loaded when asked for
/// and kept on a shelf that all pictures share, so that ten thousand versions cost no more than a thousand.
/// **Cost** a change copies the array of version references, nothing else.
package final class KeyRing: Sendable {
    /// So many of the newest versions are always in memory.
    package static let residentLimit = 1000

    /// The name.
    package let name: KeyName
    /// Everything but the keys.
    package let settings: KeySettings
    /// The newest versions up to the latest, oldest first.
    package let versions: [KeyVersion]
    /// The newest version.
    package let latest: KeyVersion
    /// The newest version, for work on many items.
    package let newest: Unmanaged<KeyVersion>
    /// The storage revision that this picture was read from or written at; pictures are ordered by it.
    package let revision: UInt64
    /// Versions that storage does not hold in this form yet.
    package let unstored: [KeyVersion]
    private let shelf: VersionShelf

    /// A picture. Throws `.corruptRecord` unless the versions are exactly those that the settings speak of, or at least
    /// the newest `residentLimit` of them.
    package convenience init(
        name: KeyName, settings: KeySettings, versions: [KeyVersion], revision: UInt64
    ) throws(KeyRingError) {
        try self.init(
            name: name, settings: settings, versions: versions, revision: revision, unstored: [],
            shelf: VersionShelf())
    }

    private init(
        name: KeyName, settings: KeySettings, versions: [KeyVersion], revision: UInt64, unstored: [KeyVersion],
        shelf: VersionShelf
    ) throws(KeyRingError) {
        let all = settings.latestVersion - settings.firstVersion + 1
        guard let oldest = versions.first, let latest = versions.last, latest.number == settings.latestVersion,
            latest.number - oldest.number + 1 == versions.count,
            versions.count == all || versions.count < all && versions.count >= Self.residentLimit
        else { throw .corruptRecord }
        self.name = name
        self.settings = settings
        self.versions = versions
        self.latest = latest
        newest = .passUnretained(latest)
        self.revision = revision
        self.unstored = unstored
        self.shelf = shelf
    }

    /// A new ring with one fresh version, not yet stored.
    package static func generate(
        name: KeyName, settings: KeySettings, now: Moment
    ) throws(KeyRingError) -> KeyRing {
        try KeyRing(
            name: name, settings: settings, first: KeyVersion.generate(number: 1, settings: settings, now: now))
    }

    /// A new ring with one version, not yet stored.
    package convenience init(name: KeyName, settings: KeySettings, first: KeyVersion) throws(KeyRingError) {
        try self.init(name: name, settings: settings, fresh: [first])
    }

    /// A ring whose versions all have to be stored: a new one, or one that was restored.
    package convenience init(name: KeyName, settings: KeySettings, fresh: [KeyVersion]) throws(KeyRingError) {
        try self.init(
            name: name, settings: settings, versions: Array(fresh.suffix(max(Self.residentLimit, 1))), revision: 0,
            unstored: fresh, shelf: VersionShelf())
    }

    /// The same ring, as stored at `revision`.
    package func stored(at revision: UInt64) throws(KeyRingError) -> KeyRing {
        // Not before: all pictures see the shelf.
        let oldest = versions.first?.number ?? 0
        for version in unstored where version.number < oldest { shelf.put(version) }
        return try KeyRing(
            name: name, settings: settings, versions: versions, revision: revision, unstored: [], shelf: shelf)
    }

    /// The next picture with other settings; versions that the settings no longer have are dropped.
    package func with(_ settings: KeySettings) throws(KeyRingError) -> KeyRing {
        let kept = versions.filter { $0.number >= settings.firstVersion }
        return try KeyRing(
            name: name, settings: settings, versions: kept, revision: revision, unstored: unstored, shelf: shelf)
    }

    /// The next picture with one more, fresh version. Throws `.softDeleted`, `.importedRotation`.
    package func rotated(now: Moment) throws(KeyRingError) -> KeyRing {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        guard !settings.isImported || settings.allowsImportedRotation else { throw .importedRotation(name) }
        var next = settings
        next.latestVersion += 1
        next.isImported = false
        return try appending(
            KeyVersion.generate(number: next.latestVersion, settings: next, now: now), settings: next)
    }

    /// The next picture with one more version, whose number is `settings.latestVersion`.
    package func appending(_ version: KeyVersion, settings: KeySettings) throws(KeyRingError) -> KeyRing {
        var versions = versions
        if versions.count >= Self.residentLimit { shelf.put(versions.removeFirst()) }
        versions.append(version)
        return try KeyRing(
            name: name, settings: settings, versions: versions, revision: revision, unstored: unstored + [version],
            shelf: shelf)
    }

    /// The next picture with a version in another form: a certificate was set, or its private half came.
    package func replacing(_ version: KeyVersion) throws(KeyRingError) -> KeyRing {
        var versions = versions
        let index = version.number - (versions.first?.number ?? 0)
        if versions.indices.contains(index) { versions[index] = version }
        return try KeyRing(
            name: name, settings: settings, versions: versions, revision: revision, unstored: unstored + [version],
            shelf: shelf)
    }
}

/// Which versions are in memory.
extension KeyRing {
    /// Whether all versions are.
    @inline(__always)
    package var isFullyResident: Bool {
        versions.count == settings.latestVersion - settings.firstVersion + 1
    }

    /// The version of that number, if it is in memory.
    package func resident(_ number: Int) -> KeyVersion? {
        guard number >= settings.firstVersion, number <= settings.latestVersion else { return nil }
        let index = number - (settings.latestVersion - versions.count + 1)
        return versions.indices.contains(index) ? versions[index] : shelf[number]
    }

    /// Whether this very version is in memory.
    package func holds(_ version: KeyVersion) -> Bool { resident(version.number) === version }

    /// Keeps old versions that were loaded, but those that are there, perhaps in a later form.
    package func keep(_ versions: [KeyVersion]) { shelf.keep(versions) }

    /// Every version in memory.
    package var residents: [KeyVersion] { versions + (isFullyResident ? [] : shelf.all) }

    /// Those of the numbers that name existing versions which are not in memory. Version 0 of a ciphertext means 1.
    package func missing(_ numbers: some Sequence<Int>) -> Set<Int> {
        var missing: Set<Int> = []
        for stated in numbers {
            let number = stated == 0 ? 1 : stated
            guard number >= max(settings.firstVersion, settings.minDecryptionVersion),
                number <= settings.latestVersion, resident(number) == nil
            else { continue }
            missing.insert(number)
        }
        return missing
    }

    /// Whether the version that a request names as its own exists and is not in memory; 0 is the latest, which is.
    package func isMissing(_ requested: Int) -> Bool { requested > 0 && !missing([requested]).isEmpty }

    /// The versions that are neither archived nor destroyed, as far as they are in memory.
    package var workingSet: ArraySlice<KeyVersion> {
        versions.drop { $0.number < settings.minDecryptionVersion }
    }

    /// How many versions are neither archived nor destroyed.
    package var workingCount: Int {
        settings.latestVersion - max(settings.minDecryptionVersion, settings.firstVersion) + 1
    }
}

/// Which version does what.
extension KeyRing {
    /// The version of that number out of the working set.
    package func working(_ number: Int) throws(KeyRingError) -> KeyVersion {
        guard number >= settings.minDecryptionVersion, number >= settings.firstVersion,
            number <= settings.latestVersion
        else { throw .noSuchVersion }
        if settings.isDisabled(number) { throw .versionDisabled(number) }
        guard let version = resident(number) else { throw .versionNotInMemory(number) }
        return version
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

    /// The version that signs; 0 asks for the latest.
    package func signingVersion(_ requested: Int) throws(KeyRingError) -> KeyVersion {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        if requested == 0 || requested == settings.latestVersion { return latest }
        if requested < 0 { throw .signingVersionNegative }
        if requested > settings.latestVersion { throw .signingVersionAboveLatest }
        if requested < settings.minEncryptionVersion { throw .signingVersionBelowMinimum }
        return try working(requested)
    }

    /// The version that a signature names.
    package func verificationVersion(_ stated: Int) throws(KeyRingError) -> KeyVersion {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        if stated > settings.latestVersion { throw .signatureTooNew }
        if stated < settings.minDecryptionVersion { throw .versionTooOld }
        return try working(stated)
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

    /// The version that a MAC names.
    package func macVersion(_ stated: Int) throws(KeyRingError) -> KeyVersion {
        guard !settings.isSoftDeleted else { throw .softDeleted }
        if stated > settings.latestVersion { throw .macTooNew }
        if stated < settings.minDecryptionVersion { throw .macTooOld }
        return try working(stated)
    }
}
