internal import Glibc

/// Unix time that does not jump: the wall clock once, at the start, and from then on the clock that no setting moves.
///
/// Lifetimes keep their length when somebody sets the machine's clock, forwards or back, and when it sleeps.
package struct SteadyClock: Sendable {
    private let startNanoseconds: Int
    private let startUnixNanoseconds: Int

    /// A clock that begins with the wall's time, but not before `notBefore`: the latest time that a server stored, so
    /// that a clock set back between two runs makes nothing young again. **Units** Unix seconds.
    package init(notBefore: Int = 0) {
        startNanoseconds = Self.read(CLOCK_BOOTTIME)
        startUnixNanoseconds = max(Self.read(CLOCK_REALTIME), min(max(notBefore, 0), 1 << 33) * 1_000_000_000)
    }

    /// **Units** Unix seconds.
    package var unixSeconds: Int { unixNanoseconds / 1_000_000_000 }

    /// **Units** nanoseconds since 1970.
    package var unixNanoseconds: Int {
        startUnixNanoseconds &+ (Self.read(CLOCK_BOOTTIME) &- startNanoseconds)
    }

    private static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
