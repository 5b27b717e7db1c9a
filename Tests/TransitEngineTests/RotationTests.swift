import Foundation
import Storage
import TestAids
import Testing
import TransitEngine
import Vocabulary

@Suite("Rotation by age")
struct RotationTests {
    @Test("A key rotates once its latest version is older than its period, and not a second sooner")
    func age() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k", #"{"auto_rotate_period":"1h"}"#)
        try await bench.write("keys/other")
        for (seconds, version) in [(0, 1), (3600, 1), (1, 2), (0, 2), (3600, 2), (1, 3), (100_000, 4), (0, 4)] {
            bench.clock.advance(seconds)
            await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
            #expect(try await bench.read("k").int("latest_version") == version)
        }
        #expect(try await bench.read("other").int("latest_version") == 1)
        let keys = try await bench.read("k").members["keys"] as? [String: Int]
        #expect(keys?["2"] == 1_700_000_000 + 3601)
    }

    @Test("A rotation by hand starts the period anew, and switching it off ends it")
    func changes() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k", #"{"auto_rotate_period":3600}"#)
        bench.clock.advance(3000)
        try await bench.write("keys/k/rotate")
        bench.clock.advance(3000)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        #expect(try await bench.read("k").int("latest_version") == 2)
        try await bench.write("keys/k/config", #"{"auto_rotate_period":0}"#)
        bench.clock.advance(100_000)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        #expect(try await bench.read("k").int("latest_version") == 2)
        try await bench.write("keys/k/config", #"{"auto_rotate_period":"24h"}"#)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        #expect(try await bench.read("k").int("latest_version") == 3)
    }

    @Test("Periods are known again after a restart, whether or not the key was used")
    func restart() async throws {
        let storage = InMemoryStorage()
        let clock = TestClock()
        let bench = try await Bench(storage, clock: clock)
        try await bench.write("keys/k", #"{"auto_rotate_period":"1h"}"#)
        let again = try await Bench(storage, clock: clock)
        clock.advance(3601)
        await again.engine.maintain(nowUnixSeconds: clock.now)
        #expect(try await again.read("k").int("latest_version") == 2)
    }

    @Test("One key that cannot rotate does not keep the others from it, and rotates when it can")
    func oneFails() async throws {
        let bench = try await Bench()
        for key in ["a", "b", "c"] { try await bench.write("keys/\(key)", #"{"auto_rotate_period":"1h"}"#) }
        try await bench.call(.delete, "keys/b/soft-delete")
        bench.clock.advance(4000)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        for (key, version) in [("a", 2), ("b", 1), ("c", 2)] {
            #expect(try await bench.read(key).int("latest_version") == version, "\(key)")
        }
        try await bench.write("keys/b/soft-delete-restore")
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        #expect(try await bench.read("b").int("latest_version") == 2)
    }

    @Test("Storage that is away postpones a rotation, it does not cancel it")
    func storageAway() async throws {
        let storage = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(storage)
        try await bench.write("keys/k", #"{"auto_rotate_period":"1h"}"#)
        bench.clock.advance(4000)
        storage.arm(1, lasting: true)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        storage.disarm()
        #expect(try await bench.read("k").int("latest_version") == 1)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        #expect(try await bench.read("k").int("latest_version") == 2)
    }

    @Test("A key made anew by its first encryption does not inherit the period of its deleted namesake")
    func namesake() async throws {
        let bench = try await Bench()
        try await bench.write("keys/k", #"{"auto_rotate_period":"1h"}"#)
        try await bench.write("keys/k/config", #"{"deletion_allowed":true}"#)
        try await bench.call(.delete, "keys/k")
        try await bench.encrypt("k")
        bench.clock.advance(10_000)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        let state = try await bench.read("k")
        #expect(state.int("auto_rotate_period") == 0)
        #expect(state.int("latest_version") == 1)
    }

    @Test(
        "A period below an hour is refused, at creation and in the configuration",
        arguments: ["1", "\"59m\"", "\"3599s\""])
    func tooShort(_ period: String) async throws {
        let bench = try await Bench()
        let body = #"{"auto_rotate_period":\#(period)}"#
        let text = "auto rotate period must be 0 to disable or at least an hour"
        #expect(await fault { try await bench.write("keys/k", body) } == text)
        try await bench.write("keys/k")
        #expect(await fault { try await bench.write("keys/k/config", body) } == text)
        #expect(try await bench.read("k").int("auto_rotate_period") == 0)
    }
}
