package import EngineKit
internal import Glibc

/// A clock that is never set.
enum Metering {
    /// **Units** nanoseconds.
    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
    }
}

extension Dispatcher {
    /// Counts a request that is answered, and how long that took; not that its reply waits for an audit device.
    func meter(_ passage: borrowing Passage, _ reply: WireReply, since start: Int) {
        mounts.durations.count(nanoseconds: Metering.now() &- start)
        passage.mount?.traffic.count(passage.capability, status: reply.status)
    }
}

extension MountTable: TrafficReports {
    package var traffic: [MountTraffic] {
        all.map { MountTraffic(path: $0.description.path, type: $0.description.type, counts: $0.traffic.counts) }
            .sorted { $0.path < $1.path }
    }
}
