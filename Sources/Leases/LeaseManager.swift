package import EngineKit
package import Storage
internal import Synchronization

/// All leases: recorded before the secret leaves, renewed, and ended on time whatever happens meanwhile.
///
/// The times and budgets are `LeaseBook`'s, the rows `LeaseStore`'s; this ties both to engines. A lease that somebody
/// works on is taken in the book, so that nobody else does. **Concurrency** a short lock around the book; a task for
/// each revocation, within the budgets.
package final class LeaseManager: Sendable {
    struct State {
        var book: LeaseBook
        var isReady = false
        // Names under which leases are being recorded just now.
        var arriving: Set<String> = []
        // Tokens that ended lately, with the time: nothing is to be recorded for them.
        var endedTokens: [TokenKey: Int] = [:]
        // Outcomes that wait for their commit.
        var outcomes: [(number: UInt32, change: LeaseChange)] = []
        var isFlushing = false
    }

    let state: Mutex<State>
    let budgets: LeaseBook.Budgets
    let engines: any LeaseEngines
    private let clock: @Sendable () -> Int
    // Seconds that the clock is behind the latest time that is stored: it was set back between two runs.
    private let lag = Atomic(0)
    /// The leases of tokens, which are shown and ended with those of secrets; nil when nobody keeps tokens.
    package let tokens: (any TokenLeases)?
    let quotas: any LeaseCountQuotas
    private let storage: any StorageBackend
    private let prefix: String
    private let opened: Mutex<LeaseStore?> = Mutex(nil)

    /// A manager over `storage`, where everything of its own is below `prefix`; `now` gives Unix seconds and should not
    /// jump (see `SteadyClock`).
    package init(
        storage: any StorageBackend, prefix: String = "core/leases/", engines: any LeaseEngines,
        tokens: (any TokenLeases)? = nil, quotas: any LeaseCountQuotas = NoLeaseCountQuotas(),
        budgets: LeaseBook.Budgets = LeaseBook.Budgets(), now: @escaping @Sendable () -> Int
    ) {
        self.storage = storage
        self.prefix = prefix
        self.engines = engines
        self.quotas = quotas
        self.budgets = budgets
        self.tokens = tokens
        clock = now
        state = Mutex(State(book: LeaseBook(budgets: budgets)))
    }

    /// **Units** Unix seconds.
    func now() -> Int { clock() &+ lag.load(ordering: .relaxed) }

    // MARK: - Life

    /// Reads what is stored. Called after each unsealing, before requests are let in.
    package func load() async throws(LeaseError) {
        let store = LeaseStore(storage, prefix: prefix) { [weak self] page, leases in
            self?.reconcile(page, leases)
        }
        state.withLock { [budgets] in $0 = State(book: LeaseBook(budgets: budgets)) }
        let now = now()
        let latest = Mutex(0)
        try await store.load { [self] page, leases in
            state.withLock { state in
                for lease in leases { Self.enter(lease, page, now: now, &state.book) }
            }
            let seen = leases.reduce(0) { max($0, $1.issuedUnixSeconds, $1.renewedUnixSeconds) }
            latest.withLock { $0 = max($0, seen) }
        }
        // Nothing becomes younger by a clock that was set back while nobody looked.
        lag.store(max(0, latest.withLock { $0 } &- clock()), ordering: .relaxed)
        opened.withLock { $0 = store }
        state.withLock { $0.isReady = true }
    }

    /// Forgets what memory has. Called before each sealing; what is stored stays.
    package func unload() {
        opened.withLock { $0 = nil }
        state.withLock { [budgets] in $0 = State(book: LeaseBook(budgets: budgets)) }
    }

    /// Ends leases when they are due, until the task is cancelled.
    package func run() async {
        var ticks = 0
        while !Task.isCancelled {
            tick()
            ticks &+= 1
            if ticks % 25 == 0, let store = try? store() { await store.clearSuspects() }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Starts what is due now.
    package func tick() {
        let now = now()
        let due = state.withLock { state in
            state.endedTokens = state.endedTokens.filter { now - $0.value < 600 }
            return state.book.lanes.indices.filter { state.book.nextDue(lane: $0).map { $0 <= now } ?? false }
        }
        for lane in due { pump(lane) }
    }

    func store() throws(LeaseError) -> LeaseStore {
        guard let store = opened.withLock({ $0 }) else { throw .notReady }
        return store
    }

    private static func enter(_ lease: LeaseRecord, _ page: UInt32, now: Int, _ book: inout LeaseBook) {
        guard let id = LeaseIdentifier(lease.id), book.index.find(id) == nil else { return }
        _ = book.registered(
            id, mount: lease.mount, token: TokenKey(lease.tokenID),
            due: lease.isEnding ? min(now, lease.expiresUnixSeconds) : lease.expiresUnixSeconds, page: page)
    }

    /// Brings memory in line with a page whose last commit had an unknown outcome. A lease that only storage knows was
    /// never told to anybody, so that it is due at once.
    private func reconcile(_ page: UInt32, _ leases: [LeaseRecord]) {
        let now = now()
        state.withLock { state in
            let stored = Set(leases.map(\.id))
            for lease in leases where !state.arriving.contains(lease.id) {
                var unclaimed = lease
                unclaimed.expiresUnixSeconds = min(now, lease.expiresUnixSeconds)
                Self.enter(unclaimed, page, now: now, &state.book)
            }
            for (number, slot) in state.book.index.slots.enumerated()
            where slot.path != LeaseSlot.none && slot.page == page && slot.heapPosition != LeaseSlot.none {
                if !stored.contains(state.book.index.id(UInt32(number))) { state.book.ended(UInt32(number)) }
            }
        }
    }
}
