import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Key rings and their version rules")
struct KeyRingTests {
    /// Five versions, 1 destroyed, 2 archived, 3 decrypting only, 4 and 5 encrypting.
    private static func five() throws -> KeyRing {
        var ring = try KeyRing.generate(
            name: name("k"), settings: KeySettings(type: .aes256GCM96), now: Moment(seconds: 1))
        for second in 2...5 { ring = try ring.rotated(now: Moment(seconds: second)) }
        var settings = ring.settings
        (settings.minAvailableVersion, settings.minDecryptionVersion, settings.minEncryptionVersion) = (2, 3, 4)
        return try ring.with(settings)
    }

    @Test(
        "Encryption takes the latest, or a version from the minimum on",
        arguments: [
            (0, .success(5)), (5, .success(5)), (4, .success(4)), (3, .failure(.encryptionVersionBelowMinimum)),
            (2, .failure(.encryptionVersionBelowMinimum)), (1, .failure(.encryptionVersionBelowMinimum)),
            (6, .failure(.encryptionVersionAboveLatest)), (.max, .failure(.encryptionVersionAboveLatest)),
            (-1, .failure(.encryptionVersionNegative)), (.min, .failure(.encryptionVersionNegative)),
        ] as [(Int, Result<Int, KeyRingError>)])
    func encryption(_ requested: Int, _ expected: Result<Int, KeyRingError>) throws {
        let ring = try Self.five()
        #expect(Result { () throws(KeyRingError) in try ring.encryptionVersion(requested).number } == expected)
    }

    @Test(
        "Decryption takes versions from the minimum to the latest, and reads 0 as 1",
        arguments: [
            (5, .success(5)), (3, .success(3)), (2, .failure(.versionTooOld)), (1, .failure(.versionTooOld)),
            (0, .failure(.versionTooOld)), (-1, .failure(.versionTooOld)), (.min, .failure(.versionTooOld)),
            (6, .failure(.versionTooNew)), (.max, .failure(.versionTooNew)),
        ] as [(Int, Result<Int, KeyRingError>)])
    func decryption(_ stated: Int, _ expected: Result<Int, KeyRingError>) throws {
        let ring = try Self.five()
        #expect(Result { () throws(KeyRingError) in try ring.decryptionVersion(stated).number } == expected)
    }

    @Test(
        "HMACs take the latest, or a version from the minimum encryption version on",
        arguments: [
            (0, .success(5)), (5, .success(5)), (4, .success(4)), (3, .failure(.hmacVersionBelowMinimum)),
            (6, .failure(.hmacVersionAboveLatest(latest: 5))), (-1, .failure(.hmacVersionNegative)),
        ] as [(Int, Result<Int, KeyRingError>)])
    func hmac(_ requested: Int, _ expected: Result<Int, KeyRingError>) throws {
        let ring = try Self.five()
        #expect(Result { () throws(KeyRingError) in try ring.hmacVersion(requested).number } == expected)
    }

    @Test("Without a minimum encryption version, archived versions are no such version")
    func archived() throws {
        var settings = try Self.five().settings
        (settings.minEncryptionVersion, settings.minAvailableVersion) = (0, 2)
        let ring = try Self.five().with(settings)
        #expect(throws: KeyRingError.noSuchVersion) { try ring.encryptionVersion(2) }
        #expect(throws: KeyRingError.noSuchVersion) { try ring.encryptionVersion(1) }
        #expect(throws: KeyRingError.noSuchVersion) { try ring.hmacVersion(2) }
        #expect(try ring.encryptionVersion(3).number == 3)
    }

    @Test("Version 0 of a ciphertext is version 1 while that decrypts")
    func zero() throws {
        let ring = try KeyRing.generate(
            name: name("k"), settings: KeySettings(type: .aes256GCM96), now: Moment(seconds: 1))
        #expect(try ring.decryptionVersion(0).number == 1)
    }

    @Test("A soft-deleted ring refuses everything, rotation too")
    func softDeleted() throws {
        var settings = try Self.five().settings
        settings.isSoftDeleted = true
        let ring = try Self.five().with(settings)
        #expect(throws: KeyRingError.softDeleted) { try ring.encryptionVersion(0) }
        #expect(throws: KeyRingError.softDeleted) { try ring.decryptionVersion(5) }
        #expect(throws: KeyRingError.softDeleted) { try ring.hmacVersion(0) }
        #expect(throws: KeyRingError.softDeleted) { try ring.rotated(now: Moment(seconds: 9)) }
        #expect(throws: KeyRingError.softDeleted) { try ring.opened("vault:v5:AAAA") }
    }

    @Test("A change makes the next picture and leaves the old one as it was")
    func immutability() throws {
        let before = try Self.five()
        let after = try before.rotated(now: Moment(seconds: 77))
        #expect(before.settings.latestVersion == 5 && before.versions.count == 4)
        #expect(after.settings.latestVersion == 6 && after.latest.createdUnixSeconds == 77)
        #expect(after.versions.dropLast().elementsEqual(before.versions) { $0 === $1 })
        #expect(after.workingSet.map(\.number) == [3, 4, 5, 6])
        #expect(try after.stored(at: 9).revision == 9)
    }

    @Test("Versions that the settings no longer have are dropped")
    func dropping() throws {
        let ring = try Self.five()
        #expect(ring.versions.map(\.number) == [2, 3, 4, 5])
        #expect(ring.workingSet.map(\.number) == [3, 4, 5])
    }

    @Test("A picture without exactly the versions its settings speak of is corrupt")
    func completeness() throws {
        let ring = try Self.five()
        let broken: [[KeyVersion]] = [
            [], Array(ring.versions.dropFirst()), Array(ring.versions.dropLast()), ring.versions + [ring.latest],
            [ring.versions[0], ring.versions[2], ring.versions[3]],
        ]
        for versions in broken {
            #expect(throws: KeyRingError.corruptRecord) {
                try KeyRing(name: ring.name, settings: ring.settings, versions: versions, revision: 1)
            }
        }
    }

    @Test("Fresh versions never share a key")
    func freshKeys() throws {
        let ring = try Self.five()
        let records = Set(ring.versions.map { $0.exposingKey { $0.array } + $0.exposingHMACKey { $0.array } })
        #expect(records.count == 4)
    }
}
