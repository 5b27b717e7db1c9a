internal import Foundation
internal import GRDB
internal import Synchronization

/// The yardstick for group commit: tasks that wait, and one thread that takes all that wait into a transaction by GRDB
/// alone, without keys, conditions, feeds or bounds.
final class BareGroupLoop: Sendable {
    private struct Waiting: Sendable {
        let number: Int
        let continuation: UnsafeContinuation<Void, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let path: String
    private let value: Data

    init(_ path: String, size: Int) {
        self.path = path
        value = Data(repeating: 7, count: size)
    }

    /// Commits a second of so many tasks, each waiting for its own before the next.
    func rate(writers: Int, seconds: Double) async throws -> Double {
        let queue = try BareLoop.open(path)
        let writer = Thread { [self] in
            while let group = next() {
                try? queue.write { connection in
                    let put = try connection.cachedStatement(sql: BareLoop.insertion)
                    for commit in group {
                        try put.execute(arguments: [RowKey.path(commit.number), value, commit.number])
                    }
                }
                for commit in group { commit.continuation.resume() }
            }
        }
        writer.start()
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let commits = await withTaskGroup(of: Int.self) { tasks in
            for writer in 0..<writers {
                tasks.addTask { [self] in
                    var (number, commits) = (writer, 0)
                    while ContinuousClock.now < end {
                        await commit(number)
                        number += writers
                        commits += 1
                    }
                    return commits
                }
            }
            return await tasks.reduce(0, +)
        }
        let taken = (ContinuousClock.now - start) / .seconds(1)
        state.withLock { $0.isClosed = true }
        wake.signal()
        return Double(commits) / taken
    }

    private func commit(_ number: Int) async {
        await withUnsafeContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append(Waiting(number: number, continuation: continuation))
                return state.waiting.count == 1
            }
            if isFirst { wake.signal() }
        }
    }

    /// All that wait; nil at the end.
    private func next() -> [Waiting]? {
        while true {
            let (group, isClosed) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isClosed)
            }
            if !group.isEmpty { return group }
            if isClosed { return nil }
            wake.wait()
        }
    }
}
