package import Storage
internal import Synchronization

/// Storage in front of another that fails its N-th operation, once or from then on.
package final class FaultyStorage: StorageBackend {
    /// When an operation fails.
    package enum Moment: Sendable, CaseIterable {
        /// Before it had any effect.
        case before
        /// After it took effect, as when the connection breaks before the answer.
        case after
    }

    private struct State {
        var operations = 0
        var injected = 0
        var failing: ClosedRange<Int>?
        var moment = Moment.before
    }

    private let inner: any StorageBackend
    private let state = Mutex(State())

    /// Storage in front of `inner` that fails nothing until it is told to.
    package init(_ inner: any StorageBackend) { self.inner = inner }

    /// Operations since the last arming.
    package var operations: Int { state.withLock { $0.operations } }

    /// Failures since the last arming; one that was to come after its operation is none when that failed by itself.
    package var injected: Int { state.withLock { $0.injected } }

    /// Counts from now on; operation number `number` fails, and with `lasting` every one after it.
    package func arm(_ number: Int, lasting: Bool = false, _ moment: Moment = .before) {
        state.withLock { $0 = State(operations: 0, failing: number...(lasting ? .max : number), moment: moment) }
    }

    /// Fails nothing any more.
    package func disarm() { state.withLock { $0.failing = nil } }

    private func run<Value>(
        _ operation: () async throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        let failing = state.withLock { state -> Moment? in
            state.operations += 1
            return state.failing?.contains(state.operations) == true ? state.moment : nil
        }
        if failing == .before { throw injection() }
        let value = try await operation()
        if failing == .after { throw injection() }
        return value
    }

    private func injection() -> StorageError {
        state.withLock { $0.injected += 1 }
        return .unavailable
    }

    package func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? {
        try await run { () async throws(StorageError) in try await inner.read(key) }
    }

    package func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        try await run { () async throws(StorageError) in
            try await inner.list(under: prefix, after: cursor, limit: limit)
        }
    }

    package func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        try await run { () async throws(StorageError) in
            try await inner.entries(under: prefix, after: cursor, limit: limit)
        }
    }

    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        try await run { () async throws(StorageError) in try await inner.commit(batch) }
    }

    package func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        try await run { () async throws(StorageError) in try await inner.changes(after: revision) }
    }
}

/// Storage in front of another that lets other tasks run before and after every operation, as real backends do.
package struct YieldingStorage: StorageBackend {
    private let inner: any StorageBackend
    private let yields: Int

    /// Storage in front of `inner` that yields `yields` times around each operation.
    package init(_ inner: any StorageBackend, yields: Int = 3) {
        self.inner = inner
        self.yields = yields
    }

    private func pause() async {
        for _ in 0..<yields { await Task.yield() }
    }

    package func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? {
        await pause()
        let entry = try await inner.read(key)
        await pause()
        return entry
    }

    package func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        await pause()
        return try await inner.list(under: prefix, after: cursor, limit: limit)
    }

    package func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        await pause()
        return try await inner.entries(under: prefix, after: cursor, limit: limit)
    }

    package func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        await pause()
        return try await inner.changes(after: revision)
    }

    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        await pause()
        let revision = try await inner.commit(batch)
        await pause()
        return revision
    }
}
