internal import Bytes
internal import Dispatch
package import EngineKit
internal import Storage
internal import Synchronization

/// Records requests and answers on every enabled device, and tells when at least one of them has each entry.
///
/// Entries are formatted and hashed on the thread that records, outside any lock, and then get their ticket and their
/// place in the queue of each device in one short lock. Each device has a thread, which takes whatever waits and writes
/// it at once; a device that fails or hangs loses its queue and is tried again, and the others never wait for it.
/// **Concurrency** callable from anywhere; recording never blocks.
package final class AuditBroker: AuditTrail {
    struct Picture {
        var devices: [AuditDevice] = []
        var headers: [AuditedHeader] = []
        /// The devices are put away with the keys: nothing can be recorded, and nothing may pass unrecorded.
        var isPutAway = false
    }

    let order: Mutex<AuditOrder>
    let picture = Mutex(Picture())
    let changes = AuditChanges()
    let folder: String?
    let log: @Sendable (String) -> Void
    let stored = Mutex<(any StorageBackend)?>(nil)
    let watch = AuditWatch()
    let loads = Atomic<Int>(0)
    private let deviceCount = Atomic<Int>(0)
    private let settled = Atomic<UInt64>(0)
    private let hasLosses = Atomic<Bool>(false)
    private let listeners = Mutex<[@Sendable () -> Void]>([])
    private let waiters = Mutex<[Waiter]>([])

    private struct Waiter {
        let ticket: UInt64
        let continuation: UnsafeContinuation<Void, Never>
    }

    /// So many devices can be enabled.
    static let deviceLimit = 16

    /// A broker without devices. Files must lie below `folder`, when there is one; at most `queueLimitBytes` wait for a
    /// device; `log` gets a line for operators when a device stops or starts to record.
    package init(
        folder: String? = nil, queueLimitBytes: Int = 32 << 20, log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.folder = folder
        self.log = log
        order = Mutex(AuditOrder(queueLimit: queueLimitBytes))
    }

    // MARK: - AuditTrail

    package var isEnabled: Bool { deviceCount.load(ordering: .acquiring) > 0 }
    package var settledTicket: UInt64 { settled.load(ordering: .acquiring) }

    package func record(_ entry: AuditEntry) -> UInt64 {
        let (devices, headers, isPutAway) = picture.withLock { ($0.devices, $0.headers, $0.isPutAway) }
        if isPutAway { return 0 }
        if devices.isEmpty { return recordNowhere() }
        let scratch = AuditScratch.current
        scratch.begin(devices.count)
        defer { scratch.end(zeroing: devices.contains { $0.options.isRaw }) }
        for (index, device) in devices.enumerated() where device.isUp.load(ordering: .relaxed) {
            var formatter = EntryFormatter(entry, device, headers, scratch)
            let isMade = scratch.withLines(index) { formatter.write(to: &$0) }
            if !isMade { return 0 }
        }
        let now = Monotonic.nanoseconds
        let ticket = order.withLock { $0.add(scratch, for: devices, now: now) }
        // Whoever disabled the last device meanwhile has left nothing to record on.
        if ticket == 0, picture.withLock({ $0.devices.isEmpty && !$0.isPutAway }) { return recordNowhere() }
        return ticket
    }

    package func flush() {
        for device in picture.withLock({ $0.devices }) where device.isToWake.load(ordering: .relaxed) {
            if device.isToWake.exchange(false, ordering: .relaxed) { device.alarm.signal() }
        }
    }

    /// The last device was disabled while the request was under way, perhaps by it: there is nothing more to record on.
    private func recordNowhere() -> UInt64 {
        let ticket = order.withLock { order in
            let ticket = order.pass()
            publish(order)
            return ticket
        }
        announce()
        return ticket
    }

    package func wasRecorded(_ ticket: UInt64) -> Bool {
        guard hasLosses.load(ordering: .acquiring) else { return ticket != 0 }
        return order.withLock { $0.ledger.isRecorded(ticket) }
    }

    package func onSettled(_ wake: @escaping @Sendable () -> Void) { listeners.withLock { $0.append(wake) } }

    /// Waits until the entry is settled; whether a device has it.
    package func isRecorded(_ ticket: UInt64) async -> Bool {
        guard ticket != 0 else { return false }
        if settledTicket < ticket {
            flush()
            await withUnsafeContinuation { continuation in
                let isOver = waiters.withLock { waiters in
                    if settledTicket >= ticket { return true }
                    waiters.append(Waiter(ticket: ticket, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
        return wasRecorded(ticket)
    }

    // MARK: - For the devices' threads

    /// Publishes how far entries are settled; called with the order's lock held.
    func publish(_ order: borrowing AuditOrder) {
        if !order.ledger.lost.isEmpty { hasLosses.store(true, ordering: .releasing) }
        settled.store(order.ledger.settled, ordering: .releasing)
    }

    /// Tells those who wait that more is settled.
    func announce() {
        let now = settledTicket
        let ready = waiters.withLock { waiters in
            guard !waiters.isEmpty else { return [Waiter]() }
            let split = waiters.partition { $0.ticket <= now }
            defer { waiters.removeSubrange(split...) }
            return Array(waiters[split...])
        }
        for waiter in ready { waiter.continuation.resume() }
        for listener in listeners.withLock({ $0 }) { listener() }
    }

    /// Lets recorders see these devices from now on.
    func show(_ devices: [AuditDevice]) {
        picture.withLock { $0.devices = devices }
        deviceCount.store(devices.count, ordering: .releasing)
    }

    /// Opens every device's file or socket anew: what SIGHUP asks for after files were moved.
    package func reopen() {
        for device in picture.withLock({ $0.devices }) {
            device.isToReopen.store(true, ordering: .relaxed)
            device.alarm.signal()
        }
    }
}
