import Bytes
import KeyRings
import Primitives
import TestAids
import Testing

@Suite("Rings of many versions")
struct LargeRingTests {
    private static func versions(_ numbers: ClosedRange<Int>) throws -> [KeyVersion] {
        try numbers.map { number in
            try keyVersion(
                KeySettings(type: .aes256GCM96), key: [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32),
                number: number)
        }
    }

    private static func ring(_ numbers: ClosedRange<Int>, latest: Int? = nil) throws -> KeyRing {
        var settings = KeySettings(type: .aes256GCM96)
        settings.latestVersion = latest ?? numbers.upperBound
        return try KeyRing(name: name("k"), settings: settings, versions: versions(numbers), revision: 1)
    }

    @Test("A ring holds its newest thousand versions, and no fewer")
    func completeness() throws {
        #expect(try !Self.ring(501...1500).isFullyResident)
        #expect(try Self.ring(1...1000).isFullyResident)
        for numbers in [502...1500, 501...1499] {
            #expect(throws: KeyRingError.corruptRecord) { try Self.ring(numbers, latest: 1500) }
        }
    }

    @Test("Old versions are missing until they are brought, and then are there for every picture")
    func keeping() throws {
        let ring = try Self.ring(501...1500)
        #expect(ring.missing([0, 1, 2, 500, 501, 1500, 1501, -1, .max, .min]) == [1, 2, 500])
        #expect(ring.isMissing(1) && !ring.isMissing(501) && !ring.isMissing(0) && !ring.isMissing(1501))
        #expect(throws: KeyRingError.versionNotInMemory(1)) { try ring.decryptionVersion(1) }
        #expect(throws: KeyRingError.versionNotInMemory(7)) { try ring.encryptionVersion(7) }
        let old = try #require(Self.versions(1...1).first)
        let next = try ring.stored(at: 2)
        ring.keep([old])
        #expect(try ring.decryptionVersion(0) === old && next.decryptionVersion(1) === old)
        #expect(next.holds(old) && next.missing([0, 1, 2]) == [2])
        #expect(next.residents.count == 1001 && next.workingSet.count == 1000 && next.workingCount == 1500)
    }

    @Test("Versions below the minimum are not missing but refused")
    func archived() throws {
        var settings = try Self.ring(501...1500).settings
        settings.minDecryptionVersion = 400
        let ring = try Self.ring(501...1500).with(settings)
        #expect(ring.missing([1, 399, 400]) == [400])
        #expect(throws: KeyRingError.versionTooOld) { try ring.decryptionVersion(399) }
        #expect(throws: KeyRingError.versionNotInMemory(400)) { try ring.decryptionVersion(400) }
    }

    @Test("A rotation puts the oldest of the thousand away, where it is still found")
    func rotation() throws {
        var ring = try Self.ring(1...1000)
        let first = try #require(ring.resident(1))
        for second in 1...3 { ring = try ring.rotated(now: Moment(seconds: second)) }
        #expect(ring.settings.latestVersion == 1003 && ring.versions.count == 1000 && !ring.isFullyResident)
        #expect(ring.versions.first?.number == 4 && ring.resident(1) === first)
        #expect(ring.missing(1...1003).isEmpty && ring.residents.count == 1003)
        #expect(ring.unstored.map(\.number) == [1001, 1002, 1003])
        #expect(try ring.stored(at: 9).unstored.isEmpty)
        let text = "vault:v1:" + "AAAA"
        #expect(throws: KeyRingError.ciphertextLength) { try ring.opened(text) }
    }

    @Test("Trimming to what is in memory makes a whole ring again")
    func trimming() throws {
        let ring = try Self.ring(501...1500)
        ring.keep(try Self.versions(1...1))
        var settings = ring.settings
        (settings.minAvailableVersion, settings.minDecryptionVersion, settings.minEncryptionVersion) = (
            1400, 1400, 1400
        )
        let trimmed = try ring.with(settings)
        #expect(trimmed.isFullyResident && trimmed.versions.count == 101 && trimmed.residents.count == 101)
        #expect(trimmed.resident(1) == nil && trimmed.resident(1399) == nil && trimmed.missing([1, 1399]).isEmpty)
    }

    @Test("A version in another form takes the place of the old one, in memory or put away")
    func replacing() throws {
        let ring = try Self.ring(501...1500)
        ring.keep(try Self.versions(7...7))
        for number in [7, 501, 1500] {
            let other = try #require(Self.versions(number...number).first)
            let next = try ring.replacing(other)
            #expect(next.unstored.map(\.number) == [number] && next.unstored[0] === other)
            // What is not stored yet must not be seen through the picture that is.
            #expect(ring.resident(number) !== other)
            let stored = try next.stored(at: 2)
            #expect(stored.resident(number) === other && stored.unstored.isEmpty)
            #expect(stored.versions.map(\.number) == Array(501...1500))
        }
    }

