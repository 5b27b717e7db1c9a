internal import Glibc

/// Unix time that does not jump: the wall clock once, at the start, and from then on the clock that no setting moves.
///
/// Lifetimes keep their length when somebody sets the machine's clock, forwards or back, and when it sleeps.
package struct SteadyClock: Sendable {
    private let steady: @Sendable () -> Int
    private let startNanoseconds: Int
    private let startUnixNanoseconds: Int

    /// A clock that begins with the wall's time, but not before `notBefore`: the latest time that a server stored, so
    /// that a clock set back between two runs makes nothing young again. **Units** Unix seconds.
    package init(notBefore: Int = 0) {
        self.init(notBefore: notBefore, wall: { Self.read(CLOCK_REALTIME) }, steady: { Self.read(CLOCK_BOOTTIME) })
    }

    /// A clock over others than the machine's, both in nanoseconds.
    package init(notBefore: Int = 0, wall: () -> Int, steady: @escaping @Sendable () -> Int) {
        self.steady = steady
        startNanoseconds = steady()
        startUnixNanoseconds = max(wall(), min(max(notBefore, 0), 1 << 33) * 1_000_000_000)
    }

    /// **Units** Unix seconds.
    package var unixSeconds: Int { unixNanoseconds / 1_000_000_000 }

    /// **Units** nanoseconds since 1970.
    package var unixNanoseconds: Int {
        startUnixNanoseconds &+ (steady() &- startNanoseconds)
    }

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
