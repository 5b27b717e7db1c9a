internal import Dispatch
internal import GRDB
internal import Storage
internal import Synchronization

/// The threads that read, each with its own connection.
///
/// **Concurrency** callable from anywhere; a look-up waits for a thread that is free, in order.
final class ReaderThreads: Sendable {
    private typealias Job = @Sendable (EntryReader?) -> Void

    private struct State {
        var jobs: [Job] = []
        var first = 0
        var isClosed = false
    }

    private final class Queue: Sendable {
        private let state = Mutex(State())
        private let available = DispatchSemaphore(value: 0)

        func add(_ job: @escaping Job) -> Bool {
            let isTaken = state.withLock { state in
                if !state.isClosed { state.jobs.append(job) }
                return !state.isClosed
            }
            if isTaken { available.signal() }
            return isTaken
        }

        func next() -> Job? {
            available.wait()
            return state.withLock { state in
                guard state.first < state.jobs.count else { return nil }
                let job = state.jobs[state.first]
                state.first += 1
                if state.first == state.jobs.count {
                    state.jobs.removeAll(keepingCapacity: state.jobs.count < 1024)
                    state.first = 0
                }
                return job
            }
        }

        func close(_ count: Int) {
            state.withLock { $0.isClosed = true }
            for _ in 0..<count { available.signal() }
        }
    }

    private let queue = Queue()
    private let threads: [StorageThread]

    /// Starts one thread for each connection.
    init(_ connections: [DatabaseQueue]) {
        threads = connections.map { [queue] connection in
            StorageThread("storage-reader") {
                connection.inDatabase { connection in
                    let reader = connection.sqliteConnection.flatMap { try? EntryReader($0) }
                    while let job = queue.next() { job(reader) }
                }
                try? connection.close()
            }
        }
    }

    /// Runs `body` on one of the threads.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable (EntryReader) throws -> Value
    ) async throws(StorageError) -> Value {
        let answer: Result<Value, StorageError> = await withUnsafeContinuation { continuation in
            let isTaken = queue.add { reader in
                guard let reader else { return continuation.resume(returning: .failure(.unavailable)) }
                do {
                    continuation.resume(returning: .success(try body(reader)))
                } catch {
                    continuation.resume(returning: .failure(SQLiteFailure(error).storageError))
                }
            }
            if !isTaken { continuation.resume(returning: .failure(.unavailable)) }
        }
        return try answer.get()
    }

    /// Lets the threads finish what is waiting and end.
    func stop() { queue.close(threads.count) }

    /// Returns when all have ended.
    func end() async {
        for thread in threads { await thread.end() }
    }
}
