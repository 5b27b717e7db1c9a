import Bytes
import EngineKit
import Storage
import Synchronization
import Vocabulary

@testable import Tokens

/// A clock that tests set.
final class HandClock: Sendable {
    private let time: Mutex<Int>

    init(_ start: Int = 1_000_000) { time = Mutex(start) }

    var now: Int { time.withLock { $0 } }
    func advance(_ seconds: Int) { time.withLock { $0 += seconds } }
}

/// One auth mount for every path, and a method that renews as it is told.
final class OneMount: LoginMounts {
    let point: MountPoint
    private let answer: @Sendable (Login) throws(LeaseFault) -> Login

    init(
        defaultSeconds: Int = 3600, maxSeconds: Int = 36_000, tokenType: String = "",
        answer: @escaping @Sendable (Login) throws(LeaseFault) -> Login = { $0 }
    ) {
        var description = MountDescription(
            path: "auth/m/", type: "m", accessor: "auth_m_1", uuid: "u", about: "")
        description.tokenType = tokenType
        point = MountPoint(description, systemDefaultSeconds: defaultSeconds, systemMaxSeconds: maxSeconds)
        self.answer = answer
    }

    func authMount(ofPath path: String) -> MountPoint? { path.hasPrefix("auth/") ? point : nil }
    func renewLogin(_ login: Login, path: String) async throws(LeaseFault) -> Login { try answer(login) }
}

/// Notes which tokens ended; fails as often as it is told.
final class Endings: TokenEnding {
    private let state = Mutex<(ids: [String], failures: Int)>(([], 0))

    var ids: [String] { state.withLock { $0.ids } }
    func fail(_ times: Int) { state.withLock { $0.failures = times } }

    func tokenEnded(_ tokenID: String) async throws(LeaseFault) {
        let fails = state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                return true
            }
            state.ids.append(tokenID)
            return false
        }
        if fails { throw .unavailable("away") }
    }
}

/// A store with all that it needs.
struct Bench {
    let backend: any StorageBackend
    let clock: HandClock
    let store: TokenStore
    let endings = Endings()

    init(
        _ backend: any StorageBackend = InMemoryStorage(), clock: HandClock = HandClock(),
        mounts: OneMount = OneMount(), capacity: Int = 1024
    ) async throws {
        self.backend = backend
        self.clock = clock
        store = TokenStore(
            storage: StorageView(backend, prefix: "core/token/"), mounts: mounts, capacity: capacity,
            now: { clock.now })
        store.attach(endings)
        try await store.open()
    }

    /// The same storage as another run of the server finds it.
    func restarted() async throws -> Bench { try await Bench(backend, clock: clock) }

    func make(
        ttl: Int = 3600, parent: MadeToken? = nil, _ change: (inout TokenEntry) -> Void = { _ in }
    ) async throws -> MadeToken {
        var draft = TokenEntry()
        draft.policies = ["default"]
        draft.path = "auth/token/create"
        draft.ttlSeconds = ttl
        draft.isRenewable = true
        change(&draft)
        return try await store.make(draft, parent: parent?.known.id, now: clock.now)
    }

    /// Whether a request with the token would be let in.
    func admits(_ token: SealSecret, from client: PeerAddress = .unknown) async throws -> Bool {
        try await store.authenticate(token, now: clock.now, from: client) != nil
    }

    func finding(_ token: SealSecret) -> String {
        switch token.exposing({ store.lookUp($0, now: clock.now, from: .unknown) }) {
        case .known: "known"
        case .unknown: "unknown"
        case .needsStorage: "storage"
        }
    }

    /// All values and keys of the storage.
    func stored() async throws -> [StoredEntry] {
        try await backend.entries(under: "", after: nil, limit: 100_000)
    }
}

extension SealSecret {
    var text: String { exposing { $0.string } }
}
