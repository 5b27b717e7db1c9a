import Barrier
import Bytes
import Primitives
import Storage
import TestAids
import Testing

@Suite("Key terms")
struct TermTests {
    private static func term(_ row: [UInt8]?) -> [UInt8]? { row.map { Array($0[1..<5]) } }

    @Test("A rotation begins a term: new values are sealed under it, old ones stay readable")
    func rotation() async throws {
        let fixture = try await Fixture.open()
        let first = try fixture.sealed.keyStatus()
        #expect(first.term == 1 && first.installedUnixSeconds == 1_700_000_000 && first.encryptions == 1)
        try await fixture.put("old", [1])
        #expect(try fixture.sealed.keyStatus().encryptions == 3)
        fixture.clock.advance(60)
        try await fixture.sealed.rotate()
        let status = try fixture.sealed.keyStatus()
        #expect(status.term == 2 && status.installedUnixSeconds == 1_700_000_060 && status.encryptions <= 2)
        try await fixture.put("new", [2])
        let contents = try await fixture.disk.contents()
        #expect(Self.term(contents["data/old"]) == [0, 0, 0, 1] && Self.term(contents["data/new"]) == [0, 0, 0, 2])
        let second = fixture.another()
        try await second.unseal(fixture.root)
        #expect(try await second.read(StorageKey("old"))?.value == [1])
        #expect(try await second.read(StorageKey("new"))?.value == [2])
        #expect(try second.keyStatus().term == 2)
    }

    @Test("The count goes on exactly after an orderly end, and never too low after a crash")
    func counting() async throws {
        let fixture = try await Fixture.open()
        for index in 0..<10 { try await fixture.put("k/\(index)", []) }
        let before = try fixture.sealed.keyStatus().encryptions
        let crashed = fixture.another()
        try await crashed.unseal(fixture.root)
        #expect(try crashed.keyStatus().encryptions >= before)
        #expect(try crashed.keyStatus().encryptions <= before + 65_537)
        await fixture.sealed.seal()
        let orderly = fixture.another()
        try await orderly.unseal(fixture.root)
        #expect(try orderly.keyStatus().encryptions == before + 1)
        var batch = WriteBatch()
        batch.put(StorageKey("x"), [1])
        try await orderly.commit(batch)
        #expect(try orderly.keyStatus().encryptions == before + 3)
        // A commit after a crash first has storage allow for it.
        try await crashed.refresh()
        try await crashed.commit(batch)
        try await crashed.commit(batch)
        #expect(try await crashed.read(StorageKey("x"))?.value == [1])
    }

    @Test("A batch larger than the reservation goes through after a larger one")
    func largeBatch() async throws {
        let fixture = try await Fixture.open()
        var batch = WriteBatch()
        for index in 0..<70_000 { batch.put(StorageKey("k/\(index)"), []) }
        try await fixture.sealed.commit(batch)
        #expect(try fixture.sealed.keyStatus().encryptions == 70_003)
        #expect(try await fixture.read("k/69999") == [])
    }

    @Test("A term ends by itself before its message limit")
    func limit() async throws {
        let fixture = try await Fixture.open(messageLimit: 50)
        for index in 0..<200 {
            try await fixture.put("k/\(index)", [UInt8(index)])
            #expect(try fixture.sealed.keyStatus().encryptions <= 50)
        }
        #expect(try fixture.sealed.keyStatus().term >= 8)
        let second = fixture.another()
        try await second.unseal(fixture.root)
        #expect(try await second.read(StorageKey("k/3"))?.value == [3])
    }

