package import Bytes
package import EngineKit
package import Storage
internal import Synchronization
package import Vocabulary

/// The tokens: made, looked up, used, renewed and revoked.
///
/// Tokens are never stored, only their salted digests. Every change is durable before it is answered; memory follows
/// storage, under stamps, so that a slow reader never brings back what was changed meanwhile.
/// **Layout** of the view: `keys`; `id/D` the entry of the token with digest D; `accessor/A` its id and accessor;
/// `parent/P/D` for each child D of P; `path/PATH/hD` for each token that ends; `ending/D` the entry of a token that
/// nobody can use any more, while what belongs to it is being ended.
/// **Concurrency** `lookUp` takes short locks and never waits; everything else is for tasks.
package final class TokenStore: Sendable {
    /// What memory can say of a token.
    package enum Finding: Sendable {
        /// It is good, for this request too.
        case known(KnownToken)
        /// It does not exist, is over, or does not work from there.
        case unknown
        /// Only storage can tell: `authenticate` in a task.
        case needsStorage
    }

    private static let lastUseSeconds = 300
    let storage: StorageView
    let shelves: TokenShelves
    let locks = TokenLocks()
    let mounts: any LoginMounts
    private let attached = Mutex<[any TokenEnding]>([])
    let identity: any IdentityDirectory
    /// **Units** Unix seconds.
    package let now: @Sendable () -> Int
    let retries = Mutex(RetryQueue())
    private let keys = Mutex<TokenKeys?>(nil)

    /// The store over its part of storage, not yet open; it keeps at most `capacity` tokens in full in memory.
    package init(
        storage: StorageView, mounts: any LoginMounts, identity: any IdentityDirectory = NoIdentity(),
        capacity: Int = 65_536, now: @escaping @Sendable () -> Int
    ) {
        self.now = now
        self.identity = identity
        self.storage = storage
        self.mounts = mounts
        shelves = TokenShelves(capacity: capacity)
    }

    /// Has `ending` told of each token that ends from now on; called before `open`.
    package func attach(_ ending: any TokenEnding) { attached.withLock { $0.append(ending) } }

    var endings: [any TokenEnding] { attached.withLock { $0 } }

    // MARK: - Open and close

    /// Reads what must be known before the first request: the keys, which tokens there are, what was being ended.
    /// **Cost** lists the ids; when tokens end is read behind the scenes by `tick`.
    package func open() async throws(TokenError) {
        shelves.clear()
        let keys = try await loadKeys()
        var cursor: String?
        while true {
            let paths = try await listed(under: Self.ids, after: cursor, limit: 10_000)
            if paths.isEmpty { break }
            for path in paths {
                if let short = Self.short(ofPath: path) { shelves.add(unread: short) }
            }
            cursor = paths.last
        }
        try await resumeEndings()
        retries.withLock { $0.isLoading = true }
        self.keys.withLock { $0 = keys }
    }

    /// Forgets everything, before each sealing.
    package func close() {
        keys.withLock { $0 = nil }
        retries.withLock { $0 = RetryQueue() }
        shelves.clear()
    }

    private func loadKeys() async throws(TokenError) -> TokenKeys {
        if let entry = try await read(TokenKeys.path) {
            guard let keys = TokenKeys(record: entry.value) else { throw .damaged }
            return keys
        }
        guard let record = TokenKeys.makeRecord(), let keys = TokenKeys(record: record) else { throw .noRandomness }
        var batch = WriteBatch()
        batch.put(StorageKey(TokenKeys.path), record)
        batch.require(.absent, at: StorageKey(TokenKeys.path))
        try await commit(batch)
        return keys
    }

    /// How many service tokens there are.
    package var count: Int { shelves.count }
    /// Bytes of memory that the index of all tokens takes.
    package var indexBytes: Int { shelves.tableBytes }

    // MARK: - The hot path

    /// What memory says of a token as it came. **Cost** one digest and one short lock; a batch token is opened at its
    /// first use.
    package func lookUp(_ token: ByteView, now: Int, from client: PeerAddress) -> Finding {
        guard !token.isEmpty, let keys = keys.withLock({ $0 }) else { return .unknown }
        let isBatch = token.hasPrefix(TokenSpelling.batchPrefix)
        guard token.count <= (isBatch ? TokenSpelling.longestBatch : TokenSpelling.longestService),
            let digest = keys.digest(of: token)
        else { return .unknown }
        switch shelves.find(digest) {
        case .known(let known): return judge(known, now, client)
        case .stored: return .needsStorage
        case .absent:
            guard isBatch, let entry = keys.openBatch(token) else { return .unknown }
            let known = KnownToken(digest, entry)
            shelves.keepBatch(known)
            return judge(known, now, client)
        }
    }

    private func judge(_ known: KnownToken, _ now: Int, _ client: PeerAddress) -> Finding {
        guard !known.entry.isOver(at: now), known.isBound(to: client) else { return .unknown }
        if let parent = known.batchParent {
            // A batch token dies with its parent.
            guard let due = shelves.due(of: parent) else { return .unknown }
            if due == DigestTable.unread { return .needsStorage }
            if due != DigestTable.never && Int(due) <= now { return .unknown }
        }
        return known.entry.numUses == 0 ? .known(known) : .needsStorage
    }

    /// The same with storage at hand: the token, or nil. A use of a limited token is counted, durably, before this
    /// answers; when `isLastUse`, call `revoke` at the end of the request.
    package func authenticate(
        _ token: SealSecret, now: Int, from client: PeerAddress
    ) async throws(TokenError) -> KnownToken? {
        switch token.exposing({ lookUp($0, now: now, from: client) }) {
        case .known(let known): return known
        case .unknown: return nil
        case .needsStorage: break
        }
        guard let digest = digest(of: token) else { return nil }
        if token.exposing({ $0.hasPrefix(TokenSpelling.batchPrefix) }) {
            guard let known = try await inspect(token, now: now), known.isBound(to: client) else { return nil }
            return known
        }
        guard let known = try await load(digest), !known.entry.isOver(at: now), known.isBound(to: client) else {
            return nil
        }
        return known.entry.numUses == 0 ? known : try await spend(digest, now)
    }

    // MARK: - One token

    /// The id of a token as it is spelled; nil for what cannot be one, and while the store is closed.
    package func digest(of token: SealSecret) -> TokenDigest? {
        guard token.count > 0, token.count <= TokenSpelling.longestBatch else { return nil }
        return token.exposing { keys.withLock { $0 }?.digest(of: $0) }
    }

    /// A token that is alive, of whatever kind, without counting a use. Where it works from is not looked at.
    package func inspect(_ token: SealSecret, now: Int) async throws(TokenError) -> KnownToken? {
        guard let digest = digest(of: token) else { return nil }
        if token.exposing({ $0.hasPrefix(TokenSpelling.batchPrefix) }) {
            let entry = token.exposing { openKeys()?.openBatch($0) }
            guard let entry, !entry.isOver(at: now) else { return nil }
            let known = KnownToken(digest, entry)
            guard let parent = known.batchParent else { return known }
            return try await live(parent, now: now) == nil ? nil : known
        }
        return try await live(digest, now: now)
    }

    /// A service token that is alive.
    package func live(_ digest: TokenDigest, now: Int) async throws(TokenError) -> KnownToken? {
        guard let known = try await load(digest), !known.entry.isOver(at: now) else { return nil }
        return known
    }

    /// The token of an accessor; nil when there is none.
    package func token(ofAccessor accessor: String, now: Int) async throws(TokenError) -> KnownToken? {
        guard let key = openKeys()?.digest(ofAccessor: accessor), let entry = try await read(Self.accessors + key.hex),
            let (id, _) = Self.readAccessor(entry.value), let digest = TokenDigest(hex: id)
        else { return nil }
        return try await live(digest, now: now)
    }

    func openKeys() -> TokenKeys? { keys.withLock { $0 } }

    /// The token out of memory, else out of storage, whether its life is over or not.
    func load(_ digest: TokenDigest) async throws(TokenError) -> KnownToken? {
        switch shelves.find(digest) {
        case .known(let known): return known.entry.kind == .service ? known : nil
        case .absent: return nil
        case .stored: break
        }
        let stamp = shelves.stamp(digest)
        guard let (entry, _) = try await readEntry(digest) else { return nil }
        let known = KnownToken(digest, entry)
        shelves.keep(known, stamp: stamp)
        return known
    }

    private func spend(_ digest: TokenDigest, _ now: Int) async throws(TokenError) -> KnownToken? {
        let known = try await change(digest) { (entry) throws(TokenError) in
            guard !entry.isOver(at: now), entry.numUses >= 0 else { return false }
            if entry.numUses > 0 { entry.numUses = entry.numUses == 1 ? -1 : entry.numUses - 1 }
            return true
        }
        // Should its request never come to an end, the clean-up takes it.
        if let known, known.isLastUse { shelves.set(digest, due: DigestTable.due(now + Self.lastUseSeconds)) }
        return known
    }

    /// Changes an entry, one change at a time; nil, and no change, when there is none or `body` says false.
    func change(
        _ digest: TokenDigest, _ body: (inout TokenEntry) async throws(TokenError) -> Bool
    ) async throws(TokenError) -> KnownToken? {
        try await locks.holding(digest) { () async throws(TokenError) in
            for _ in 0..<16 {
                guard case (var entry, let revision)? = try await readEntry(digest), try await body(&entry) else {
                    return nil
                }
                var batch = WriteBatch()
                let key = StorageKey(Self.ids + digest.hex)
                batch.put(key, entry.record)
                batch.require(.revision(revision), at: key)
                guard try await commitForgetting(digest, batch) else { continue }
                let known = KnownToken(digest, entry)
                shelves.put(known)
                return known
            }
            throw .contended
        }
    }
}
