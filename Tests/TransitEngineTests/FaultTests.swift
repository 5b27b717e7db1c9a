import Foundation
import KeyRings
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

/// An operation during which storage fails.
enum Change: String, CaseIterable, CustomTestStringConvertible {
    case create, upsert, rotate, configure, trim, delete, softDelete, restore, encrypt, cacheConfig, keysConfig

    var testDescription: String { rawValue }

    func run(_ bench: Bench) async throws {
        switch self {
        case .create: try await bench.write("keys/fresh", #"{"derived":true,"exportable":true}"#)
        case .upsert: try await bench.encrypt("fresh")
        case .rotate: try await bench.write("keys/k/rotate")
        case .configure:
            try await bench.write("keys/k/config", #"{"min_decryption_version":2,"deletion_allowed":false}"#)
        case .trim: try await bench.write("keys/k/trim", #"{"min_available_version":1}"#)
        case .delete: try await bench.call(.delete, "keys/k")
        case .softDelete: try await bench.call(.delete, "keys/k/soft-delete")
        case .restore: try await bench.write("keys/gone/soft-delete-restore")
        // More than was ever reserved, so that storage has to hold a larger reservation first.
        case .encrypt:
            let items = [String](repeating: #"{"plaintext":"AA=="}"#, count: 9000).joined(separator: ",")
            try await bench.write("encrypt/k", #"{"batch_input":["# + items + "]}")
        case .cacheConfig: try await bench.write("cache-config", #"{"size":44}"#)
        case .keysConfig: try await bench.write("config/keys", #"{"disable_upsert":true}"#)
        }
    }
}

@Suite("Storage that fails in the middle")
struct FaultTests {
    /// A key with three versions, one that is soft-deleted, and ciphertexts of each version.
    private static func prepare(_ storage: any StorageBackend, _ clock: TestClock) async throws -> [String] {
        let bench = try await Bench(storage, clock: clock)
        try await bench.write("keys/gone")
        try await bench.call(.delete, "keys/gone/soft-delete")
        try await bench.write("keys/k")
        for _ in 0..<2 { try await bench.write("keys/k/rotate") }
        let change = #"{"min_encryption_version":2,"min_decryption_version":1,"deletion_allowed":true}"#
        try await bench.write("keys/k/config", change)
        var texts: [String] = []
        for version in [2, 3] { texts.append(try await bench.encrypt("k", #","key_version":\#(version)"#)) }
        await bench.engine.close()
        return texts
    }

    /// Everything that can be seen of the mount, but for the counts.
    private static func state(_ bench: Bench) async throws -> String {
        var lines: [String] = []
        for key in ["k", "gone", "fresh"] {
            let text = (try? await bench.read(key).text) ?? "absent"
            lines.append(key + " " + text.replacing(#/"usage":\{[^}]*\}/#, with: ""))
        }
        lines.append((try? await bench.call(.list, "keys").text) ?? "no keys")
        lines.append(try await bench.call(.read, "cache-config").text)
        lines.append(try await bench.call(.read, "config/keys").text)
        return lines.joined(separator: "\n")
    }

    /// Old and new state as seen by an engine that met no fault.
    private static func states(_ change: Change, _ clock: TestClock) async throws -> (old: String, new: String) {
        let storage = InMemoryStorage()
        _ = try await prepare(storage, clock)
        let bench = try await Bench(storage, clock: clock)
        let old = try await state(bench)
        try await change.run(bench)
        return (old, try await state(bench))
    }

    @Test(
        "Whichever storage operation fails, the state is the old or the new one and the engine goes on",
        arguments: Change.allCases, FaultyStorage.Moment.allCases)
    func nthOperation(_ change: Change, _ moment: FaultyStorage.Moment) async throws {
        let clock = TestClock()
        let (old, new) = try await Self.states(change, clock)
        var number = 1
        while true {
            let storage = FaultyStorage(InMemoryStorage())
            let texts = try await Self.prepare(storage, clock)
            let bench = try await Bench(storage, clock: clock)
            storage.arm(number, moment)
            var failure: (any Error)?
            do { try await change.run(bench) } catch { failure = error }
            let wasReached = storage.operations >= number
            storage.disarm()
            let after = try await Self.state(bench)
            #expect(after == old || after == new, "operation \(number), the same engine")
            let again = try await Self.state(try await Bench(storage, clock: clock))
            #expect(again == old || again == new, "operation \(number), after a restart")
            if failure == nil { #expect(after == new && again == new, "operation \(number) told success") }
            if let failure {
                #expect((failure as? TransitError)?.faultClass == .unavailable, "operation \(number): \(failure)")
            }
            if change != .configure, change != .delete, change != .softDelete {
                for text in texts { #expect(try await bench.decrypt("k", text) == "aGVsbG8=") }
                #expect(try await bench.decrypt("k", bench.encrypt("k")) == "aGVsbG8=")
            }
            guard wasReached else {
                #expect(failure == nil)
                break
            }
            number += 1
        }
        #expect(number > 1, "storage was never asked")
    }

    @Test("A change that failed once goes through when it is tried again", arguments: Change.allCases)
    func retry(_ change: Change) async throws {
        let clock = TestClock()
        let (_, new) = try await Self.states(change, clock)
        var number = 1
        while true {
            let storage = FaultyStorage(InMemoryStorage())
            _ = try await Self.prepare(storage, clock)
            let bench = try await Bench(storage, clock: clock)
            storage.arm(number)
            let failed = await fault { try await change.run(bench) } != nil
            storage.disarm()
            if failed { try await change.run(bench) }
            #expect(try await Self.state(bench) == new, "operation \(number)")
            if !failed { break }
            number += 1
        }
    }

    @Test("A failed reservation seals nothing and costs no message count")
    func reservation() async throws {
        let storage = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(storage)
        try await bench.write("keys/k")
        for number in 1...2 {
            storage.arm(number)
            #expect(await fault { try await bench.encrypt("k") } == "storage is not available; try again")
            storage.disarm()
        }
        try await bench.encrypt("k")
        #expect(try await bench.usage("k") == 1)
    }

    @Test("While storage is away, keys in memory go on working within their reservation")
    func outage() async throws {
        let storage = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(storage)
        let text = try await bench.encrypt("k")
        storage.arm(1, lasting: true)
        for _ in 0..<100 { try await bench.encrypt("k") }
        #expect(try await bench.decrypt("k", text) == "aGVsbG8=")
        #expect(await fault { try await bench.encrypt("other") } == "storage is not available; try again")
        #expect(await fault { try await bench.write("keys/k/rotate") } == "storage is not available; try again")
        storage.disarm()
        try await bench.write("keys/k/rotate")
        #expect(try await bench.usage("k", 1) == 101)
    }

    @Test("A key whose deletion was carried out but not confirmed encrypts nothing that nobody can open")
    func unconfirmedDeletion() async throws {
        let storage = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(storage)
        try await bench.encrypt("k")
        try await bench.write("keys/k/config", #"{"deletion_allowed":true}"#)
        storage.arm(1, .after)
        #expect(await fault { try await bench.call(.delete, "keys/k") } != nil)
        storage.disarm()
        let text = try await bench.encrypt("k")
        #expect(try await Bench(storage).decrypt("k", text) == "aGVsbG8=")
    }

    @Test("A mount whose storage fails at the start does not open, and opens later")
    func opening() async throws {
        let inner = InMemoryStorage()
        let bench = try await Bench(inner)
        try await bench.write("keys/k", #"{"auto_rotate_period":"1h"}"#)
        try await bench.write("cache-config", #"{"size":10}"#)
        let storage = FaultyStorage(inner)
        var number = 1
        while true {
            storage.arm(number)
            do {
                let opened = try await Bench(storage)
                #expect(storage.operations < number)
                #expect(try await opened.read("k").int("auto_rotate_period") == 3600)
                break
            } catch {
                #expect(error as? TransitError == .storage)
            }
            number += 1
        }
        #expect(number > 3)
    }
}
