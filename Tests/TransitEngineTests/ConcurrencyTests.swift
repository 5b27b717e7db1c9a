import Foundation
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Changes in parallel")
struct ConcurrencyTests {
    /// Runs the work in as many tasks; the first error ends it.
    private static func inParallel(_ tasks: Int, _ work: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<tasks { group.addTask { try await work(number) } }
            try await group.waitForAll()
        }
    }

    private static func bench() async throws -> (Bench, any StorageBackend) {
        let storage = YieldingStorage(InMemoryStorage())
        return (try await Bench(storage), storage)
    }

    @Test("Sixteen rotations at once make sixteen versions")
    func rotations() async throws {
        let (bench, storage) = try await Self.bench()
        try await bench.write("keys/k")
        try await Self.inParallel(16) { _ in try await bench.write("keys/k/rotate") }
        #expect(try await bench.read("k").int("latest_version") == 17)
        let again = try await Bench(storage)
        #expect(try await again.read("k").int("latest_version") == 17)
        #expect((try await again.read("k").members["keys"] as? [String: Int])?.count == 17)
    }

    @Test("Changes of different settings at once are all there in the end")
    func configurations() async throws {
        for _ in 0..<10 {
            let (bench, storage) = try await Self.bench()
            try await bench.write("keys/k")
            try await bench.write("keys/k/rotate")
            let changes = [
                #""deletion_allowed":true"#, #""exportable":true"#, #""allow_plaintext_backup":true"#,
                #""auto_rotate_period":3600"#, #""min_encryption_version":2"#, #""min_decryption_version":2"#,
                #""usage_warn":77"#,
            ]
            try await Self.inParallel(changes.count) { try await bench.write("keys/k/config", "{\(changes[$0])}") }
            for state in try await [bench.read("k"), Bench(storage).read("k")] {
                #expect(state.members["deletion_allowed"] as? Bool == true)
                #expect(state.members["exportable"] as? Bool == true)
                #expect(state.members["allow_plaintext_backup"] as? Bool == true)
                #expect(state.int("auto_rotate_period") == 3600)
                #expect(state.int("min_encryption_version") == 2 && state.int("min_decryption_version") == 2)
                #expect((state.members["usage_limits"] as? [String: Int])?["warn"] == 77)
            }
        }
    }

    @Test("Rotating, configuring, trimming and encrypting at once leaves every key version usable")
    func mixture() async throws {
        let (bench, storage) = try await Self.bench()
        try await bench.write("keys/k")
        for _ in 0..<4 { try await bench.write("keys/k/rotate") }
        try await bench.write("keys/k/config", #"{"min_encryption_version":3,"min_decryption_version":3}"#)
        try await Self.inParallel(12) { number in
            switch number % 4 {
            case 0: try await bench.write("keys/k/rotate")
            case 1: try await bench.write("keys/k/config", #"{"deletion_allowed":\#(number > 4)}"#)
            case 2: try await bench.write("keys/k/trim", #"{"min_available_version":\#(number > 4 ? 3 : 1)}"#)
            default: for _ in 0..<20 { try await bench.encrypt("k") }
            }
        }
        let state = try await bench.read("k")
        #expect(state.int("latest_version") == 8)
        let again = try await Bench(storage)
        #expect(try await again.read("k").int("latest_version") == 8)
        for version in 3...8 {
            let text = try await bench.encrypt("k", #","key_version":\#(version)"#)
            #expect(try await again.decrypt("k", text) == "aGVsbG8=", "version \(version)")
        }
    }

    @Test("Many first encryptions of a key that is not there make one key, which opens all of them")
    func upserts() async throws {
        for _ in 0..<10 {
            let (bench, storage) = try await Self.bench()
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await bench.encrypt("k") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let again = try await Bench(storage)
            for text in texts { #expect(try await again.decrypt("k", text) == "aGVsbG8=") }
            #expect(try await again.call(.list, "keys").members["keys"] as? [String] == ["k"])
        }
    }

    @Test("The cache size and the switch against upserts, set at once, are both kept")
    func mountSettings() async throws {
        for _ in 0..<20 {
            let (bench, storage) = try await Self.bench()
            try await Self.inParallel(2) { number in
                if number == 0 {
                    try await bench.write("cache-config", #"{"size":20}"#)
                } else {
                    try await bench.write("config/keys", #"{"disable_upsert":true}"#)
                }
            }
            for bench in try await [bench, Bench(storage)] {
                try #require(try await bench.call(.read, "cache-config").int("size") == 20)
                try #require(try await bench.call(.read, "config/keys").members["disable_upsert"] as? Bool == true)
            }
        }
    }

    @Test("Messages stay counted exactly while the key is rotated and configured by many at once")
    func usageUnderChanges() async throws {
        for _ in 0..<10 {
            let (bench, _) = try await Self.bench()
            try await bench.write("keys/k")
            for _ in 0..<5 { try await bench.encrypt("k") }
            try await Self.inParallel(8) { number in
                if number < 4 {
                    try await bench.write("keys/k/rotate")
                } else {
                    try await bench.write("keys/k/config", #"{"usage_warn":\#(number)}"#)
                }
            }
            try #require(try await bench.usage("k") == 5)
        }
    }

    @Test("Messages stay counted exactly when many requests need the key right after an orderly restart")
    func usageAfterRestart() async throws {
        for _ in 0..<10 {
            let (bench, storage) = try await Self.bench()
            for _ in 0..<5 { try await bench.encrypt("k") }
            await bench.engine.close()
            let again = try await Bench(storage)
            try await Self.inParallel(8) { _ in try await again.encrypt("k") }
            try #require(try await again.usage("k") == 13)
        }
    }

    @Test("Messages of a key that many encrypt with at once are counted exactly")
    func usageInParallel() async throws {
        let (bench, _) = try await Self.bench()
        try await bench.encrypt("k")
        try await Self.inParallel(8) { _ in
            for _ in 0..<1000 { try await bench.encrypt("k") }
        }
        #expect(try await bench.usage("k") == 8001)
    }
}
