internal import EngineKit
internal import Synchronization

/// How leases end.
extension LeaseManager {
    // MARK: - When they are due

    /// Starts as many revocations of a mount as are due and within the budgets.
    func pump(_ lane: Int) {
        let now = now()
        let taken = state.withLock { state -> [UInt32] in
            guard state.isReady, lane < state.book.lanes.count, state.outcomes.count < 4096 else { return [] }
            return state.book.takeDue(lane: lane, now: now, limit: 256)
        }
        for number in taken {
            Task {
                await self.end(number)
                self.pump(lane)
            }
        }
    }

    /// Has the engine end a taken lease, and records the outcome.
    private func end(_ number: UInt32) async {
        let (id, page) = state.withLock { state in
            (state.book.index.id(number), state.book.index.slots[Int(number)].page)
        }
        let record: LeaseRecord?
        do throws(LeaseError) { record = try await store().leases(on: page).first { $0.id == id } } catch {
            postpone(number)
            return
        }
        guard let record else {
            finish(number, .remove(id: id, page: page))
            return
        }
        do throws(LeaseFault) { try await engines.revoke(record.secret, at: record.mount) } catch {
            note(error, number)
            return
        }
        finish(number, .remove(id: id, page: page))
    }

    /// Storage did not answer: that is not the mount's fault.
    private func postpone(_ number: UInt32) {
        let now = now()
        state.withLock { state in
            guard state.isReady else { return }
            state.book.released(number)
            state.book.returned(number, due: now &+ 1)
        }
    }

    private func note(_ fault: LeaseFault, _ number: UInt32) {
        let now = now()
        state.withLock { state in
            guard state.isReady else { return }
            let (reason, isRefused) =
                switch fault {
                case .unavailable(let text): (text, false)
                case .refused(let text): (text, true)
                }
            state.book.released(number)
            state.book.failed(
                number, reason: String(reason.prefix(500)), isRefused: isRefused, now: now,
                spread: Int.random(in: 0..<100))
        }
    }

    /// The engine has ended it: the record goes with the next commit.
    private func finish(_ number: UInt32, _ change: LeaseChange) {
        let now = now()
        let starts = state.withLock { state in
            guard state.isReady else { return false }
            state.book.answered(number, now: now)
            state.book.released(number)
            state.outcomes.append((number, change))
            defer { state.isFlushing = true }
            return !state.isFlushing
        }
        if starts { Task { await self.flush() } }
    }

    /// Commits outcomes until there are none.
    private func flush() async {
        while true {
            let outcomes = state.withLock { state in
                let part = Array(state.outcomes.prefix(512))
                state.outcomes.removeFirst(part.count)
                if part.isEmpty { state.isFlushing = false }
                return part
            }
            if outcomes.isEmpty { return }
            var isRecorded = true
            do throws(LeaseError) { _ = try await store().commit(outcomes.map(\.change)) } catch {
                isRecorded = false
            }
            let now = now()
            state.withLock { state in
                guard state.isReady else { return }
                for (number, _) in outcomes {
                    // What is not recorded is ended once more: engines take that for done.
                    if isRecorded { state.book.ended(number) } else { state.book.returned(number, due: now &+ 1) }
                }
            }
            for lane in state.withLock({ Array($0.book.lanes.indices) }) { pump(lane) }
            if !isRecorded { try? await Task.sleep(for: .milliseconds(200)) }
        }
    }

    // MARK: - When somebody wants it

    /// Ends a lease now. Its end is recorded first, so that nothing stops it; with `waits`, throws when the engine
    /// could not do it at once. An unknown lease is fine.
    package func revoke(_ leaseID: String, waits: Bool) async throws(LeaseError) {
        guard let id = LeaseIdentifier(leaseID) else { return }
        let (isReady, number) = state.withLock { ($0.isReady, $0.book.index.find(id)) }
        guard isReady else { throw .notReady }
        if let number { try await end([(number, leaseID)], waits: waits) }
    }

    /// Ends all leases below a prefix.
    package func revoke(below prefix: String, waits: Bool) async throws(LeaseError) {
        try await end(try chosen { $0.book.leases(below: prefix) }, waits: waits)
    }

    /// Ends all leases that were made with a token. Called when the token has ended; from then on, nothing is recorded
    /// for it.
    package func revokeAll(token tokenID: String) async throws(LeaseError) {
        let (key, now) = (TokenKey(tokenID), now())
        let leases = try chosen { state in
            // The tokens that end in ten minutes are few against the leases.
            if state.endedTokens.count < 1_000_000 { state.endedTokens[key] = now }
            return state.book.index.leases(of: key)
        }
        try await end(leases, waits: false)
    }

    /// Ends all leases of a mount that is about to go. Throws when some could not be ended: the mount has to stay until
    /// they are, or are given up by force.
    package func revokeAll(mount: String) async throws(LeaseError) {
        try await end(try chosen { $0.book.leases(below: mount) }, waits: true)
    }

