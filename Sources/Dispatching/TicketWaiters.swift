internal import EngineKit
internal import Synchronization

/// Tasks that wait until an audit entry is settled.
///
/// **Concurrency** behind one short lock.
final class TicketWaiters: Sendable {
    private struct Waiter {
        let ticket: UInt64
        let continuation: CheckedContinuation<Void, Never>
    }

    private let trail: any AuditTrail
    private let waiting = Mutex<[Waiter]>([])

    init(_ trail: any AuditTrail) {
        self.trail = trail
        trail.onSettled { [weak self] in self?.wake() }
    }

    /// Whether a device has the entry, once that is known.
    func isRecorded(_ ticket: UInt64) async -> Bool {
        guard ticket > 0 else { return false }
        if trail.settledTicket < ticket {
            await withCheckedContinuation { continuation in
                // Looked at once more behind the lock: who settles wakes behind it, too.
                let isSettled = waiting.withLock { waiting in
                    if trail.settledTicket >= ticket { return true }
                    waiting.append(Waiter(ticket: ticket, continuation: continuation))
                    return false
                }
                if isSettled { continuation.resume() }
            }
        }
        return trail.wasRecorded(ticket)
    }

    private func wake() {
        let settled = trail.settledTicket
        let ready = waiting.withLock { waiting -> [Waiter] in
            if waiting.isEmpty { return [] }
            let ready = waiting.filter { $0.ticket <= settled }
            waiting.removeAll { $0.ticket <= settled }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }
}
