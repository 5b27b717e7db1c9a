internal import Dispatch
internal import Glibc
internal import Synchronization

/// Hashing passwords, on few threads of its own: each hash takes memory and time, and neither event loops nor Swift's
/// pool may wait for it.
///
/// **Concurrency** half the cores, at most four; at most 256 hashes wait, and who comes then is sent away.
enum PasswordWork {
    private static let longestQueue = 256
    private static let jobs = Mutex<[@Sendable () -> Void]>([])
    private static let arrivals = DispatchSemaphore(value: 0)
    private static let threads = start()

    /// Runs `body` there; nil when too many wait.
    static func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T? {
        _ = threads
        return await withCheckedContinuation { (continuation: CheckedContinuation<T?, Never>) in
            let isQueued = jobs.withLock { jobs in
                guard jobs.count < longestQueue else { return false }
                jobs.append { continuation.resume(returning: body()) }
                return true
            }
            if isQueued { arrivals.signal() } else { continuation.resume(returning: nil) }
        }
    }

    private static func start() -> Int {
        let count = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2, 1), 4)
        var started = 0
        for _ in 0..<count {
            var thread = pthread_t()
            let made = pthread_create(&thread, nil, { _ in PasswordWork.serve() }, nil)
            if made == 0 {
                pthread_detach(thread)
                started += 1
            }
        }
        precondition(started > 0, "no thread for hashing passwords")
        return started
    }

    private static func serve() -> UnsafeMutableRawPointer? {
        while true {
            arrivals.wait()
            let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            job?()
        }
    }
}
