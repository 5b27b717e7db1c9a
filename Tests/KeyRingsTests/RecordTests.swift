import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Stored settings")
struct SettingsRecordTests {
    private static func settings(_ random: inout SeededGenerator) -> KeySettings {
        var settings = random.pick(Shape.all).settings
        settings.isDerived = settings.type.supportsDerivation && random.oneIn(2)
        settings.isConvergent = settings.isDerived && settings.type.supportsConvergence && random.oneIn(2)
        if !settings.isConvergent, random.oneIn(2) { settings.derivation = .counterHMAC }
        if settings.isConvergent { settings.convergentVersion = random.pick([-1, 1, 2, 3]) }
        (settings.isExportable, settings.allowsPlaintextBackup) = (random.oneIn(2), random.oneIn(2))
        (settings.allowsDeletion, settings.isSoftDeleted) = (random.oneIn(2), random.oneIn(2))
        (settings.isImported, settings.allowsImportedRotation) = (random.oneIn(2), random.oneIn(2))
        settings.latestVersion = random.int(1...1000)
        settings.minDecryptionVersion = random.int(1...settings.latestVersion)
        settings.minEncryptionVersion =
            random.oneIn(3) ? 0 : random.int(settings.minDecryptionVersion...settings.latestVersion)
        settings.minAvailableVersion = random.int(0...settings.minDecryptionVersion)
        settings.autoRotateSeconds = random.int(0...100_000)
        settings.usageLimits.warn = random.int(0...1000)
        settings.usageLimits.rotate = random.int(0...1000)
        settings.usageLimits.refuse = random.int(1...1000)
        if settings.type == .hmac { settings.keySize = random.int(32...512) }
        if random.oneIn(2) { settings.backup = mark(&random) }
        if random.oneIn(2) { settings.restore = mark(&random) }
        settings.versionTemplate = random.pick(["", "v{{version}}:", "é{{version}}."])
        let earlier = settings.latestVersion - 1
        let disabled = (0..<random.int(0...5)).map { _ in random.int(1...max(earlier, 1)) }
        settings.disabledVersions = earlier > 0 ? Set(disabled).sorted() : []
        return settings
    }

    private static func mark(_ random: inout SeededGenerator) -> BackupMark {
        let moment = Moment(seconds: random.int(0...2_000_000_000), nanoseconds: random.int(0...999_999_999))
        return BackupMark(moment: moment, version: random.int(1...1000))
    }

