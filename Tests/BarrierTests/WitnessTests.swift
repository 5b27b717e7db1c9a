import Barrier
import Foundation
import Storage
import Synchronization
import TestAids
import Testing

/// A witness in memory.
final class TestWitness: EpochWitness {
    let slots = Mutex<[Int: [UInt8]]>([:])
    let isFailing = Atomic(false)

    func load() async throws(WitnessFault) -> [[UInt8]] {
        if isFailing.load(ordering: .relaxed) { throw .inaccessible(systemError: 5) }
        return slots.withLock { Array($0.values) }
    }

    func store(_ record: [UInt8], slot: Int) async throws(WitnessFault) {
        if isFailing.load(ordering: .relaxed) { throw .inaccessible(systemError: 5) }
        slots.withLock { $0[slot] = record }
    }

    func flush() async throws(WitnessFault) {}

    func forget() async throws(WitnessFault) { slots.withLock { $0 = [:] } }
}

@Suite("The epoch's witness")
struct WitnessTests {
    @Test("An old copy of the whole database is refused, and the error says how old it is")
    func rollback() async throws {
        let witness = TestWitness()
        let fixture = try await Fixture.open(witness: witness)
        try await fixture.put("a", [1])
        let old = try await fixture.disk.contents()
        for value in 0..<3 as Range<UInt8> { try await fixture.put("a", [value]) }
        await fixture.sealed.seal()
        let copy = fixture.another(over: try await InMemoryStorage.holding(old), witness: witness)
        await #expect(throws: BarrierError.rolledBack(databaseEpoch: 2, witnessedEpoch: 6)) {
            try await copy.unseal(fixture.root)
        }
        #expect(copy.isSealed)
        try await fixture.another(witness: witness).unseal(fixture.root)
        // Without the witness nobody can tell.
        try await fixture.another(over: try await InMemoryStorage.holding(old)).unseal(fixture.root)
    }

    @Test("A database that is ahead of its witness is fine: the witness lags after a crash")
    func lagging() async throws {
        let witness = TestWitness()
        let fixture = try await Fixture.open(witness: witness)
        try await fixture.put("a", [1])
        witness.isFailing.store(true, ordering: .relaxed)
        try await fixture.put("a", [2])
        #expect(fixture.sealed.isWitnessFailing)
        witness.isFailing.store(false, ordering: .relaxed)
        try await fixture.another(witness: witness).unseal(fixture.root)
        try await fixture.put("a", [3])
        #expect(!fixture.sealed.isWitnessFailing)
    }

    @Test("A missing, broken or foreign witness is refused, unless the operator lets a new one begin")
    func badWitness() async throws {
        let witness = TestWitness()
        let fixture = try await Fixture.open(witness: witness)
        try await fixture.put("a", [1])
        let kept = witness.slots.withLock { $0 }
        func refusal(accepting: Bool = false) async -> BarrierError? {
            await failure(BarrierError.self) {
                try await fixture.another(witness: witness, acceptsNewWitness: accepting).unseal(fixture.root)
            }
        }
        witness.slots.withLock { $0 = [:] }
        #expect(await refusal() == .witnessMissing)
        witness.slots.withLock { $0 = kept.mapValues { [$0[0] ^ 1] + $0.dropFirst() } }
        #expect(await refusal() == .witnessUnreadable)
        witness.slots.withLock { $0 = [0: Array(kept[0]?.prefix(39) ?? [])] }
        #expect(await refusal(accepting: true) == .witnessUnreadable)
        witness.isFailing.store(true, ordering: .relaxed)
        #expect(await refusal() == .witnessUnreadable)
        witness.isFailing.store(false, ordering: .relaxed)
        witness.slots.withLock { $0 = [:] }
        _ = try await Fixture.open(witness: witness)
        #expect(await refusal() == .witnessUnreadable)
        witness.slots.withLock { $0 = [:] }
        #expect(await refusal(accepting: true) == nil)
        // One sound slot is enough.
        witness.slots.withLock { slots in slots = [0: [1, 2, 3]].merging(kept.filter { $0.key == 1 }) { $1 } }
        #expect(await refusal() == (kept[1] == nil ? .witnessUnreadable : nil))
    }

    @Test("The file keeps two slots, survives a restart, and says what it cannot do")
    func file() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/witness-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = FileEpochWitness(path: path)
        #expect(try await file.load() == [])
        try await file.flush()
        try await file.store([UInt8](repeating: 1, count: 40), slot: 1)
        #expect(try await file.load() == [[UInt8](repeating: 1, count: 40)])
        try await file.store([UInt8](repeating: 2, count: 40), slot: 0)
        try await file.flush()
        let again = FileEpochWitness(path: path)
        #expect(try await again.load() == [[UInt8](repeating: 2, count: 40), [UInt8](repeating: 1, count: 40)])
        let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
        let nowhere = FileEpochWitness(path: "/dev/null/nowhere")
        await #expect(throws: WitnessFault.self) { try await nowhere.load() }
        await #expect(throws: WitnessFault.self) { try await nowhere.store([1], slot: 0) }
        let real = FileEpochWitness(path: path + "-2")
        defer { try? FileManager.default.removeItem(atPath: path + "-2") }
        let fixture = try await Fixture.open(witness: real)
        for value in 0..<5 as Range<UInt8> { try await fixture.put("a", [value]) }
        #expect(!fixture.sealed.isWitnessFailing)
        try await fixture.another(witness: real).unseal(fixture.root)
    }
}
