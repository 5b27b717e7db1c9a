internal import Dispatch
internal import Glibc
internal import Synchronization

/// Work of seconds, such as making RSA keys: on threads of its own. Swift's pool has one thread per core, and whoever
/// keeps one busy keeps everybody waiting who needs storage.
///
/// **Concurrency** jobs run in the order of their coming, on all cores but one; they wait in a queue, each with its
/// request.
enum SlowWork {
    private static let jobs = Mutex<[@Sendable () -> Void]>([])
    private static let arrivals = DispatchSemaphore(value: 0)
    // Made at first use, and kept.
    private static let threads = start()

    /// Runs `body` there.
    static func run<T: Sendable, E: Error>(_ body: @escaping @Sendable () throws(E) -> T) async throws(E) -> T {
        _ = threads
        let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, E>, Never>) in
            jobs.withLock { $0.append { continuation.resume(returning: Result { () throws(E) in try body() }) } }
            arrivals.signal()
        }
        return try result.get()
    }

    private static func start() -> Int {
        let count = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1, 1), 16)
        var started = 0
        for _ in 0..<count {
            var thread = pthread_t()
            let made = pthread_create(&thread, nil, { _ in SlowWork.serve() }, nil)
            if made == 0 {
                pthread_detach(thread)
                started += 1
            }
        }
        precondition(started > 0, "no thread for slow work")
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
