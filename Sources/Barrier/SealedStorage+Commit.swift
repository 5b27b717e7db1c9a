internal import Bytes
internal import Primitives
internal import Storage
internal import Synchronization

/// How commits go through. Everything here is done by the holder of the turn.
extension SealedStorage {
    // So many messages may be sealed past what the last manifest counted.
    static let reservationBlock = 65_536
    // So many tries against commits of unknown outcome that land late.
    private static let tries = 6

    /// Commits what waits until nothing does; between commits others may have the turn.
    func serve() async {
        while true {
            await turns.holding { () async in await commitWaiting() }
            let isDone = line.withLock { line in
                if line.tickets.isEmpty { line.isServed = false }
                return line.tickets.isEmpty
            }
            if isDone { return }
        }
    }

    /// Commits what waits, or a part of it.
    private func commitWaiting() async {
        let tickets = line.withLock { line in
            defer { line.tickets = [] }
            return line.tickets
        }
        do throws(StorageError) {
            try await settle()
            let group = CommitLine.group(try await refusing(tickets))
            line.withLock { $0.tickets.insert(contentsOf: group.rest, at: 0) }
            if !group.tickets.isEmpty { await commitTogether(group.tickets) }
        } catch {
            for ticket in tickets { ticket.answer(.failure(error)) }
        }
    }

    private func commitTogether(_ group: [CommitTicket]) async {
        var rows = RowChanges(epoch: group[0].epoch)
        for ticket in group {
            rows.changes += ticket.rows.changes
            rows.conditions += ticket.rows.conditions
        }
        do throws(StorageError) {
            let revision = try await commit(rows)
            for ticket in group { ticket.answer(.success(revision)) }
        } catch {
            guard case .conflict = error, group.count > 1 else {
                for ticket in group { ticket.answer(.failure(error)) }
                return
            }
            // One of them is to blame: each for itself.
            for ticket in group { await commitTogether([ticket]) }
        }
    }

    /// Answers those whose conditions fail by our own table, and returns the others: the storage below is not the judge
    /// of what there is. But whether a writer was fenced, which goes before conditions, only the storage knows; it is
    /// asked with a batch that cannot go through.
    private func refusing(_ tickets: [CommitTicket]) async throws(StorageError) -> [CommitTicket] {
        let failing = try withOpen { database in tickets.map { database.failing($0.rows.conditions) } }
        if failing.allSatisfy({ $0 == nil }) { return tickets }
        var fences: [UInt64: StorageError?] = [:]
        var others: [CommitTicket] = []
        for (ticket, key) in zip(tickets, failing) {
            guard let key else {
                others.append(ticket)
                continue
            }
            let fence: StorageError?
            if let asked = fences[ticket.epoch] { fence = asked } else { fence = await refusal(of: ticket.epoch) }
            fences[ticket.epoch] = .some(fence)
            ticket.answer(.failure(fence ?? .conflict(Self.visible(key))))
        }
        return others
    }

    /// Why storage refuses a writer of that epoch, whatever the conditions.
    private func refusal(of epoch: UInt64) async -> StorageError? {
        var batch = WriteBatch(epoch: epoch)
        batch.require(.absent, at: Self.manifestKey)
        do throws(StorageError) { try await backend.commit(batch) } catch {
            return error == .conflict(Self.manifestKey) ? nil : error
        }
        return .corrupted(Self.manifestKey)
    }

    /// Commits changes along with a new manifest, under other terms or another root key where they are given.
    @discardableResult
    func commit(
        _ rows: RowChanges, terms: KeyTerms? = nil, root: RootKey? = nil, isOrderly: Bool = false
    ) async throws(StorageError) -> UInt64 {
        let messages = rows.changes.count + 1
        for _ in 0..<Self.tries {
            try await settle()
            var terms = terms
            if terms == nil, try isTermOver(messages: messages) { terms = try nextTerms() }
            if terms == nil, try !isCovered(messages: messages) {
                _ = try await attempt(plan(RowChanges(epoch: rows.epoch), reserving: messages))
                continue
            }
            let plan = try plan(rows, terms: terms, root: root, isOrderly: isOrderly)
            if let revision = try await attempt(plan) { return revision }
        }
        throw .unavailable
    }

