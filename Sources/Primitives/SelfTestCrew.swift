internal import Glibc
internal import Synchronization

/// Threads that share out the self-tests: the next one goes to whoever is free.
///
/// **Concurrency** the tests are independent of each other; the caller's thread works along and waits for the others.
final class SelfTestCrew: Sendable {
    private let tests: [SelfTests.Test]
    private let breaking: String?
    private let next = Atomic<Int>(0)
    // The first in the list of those that did not pass.
    private let failed = Mutex<Int?>(nil)

    init(_ tests: [SelfTests.Test], breaking: String?) {
        self.tests = tests
        self.breaking = breaking
    }

    /// Runs them all on at most `limit` threads, and not more than there are processors.
    ///
    /// When one does not pass, no further one is begun.
    func run(limit: Int) throws(SelfTestFailure) {
        let others = max(min(limit, sysconf(Int32(_SC_NPROCESSORS_ONLN)), tests.count) - 1, 0)
        // Where the system has no thread to give, the caller's does the work.
        let threads = (0..<others).compactMap { _ in start() }
        work()
        for thread in threads { pthread_join(thread, nil) }
        if let first = failed.withLock({ $0 }) { throw SelfTestFailure(name: tests[first].name) }
    }

    private func start() -> pthread_t? {
        var thread = pthread_t()
        let crew = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, nil,
            { crew in
                if let crew { Unmanaged<SelfTestCrew>.fromOpaque(crew).takeRetainedValue().work() }
                return nil
            }, crew.toOpaque())
        guard status == 0 else {
            crew.release()
            return nil
        }
        return thread
    }

    private func work() {
        while failed.withLock({ $0 == nil }) {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < tests.count else { return }
            if !passes(tests[index]) { failed.withLock { $0 = min($0 ?? index, index) } }
        }
    }

    private func passes(_ test: SelfTests.Test) -> Bool {
        do throws(CryptoError) { return try test.passes(test.name == breaking) } catch { return false }
    }
}
