internal import Synchronization
package import Vocabulary

/// Counts failed logins: locks a name out for a while after too many in a row, and slows an address down that fails
/// all the time. Names are counted as the method knows them, so that other spellings are no new chances
/// (CVE-2025-6004).
///
/// **Concurrency** one short lock. Memory is bounded: of many names, those that failed longest ago are forgotten.
package final class LoginGuard: Sendable {
    /// When a name is locked out, and for how long.
    package struct Rules: Sendable {
        /// Failures in a row that lock a name; 0 for no lock.
        package var threshold = 5
        /// **Units** seconds that a lock holds.
        package var lockSeconds = 900
        /// **Units** seconds without a failure after which counting begins anew.
        package var resetSeconds = 900
        /// Failures that an address may have at once; 0 for no limit.
        package var addressBurst = 500
        /// Failures a second that an address may have on and on.
        package var addressPerSecond = 20

        /// The defaults.
        package init() {}
    }

    /// What a login may do.
    package enum Verdict: Sendable, Equatable {
        /// Go on.
        case open
        /// The name is locked.
        case locked
        /// The address has failed too often.
        case slowed
    }

    private struct Failures {
        var count: Int
        var last: Int
    }

    private struct Bucket {
        var tokens: Int
        var filled: Int
    }

    private struct State {
        var names: [String: Failures] = [:]
        var addresses: [PeerAddress: Bucket] = [:]
        var rules: Rules
    }

    private let most: Int
    private let state: Mutex<State>

    /// A guard that knows at most `most` names and addresses.
    package init(_ rules: Rules = Rules(), most: Int = 65_536) {
        state = Mutex(State(rules: rules))
        self.most = max(most, 16)
    }

    /// Whether a login of this name may be tried; asked before anything is computed.
    package func verdict(on name: String, from address: PeerAddress, now: Int) -> Verdict {
        state.withLock { state in
            let rules = state.rules
            if let failures = state.names[name], Self.isLocked(failures, rules, now) { return .locked }
            if rules.addressBurst > 0, let bucket = state.addresses[Self.place(address)],
                Self.filled(bucket, rules, now).tokens <= 0
            {
                return .slowed
            }
            return .open
        }
    }

    /// Counts a failure.
    package func fail(_ name: String, from address: PeerAddress, now: Int) {
        state.withLock { state in
            let rules = state.rules
            if rules.threshold > 0 {
                let known = state.names[name].flatMap { Self.isOver($0, rules, now) ? nil : $0 }
                if known == nil { Self.makeRoom(&state.names, most) { $0.last } }
                state.names[name] = Failures(count: (known?.count ?? 0) &+ 1, last: now)
            }
            if rules.addressBurst > 0 {
                let place = Self.place(address)
                if state.addresses[place] == nil { Self.makeRoom(&state.addresses, most) { $0.filled } }
                let known = state.addresses[place] ?? Bucket(tokens: rules.addressBurst, filled: now)
                var bucket = Self.filled(known, rules, now)
                bucket.tokens = max(bucket.tokens - 1, 0)
                state.addresses[place] = bucket
            }
        }
    }

    /// Goes on by other rules; what was counted stays counted.
    package func adopt(_ rules: Rules) { state.withLock { $0.rules = rules } }

    /// Forgets the failures of a name: somebody proved to be them, or an operator unlocked it.
    package func clear(_ name: String) { state.withLock { $0.names[name] = nil } }

    /// The names that are locked now, sorted.
    package func locked(now: Int) -> [String] {
        state.withLock { state in
            let rules = state.rules
            return state.names.filter { Self.isLocked($0.value, rules, now) }.map(\.key)
        }.sorted()
    }

    private static func isLocked(_ failures: Failures, _ rules: Rules, _ now: Int) -> Bool {
        rules.threshold > 0 && failures.count >= rules.threshold && now &- failures.last < rules.lockSeconds
    }

    private static func isOver(_ failures: Failures, _ rules: Rules, _ now: Int) -> Bool {
        let limit = failures.count >= rules.threshold ? rules.lockSeconds : rules.resetSeconds
        return now &- failures.last >= limit
    }

    private static func filled(_ bucket: Bucket, _ rules: Rules, _ now: Int) -> Bucket {
        let seconds = min(max(now &- bucket.filled, 0), 86_400)
        let tokens = min(bucket.tokens + seconds * rules.addressPerSecond, rules.addressBurst)
        return Bucket(tokens: tokens, filled: max(now, bucket.filled))
    }

    // Of IPv6, a client commands a whole /64.
    private static func place(_ address: PeerAddress) -> PeerAddress {
        guard address.kind == .internet else { return address }
        return PeerAddress(high: address.high, low: address.isV4 ? address.low : 0)
    }

    private static func makeRoom<Key, Value>(_ table: inout [Key: Value], _ most: Int, _ age: (Value) -> Int) {
        guard table.count >= most else { return }
        // A quarter at once, so that the sorting is paid for by many insertions.
        let oldest = table.sorted { age($0.value) < age($1.value) }.prefix(most / 4)
        for (key, _) in oldest { table[key] = nil }
    }
}
