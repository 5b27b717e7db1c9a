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

    /// Unmaps what the start has read of the program's code: the self-tests touch every algorithm once, and most
    /// servers need few of them. Code is never written to; what runs again is mapped again, out of the system's cache.
    static func releaseStartCode() {
        guard let maps = FileHandle(forReadingAtPath: "/proc/self/maps"), let text = try? maps.readToEnd() else {
            return
        }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard bounds.count == 2, bounds[1] > bounds[0], let start = UnsafeMutableRawPointer(bitPattern: bounds[0])
            else { continue }
            madvise(start, Int(bounds[1] - bounds[0]), MADV_DONTNEED)
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