    @Test("Of old versions at most about a thousand stay, but those with counts to write back do")
    func shelfLimit() throws {
        let ring = try Self.ring(2001...3000)
        let counted = try Self.versions(1...3)
        for version in counted {
            version.usage.extend(to: 100)
            #expect(version.usage.take(5, limit: 1000) == .counted(5))
            ring.keep([version])
        }
        for version in try Self.versions(4...2000) { ring.keep([version]) }
        #expect(ring.residents.count <= 1000 + 1024)
        for version in counted {
            #expect(ring.resident(version.number) === version && ring.holds(version))
            #expect(ring.residents.contains { $0 === version })
        }
        // Whoever still holds a version that left is told apart by that.
        let left = try Self.versions(4...2000).filter { ring.resident($0.number) == nil }
        #expect(!left.isEmpty && left.allSatisfy { !ring.holds($0) })
    }

    @Test("Versions that are loaded together stay together, however many, and make place afterwards")
    func manyAtOnce() throws {
        let ring = try Self.ring(3001...4000)
        ring.keep(try Self.versions(1...3000))
        #expect(ring.missing(1...4000).isEmpty && ring.residents.count == 4000)
        ring.keep(try Self.versions(1...1))
        #expect(ring.residents.count <= 1000 + 1024 && ring.resident(1) != nil)
    }

    @Test("A version that is there in a later form is not replaced by one that was loaded before")
    func lateLoad() throws {
        let ring = try Self.ring(501...1500)
        let (early, later) = (try Self.versions(7...7), try Self.versions(7...7))
        let stored = try ring.replacing(later[0]).stored(at: 2)
        stored.keep(early)
        #expect(stored.resident(7) === later[0])
    }

    @Test("A restored ring of many versions has all of them to be stored")
    func fresh() throws {
        var settings = KeySettings(type: .aes256GCM96)
        settings.latestVersion = 1500
        let ring = try KeyRing(name: name("k"), settings: settings, fresh: Self.versions(1...1500))
        #expect(ring.unstored.count == 1500 && ring.versions.count == 1000 && ring.latest.number == 1500)
        #expect(ring.missing([1, 500, 501]) == [1, 500])
    }
}