    @Test("Settings read back as they were written", arguments: Seeds.all)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let settings = Self.settings(&random)
            #expect(settings.flaw == nil)
            let read = try withView(settings.record) { (view) throws(KeyRingError) in try KeySettings(record: view) }
            #expect(read == settings)
        }
    }

    @Test(
        "Changed settings are refused, or sound all the same and written back as they were read", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 4096)
        var readable = 0
        for _ in 0..<5000 {
            let record = random.mutated(Self.settings(&random).record)
            guard let read = memory.withView(record, { try? KeySettings(record: $0) }) else { continue }
            readable += 1
            let isSound =
                read.latestVersion >= 1 && (1...read.latestVersion).contains(read.minDecryptionVersion)
                && (0...read.latestVersion).contains(read.minEncryptionVersion)
                && (0...read.minDecryptionVersion).contains(read.minAvailableVersion) && read.autoRotateSeconds >= 0
                && (!read.isConvergent || read.isDerived) && read.flaw == nil
                && (!read.isDerived || read.type.supportsDerivation)
                && read.disabledVersions.allSatisfy { (1..<read.latestVersion).contains($0) }
            if !isSound { Issue.record("unsound settings were read: \(read)") }
            if read.record != record { Issue.record("settings are written otherwise than they were read: \(read)") }
        }
        #expect(readable > 0)
    }

    @Test("Settings whose numbers do not fit each other are corrupt")
    func unsound() {
        let changes: [(inout KeySettings) -> Void] = [
            { $0.latestVersion = 0 }, { $0.latestVersion = -1 }, { $0.latestVersion = 1 << 40 },
            { $0.minDecryptionVersion = 0 },
            { $0.minDecryptionVersion = 2 }, { $0.minEncryptionVersion = 2 }, { $0.minEncryptionVersion = -1 },
            { $0.minAvailableVersion = 2 }, { $0.minAvailableVersion = -1 }, { $0.autoRotateSeconds = -1 },
            { $0.usageLimits.refuse = 0 }, { $0.usageLimits.warn = -1 }, { $0.usageLimits.rotate = -1 },
            { $0.isConvergent = true },
            {
                $0.isDerived = true
                $0.isConvergent = true
                $0.derivation = .counterHMAC
            },
            { $0.disabledVersions = [1] }, { $0.disabledVersions = [0] }, { $0.disabledVersions = [-1] },
            { $0.type = .mlDSA },
            {
                $0.type = .mlDSA
                $0.parameterSet = "44"
            },
            {
                $0.type = .hybrid
                $0.parameterSet = "65"
            },
            {
                $0.type = .hybrid
                $0.parameterSet = "65"
                $0.hybrid = HybridParts(postQuantum: "ml-dsa", classic: "aes256-gcm96")
            },
            {
                $0.type = .rsa2048
                $0.isDerived = true
            },
            {
                $0.type = .hmac
                $0.isDerived = true
            },
            {
                $0.type = .ed25519
                $0.isDerived = true
                $0.isConvergent = true
            },
        ]
        for (index, change) in changes.enumerated() {
            var settings = KeySettings(type: .aes256GCM96)
            change(&settings)
            #expect(settings.flaw != nil, "change \(index)")
            withView(settings.record) { view in
                #expect(throws: KeyRingError.corruptRecord, "change \(index)") { _ = try KeySettings(record: view) }
            }
        }
    }

    @Test("Stored type numbers are the field's own and never change")
    func storedNumbers() {
        let numbers: [KeyType: Int] = [
            .aes256GCM96: 0, .ecdsaP256: 1, .ed25519: 2, .rsa2048: 3, .rsa4096: 4, .chacha20Poly1305: 5, .ecdsaP384: 6,
            .ecdsaP521: 7, .aes128GCM96: 8, .rsa3072: 9, .hmac: 10, .xchacha20Poly1305: 11, .aes128CMAC: 12,
            .aes256CMAC: 13, .mlDSA: 14, .hybrid: 15, .aes192CMAC: 16, .aes256GCMSIV: 1000, .xaes256GCM192: 1001,
            .mlKEM768: 1002, .mlKEM1024: 1003, .xWing: 1004,
        ]
        for type in KeyType.allCases {
            #expect(type.storedNumber == numbers[type])
            #expect(KeyType(storedNumber: type.storedNumber) == type)
        }
        for number in [-1, 17, 999, 1005, .max, .min] { #expect(KeyType(storedNumber: number) == nil) }
    }
}

@Suite("Stored key versions")
struct VersionRecordTests {
    @Test("A version reads back with the same keys", arguments: Shape.all)
    func roundTrip(_ shape: Shape) throws {
        let created = Moment(seconds: 1_700_000_001, nanoseconds: 123_456_789)
        var version = try shape.version(3, created: created)
        if shape.type.pair != nil {
            version = try version.certified([[1, 2, 3], [], [4]], settings: shape.settings)
        }
        let record = version.exposingRecord()
        let read = try withView(record) { (view) throws(KeyRingError) in try shape.read(view, 3) }
        #expect(read.exposingRecord() == record)
        #expect(read.created == created && read.number == 3 && read.certificates == version.certificates)
        #expect(read.usage.messages == 17 && read.usage.reserved == 17)
        #expect(read.prefix == Array("vault:v3:".utf8) && read.macPrefix == read.prefix)
        #expect(read.publicBytes == version.publicBytes && read.hasPrivateHalf)
    }

