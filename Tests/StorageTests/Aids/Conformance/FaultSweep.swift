internal import Storage

/// Runs a scenario with its N-th operation failing, for N = 1, 2, … until none does: the failure has to come out as
/// what it was, not as something else that went wrong, and what is left has to be usable and in one piece.
package struct FaultSweep: Sendable {
    /// Storage for one turn, with faulty storage in front of it or below it.
    private struct Turn: Sendable {
        let faulty: FaultyStorage
        let subject: any StorageSubject
        /// Where it shows whether storage is usable.
        let remains: any StorageSubject
    }

    private let scenario: StorageScenario
    private let moment: FaultyStorage.Moment
    private let mayAbsorb: Bool
    private let make: @Sendable () async throws -> Turn

    /// A sweep with failures in front of storage that `make` gives anew for every turn.
    package init(
        _ scenario: StorageScenario, _ moment: FaultyStorage.Moment,
        make: @escaping @Sendable () async throws -> any StorageSubject
    ) {
        self.scenario = scenario
        self.moment = moment
        mayAbsorb = false
        self.make = {
            let inner = try await make()
            let faulty = FaultyStorage(await inner.storage)
            return Turn(faulty: faulty, subject: FaultySubject(faulty), remains: inner)
        }
    }

    /// A sweep with failures below storage, which it may make up for. `make` gives both, and fails nothing itself.
    package init(
        _ scenario: StorageScenario, _ moment: FaultyStorage.Moment,
        below make: @escaping @Sendable () async throws -> (any StorageSubject, FaultyStorage)
    ) {
        self.scenario = scenario
        self.moment = moment
        mayAbsorb = true
        self.make = {
            let (subject, faulty) = try await make()
            return Turn(faulty: faulty, subject: subject, remains: subject)
        }
    }

    /// Runs the sweep; scenarios with hundreds of operations in gaps that widen.
    package func run() async throws {
        var number = 1
        while true {
            let turn = try await make()
            turn.faulty.arm(number, lasting: false, moment)
            do {
                try await scenario.run(turn.subject)
                try check(mayAbsorb || turn.faulty.injected == 0, "\(scenario): failure \(number) was swallowed")
                if turn.faulty.operations < number { return }
            } catch StorageError.unavailable {
                turn.faulty.disarm()
            } catch let fault as ConformanceFault {
                throw ConformanceFault(description: "\(scenario), failure \(number): \(fault)")
            }
            turn.faulty.disarm()
            try await checkUsable(await turn.remains.storage)
            if mayAbsorb, try await turn.remains.reopen() { try await checkUsable(await turn.remains.storage) }
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
    // Whatever is behind it.
    let sharesRevisions = true

    init(_ storage: FaultyStorage) { self.storage = storage }

    func reopen() async throws -> Bool { false }
}
