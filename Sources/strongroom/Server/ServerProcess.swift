internal import Bytes
internal import Foundation
internal import Primitives
internal import Vocabulary

/// What every mode of the server does to its process before it touches a key.
enum ServerProcess {
    /// No core dumps, no tracing, as many descriptors as there are, and the self-tests.
    static func prepare() throws(StartFault) {
        signal(SIGPIPE, SIG_IGN)
        // A file that may not grow is an error of its write, not the end of the server.
        signal(SIGXFSZ, SIG_IGN)
        umask(0o077)
        raiseDescriptorLimit()
        _ = MemoryProtection.hardenProcess()
        do throws(SelfTestFailure) {
            // For tests: what a start with a broken algorithm looks like.
            try SelfTests.run(breaking: ProcessInfo.processInfo.environment["STRONGROOM_BREAK_SELFTEST"])
        } catch {
            throw .selfTest(error.name)
        }
    }

    /// Connections are descriptors: takes as many as the system lets us have.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Now, in Unix seconds.
    @Sendable static func now() -> Int { clock.unixSeconds }

    /// Now, in nanoseconds since 1970.
    @Sendable static func nanoseconds() -> Int { clock.unixNanoseconds }

    /// Lifetimes keep their length whatever somebody sets the machine's clock to.
    private static let clock = SteadyClock()
}