    @Test("What a version made, the same version read back understands", arguments: Shape.all)
    func sameKeys(_ shape: Shape) throws {
        let version = try shape.version()
        let read = try withView(version.exposingRecord()) { (view) throws(KeyRingError) in try shape.read(view) }
        let (first, second) = (try shape.ring([version]), try shape.ring([read]))
        let message = Array("hello".utf8)
        if shape.type.supportsEncryption { #expect(try second.opened(first.sealed(message)) == message) }
        if shape.type.supportsSigning { #expect(try second.accepts(first.signature(message), message)) }
        if shape.type.supportsHMAC { #expect(try second.hmac(message) == first.hmac(message)) }
    }

    @Test("Every truncation of a version is corrupt, and changed ones never trap", arguments: Shape.all)
    func mutations(_ shape: Shape) throws {
        var random = SeededGenerator(seed: UInt64(shape.type.storedNumber) + 1)
        let memory = GuardedMemory(room: 16_384)
        let record = try shape.version(3).exposingRecord()
        for length in 0..<record.count {
            memory.withView(Array(record[..<length])) { view in
                #expect(throws: KeyRingError.corruptRecord, "cut to \(length)") { _ = try shape.read(view) }
            }
        }
        for _ in 0..<300 {
            memory.withView(random.mutated(record)) { view in
                do throws(KeyRingError) { Self.use(try shape.read(view)) } catch { #expect(error == .corruptRecord) }
            }
        }
    }

    // Keys are parsed when they are first needed, not when their record is read.
    private static func use(_ version: KeyVersion) {
        _ = try? version.pair?.privateKey()
        _ = try? version.pair?.publicKey()
        _ = try? version.kem?.privateKey()
        _ = try? version.signer?.mlDSAPublicKey()
        var output = ByteWriter()
        try? version.signer?.appendSignature(of: ByteView("hello"), context: [], to: &output)
        _ = try? version.signer?.verifies(output.view, of: ByteView("hello"), context: [])
    }

    @Test("A version whose key has another type's length is corrupt")
    func wrongLength() throws {
        let types = KeyType.allCases.filter { $0.keyLengths != nil }
        for type in types {
            let lengths = try #require(type.keyLengths)
            for length in [0, lengths.lowerBound - 1, lengths.upperBound + 1] {
                let entry = KeyEntry(
                    key: withView([UInt8](repeating: 1, count: length)) { SecretBytes(copying: $0) },
                    hmacKey: SecretBytes(copying: .empty), created: Moment(seconds: 5))
                withView(entry.exposingRecord()) { view in
                    #expect(throws: KeyRingError.corruptRecord, "\(type) of \(length) bytes") {
                        _ = try KeyVersion(
                            number: 1, record: view, settings: KeySettings(type: type), storedUsage: 0)
                    }
                }
            }
        }
    }

    @Test("HMAC keys have the length that was asked for")
    func keySize() throws {
        var settings = KeySettings(type: .hmac)
        for size in [32, 33, 512] {
            settings.keySize = size
            let version = try KeyVersion.generate(number: 1, settings: settings, now: Moment(seconds: 1))
            #expect(version.exposingKey { $0.count } == size)
        }
        #expect(
            try KeyVersion.generate(
                number: 1, settings: KeySettings(type: .hmac), now: Moment(seconds: 1)
            ).exposingKey { $0.count } == 32)
    }

    @Test("A moment's nanoseconds lie within its second")
    func moments() {
        #expect(Moment(seconds: 1, nanoseconds: 999_999_999).nanoseconds == 999_999_999)
        #expect(Moment(seconds: 1, nanoseconds: 1_000_000_000).nanoseconds == 0)
        #expect(Moment(seconds: 1, nanoseconds: -1).nanoseconds == 0)
        #expect(Moment(seconds: 1, nanoseconds: 2) < Moment(seconds: 1, nanoseconds: 3))
        #expect(Moment(seconds: 1, nanoseconds: 2) < Moment(seconds: 2))
    }
}
