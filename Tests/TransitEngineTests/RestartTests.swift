import Foundation
import KeyRings
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Restart over the same storage")
struct RestartTests {
    @Test("After an orderly end the counts are exact")
    func orderly() async throws {
        let storage = InMemoryStorage()
        var total = 0
        for messages in [1, 7, 5000, 0, 3] {
            let bench = try await Bench(storage)
            for _ in 0..<messages { try await bench.encrypt("k") }
            total += messages
            #expect(try await bench.usage("k") == total)
            await bench.engine.close()
            #expect(try await Bench(storage).usage("k") == total)
        }
    }

    @Test("After a crash the counts are never too low, and too high by at most what was reserved")
    func crash() async throws {
        let storage = InMemoryStorage()
        var (total, last) = (0, 0)
        for messages in [1, 10, 4096, 4097, 1, 0, 3] {
            // The engine is dropped without a word: nothing is written back.
            let bench = try await Bench(storage)
            for _ in 0..<messages { try await bench.encrypt("k") }
            total += messages
            let shown = try await Bench(storage).usage("k")
            #expect(shown >= total)
            #expect(shown - last <= messages + 2 * max(4096, last))
            last = shown
        }
    }

    @Test("Keys, their settings and the mount's settings are there again")
    func settings() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        for type in [
            "aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "aes256-gcm-siv",
            "xaes256-gcm192",
        ] {
            try await bench.write(
                "keys/\(type)", #"{"type":"\#(type)","derived":true,"convergent_encryption":true,"exportable":true}"#)
            try await bench.write("keys/\(type)/rotate")
            try await bench.write("keys/\(type)/config", #"{"auto_rotate_period":"2h","deletion_allowed":true}"#)
        }
        try await bench.write("cache-config", #"{"size":12}"#)
        try await bench.write("config/keys", #"{"disable_upsert":true}"#)
        let texts = try await bench.call(.list, "keys").members["keys"] as? [String] ?? []
        #expect(texts.count == 6)
        let again = try await Bench(storage)
        for type in texts {
            let before = try await bench.read(type).text
            #expect(try await again.read(type).text == before)
            let sealed = try await bench.encrypt(type, #","context":"YWJj""#)
            #expect(try await again.encrypt(type, #","context":"YWJj""#) == sealed)
        }
        #expect(try await again.call(.read, "cache-config").text == #"{"size":12}"#)
        #expect(try await again.call(.read, "config/keys").text == #"{"disable_upsert":true}"#)
        #expect(await fault { try await again.encrypt("fresh") } == "encryption key not found")
    }

    @Test("A stored record that cannot be read fails its key alone, as the server's fault")
    func corruption() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        try await bench.encrypt("good")
        try await bench.encrypt("bad")
        await bench.engine.close()
        var batch = WriteBatch()
        batch.put(StorageKey("mount/1/version/bad/00000000000000000001"), [1, 2, 3])
        try await storage.commit(batch)
        let again = try await Bench(storage)
        #expect(try await again.encrypt("good").hasPrefix("vault:v1:"))
        #expect(await fault { try await again.encrypt("bad") } == "a stored record of the key cannot be read")
        await #expect(throws: TransitError.ring(.corruptRecord)) { try await again.read("bad") }
    }

    @Test("A count that cannot be read stops the version from sealing on")
    func unreadableCount() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        let text = try await bench.encrypt("k")
        await bench.engine.close()
        var batch = WriteBatch()
        batch.put(StorageKey("mount/1/usage/k/00000000000000000001"), [1, 2, 3])
        try await storage.commit(batch)
        let again = try await Bench(storage)
        #expect(await fault { try await again.encrypt("k") }?.contains("rotate the key") == true)
        #expect(try await again.decrypt("k", text) == "aGVsbG8=")
        try await again.write("keys/k/rotate")
        #expect(try await again.encrypt("k").hasPrefix("vault:v2:"))
    }

    @Test("Fifty keys through a cache of ten stay counted exactly, one after the other")
    func eviction() async throws {
        let storage = InMemoryStorage()
        let bench = try await Bench(storage)
        try await bench.write("cache-config", #"{"size":10}"#)
        var random = SeededGenerator(seed: 11)
        var counts: [String: Int] = [:]
        for _ in 0..<1500 {
            let key = "k\(random.int(0...49))"
            try await bench.encrypt(key)
            counts[key, default: 0] += 1
        }
        for (key, count) in counts { #expect(try await bench.usage(key) == count, "\(key)") }
        await bench.engine.close()
        let again = try await Bench(storage)
        for (key, count) in counts { #expect(try await again.usage(key) == count, "\(key)") }
    }

    @Test("Fifty keys through a cache of ten are never counted too low by eight tasks at once")
    func evictionInParallel() async throws {
        let storage = YieldingStorage(InMemoryStorage(), yields: 1)
        let bench = try await Bench(storage)
        try await bench.write("cache-config", #"{"size":10}"#)
        let counts = try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(worker))
                    var counts: [String: Int] = [:]
                    for _ in 0..<150 {
                        let key = "k\(random.int(0...49))"
                        try await bench.encrypt(key)
                        counts[key, default: 0] += 1
                    }
                    return counts
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        }
        await bench.engine.close()
        let again = try await Bench(storage)
        for (key, count) in counts { #expect(try await again.usage(key) >= count, "\(key)") }
    }
}
