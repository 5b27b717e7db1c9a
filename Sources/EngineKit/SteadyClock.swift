internal import Glibc
internal import Synchronization

/// Unix seconds by which credentials live and die: read once from the wall clock, then carried by a clock that nobody
/// can set. Setting the wall clock changes nothing before the next start.
///
/// **Concurrency** callable from anywhere; never runs backwards.
package final class SteadyClock: Sendable {
    private let wallAtStart: Int
    private let steadyAtStart: Int
    private let steady: @Sendable () -> Int
    private let latest: Atomic<Int>

    /// A clock over `wall` and `steady`. **Units** nanoseconds: since 1970, and since any moment.
    package init(wall: () -> Int, steady: @escaping @Sendable () -> Int) {
        wallAtStart = wall()
        steadyAtStart = steady()
        self.steady = steady
        latest = Atomic(wallAtStart)
    }

    /// The clock of this machine; it goes on while the machine sleeps.
    package convenience init() {
        self.init(wall: { Self.read(CLOCK_REALTIME) }, steady: { Self.read(CLOCK_BOOTTIME) })
    }

    /// Now. **Units** nanoseconds since 1970.
    package var unixNanoseconds: Int {
        let reading = wallAtStart &+ (steady() &- steadyAtStart)
        return latest.max(reading, ordering: .relaxed).newValue
    }

    /// Now. **Units** Unix seconds.
    package var unixSeconds: Int { unixNanoseconds / 1_000_000_000 }

    private static func read(_ id: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(id, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}
