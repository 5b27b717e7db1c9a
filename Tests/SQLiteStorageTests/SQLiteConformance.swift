import SQLiteStorage
import Storage
import TestAids
import Testing

@Suite("SQLite storage conformance")
struct SQLiteConformance {
    @Test("As every backend", arguments: StorageScenario.all)
    func conforms(_ scenario: StorageScenario) async throws {
        let subject = try await SQLiteSubject()
        try await scenario.run(subject)
        await subject.close()
    }

    @Test("As every backend, with one reader and a checkpoint after every group", arguments: StorageScenario.all)
    func checkpointing(_ scenario: StorageScenario) async throws {
        let subject = try await SQLiteSubject {
            $0.readers = 1
            $0.checkpointPages = 1
        }
        try await scenario.run(subject)
        await subject.close()
    }

    @Test("As a whole: read, replaced", arguments: StorageScenario.wholes)
    func whole(_ scenario: StorageScenario) async throws {
        let subject = try await SQLiteSubject()
        try await scenario.run(subject)
        await subject.close()
    }

    @Test("A random history of commits ends as in a plain dictionary", arguments: Seeds.all)
    func history(_ seed: UInt64) async throws {
        let subject = try await SQLiteSubject()
        try await StorageScenario.history(seed, subject)
        await subject.close()
    }

    @Test(
        "The N-th operation fails for N = 1, 2, …: the failure is passed on, and storage goes on",
        arguments: StorageScenario.all, FaultyStorage.Moment.allCases)
    func faults(_ scenario: StorageScenario, _ moment: FaultyStorage.Moment) async throws {
        try await FaultSweep(scenario, moment) { try await SQLiteSubject { $0.checksPages = false } }.run()
    }
}
