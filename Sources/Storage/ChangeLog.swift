internal import Synchronization

/// The latest commits of a backend, kept for its change feeds. Backends publish, feeds read.
///
/// **Concurrency** a short lock. Followers are woken outside of it: waking takes a lock of the task, which cancelling
/// the task holds while it calls back here.
package final class ChangeLog: Sendable {
    private struct Commit {
        let revision: UInt64
        let keys: [StorageKey]
    }

    private struct State {
        // In order of revision; `first` is the oldest that is still kept, what is before it is free to be cut off.
        var commits: [Commit] = []
        var first = 0
        // Keys in the commits that are kept, and one for each commit.
        var weight = 0
        // Commits up to here are not in the log.
        var floor: UInt64
        var latest: UInt64
        var isClosed = false
        var waiting: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private typealias Continuation = UnsafeContinuation<Void, Never>

    private struct Waiter {
        let position: UInt64
        let continuation: Continuation
    }

    private let state: Mutex<State>
    private let capacity: Int

    /// A log that begins after `revision`. It keeps `capacity` keys; a commit counts for one more than it has.
    package init(after revision: UInt64, capacity: Int = 65_536) {
        state = Mutex(State(floor: revision, latest: revision))
        self.capacity = capacity
    }

    /// The revision that was published last.
    package var latest: UInt64 { state.withLock { $0.latest } }

    /// Tells the followers of a durable commit. What is not above the latest revision is left out.
    package func publish(_ revision: UInt64, changing keys: [StorageKey]) {
        let ready: [Continuation] = state.withLock { state in
            guard revision > state.latest, !state.isClosed else { return [] }
            state.latest = revision
            state.commits.append(Commit(revision: revision, keys: keys))
            state.weight += keys.count + 1
            while state.weight > capacity, state.first < state.commits.count {
                let oldest = state.commits[state.first]
                state.weight -= oldest.keys.count + 1
                state.floor = oldest.revision
                state.first += 1
            }
            if state.first > 64, state.first * 2 > state.commits.count {
                state.commits.removeFirst(state.first)
                state.first = 0
            }
            return Self.takeReady(&state)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Tells the followers that commits up to `revision` have happened of which the keys are not known.
    package func publishMissed(through revision: UInt64) {
        let ready: [Continuation] = state.withLock { state in
            guard revision > state.latest, !state.isClosed else { return [] }
            state.latest = revision
            state.floor = revision
            state.commits = []
            (state.first, state.weight) = (0, 0)
            return Self.takeReady(&state)
        }
        for continuation in ready { continuation.resume() }
    }

    /// Ends all feeds once they have told what is in the log.
    package func close() {
        let ready = state.withLock { state in
            state.isClosed = true
            return Self.takeReady(&state)
        }
        for continuation in ready { continuation.resume() }
    }

    /// The commits after `revision`, or, for nil, those after this call.
    package func feed(after revision: UInt64?) -> ChangeFeed { ChangeFeed(self, after: revision ?? latest) }

    /// The first change after `position`; waits for it. Nil at the end, or in a cancelled task.
    func change(after position: UInt64) async -> StorageChange? {
        while true {
            if Task.isCancelled { return nil }
            let (found, isClosed) = state.withLock { (Self.find($0, after: position), $0.isClosed) }
            if let found { return found }
            if isClosed { return nil }
            await wait(after: position)
        }
    }

    private func wait(after position: UInt64) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isDone = state.withLock { state in
                    // Cancellation may have come before there was anything to remove; the handler looks under this
                    // lock, and so does this.
                    if Task.isCancelled || state.isClosed || state.latest > position { return true }
                    state.waiting[number] = Waiter(position: position, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiting.removeValue(forKey: number) }
            waiter?.continuation.resume()
        }
    }

    private static func takeReady(_ state: inout State) -> [Continuation] {
        if state.waiting.isEmpty { return [] }
        let ready = state.waiting.filter { state.isClosed || state.latest > $0.value.position }
        for number in ready.keys { state.waiting[number] = nil }
        return ready.values.map(\.continuation)
    }

    private static func find(_ state: State, after position: UInt64) -> StorageChange? {
        if state.floor > position { return .missed(through: state.floor) }
        var (low, high) = (state.first, state.commits.count)
        while low < high {
            let middle = (low + high) / 2
            if state.commits[middle].revision <= position { low = middle + 1 } else { high = middle }
        }
        guard low < state.commits.count else { return nil }
        return .committed(state.commits[low].revision, keys: state.commits[low].keys)
    }
}
