/// When which lease is to be renewed, revoked and tried again: events in, actions out, with the time as a parameter.
///
/// Pure: it reads neither clock nor storage. Every mount has a lane of its own, with budgets for the mount and for each
/// path below it (a role), and a breaker: when a mount fails several times in a row, one lease is tried after a pause
/// that grows, and all others wait without being tried. **Units** all times are Unix seconds.
package struct LeaseBook: Sendable {
    /// How much goes on at once, and how soon failures are tried again.
    package struct Budgets: Sendable {
        /// Revocations under way for one mount.
        package var perMount = 32
        /// Revocations under way for one path, which is a role.
        package var perPath = 16
        /// Failures in a row after which a mount counts as away.
        package var failuresToAway = 3
        /// Longest pause before a mount is asked again. **Units** seconds.
        package var longestPauseSeconds = 30
        /// Longest pause before a lease is tried again that its engine refuses to end. **Units** seconds.
        package var longestRefusalSeconds = 3600

        /// The defaults.
        package init() {}
    }

    /// Why a lease waits though it is due.
    package struct Trouble: Sendable, Equatable {
        /// Times that it was tried.
        package var attempts: Int
        /// What the engine said last.
        package var reason: String
        /// When it failed first.
        package var since: Int
        /// When it is tried again at the earliest.
        package var nextTry: Int
        /// Whether the engine said that it never will.
        package var isRefused: Bool
    }

    /// How a mount does.
    package struct Lane: Sendable {
        /// The mount's path.
        package let mount: String
        /// Revocations under way.
        package var busy = 0
        /// Failures in a row.
        package var failures = 0
        /// Pauses in a row.
        package var pauses = 0
        /// Until when the mount counts as away; 0 when it does not.
        package var awayUntil = 0
        /// What the engine said last.
        package var reason = ""
        var troubled: Set<UInt32> = []
    }

    var index = LeaseIndex()
    private(set) var lanes: [Lane] = []
    private var laneNumbers: [String: UInt32] = [:]
    private(set) var troubles: [UInt32: Trouble] = [:]
    let budgets: Budgets

    /// A book without leases.
    package init(budgets: Budgets = Budgets()) {
        self.budgets = budgets
        index.pathBudget = budgets.perPath
    }

    /// Leases there are.
    package var count: Int { index.count }

    /// Every lane that has leases, with how many they are and how many of them have failed to end.
    func laneReports() -> [(lane: Lane, leases: Int, failing: Int)] {
        lanes.enumerated().compactMap { number, lane in
            let leases = index.lanes[number].count
            guard leases > 0 else { return nil }
            return (lane, leases, lane.troubled.count)
        }
    }

    // MARK: - Events

    /// A lease was recorded.
    mutating func registered(
        _ id: LeaseIdentifier, mount: String, token: TokenKey, due: Int, page: UInt32
    ) -> UInt32 {
        index.insert(id, lane: laneNumber(mount), token: token, due: due, page: page)
    }

    /// Takes a lease for somebody who wants to change or end it; false when somebody else has it.
    mutating func take(_ number: UInt32) -> Bool {
        guard index.take(number) else { return false }
        lanes[index.lane(number)].busy += 1
        return true
    }

    /// The engine of a taken lease has answered, or was not asked: it no longer counts for the budgets, though it stays
    /// taken until its record says the same.
    mutating func released(_ number: UInt32) {
        lanes[index.lane(number)].busy -= 1
        index.release(number)
    }

    /// A taken and released lease stays, and is due at `due`: it was renewed, or nothing happened.
    mutating func returned(_ number: UInt32, due: Int) { index.put(number, due: due) }

    /// A taken and released lease has been ended by its engine, and is recorded no more.
    mutating func ended(_ number: UInt32) {
        forget(number, index.lane(number))
        index.remove(number)
    }

    /// The engine of a taken lease has answered: its mount is there. Whatever failed before is tried again at once.
    mutating func answered(_ number: UInt32, now: Int) {
        let lane = index.lane(number)
        guard lanes[lane].failures > 0 || lanes[lane].awayUntil > 0 else { return }
        (lanes[lane].failures, lanes[lane].pauses, lanes[lane].awayUntil) = (0, 0, 0)
        lanes[lane].reason = ""
        for other in lanes[lane].troubled where troubles[other]?.isRefused == false {
            troubles[other]?.nextTry = now
            index.move(other, due: now)
        }
    }

    /// The engine of a taken and released lease could not end it; it is tried again. `spread` is a random number from 0
    /// to 99 that keeps failures from coming back all at once.
    mutating func failed(_ number: UInt32, reason: String, isRefused: Bool, now: Int, spread: Int) {
        let lane = index.lane(number)
        var trouble =
            troubles[number] ?? Trouble(attempts: 0, reason: "", since: now, nextTry: now, isRefused: isRefused)
        trouble.attempts = min(trouble.attempts + 1, 1_000_000)
        trouble.reason = reason
        trouble.isRefused = isRefused
        let longest = isRefused ? budgets.longestRefusalSeconds : budgets.longestPauseSeconds
        trouble.nextTry = now &+ Self.pause(trouble.attempts, longest: longest, spread: spread)
        troubles[number] = trouble
        lanes[lane].troubled.insert(number)
        if !isRefused {
            lanes[lane].failures = min(lanes[lane].failures + 1, 1_000_000)
            lanes[lane].reason = reason
            // Failures of leases that were under way together make one pause.
            if lanes[lane].failures >= budgets.failuresToAway, lanes[lane].awayUntil <= now {
                lanes[lane].pauses = min(lanes[lane].pauses + 1, 1_000_000)
                let pause = Self.pause(lanes[lane].pauses, longest: budgets.longestPauseSeconds, spread: spread)
                lanes[lane].awayUntil = now &+ pause
            }
        }
        returned(number, due: trouble.nextTry)
    }

    /// Makes a lease due now, unless somebody works on it.
    mutating func makeDue(_ number: UInt32, now: Int) {
        guard index.slots[Int(number)].due > now else { return }
        index.move(number, due: now)
    }

    /// Forgets what went wrong with a lease: somebody wants it tried again.
    mutating func forgive(_ number: UInt32) { forget(number, index.lane(number)) }

    // MARK: - Actions

    /// The leases of a mount that are to be revoked now, taken; within the budgets.
    mutating func takeDue(lane: Int, now: Int, limit: Int) -> [UInt32] {
        guard lanes[lane].awayUntil <= now else { return [] }
        // A mount that was away is asked with one lease.
        let isProbe = lanes[lane].failures >= budgets.failuresToAway
        let room = isProbe ? 1 - lanes[lane].busy : min(limit, budgets.perMount - lanes[lane].busy)
        var result: [UInt32] = []
        while result.count < room, let first = index.first(inLane: lane), index.slots[Int(first)].due <= now,
            take(first)
        {
            result.append(first)
        }
        return result
    }

    /// When the next lease of a mount is due; nil when it has none, or as much under way as it may.
    func nextDue(lane: Int) -> Int? {
        guard lanes[lane].busy < budgets.perMount, let first = index.first(inLane: lane) else { return nil }
        return max(index.slots[Int(first)].due, lanes[lane].awayUntil)
    }

    /// The lane of a mount, if it ever had leases.
    func lane(of mount: String) -> Int? { laneNumbers[mount].map(Int.init) }

    // MARK: - Inside

    private mutating func laneNumber(_ mount: String) -> UInt32 {
        if let known = laneNumbers[mount] { return known }
        let number = index.addLane()
        lanes.append(Lane(mount: mount))
        laneNumbers[mount] = number
        return number
    }

    private mutating func forget(_ number: UInt32, _ lane: Int) {
        if troubles.removeValue(forKey: number) != nil { lanes[lane].troubled.remove(number) }
    }

    /// 1, 2, 4 … seconds, and up to half as much again.
    private static func pause(_ attempts: Int, longest: Int, spread: Int) -> Int {
        let base = min(1 << min(max(attempts - 1, 0), 20), longest)
        return base + base * min(max(spread, 0), 99) / 200
    }
}
