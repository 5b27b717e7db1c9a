internal import Dispatch
internal import Storage
internal import Synchronization

/// The commits that wait for the writer, and the writer's sleep.
///
/// **Concurrency** a short lock; one thread takes, all may add.
final class CommitQueue: Sendable {
    private struct State {
        var pending: [PendingCommit] = []
        // So many waiting commits wake the writer, if it sleeps.
        var wakingCount: Int?
        var isClosed = false
    }

    // One transaction takes so many commits, and ends with the one that reaches so many bytes.
    private static let largestGroup = 1024
    private static let largestGroupBytes = 8 << 20

    private let state = Mutex(State())
    private let alarm = DispatchSemaphore(value: 0)

    /// Adds a commit; false when the queue is closed.
    func add(_ commit: PendingCommit) -> Bool {
        let answer = state.withLock { state -> (isTaken: Bool, wakes: Bool) in
            if state.isClosed { return (false, false) }
            state.pending.append(commit)
            guard let count = state.wakingCount, state.pending.count >= count else { return (true, false) }
            state.wakingCount = nil
            return (true, true)
        }
        if answer.wakes { alarm.signal() }
        return answer.isTaken
    }

    /// Takes nothing in any more; what waits is still given out.
    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            defer { state.wakingCount = nil }
            return state.wakingCount != nil
        }
        if wakes { alarm.signal() }
    }

    /// The next group; waits for it. Where at least one but fewer than `expected` commits are there, it waits for
    /// them, but not longer than `patience`. Nil when the queue is closed and empty.
    func next(expecting expected: Int, patienceNanoseconds patience: Int) -> [PendingCommit]? {
        var isPatient = expected > 1 && patience > 0
        while true {
            let (group, wanted) = state.withLock { state -> ([PendingCommit]?, Int) in
                if state.pending.isEmpty, state.isClosed { return (nil, 0) }
                if state.pending.count >= (isPatient && !state.isClosed ? min(expected, Self.largestGroup) : 1) {
                    return (Self.take(&state), 0)
                }
                let wanted = state.pending.isEmpty ? 1 : expected
                state.wakingCount = wanted
                return (nil, wanted)
            }
            if let group { return group }
            if wanted == 0 { return nil }
            if wanted == 1 {
                alarm.wait()
            } else {
                isPatient = false
                if alarm.wait(timeout: .now() + .nanoseconds(patience)) == .timedOut, !cancelWake() { alarm.wait() }
            }
        }
    }

    /// Gives up waiting; false when somebody has just decided to wake the writer, whose signal is then still to come.
    private func cancelWake() -> Bool {
        state.withLock { state in
            defer { state.wakingCount = nil }
            return state.wakingCount != nil
        }
    }

    private static func take(_ state: inout State) -> [PendingCommit] {
        var bytes = 0
        var count = 0
        while count < min(state.pending.count, largestGroup), bytes < largestGroupBytes {
            bytes += state.pending[count].weight
            count += 1
        }
        if count == state.pending.count {
            let all = state.pending
            state.pending = []
            state.pending.reserveCapacity(all.count)
            return all
        }
        let group = Array(state.pending[..<count])
        state.pending.removeFirst(count)
        return group
    }
}
