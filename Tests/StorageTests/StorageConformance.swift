import Storage
import TestAids
import Testing

/// A backend of this target that the conformance kit runs for.
enum BackendKind: CaseIterable, CustomTestStringConvertible {
    case inMemory
    /// In memory, with other tasks let in around every operation.
    case inMemoryYielding
    /// In memory, behind a wrapper that stamps an epoch on batches.
    case inMemoryWithEpoch

    var testDescription: String { "\(self)" }

    /// New, empty storage.
    func make() -> any StorageBackend {
        switch self {
        case .inMemory: InMemoryStorage()
        case .inMemoryYielding: YieldingStorage(InMemoryStorage())
        case .inMemoryWithEpoch: EpochStorage(InMemoryStorage(), epoch: 0)
        }
    }
}

/// Storage that ends with the process.
struct PassingSubject: StorageSubject {
    let storage: any StorageBackend

    func reopen() async throws -> Bool { false }
}

@Suite("Storage conformance")
struct StorageConformance {
    @Test("In memory", arguments: BackendKind.allCases, StorageScenario.all)
    func conforms(_ kind: BackendKind, _ scenario: StorageScenario) async throws {
        try await scenario.run(PassingSubject(storage: kind.make()))
    }

    @Test("As a whole: read, replaced", arguments: StorageScenario.wholes)
    func whole(_ scenario: StorageScenario) async throws {
        try await scenario.run(PassingSubject(storage: InMemoryStorage()))
    }

    @Test("A random history of commits ends as in a plain dictionary", arguments: BackendKind.allCases, Seeds.all)
    func history(_ kind: BackendKind, _ seed: UInt64) async throws {
        try await StorageScenario.history(seed, PassingSubject(storage: kind.make()))
    }

    @Test(
        "The N-th operation fails for N = 1, 2, …: the failure is passed on, and storage goes on",
        arguments: StorageScenario.all, FaultyStorage.Moment.allCases)
    func faults(_ scenario: StorageScenario, _ moment: FaultyStorage.Moment) async throws {
        try await FaultSweep(scenario, moment) { PassingSubject(storage: InMemoryStorage()) }.run()
    }
}

/// The kit must be able to fail: storage with one thing wrong each.
@Suite("Storage conformance kit")
struct StorageConformanceKitTests {
    @Test("A backend with one fault is found out", arguments: CrookedStorage.Fault.allCases)
    func crooked(_ fault: CrookedStorage.Fault) async throws {
        var found = 0
        for scenario in StorageScenario.all {
            do {
                try await scenario.run(PassingSubject(storage: CrookedStorage(fault)))
            } catch is ConformanceFault {
                found += 1
            } catch is StorageError {
                found += 1
            }
        }
        #expect(found > 0)
    }
}
