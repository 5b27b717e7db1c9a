internal import Bytes
internal import Primitives
internal import Storage
internal import Synchronization

/// How commits go through. Everything here is done by the holder of the turn.
extension SealedStorage {
    // So many batches or changes go through at once.
    private static let groupLimit = 64
    private static let changeLimit = 4096
    // So many messages may be sealed past what the last manifest counted.
    static let reservationBlock = 65_536
    // So many tries against commits of unknown outcome that land late.
    private static let tries = 6

    /// Commits what waits, or its beginning; the tickets get their results.
    func commitWaiting() async {
        let tickets = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        do throws(StorageError) { try await settle() } catch {
            for ticket in tickets { ticket.result = .failure(error) }
            return
        }
        let (group, rest) = grouped(tickets)
        waiting.withLock { $0.insert(contentsOf: rest, at: 0) }
        if group.isEmpty { return }
        do throws(StorageError) {
            let revision = try await commit(
                changes: group.flatMap(\.changes), conditions: group.flatMap(\.conditions))
            for ticket in group { ticket.result = .success(revision) }
        } catch {
            guard case .conflict = error, group.count > 1 else {
                for ticket in group { ticket.result = .failure(error) }
                return
            }
            // One of them is to blame: each for itself.
            for ticket in group { await commitAlone(ticket) }
        }
    }

    private func commitAlone(_ ticket: CommitTicket) async {
        do throws(StorageError) {
            ticket.result = .success(try await commit(changes: ticket.changes, conditions: ticket.conditions))
        } catch {
            ticket.result = .failure(error)
        }
    }

    /// Cuts the tickets into those that can go through as one batch, in their order, and the rest. Those whose
    /// conditions fail by our own table get their result here: the storage below is not the judge of what there is.
    private func grouped(_ tickets: [CommitTicket]) -> ([CommitTicket], [CommitTicket]) {
        var group: [CommitTicket] = []
        var changed: Set<String> = []
        for (index, ticket) in tickets.enumerated() {
            let touched = ticket.changes.map(\.path) + ticket.conditions.map(\.path)
            if group.count == Self.groupLimit || changed.count > Self.changeLimit
                || touched.contains(where: changed.contains)
            {
                return (group, Array(tickets[index...]))
            }
            do throws(StorageError) {
                if let path = try failedCondition(of: ticket) {
                    ticket.result = .failure(.conflict(Self.visible(path)))
                } else {
                    group.append(ticket)
                    changed.formUnion(ticket.changes.map(\.path))
                }
            } catch {
                ticket.result = .failure(error)
            }
        }
        return (group, [])
    }

    private func failedCondition(of ticket: CommitTicket) throws(StorageError) -> String? {
        try withOpen { database in
            ticket.conditions.first { path, condition in
                switch condition {
                case .absent: database.rows[path] != nil
                case .revision: database.rows[path] == nil
                }
            }?.path
        }
    }

    static func visible(_ path: String) -> StorageKey {
        StorageKey(path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path)
    }

    /// Commits changes along with a new manifest, under other terms or another root key where they are given.
    @discardableResult
    func commit(
        changes: [(path: String, content: RowContent)],
        conditions: [(path: String, condition: WriteBatch.Precondition)] = [], terms: KeyTerms? = nil,
        root: RootKey? = nil, isOrderly: Bool = false
    ) async throws(StorageError) -> UInt64 {
        for _ in 0..<Self.tries {
            try await settle()
            var terms = terms
            if terms == nil, try isTermOver(messages: changes.count + 1) { terms = try nextTerms() }
            if terms == nil, try !isCovered(messages: changes.count + 1) {
                _ = try await attempt(plan([], [], reserving: changes.count + 1))
                continue
            }
            let plan = try plan(changes, conditions, terms: terms, root: root, isOrderly: isOrderly)
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
                throw .conflict(Self.visible(key.path))
            case .unavailable, .sealed, .corrupted:
                // It may have gone through all the same, and then it is a success.
                if let revision = try? await outcome(of: plan) { return try await finish(plan, revision) }
                throw .unavailable
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
            let age = seconds - database.terms.latest.installedUnixSeconds
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
        _ changes: [(path: String, content: RowContent)],
        _ conditions: [(path: String, condition: WriteBatch.Precondition)], terms: KeyTerms? = nil,
        root: RootKey? = nil, isOrderly: Bool = false, reserving extra: Int = 0
    ) throws(StorageError) -> CommitPlan {
        var draft = try withOpen { database in
            let isNewTerm = terms.map { $0.latest !== database.terms.latest } ?? false
            let messages = changes.count + 1
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
                oldMarks: changes.map { database.rows[$0.path] } + [database.rows[Self.keyringKey.path]])
        }
        do throws(CryptoError) { return try draft.plan(changes, conditions) } catch { throw .unavailable }
    }
}

/// A plan in the making: what it takes from the open database, so that the sealing is done outside the lock.
private struct PlanDraft: Sendable {
    var manifest: Manifest
    let terms: KeyTerms
    let root: RootKey
    let hasNewKeys: Bool
    let manifestRevision: UInt64
    // Of the changes in their order, and of the terms' row.
    let oldMarks: [RowMark?]

    mutating func plan(
        _ changes: [(path: String, content: RowContent)],
        _ conditions: [(path: String, condition: WriteBatch.Precondition)]
    ) throws(CryptoError) -> CommitPlan {
        var batch = WriteBatch()
        var marks: [String: RowMark?] = [:]
        for (index, change) in changes.enumerated() {
            let (row, mark) = try made(change.content, at: change.path)
            try replace(oldMarks[index], by: mark, at: change.path)
            marks[change.path] = .some(mark)
            if let row { batch.put(StorageKey(change.path), row) } else { batch.delete(StorageKey(change.path)) }
        }
        if hasNewKeys {
            let path = SealedStorage.keyringKey.path
            let row = try terms.sealed(under: root, path: path)
            let mark = lending(row) { SealedRow.mark(of: $0) }
            try replace(oldMarks[changes.count], by: mark, at: path)
            marks[path] = .some(mark)
            batch.put(SealedStorage.keyringKey, row)
        }
        for (path, condition) in conditions { batch.require(condition, at: StorageKey(path)) }
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
