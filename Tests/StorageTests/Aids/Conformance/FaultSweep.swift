internal import Storage

/// Runs a scenario with its N-th operation failing, for N = 1, 2, … until none does: the failure has to come out as
/// what it was, not as something else that went wrong, and what is left has to be usable and in one piece.
package struct FaultSweep: Sendable {
    private let scenario: StorageScenario
    private let moment: FaultyStorage.Moment
    private let make: @Sendable () async throws -> any StorageSubject

    /// A sweep over storage that `make` gives anew for every turn.
    package init(
        _ scenario: StorageScenario, _ moment: FaultyStorage.Moment,
        make: @escaping @Sendable () async throws -> any StorageSubject
    ) {
        self.scenario = scenario
        self.moment = moment
        self.make = make
    }

    /// Runs the sweep; scenarios with hundreds of operations in gaps that widen.
    package func run() async throws {
        var number = 1
        while true {
            let inner = try await make()
            let faulty = FaultyStorage(await inner.storage)
            faulty.arm(number, lasting: false, moment)
            do {
                try await scenario.run(FaultySubject(faulty))
                try check(faulty.injected == 0, "\(scenario): failure \(number) was swallowed")
                if faulty.operations < number { return }
            } catch StorageError.unavailable {
                faulty.disarm()
            }
            try await checkUsable(await inner.storage)
            number += max(1, number - 2)
        }
    }

    private func checkUsable(_ storage: any StorageBackend) async throws {
        var keys: [StorageKey] = []
        while true {
            let page = try await storage.entries(under: "", after: keys.last, limit: .max)
            if page.isEmpty { break }
            keys += page.map(\.key)
            for found in page.prefix(20) { try checkEqual(try await storage.read(found.key), found.entry) }
        }
        try checkEqual(try await storage.list(under: "", after: nil, limit: .max), keys)
        try await storage.commit(WriteBatch([("usable", [1])], epoch: .max))
        try checkEqual(try await storage.read(StorageKey("usable"))?.value, [1])
    }
}

/// Faulty storage that is not reopened: what fails is in front of it.
private struct FaultySubject: StorageSubject {
    let storage: any StorageBackend

    init(_ storage: FaultyStorage) { self.storage = storage }

    func reopen() async throws -> Bool { false }
}