    /// Gives leases up: their engines are asked once, and whatever they say, the records go.
    package func revokeByForce(below prefix: String) async throws(LeaseError) {
        let leases = try chosen { $0.book.leases(below: prefix) }
        do throws(LeaseError) { try await end(leases, waits: true) } catch {
            guard case .stillQueued = error else { throw error }
        }
        let store = try store()
        for part in leases.chunks(of: 256) {
            let held = state.withLock { state in
                part.compactMap { number, id -> (UInt32, LeaseChange)? in
                    guard state.book.holds(number, id), state.book.take(number) else { return nil }
                    state.book.released(number)
                    return (number, .remove(id: id, page: state.book.index.slots[Int(number)].page))
                }
            }
            do throws(LeaseError) { _ = try await store.commit(held.map(\.1)) } catch {
                giveBack(held.map(\.0))
                throw error
            }
            state.withLock { state in
                for (number, _) in held { state.book.ended(number) }
            }
        }
    }

    private func chosen(
        _ choose: (inout State) -> [UInt32]
    ) throws(LeaseError) -> [(UInt32, String)] {
        let (isReady, leases) = state.withLock { state -> (Bool, [(UInt32, String)]) in
            let numbers = choose(&state)
            return (state.isReady, numbers.map { ($0, state.book.index.id($0)) })
        }
        guard isReady else { throw .notReady }
        return leases
    }

    private func giveBack(_ numbers: [UInt32]) {
        let now = now()
        state.withLock { state in
            for number in numbers { state.book.returned(number, due: now &+ 1) }
        }
    }

    /// Records that these leases are to end, lets them, and waits for it a while.
    private func end(_ leases: [(UInt32, String)], waits: Bool) async throws(LeaseError) {
        for part in leases.chunks(of: 256) { try await markEnding(part) }
        tick()
        try await settle(leases, seconds: waits ? 120 : 10, waits: waits)
    }

    private func markEnding(_ leases: [(UInt32, String)]) async throws(LeaseError) {
        let store = try store()
        let held = state.withLock { state in
            leases.compactMap { number, id -> (number: UInt32, id: String, page: UInt32, due: Int)? in
                guard state.book.holds(number, id), state.book.take(number) else { return nil }
                state.book.released(number)
                let slot = state.book.index.slots[Int(number)]
                return (number, id, slot.page, slot.due)
            }
        }
        var changes: [LeaseChange] = []
        do throws(LeaseError) {
            for lease in held {
                let stored = try await store.leases(on: lease.page).first { $0.id == lease.id }
                guard var record = stored, !record.isEnding else { continue }
                record.isEnding = true
                changes.append(.replace(record, page: lease.page))
            }
            _ = try await store.commit(changes)
        } catch {
            state.withLock { state in
                for lease in held { state.book.returned(lease.number, due: lease.due) }
            }
            throw error
        }
        let now = now()
        state.withLock { state in
            for lease in held {
                // What failed before is asked again.
                state.book.forgive(lease.number)
                state.book.returned(lease.number, due: min(lease.due, now))
            }
        }
    }

    /// Waits until the leases are gone, or have failed; leases that somebody else held are marked when they are free.
    private func settle(_ leases: [(UInt32, String)], seconds: Int, waits: Bool) async throws(LeaseError) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var rest = leases
        var pause = 2
        var (failures, reason) = (0, "")
        while true {
            let now = now()
            let (open, failed, late) = state.withLock { state in state.book.progress(rest, now: now) }
            rest = open
            if let failed { (failures, reason) = (failures + failed.count, failed.reason) }
            if rest.isEmpty || ContinuousClock.now > deadline {
                if !waits || failures + rest.count == 0 { return }
                throw .stillQueued(
                    failures + rest.count, reason: failures > 0 ? reason : "the engine has not answered yet")
            }
            if !late.isEmpty { try await markEnding(late) }
            tick()
            try? await Task.sleep(for: .milliseconds(pause))
            if Task.isCancelled { return }
            pause = min(pause * 2, 50)
        }
    }
}

extension LeaseRecord {
    /// As the engine is told of it.
    var secret: LeasedSecret {
        LeasedSecret(
            leaseID: id, path: pathInMount,
            terms: LeaseTerms(ttlSeconds: ttlSeconds, maxSeconds: maxSeconds, isRenewable: isRenewable),
            record: engineRecord, issuedUnixSeconds: issuedUnixSeconds)
    }
}

extension LeaseBook {
    /// Whether this number still stands for that lease.
    func holds(_ number: UInt32, _ id: String) -> Bool {
        Int(number) < index.slots.count && index.slots[Int(number)].path != LeaseSlot.none && index.id(number) == id
    }

    /// Which of the leases are neither gone nor failed, how many have failed, and which were not due when they should
    /// be.
    func progress(
        _ leases: [(UInt32, String)], now: Int
    ) -> (open: [(UInt32, String)], failed: (count: Int, reason: String)?, late: [(UInt32, String)]) {
        var (open, late): ([(UInt32, String)], [(UInt32, String)]) = ([], [])
        var failed: (count: Int, reason: String)?
        for (number, id) in leases where holds(number, id) {
            let lane = lanes[index.lane(number)]
            if let trouble = troubles[number] {
                failed = ((failed?.count ?? 0) + 1, trouble.reason)
            } else if lane.awayUntil > now {
                failed = ((failed?.count ?? 0) + 1, lane.reason)
            } else {
                open.append((number, id))
                if !index.isTaken(number), index.slots[Int(number)].due > now { late.append((number, id)) }
            }
        }
        return (open, failed, late)
    }
}

extension Array {
    func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
