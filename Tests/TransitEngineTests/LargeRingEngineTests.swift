import Bytes
import Foundation
import KeyRings
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("A ring of ten thousand versions at the cost of one of ten")
struct LargeRingEngineTests {
    /// A key of that many versions, put into storage by hand.
    private static func plant(_ count: Int, in storage: any StorageBackend) async throws {
        var settings = KeySettings(type: .aes256GCM96)
        (settings.latestVersion, settings.isExportable, settings.allowsPlaintextBackup) = (count, true, true)
        var batch = WriteBatch()
        batch.put(StorageKey("mount/1/key/big"), settings.record)
        for number in 1...count {
            let version = try KeyVersion.generate(
                number: number, settings: settings, now: Moment(seconds: 1_600_000_000 + number))
            let digits = String(number)
            let padded = String(repeating: "0", count: 20 - digits.count) + digits
            batch.put(StorageKey("mount/1/version/big/\(padded)"), version.exposingRecord())
        }
        try await storage.commit(batch)
    }

    /// Storage operations of each step, the first of which loads the key.
    private static func costs(_ count: Int) async throws -> [String: Int] {
        let storage = FaultyStorage(InMemoryStorage())
        try await plant(count, in: storage)
        let bench = try await Bench(storage)
        var costs: [String: Int] = [:]
        func step(_ name: String, _ work: () async throws -> Void) async throws {
            storage.arm(.max)
            try await work()
            costs[name] = storage.operations
        }
        var (old, rewrapped, opened) = ("", "", [String]())
        try await step("load") { try await bench.read("big") }
        try await step("first encrypt") { try await bench.encrypt("big") }
        try await step("encrypt") { try await bench.encrypt("big") }
        try await step("first encrypt under 1") { old = try await bench.encrypt("big", #","key_version":1"#) }
        try await step("encrypt under 1") { try await bench.encrypt("big", #","key_version":1"#) }
        try await step("decrypt of 1") { opened.append(try await bench.decrypt("big", old)) }
        try await step("rotate") { try await bench.write("keys/big/rotate") }
        try await step("decrypt of 1 after rotate") { opened.append(try await bench.decrypt("big", old)) }
        try await step("configure") { try await bench.write("keys/big/config", #"{"deletion_allowed":true}"#) }
        try await step("read") { try await bench.read("big") }
        try await step("hmac under 2") {
            try await bench.write("hmac/big", #"{"input":"aGVsbG8=","key_version":2}"#)
        }
        try await step("rewrap from 1") {
            rewrapped = try await bench.write("rewrap/big", #"{"ciphertext":"\#(old)"}"#)["ciphertext"]
        }
        #expect(opened == ["aGVsbG8=", "aGVsbG8="] && rewrapped.hasPrefix("vault:v\(count + 1):"))
        return costs
    }

    @Test("Loading reads a thousand versions at most, and everything after it costs what it costs for ten")
    func bounded() async throws {
        let (small, large) = (try await Self.costs(10), try await Self.costs(10_000))
        #expect(try #require(small["load"]) <= 2 * 10 + 2)
        #expect(try #require(large["load"]) <= 2 * KeyRing.residentLimit + 2)
        for (step, cost) in large where step != "load" {
            // One version more that is brought in: its record and its count.
            #expect(try cost <= #require(small[step]) + 2, "\(step)")
            #expect(cost <= 5, "\(step)")
        }
        for step in ["encrypt", "encrypt under 1", "decrypt of 1", "decrypt of 1 after rotate", "read"] {
            #expect(large[step] == 0, "\(step)")
        }
    }

    @Test("Counts of old versions are exact after an orderly end, and what they sealed opens")
    func counts() async throws {
        let storage = InMemoryStorage()
        try await Self.plant(1100, in: storage)
        let bench = try await Bench(storage)
        var texts: [String] = []
        for _ in 0..<3 { texts.append(try await bench.encrypt("big", #","key_version":1"#)) }
        texts.append(try await bench.encrypt("big"))
        await bench.engine.close()
        let again = try await Bench(storage)
        let all = try await again.call(.read, "keys/big", #"{"all_versions":true}"#)
        let usage = try #require(all.members["usage"] as? [String: Int])
        #expect(usage.count == 1100 && usage["1"] == 3 && usage["2"] == 0 && usage["1100"] == 1)
        for text in texts { #expect(try await again.decrypt("big", text) == "aGVsbG8=") }
        let listed = try await again.read("big")
        #expect((listed.members["keys"] as? [String: Any])?.count == 64 && listed.warnings.count == 1)
    }

    @Test("Old versions are used by many at once while the ring rotates and is trimmed")
    func concurrency() async throws {
        let storage = YieldingStorage(InMemoryStorage(), yields: 1)
        try await Self.plant(1100, in: storage)
        let bench = try await Bench(storage)
        let texts = try await withThrowingTaskGroup(of: [String].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var made: [String] = []
                    for round in 1...20 {
                        let text = try await bench.encrypt("big", #","key_version":\#((worker * 7 + round) % 120 + 1)"#)
                        #expect(try await bench.decrypt("big", text) == "aGVsbG8=")
                        made.append(text)
                        if worker == 0 { try await bench.write("keys/big/rotate") }
                    }
                    return made
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await bench.write("keys/big/config", #"{"min_decryption_version":2,"min_encryption_version":2}"#)
        try await bench.write("keys/big/trim", #"{"min_available_version":2}"#)
        await bench.engine.close()
        let again = try await Bench(storage)
        #expect(try await again.read("big").int("latest_version") == 1120)
        for text in texts where !text.hasPrefix("vault:v1:") {
            #expect(try await again.decrypt("big", text) == "aGVsbG8=")
        }
    }

    @Test("A batch over more old versions than are kept in memory at once opens whole, and exports and backs up")
    func everything() async throws {
        let storage = InMemoryStorage()
        try await Self.plant(2500, in: storage)
        let bench = try await Bench(storage)
        var items: [String] = []
        for version in 1...1300 {
            let text = try await bench.encrypt("big", #","key_version":\#(version)"#)
            items.append(#"{"ciphertext":"\#(text)"}"#)
        }
        await bench.engine.close()
        let again = try await Bench(storage)
        let opened = try await again.write("decrypt/big", #"{"batch_input":[\#(items.joined(separator: ","))]}"#)
        #expect(opened.results.count == 1300)
        #expect(opened.results.allSatisfy { $0["plaintext"] as? String == "aGVsbG8=" })
        #expect(try await again.export("big", .aes256GCM96).count == 2500)
        let blob = try await again.call(.read, "backup/big")["backup"]
        try await again.write("restore/copy", #"{"backup":"\#(blob)"}"#)
        for version in [1, 1200, 2500] {
            let text = try await again.encrypt("copy", #","key_version":\#(version)"#)
            #expect(try await again.decrypt("big", text) == "aGVsbG8=")
        }
    }

    @Test("An old public half far back is completed, and a failed completion is not seen", arguments: [1, 2])
    func farCompletion(_ failing: Int) async throws {
        let inner = try await Transfer.storage()
        let storage = FaultyStorage(inner)
        let bench = try await Bench(storage)
        let own = try Transfer.curve(0x11)
        let body = #"{"type":"ecdsa-p256","public_key":"\#(Transfer.pem(own))"}"#
        try await bench.write("keys/k/import", body)
        try await Self.stretch("k", to: 1005, in: inner)
        let again = try await Bench(storage)
        let sign = #"{"input":"aGVsbG8=","key_version":1}"#
        #expect(await fault { try await again.write("sign/k", sign) } != nil)
        let completion = try Transfer.body(Transfer.pkcs8(own), #","version":1"#)
        // The wrapping key is read first, then the change is committed.
        storage.arm(failing)
        #expect(await fault { try await again.write("keys/k/import_version", completion) } != nil)
        storage.disarm()
        #expect(await fault { try await again.write("sign/k", sign) } != nil)
        try await again.write("keys/k/import_version", completion)
        for bench in [again, try await Bench(storage)] {
            let signature = try await bench.write("sign/k", sign)["signature"]
            #expect(try await bench.verify("k", "signature", signature))
        }
    }

    /// Gives the key so many versions by copying its first one.
    private static func stretch(_ key: String, to count: Int, in storage: InMemoryStorage) async throws {
        let entry = try #require(try await storage.read(StorageKey("mount/1/key/\(key)")))
        var settings = try withView(entry.value) { (view) throws(KeyRingError) in try KeySettings(record: view) }
        settings.latestVersion = count
        func path(_ number: Int) -> StorageKey {
            let digits = String(number)
            return StorageKey("mount/1/version/\(key)/" + String(repeating: "0", count: 20 - digits.count) + digits)
        }
        let first = try #require(try await storage.read(path(1))).value
        var batch = WriteBatch()
        batch.put(StorageKey("mount/1/key/\(key)"), settings.record)
        for number in 2...count { batch.put(path(number), first) }
        try await storage.commit(batch)
    }
}