@Suite("Versions switched off, and templates")
struct VersionChoiceTests {
    @Test("A disabled version does nothing while the others go on")
    func disabled() throws {
        for shape in [KeyType.aes256GCM96, .ed25519].compactMap({ type in Shape.all.first { $0.type == type } }) {
            var settings = shape.settings
            (settings.latestVersion, settings.disabledVersions) = (3, [2])
            let versions = try (1...3).map { try shape.version($0) }
            let whole = try shape.ring(versions)
            let ring = try whole.with(settings)
            #expect(settings.isDisabled(2) && !settings.isDisabled(1))
            #expect(throws: KeyRingError.versionDisabled(2)) { try ring.working(2) }
            #expect(throws: KeyRingError.versionDisabled(2)) { try ring.encryptionVersion(2) }
            #expect(throws: KeyRingError.versionDisabled(2)) { try ring.decryptionVersion(2) }
            #expect(throws: KeyRingError.versionDisabled(2)) { try ring.signingVersion(2) }
            #expect(throws: KeyRingError.versionDisabled(2)) { try ring.verificationVersion(2) }
            #expect(throws: KeyRingError.versionDisabled(2)) { try ring.hmacVersion(2) }
            #expect(throws: KeyRingError.versionDisabled(2)) { try ring.macVersion(2) }
            for number in [1, 3] { #expect(try ring.decryptionVersion(number).number == number) }
            if shape.type.cipher != nil {
                let text = try whole.sealed([1], version: 2)
                #expect(throws: KeyRingError.versionDisabled(2)) { try ring.opened(text) }
            }
        }
    }

    @Test("Signing and MACs have the same floor as encryption, each with its own words")
    func floors() throws {
        let shape = try #require(Shape.all.first { $0.type == .ecdsaP256 })
        var settings = shape.settings
        (settings.latestVersion, settings.minDecryptionVersion, settings.minEncryptionVersion) = (3, 2, 3)
        let ring = try shape.ring((1...3).map { try shape.version($0) }).with(settings)
        #expect(throws: KeyRingError.signingVersionNegative) { try ring.signingVersion(-1) }
        #expect(throws: KeyRingError.signingVersionAboveLatest) { try ring.signingVersion(4) }
        #expect(throws: KeyRingError.signingVersionBelowMinimum) { try ring.signingVersion(2) }
        #expect(try ring.signingVersion(0).number == 3 && ring.signingVersion(3).number == 3)
        #expect(try ring.verificationVersion(2).number == 2 && ring.macVersion(2).number == 2)
        #expect(throws: KeyRingError.versionTooOld) { try ring.verificationVersion(1) }
        #expect(throws: KeyRingError.signatureTooNew) { try ring.verificationVersion(4) }
        #expect(throws: KeyRingError.macTooOld) { try ring.macVersion(1) }
        #expect(throws: KeyRingError.macTooNew) { try ring.macVersion(4) }
    }

    @Test("An imported ring rotates only where that is allowed, and is not imported any more then")
    func importedRotation() throws {
        var settings = KeySettings(type: .aes256GCM96)
        settings.isImported = true
        let version = try keyVersion(settings, key: [UInt8](repeating: 1, count: 32))
        let fixed = try KeyRing(name: name("k"), settings: settings, first: version)
        #expect(throws: KeyRingError.importedRotation(name("k"))) { try fixed.rotated(now: Moment(seconds: 1)) }
        settings.allowsImportedRotation = true
        let rotated = try fixed.with(settings).rotated(now: Moment(seconds: 1))
        #expect(!rotated.settings.isImported && rotated.settings.latestVersion == 2)
    }

    @Test(
        "A template is sound with a place for the number and something after it that is no digit",
        arguments: [
            ("", true), ("vault:v{{version}}:", true), ("{{version}}:", true), ("a{{version}}b{{version}}", true),
            ("é{{version}}é", true), ("a{{version}}", false), ("{{version}}", false), ("a", false),
            ("{{version}", false),
            ("a{{version}}1", false), ("a{{version}}0:", false),
            ("a\"{{version}}:", false), ("a\\{{version}}:", false), ("{{version}}\n", false),
            ("{{version}}:\u{7F}", false),
            (String(repeating: "a", count: 116) + "{{version}}:", true),
            (String(repeating: "a", count: 117) + "{{version}}:", false),
        ])
    func sound(_ text: String, _ isSound: Bool) {
        #expect(VersionTemplate.isSound(text) == isSound)
    }

    @Test(
        "A ring with its own template reads what it writes, and nothing else",
        arguments: [
            "x{{version}}.", "{{version}}:", "vault:v{{version}}:", "é{{version}}-{{version}}:", "v{{version}}-",
        ])
    func templates(_ template: String) throws {
        var settings = KeySettings(type: .aes256GCM96)
        settings.versionTemplate = template
        settings.latestVersion = 12
        let versions = try (1...12).map {
            try keyVersion(settings, key: [UInt8](repeating: UInt8($0), count: 32), number: $0)
        }
        let ring = try KeyRing(name: name("k"), settings: settings, versions: versions, revision: 1)
        for number in [1, 9, 12] {
            let prefix = template.replacing("{{version}}", with: "\(number)", maxReplacements: 1)
            let text = try ring.sealed([1, 2, 3], version: number)
            #expect(text.hasPrefix(prefix))
            #expect(try ring.opened(text) == [1, 2, 3])
            #expect(versions[number - 1].macPrefix == Array("vault:v\(number):".utf8))
            if !template.hasPrefix("vault") {
                #expect(throws: KeyRingError.self) {
                    try ring.opened("vault:v\(number):" + text.dropFirst(prefix.count))
                }
            }
        }
        for text in ["", "x", "é", "vault:v", String(repeating: "1", count: 200), "x99.AAAA", "x-1.AAAA"] {
            #expect(throws: KeyRingError.self, "\(text)") { try ring.opened(text) }
        }
    }

    @Test("Changed texts of a template never trap", arguments: Seeds.all)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let memory = GuardedMemory(room: 256)
        var settings = KeySettings(type: .aes256GCM96)
        for _ in 0..<2000 {
            settings.versionTemplate = random.pick(["x{{version}}.", "{{version}}:", "é{{version}}--"])
            let prefix = VersionTemplate(settings.versionTemplate).prefix(random.int(0...300)) ?? []
            memory.withView(random.mutated(prefix + Array("AAAA".utf8))) { view in
                guard let parts = try? CiphertextText(view, settings) else { return }
                if parts.payload.count >= view.count { Issue.record("a payload as long as its text") }
            }
        }
    }
}