    @Test("A clock that jumps, to whatever time, ends no more than a term, and loses and stops nothing")
    func clockJumps() async throws {
        let fixture = try await Fixture.open()
        var policy = RotationPolicy()
        policy.intervalSeconds = 100_000
        try await fixture.sealed.setRotationPolicy(policy)
        let start = fixture.clock.now
        var written: UInt8 = 0
        for time in [start - 1, 0, -1, .min, .max, start, .min + 1, start + 200_000, start, .max, 1, start] {
            fixture.clock.set(time)
            let before = try fixture.sealed.keyStatus().term
            for _ in 0..<3 {
                written += 1
                try await fixture.put("row/\(written)", [written])
            }
            #expect(try fixture.sealed.keyStatus().term <= before + 1, "\(time)")
        }
        let term = try fixture.sealed.keyStatus().term
        for time in [Int.min, .max, start] {
            fixture.clock.set(time)
            let again = fixture.another()
            try await again.unseal(fixture.root)
            #expect(try again.keyStatus().term == term)
            for row in 1...written { #expect(try await again.read(StorageKey("row/\(row)"))?.value == [row]) }
            await again.seal()
        }
    }

    @Test("A term ends by its age when the policy says so, and only then")
    func interval() async throws {
        let fixture = try await Fixture.open()
        fixture.clock.advance(10_000_000)
        try await fixture.put("a", [1])
        #expect(try fixture.sealed.keyStatus().term == 1)
        var policy = RotationPolicy()
        #expect(try fixture.sealed.rotationPolicy() == policy)
        policy.intervalSeconds = 100_000
        try await fixture.sealed.setRotationPolicy(policy)
        try await fixture.put("a", [2])
        #expect(try fixture.sealed.keyStatus().term == 2)
        fixture.clock.advance(99_999)
        try await fixture.put("a", [3])
        #expect(try fixture.sealed.keyStatus().term == 2)
        policy.isEnabled = false
        try await fixture.sealed.setRotationPolicy(policy)
        fixture.clock.advance(2)
        try await fixture.put("a", [4])
        #expect(try fixture.sealed.keyStatus().term == 2)
        let second = fixture.another()
        try await second.unseal(fixture.root)
        #expect(try second.rotationPolicy() == policy)
    }

    @Test(
        "Policies outside the limits are refused",
        arguments: [
            (999_999, 0), (3_865_470_567, 0), (1_000_000, 86_399), (1_000_000, -1), (-1, 0), (Int.max, Int.max),
        ])
    func policies(_ operations: Int, _ seconds: Int) async throws {
        let fixture = try await Fixture.open()
        var policy = RotationPolicy()
        (policy.maxOperations, policy.intervalSeconds) = (operations, seconds)
        await #expect(throws: BarrierError.invalidRotationPolicy) { try await fixture.sealed.setRotationPolicy(policy) }
    }

    @Test("Under another root key the old one opens nothing, and the values are as before")
    func rootReplaced() async throws {
        let fixture = try await Fixture.open()
        try await fixture.put("a", [1])
        let next = try RootKey.generate()
        try await fixture.sealed.replaceRoot(by: next, sealRecord: [4, 5])
        #expect(fixture.sealed.isRoot(next) && !fixture.sealed.isRoot(fixture.root))
        let second = fixture.another()
        await #expect(throws: BarrierError.wrongRootKey) { try await second.unseal(fixture.root) }
        try await second.unseal(next)
        #expect(try await second.read(StorageKey("a"))?.value == [1])
        #expect(try await second.sealRecord() == [4, 5])
    }

    @Test("Another server's writes are met with .unavailable, and a refresh goes on from them")
    func twoServers() async throws {
        let fixture = try await Fixture.open()
        try await fixture.put("a", [1])
        let second = fixture.another()
        try await second.unseal(fixture.root)
        try await fixture.put("a", [2])
        await #expect(throws: StorageError.unavailable) { try await second.read(StorageKey("a")) }
        var batch = WriteBatch()
        batch.put(StorageKey("b"), [1])
        await #expect(throws: StorageError.unavailable) { try await second.commit(batch) }
        #expect(try await fixture.read("b") == nil)
        try await second.refresh()
        #expect(try await second.read(StorageKey("a"))?.value == [2])
        try await second.commit(batch)
        #expect(try await second.read(StorageKey("b"))?.value == [1])
    }

    @Test("Whichever operation fails, rotations and new root keys leave either the old state or the new")
    func failures() async throws {
        for moment in FaultyStorage.Moment.allCases {
            for isLasting in [false, true] {
                for number in 1... {
                    let fixture = try await Fixture.open()
                    try await fixture.put("a", [1])
                    let next = try RootKey.generate()
                    fixture.faulty.arm(number, lasting: isLasting, moment)
                    let rotated = await failure(BarrierError.self) { try await fixture.sealed.rotate() } == nil
                    let moved =
                        await failure(BarrierError.self) {
                            try await fixture.sealed.replaceRoot(by: next, sealRecord: [4, 5])
                        } == nil
                    let wrote = (try? await fixture.put("b", [2])) != nil
                    let isThrough = fixture.faulty.operations < number
                    fixture.faulty.disarm()
                    let second = fixture.another()
                    let isNew = await failure(BarrierError.self) { try await second.unseal(next) } == nil
                    if !isNew { try await second.unseal(fixture.root) }
                    #expect(isNew || !moved)
                    #expect(try await second.sealRecord() == (isNew ? [4, 5] : Fixture.sealRecord))
                    #expect(try second.keyStatus().term == 2 || !rotated)
                    #expect(try await second.read(StorageKey("a"))?.value == [1])
                    #expect(try await second.read(StorageKey("b"))?.value == [2] || !wrote)
                    // The first server goes on.
                    try await fixture.put("c", [3])
                    #expect(try await fixture.read("a") == [1])
                    if isThrough { break }
                }
            }
        }
    }

    @Test("Whichever operation of an initialisation fails, there is a whole database or none")
    func failingInitialization() async throws {
        for moment in FaultyStorage.Moment.allCases {
            for isLasting in [false, true] {
                for number in 1... {
                    let fixture = try Fixture()
                    fixture.faulty.arm(number, lasting: isLasting, moment)
                    let done =
                        await failure(BarrierError.self) {
                            try await fixture.sealed.initialize(
                                root: fixture.root, sealRecord: Fixture.sealRecord, values: [(StorageKey("a"), [1])])
                        } == nil
                    let isThrough = fixture.faulty.operations < number
                    fixture.faulty.disarm()
                    let isEmpty = try await fixture.disk.contents().isEmpty
                    #expect(!done || !isEmpty)
                    if !isEmpty {
                        try await fixture.sealed.unseal(fixture.root)
                        #expect(try await fixture.read("a") == [1])
                    }
                    if isThrough { break }
                }
            }
        }
    }
}