    /// The revision at which the plan went through; nil when it has to be made anew, on another manifest.
    private func attempt(_ plan: CommitPlan) async throws(StorageError) -> UInt64? {
        try withOpen { $0.add(plan) }
        do throws(StorageError) {
            let revision = try await backend.commit(plan.batch)
            return try await finish(plan, revision)
        } catch {
            switch error {
            case .conflict(Self.manifestKey):
                try forget(plan)
                try await meetConflict()
                return nil
            case .conflict(let key):
                try forget(plan)
                throw .conflict(Self.visible(key))
            case .fenced, .full, .readOnly:
                try forget(plan)
                throw error
            case .unavailable, .corrupt, .sealed, .corrupted:
                // It may have gone through all the same, and then it is a success.
                if let revision = try? await outcome(of: plan) { return try await finish(plan, revision) }
                throw error == .corrupt ? .corrupt : .unavailable
            }
        }
    }

    private func finish(_ plan: CommitPlan, _ revision: UInt64) async throws(StorageError) -> UInt64 {
        try withOpen { $0.apply(plan, revision: revision) }
        await testify(plan.manifest.epoch, plan.terms)
        return revision
    }

    private func forget(_ plan: CommitPlan) throws(StorageError) {
        try withOpen { database in database.plans.removeAll { $0.manifestMark == plan.manifestMark } }
    }

    /// The revision at which the plan went through; nil when it has not yet.
    private func outcome(of plan: CommitPlan) async throws(StorageError) -> UInt64? {
        guard let entry = try await backend.read(Self.manifestKey) else { return nil }
        let mark = lending(entry.value) { SealedRow.mark(of: $0) }
        return mark == plan.manifestMark ? entry.revision : nil
    }

    /// Finds out about plans of unknown outcome.
    func settle() async throws(StorageError) {
        if try withOpen({ $0.plans.isEmpty }) { return }
        guard let entry = try await backend.read(Self.manifestKey) else { throw .corrupted(Self.manifestKey) }
        let mark = lending(entry.value) { SealedRow.mark(of: $0) }
        try withOpen { database in
            if let plan = database.plans.first(where: { $0.manifestMark == mark }) {
                database.apply(plan, revision: entry.revision)
            }
        }
    }

    /// The stored manifest is not the one this commit built on: a plan of unknown outcome has landed, or another server
    /// has written, or somebody meddled.
    private func meetConflict() async throws(StorageError) {
        let before = try withOpen { $0.manifestRevision }
        try await settle()
        if try withOpen({ $0.manifestRevision }) != before { return }
        throw try await isOvertaken() ? .unavailable : .corrupted(Self.manifestKey)
    }

    private func isTermOver(messages: Int) throws(StorageError) -> Bool {
        let seconds = now()
        return try withOpen { database in
            let policy = database.terms.policy
            let used = database.counted
            if used + messages > messageLimit { return used > 0 }
            guard policy.isEnabled else { return false }
            // A clock may say anything.
            let age = seconds &- database.terms.latest.installedUnixSeconds
            return used >= policy.maxOperations || policy.intervalSeconds > 0 && age >= policy.intervalSeconds
        }
    }

    func nextTerms() throws(StorageError) -> KeyTerms {
        let terms = try withOpen { $0.terms }
        do throws(CryptoError) { return try terms.rotated(nowUnixSeconds: now()) } catch { throw .unavailable }
    }

    /// Whether storage already allows for so many messages more.
    private func isCovered(messages: Int) throws(StorageError) -> Bool {
        try withOpen { $0.counted + messages <= $0.manifest.reserved }
    }

