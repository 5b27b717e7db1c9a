internal import Bytes
internal import Primitives
package import Storage
internal import Synchronization

/// Storage whose values are encrypted at rest: a backend in front of another.
///
/// Values are sealed with AES-256-GCM under a key term, bound to their paths; the names of keys stay in clear. A row
/// that was altered, moved, or brought back from the past is refused with `.corrupted`. While sealed, everything fails
/// with `.sealed`. **Layout** of the storage below: `data/<path>` values · `barrier/keyring` the terms, under the root
/// key · `barrier/seal` the seal's record, in clear · `barrier/manifest` see `Manifest`. **Cost** of a read: one
/// look-up in a table and one opening more than the backend's; of a commit: one row more; commits that wait for
/// another one share the next. Memory: about 100 bytes and the path for each row.
package final class SealedStorage: StorageBackend {
    private static let prefix = "data/"
    /// What the rows of the barrier itself begin with, those that make storage a database.
    package static let ownRows = "barrier/"
    /// The seal's record: where it is, a database is.
    package static let recordOfSeal = sealKey
    static let keyringKey = StorageKey("barrier/keyring")
    static let sealKey = StorageKey("barrier/seal")
    static let manifestKey = StorageKey("barrier/manifest")

    let backend: any StorageBackend
    let witness: (any EpochWitness)?
    let acceptsNewWitness: Bool
    // The most messages under one term whatever the policy; tests take fewer.
    let messageLimit: Int
    let now: @Sendable () -> Int
    // Held by whoever changes the database or opens and closes it.
    let turns = TurnQueue()
    // Nil while sealed.
    let state = Mutex<OpenDatabase?>(nil)
    let line = Mutex(CommitLine())
    let witnessFailed = Atomic(false)
    // Once, after a snapshot took the database's place: its witness is missing for a good reason.
    let forgivesWitness = Atomic(false)

    /// Sealed storage in front of `backend`. The witness remembers the epoch outside the database; `acceptsNewWitness`
    /// lets a database that had one start over with an empty one. `now` is in Unix seconds.
    package init(
        _ backend: any StorageBackend, witness: (any EpochWitness)? = nil, acceptsNewWitness: Bool = false,
        messageLimit: Int = RotationPolicy.limits.upperBound, now: @escaping @Sendable () -> Int
    ) {
        self.backend = backend
        self.witness = witness
        self.acceptsNewWitness = acceptsNewWitness
        self.messageLimit = messageLimit
        self.now = now
    }

    /// Whether the keys are not in memory.
    package var isSealed: Bool { state.withLock { $0 == nil } }

    /// Whether the witness could not be written lately: a rollback to before now may go unnoticed.
    package var isWitnessFailing: Bool { witnessFailed.load(ordering: .relaxed) }

    /// Throws also `.sealed`, and `.corrupted` for a row that is not the one committed last.
    package func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? {
        let row = Self.stored(key)
        var before = try expectation(at: row).0
        while true {
            let entry = try await backend.read(row)
            let (after, terms) = try expectation(at: row)
            let found = entry.flatMap { Self.known($0) }
            let isLegible = entry == nil || found != nil
            // A read that overlaps a commit may see the state before it or after it.
            if isLegible, found == before.current || after.allows(found) {
                guard let entry else { return nil }
                return StorageEntry(value: try opened(entry.value, terms, row), revision: entry.revision)
            }
            // Only commits to this very key can explain the difference.
            guard before != after else { throw await explain(key) }
            before = after
        }
    }

    /// Keys that the database should not hold are left out; keys taken away from it show at their reading, or at the
    /// next unsealing.
    package func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        if isSealed { throw .sealed }
        var cursor = cursor.map { Self.stored($0) }
        while true {
            let page = try await backend.list(under: Self.prefix + prefix, after: cursor, limit: limit)
            let known = try withOpen { database in
                page.filter { key in
                    let expected = database.expectation(at: key)
                    return expected.current != nil || !expected.possible.isEmpty
                }
            }
            // An empty page means the end to callers.
            if !known.isEmpty || page.isEmpty {
                return known.map { Self.visible($0) }
            }
            // A key that is no text would not be left behind.
            if let last = page.last, last == cursor { throw .corrupted(Self.visible(last)) }
            cursor = page.last
        }
    }

    /// Throws also `.sealed`, and `.corrupted` for a row that is not the one committed last. Rows that were taken away
    /// from the database are missing here, as in listings.
    package func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        let (prefix, cursor) = (Self.prefix + prefix, cursor.map { Self.stored($0) })
        if isSealed { throw .sealed }
        let page = try await backend.entries(under: prefix, after: cursor, limit: limit)
        if try strangeRow(in: page) == nil { return try opened(page) }
        // Commits have overtaken the look, or something is wrong: one more look, while no commit is under way.
        let second = try await turns.holding { () async throws(StorageError) in
            try await settle()
            let page = try await backend.entries(under: prefix, after: cursor, limit: limit)
            if let key = try strangeRow(in: page) { throw await explain(Self.visible(key)) }
            return page
        }
        return try opened(second)
    }

    /// Throws also `.sealed`. **Cost** batches that come while another one is being committed go through together.
    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        if isSealed { throw .sealed }
        let answer = await withUnsafeContinuation { continuation in
            let ticket = CommitTicket(batch, continuation)
            let isFirst = line.withLock { line in
                line.tickets.append(ticket)
                defer { line.isServed = true }
                return !line.isServed
            }
            if isFirst { Task { await serve() } }
        }
        return try answer.get()
    }

    /// The backend's feed, told in our keys. Commits of the barrier's own are told as commits of no keys; so a feed may
    /// tell more revisions than commits were answered. Throws also `.sealed`; a feed does not end with the sealing.
    package func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        if isSealed { throw .sealed }
        return try await backend.changes(after: revision).below(Self.prefix)
    }

    /// Where a value is in the storage below.
    static func stored(_ key: StorageKey) -> StorageKey { StorageKey(prefix + key.path) }

    /// The key that callers know a row by; that of our own rows is the same.
    static func visible(_ key: StorageKey) -> StorageKey { key.dropping(prefix) ?? key }

    /// What tells this row from others; nil for what is no row.
    static func known(_ entry: StorageEntry) -> KnownRow? {
        lending(entry.value) { SealedRow.mark(of: $0) }.map { KnownRow(mark: $0, revision: entry.revision) }
    }

    /// Runs `body` on the open database. **Throws** `.sealed`.
    func withOpen<R: Sendable>(_ body: (inout OpenDatabase) -> R) throws(StorageError) -> R {
        let result = state.withLock { state -> R? in
            // Taken out and put back, so that the table of rows is not copied.
            guard var database = state.take() else { return nil }
            let result = body(&database)
            state = consume database
            return result
        }
        guard let result else { throw .sealed }
        return result
    }

    private func expectation(at key: StorageKey) throws(StorageError) -> (Expectation, [KeyTerms]) {
        try withOpen { ($0.expectation(at: key), $0.possibleTerms) }
    }

    /// The first row of a page that is not what it should be.
    private func strangeRow(in page: [StoredEntry]) throws(StorageError) -> StorageKey? {
        let found = page.map { Self.known($0.entry) }
        return try withOpen { database in
            zip(page, found).first { row, found in
                found == nil || !database.expectation(at: row.key).allows(found)
            }?.0.key
        }
    }

    private func opened(_ page: [StoredEntry]) throws(StorageError) -> [StoredEntry] {
        let terms = try withOpen { $0.possibleTerms }
        var result: [StoredEntry] = []
        result.reserveCapacity(page.count)
        for row in page {
            let entry = StorageEntry(
                value: try opened(row.entry.value, terms, row.key), revision: row.entry.revision)
            result.append(StoredEntry(key: Self.visible(row.key), entry: entry))
        }
        return result
    }

    private func opened(_ row: [UInt8], _ terms: [KeyTerms], _ key: StorageKey) throws(StorageError) -> [UInt8] {
        let value = lending(row) { row -> [UInt8]? in
            guard let number = SealedRow.term(of: row) else { return nil }
            for terms in terms {
                guard let term = terms.term(number) else { continue }
                if let value = try? SealedRow.open(row, term.cipher, path: key.path) { return value.view.array }
            }
            return nil
        }
        guard let value else { throw .corrupted(Self.visible(key)) }
        return value
    }

    /// Why a row is not what it should be: another server has written meanwhile, or somebody meddled.
    private func explain(_ key: StorageKey) async -> StorageError {
        do throws(StorageError) {
            return try await isOvertaken() ? .unavailable : .corrupted(key)
        } catch {
            return error
        }
    }

    /// Whether the stored manifest is genuine and newer than ours.
    func isOvertaken() async throws(StorageError) -> Bool {
        guard let entry = try await backend.read(Self.manifestKey) else { return false }
        let (terms, epoch) = try withOpen { ($0.terms, $0.manifest.epoch) }
        guard let manifest = Self.openManifest(entry.value, terms) else { return false }
        return manifest.epoch > epoch
    }

    static func openManifest(_ row: [UInt8], _ terms: KeyTerms) -> Manifest? {
        lending(row) { row in
            guard let number = SealedRow.term(of: row), let term = terms.term(number),
                let record = try? SealedRow.open(row, term.cipher, path: manifestKey.path)
            else { return nil }
            return try? Manifest(record: record.view)
        }
    }
}
