import Barrier
import Storage
import TestAids
import Testing

@Suite("Sealed storage conformance")
struct SealedConformance {
    @Test("As every backend", arguments: DiskKind.allCases, StorageScenario.all)
    func conforms(_ kind: DiskKind, _ scenario: StorageScenario) async throws {
        let subject = try await SealedSubject(kind)
        try await scenario.run(subject)
        await subject.close()
    }

    @Test("A random history of commits ends as in a plain dictionary", arguments: DiskKind.allCases, Seeds.all)
    func history(_ kind: DiskKind, _ seed: UInt64) async throws {
        let subject = try await SealedSubject(kind)
        try await StorageScenario.history(seed, subject)
        await subject.close()
    }

    @Test(
        "The N-th operation fails for N = 1, 2, …: the failure is passed on, and storage goes on",
        arguments: [DiskKind.inMemory, .sqlite], FaultyStorage.Moment.allCases)
    func faults(_ kind: DiskKind, _ moment: FaultyStorage.Moment) async throws {
        for scenario in StorageScenario.all where !scenario.isBulky {
            try await FaultSweep(scenario, moment) { try await SealedSubject(kind) }.run()
        }
    }

    @Test(
        "The N-th operation below fails for N = 1, 2, …: it comes out as .unavailable or not at all, nothing is lost",
        arguments: [DiskKind.inMemory, .sqlite], FaultyStorage.Moment.allCases)
    func faultsBelow(_ kind: DiskKind, _ moment: FaultyStorage.Moment) async throws {
        for scenario in StorageScenario.all where !scenario.isBulky {
            let sweep = FaultSweep(
                scenario, moment,
                below: {
                    let subject = try await SealedSubject(kind)
                    return (subject, await subject.faulty)
                })
            try await sweep.run()
        }
    }
}