    private func plan(
        _ rows: RowChanges, terms: KeyTerms? = nil, root: RootKey? = nil, isOrderly: Bool = false,
        reserving extra: Int = 0
    ) throws(StorageError) -> CommitPlan {
        var draft = try withOpen { database in
            let isNewTerm = terms.map { $0.latest !== database.terms.latest } ?? false
            let messages = rows.changes.count + 1
            let counted = (isNewTerm ? 0 : database.counted) + messages
            if !isNewTerm { database.counted = counted }
            var manifest = database.manifest
            manifest.epoch += 1
            manifest.counted = counted
            manifest.reserved = counted + extra + Self.reservationBlock
            manifest.isOrderly = isOrderly
            manifest.isWitnessed = witness != nil
            return PlanDraft(
                manifest: manifest, terms: terms ?? database.terms, root: root ?? database.root,
                hasNewKeys: terms != nil || root != nil, manifestRevision: database.manifestRevision,
                writerEpoch: rows.epoch ?? database.writerEpoch,
                oldMarks: (rows.changes.map(\.key) + [Self.keyringKey]).map { database.rows[$0]?.mark })
        }
        do throws(CryptoError) { return try draft.plan(rows) } catch { throw .unavailable }
    }
}

/// A plan in the making: what it takes from the open database, so that the sealing is done outside the lock.
private struct PlanDraft: Sendable {
    var manifest: Manifest
    let terms: KeyTerms
    let root: RootKey
    let hasNewKeys: Bool
    let manifestRevision: UInt64
    let writerEpoch: UInt64
    // Of the changes in their order, and of the terms' row.
    let oldMarks: [RowMark?]

    mutating func plan(_ rows: RowChanges) throws(CryptoError) -> CommitPlan {
        var batch = WriteBatch(epoch: writerEpoch)
        var marks: [StorageKey: RowMark?] = [:]
        for (index, change) in rows.changes.enumerated() {
            let (row, mark) = try made(change.content, at: change.key.path)
            try replace(oldMarks[index], by: mark, at: change.key.path)
            marks[change.key] = .some(mark)
            if let row { batch.put(change.key, row) } else { batch.delete(change.key) }
        }
        if hasNewKeys {
            let key = SealedStorage.keyringKey
            let row = try terms.sealed(under: root, path: key.path)
            let mark = lending(row) { SealedRow.mark(of: $0) }
            try replace(oldMarks[rows.changes.count], by: mark, at: key.path)
            marks[key] = .some(mark)
            batch.put(key, row)
        }
        for (key, condition) in rows.conditions { batch.require(condition, at: key) }
        let key = SealedStorage.manifestKey
        let row = try lending(manifest.record) { (record) throws(CryptoError) in
            try SealedRow.seal(record, terms.latest.cipher, term: terms.latest.number, path: key.path)
        }
        batch.put(key, row)
        batch.require(.revision(manifestRevision), at: key)
        guard let manifestMark = lending(row, { SealedRow.mark(of: $0) }) else { throw .authenticationFailed }
        return CommitPlan(
            batch: batch, marks: marks, manifest: manifest, manifestMark: manifestMark, terms: terms, root: root)
    }

    private func made(_ content: RowContent, at path: String) throws(CryptoError) -> ([UInt8]?, RowMark?) {
        switch content {
        case .value(let value):
            let row = try lending(value) { (value) throws(CryptoError) in
                try SealedRow.seal(value, terms.latest.cipher, term: terms.latest.number, path: path)
            }
            return (row, lending(row) { SealedRow.mark(of: $0) })
        case .sealed(let row): return (row, lending(row) { SealedRow.mark(of: $0) })
        case .clear(let row):
            return (row, try lending(row) { (row) throws(CryptoError) in try RowMark.clear(row) })
        case .removed: return (nil, nil)
        }
    }

    private mutating func replace(_ old: RowMark?, by new: RowMark?, at path: String) throws(CryptoError) {
        if let old {
            try manifest.digest.toggle(old, at: path, terms.digestKey)
            manifest.rows -= 1
        }
        if let new {
            try manifest.digest.toggle(new, at: path, terms.digestKey)
            manifest.rows += 1
        }
    }
}
