import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Stored keys and settings")
struct KeyRecordTests {
    private static func settings(_ random: inout SeededGenerator) -> KeySettings {
        var settings = KeySettings(type: random.pick(KeyType.allCases))
        settings.isDerived = random.oneIn(2)
        settings.isConvergent = settings.isDerived && random.oneIn(2)
        (settings.isExportable, settings.allowsPlaintextBackup) = (random.oneIn(2), random.oneIn(2))
        (settings.allowsDeletion, settings.isSoftDeleted) = (random.oneIn(2), random.oneIn(2))
        settings.latestVersion = random.int(1...1000)
        settings.minDecryptionVersion = random.int(1...settings.latestVersion)
        settings.minEncryptionVersion = random.int(0...settings.latestVersion)
        settings.minAvailableVersion = random.int(0...settings.minDecryptionVersion)
        settings.autoRotateSeconds = random.int(0...100_000)
        settings.usageLimits.warn = random.int(0...1000)
        settings.usageLimits.rotate = random.int(0...1000)
        settings.usageLimits.refuse = random.int(1...1000)
        return settings
    }

    @Test("Settings read back as they were written", arguments: Seeds.all)
    func settingsRoundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let settings = Self.settings(&random)
            let read = try withView(settings.record) { (view) throws(KeyRingError) in try KeySettings(record: view) }
            #expect(read == settings)
        }
    }

    @Test("Changed settings are refused, or sound all the same", arguments: Seeds.all)
    func settingsMutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 1024)
        var readable = 0
        for _ in 0..<3000 {
            let record = random.mutated(Self.settings(&random).record)
            guard let read = memory.withView(record, { try? KeySettings(record: $0) }) else { continue }
            readable += 1
            let isSound =
                read.latestVersion >= 1 && (1...read.latestVersion).contains(read.minDecryptionVersion)
                && (0...read.latestVersion).contains(read.minEncryptionVersion)
                && (0...read.minDecryptionVersion).contains(read.minAvailableVersion) && read.autoRotateSeconds >= 0
                && (!read.isConvergent || read.isDerived)
            if !isSound { Issue.record("unsound settings were read: \(read)") }
        }
        #expect(readable > 0)
    }

    @Test("Settings whose numbers do not fit each other are corrupt")
    func unsoundSettings() {
        let changes: [(inout KeySettings) -> Void] = [
            { $0.latestVersion = 0 }, { $0.latestVersion = -1 }, { $0.latestVersion = 1 << 40 },
            { $0.minDecryptionVersion = 0 },
            { $0.minDecryptionVersion = 2 }, { $0.minEncryptionVersion = 2 }, { $0.minEncryptionVersion = -1 },
            { $0.minAvailableVersion = 2 }, { $0.minAvailableVersion = -1 }, { $0.autoRotateSeconds = -1 },
            { $0.usageLimits.refuse = 0 }, { $0.usageLimits.warn = -1 }, { $0.isConvergent = true },
        ]
        for (index, change) in changes.enumerated() {
            var settings = KeySettings(type: .aes256GCM96)
            change(&settings)
            withView(settings.record) { view in
                #expect(throws: KeyRingError.corruptRecord, "change \(index)") { _ = try KeySettings(record: view) }
            }
        }
    }

    private static func read(_ record: ByteView, _ settings: KeySettings) throws(KeyRingError) -> KeyVersion {
        try KeyVersion(number: 3, record: record, settings: settings, storedUsage: 17)
    }

    @Test("A version reads back with the same keys", arguments: KeyType.allCases)
    func versionRoundTrip(_ type: KeyType) throws {
        let settings = KeySettings(type: type)
        let version = try KeyVersion.generate(number: 3, settings: settings, nowUnixSeconds: 1_700_000_001)
        let record = version.exposingRecord()
        let read = try withView(record) { (view) throws(KeyRingError) in try Self.read(view, settings) }
        #expect(read.exposingRecord() == record)
        #expect(read.createdUnixSeconds == 1_700_000_001 && read.number == 3)
        #expect(read.usage.messages == 17 && read.usage.reserved == 17)
        #expect(read.prefix == Array("vault:v3:".utf8))
    }

    @Test("Every truncation of a version is corrupt, and changed ones never trap", arguments: KeyType.allCases)
    func versionMutations(_ type: KeyType) throws {
        var random = SeededGenerator(seed: UInt64(type.storedNumber) + 1)
        let memory = GuardedMemory(room: 1024)
        let settings = KeySettings(type: type)
        let record = try KeyVersion.generate(number: 3, settings: settings, nowUnixSeconds: 5).exposingRecord()
        for length in 0..<record.count {
            memory.withView(Array(record[..<length])) { view in
                #expect(throws: KeyRingError.corruptRecord, "cut to \(length)") { _ = try Self.read(view, settings) }
            }
        }
        for _ in 0..<300 {
            memory.withView(random.mutated(record)) { view in
                do throws(KeyRingError) { _ = try Self.read(view, settings) } catch { #expect(error == .corruptRecord) }
            }
        }
    }

    @Test("A version whose key has another type's length is corrupt")
    func wrongLength() throws {
        let record = try KeyVersion.generate(
            number: 1, settings: KeySettings(type: .aes128GCM96), nowUnixSeconds: 5
        ).exposingRecord()
        withView(record) { view in
            #expect(throws: KeyRingError.corruptRecord) { _ = try Self.read(view, KeySettings(type: .aes256GCM96)) }
        }
    }

    @Test("Stored type numbers are the field's own and never change")
    func storedNumbers() {
        let numbers = KeyType.allCases.map(\.storedNumber)
        #expect(numbers == [8, 0, 5, 11, 1000, 1001])
        for type in KeyType.allCases { #expect(KeyType(storedNumber: type.storedNumber) == type) }
        for number in [-1, 1, 2, 3, 4, 6, 7, 9, 10, 12, 999, 1002] { #expect(KeyType(storedNumber: number) == nil) }
    }
}
