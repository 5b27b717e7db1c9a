import EngineKit
import Storage
import Synchronization
import Vocabulary

@testable import Leases

/// A clock that tests set.
final class TestClock: Sendable {
    private let seconds: Mutex<Int>
    init(_ seconds: Int = 1_700_000_000) { self.seconds = Mutex(seconds) }
    var now: Int { seconds.withLock { $0 } }
    func advance(_ by: Int) { seconds.withLock { $0 += by } }
}

/// Engines that remember what they were asked, and fail when they are told to.
final class TestEngines: LeaseEngines {
    struct State {
        var ended: [String: Int] = [:]
        var calls = 0
        var renewals = 0
        var fault: LeaseFault?
        var faultOnce: [String: LeaseFault] = [:]
        var maxSeconds = 86_400
        var running = 0
        var mostRunning = 0
        var delayMilliseconds = 0
        var renewedTerms: LeaseTerms?
    }

    let state = Mutex(State())
    let clock: TestClock
    init(_ clock: TestClock) { self.clock = clock }

    func set(fault: LeaseFault?) { state.withLock { $0.fault = fault } }
    var ended: [String: Int] { state.withLock { $0.ended } }

    func renew(
        _ lease: LeasedSecret, at mount: String, incrementSeconds: Int
    ) async throws(LeaseFault) -> LeaseTerms {
        let (fault, terms) = state.withLock { state in
            state.renewals += 1
            return (state.fault, state.renewedTerms)
        }
        if let fault { throw fault }
        return terms ?? lease.terms
    }

    func revoke(_ lease: LeasedSecret, at mount: String) async throws(LeaseFault) {
        let (fault, delay) = state.withLock { state in
            state.calls += 1
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
            return (state.faultOnce.removeValue(forKey: lease.leaseID) ?? state.fault, state.delayMilliseconds)
        }
        if delay > 0 { try? await Task.sleep(for: .milliseconds(delay)) }
        state.withLock { state in
            state.running -= 1
            if fault == nil { state.ended[lease.leaseID] = clock.now }
        }
        if let fault { throw fault }
    }

    func maxLeaseSeconds(at mount: String) -> Int? { mount == "gone/" ? nil : state.withLock { $0.maxSeconds } }
    func storageKey(_ path: String, at mount: String) -> StorageKey? { StorageKey("mount/db/" + path) }
}

/// A manager with its surroundings.
struct Fixture {
    let clock: TestClock
    let engines: TestEngines
    let storage: any StorageBackend
    let leases: LeaseManager

    init(storage: any StorageBackend = InMemoryStorage(), clock: TestClock = TestClock()) async throws {
        self.clock = clock
        self.storage = storage
        engines = TestEngines(clock)
        leases = LeaseManager(storage: storage, engines: engines) { clock.now }
        try await leases.load()
    }

    /// The same storage and engines after a restart.
    init(restarting old: Fixture) async throws {
        (clock, engines, storage) = (old.clock, old.engines, old.storage)
        let clock = old.clock
        leases = LeaseManager(storage: storage, engines: engines) { clock.now }
        try await leases.load()
    }

    static func mount(_ path: String = "db/", maxSeconds: Int = 86_400) -> MountPoint {
        MountPoint(
            MountDescription(path: path, type: "database", accessor: "", uuid: "", about: ""),
            systemDefaultSeconds: 3600, systemMaxSeconds: maxSeconds)
    }

    @discardableResult
    func register(
        _ path: String = "db/creds/ro", mount: MountPoint = Fixture.mount(), token: String = "t1",
        ttl: Int = 300, max: Int = 3600, isRenewable: Bool = true
    ) async throws -> String {
        let grant = SecretGrant(
            terms: LeaseTerms(ttlSeconds: ttl, maxSeconds: max, isRenewable: isRenewable), record: [1, 2, 3])
        return try await leases.register(
            grant, path: path, mount: mount, caller: Caller(tokenID: token)
        ).leaseID
    }

    /// Lets everything happen that is due.
    func settle() async {
        for _ in 0..<2000 {
            leases.tick()
            let now = leases.now()
            let isIdle = leases.state.withLock { state in
                state.outcomes.isEmpty && !state.isFlushing
                    && state.book.lanes.indices.allSatisfy { lane in
                        state.book.lanes[lane].busy == 0
                            && (state.book.nextDue(lane: lane).map { $0 > now } ?? true)
                    }
            }
            if isIdle { return }
            try? await Task.sleep(for: .milliseconds(1))
        }
    }
}
