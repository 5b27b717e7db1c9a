internal import Dispatch
internal import Foundation
internal import Synchronization

/// Gives up devices that hang: a thread that looks ten times a second, as long as there are devices.
///
/// **Concurrency** started and stopped by the broker's changes, which follow one another.
final class AuditWatch: Sendable {
    private let isRunning = Atomic<Bool>(false)
    private static let intervalMilliseconds = 100

    /// Watches the broker's devices, until there are none.
    func start(_ broker: AuditBroker) {
        guard !isRunning.exchange(true, ordering: .acquiringAndReleasing) else { return }
        let thread = Thread { [weak broker, self] in
            while let broker {
                if !Self.look(broker) { break }
                usleep(UInt32(Self.intervalMilliseconds * 1000))
            }
            isRunning.store(false, ordering: .releasing)
        }
        thread.name = "audit-watch"
        thread.start()
    }

    /// False when there is nothing to watch.
    private static func look(_ broker: AuditBroker) -> Bool {
        let now = Monotonic.nanoseconds
        let (late, hasSettled, hasDevices) = broker.order.withLock { order in
            var (late, hasSettled) = ([String](), false)
            for device in order.devices where order.isLate(device, now: now) {
                hasSettled = order.expire(device) || hasSettled
                late.append(device.wish.path)
            }
            if !late.isEmpty { broker.publish(order) }
            return (late, hasSettled, !order.devices.isEmpty)
        }
        for path in late { broker.log("audit device \(path) does not record: \(SinkFault.timedOut.text)") }
        if hasSettled { broker.announce() }
        return hasDevices
    }
}
