internal import Bytes
internal import Synchronization

/// The one order of all entries, and how far each device is with them.
///
/// **Concurrency** a value; the broker's lock guards it, and the lanes with it.
struct AuditOrder {
    private(set) var lastTicket: UInt64 = 0
    private(set) var ledger = AuditLedger()
    var devices: [AuditDevice] = []
    /// Bytes that may wait for one device.
    let queueLimit: Int

    init(queueLimit: Int) { self.queueLimit = queueLimit }

    /// What a device's thread is to do.
    enum Work {
        case write([AuditChunk], generation: Int)
        case rest
        case reopen
        case end
    }

    /// Puts an entry in the queues of the devices that can take it; `lines` has one writer per device of `targets`,
    /// nothing in it for those that it was not formatted for. Returns the ticket, 0 when nobody takes it.
    mutating func add(_ lines: AuditScratch, for targets: [AuditDevice], now: UInt64) -> UInt64 {
        let ticket = lastTicket + 1
        var isTaken = false
        for (index, device) in targets.enumerated() {
            let lane = device.lane
            guard lines.hasLines(index), lane.phase == .up else {
                if lane.phase == .down { lane.status.missed += 1 }
                continue
            }
            let count = lines.count(index)
            guard lane.queue.byteCount + count <= queueLimit || lane.queue.isEmpty && lane.inFlight.isEmpty else {
                lane.status.missed += 1
                continue
            }
            lines.withLines(index) { lane.queue.append(&$0, ticket: ticket) }
            if lane.waitingSince == 0 { lane.waitingSince = now }
            if lane.isAsleep {
                lane.isAsleep = false
                device.isToWake.store(true, ordering: .relaxed)
            }
            isTaken = true
        }
        guard isTaken else { return 0 }
        lastTicket = ticket
        return ticket
    }

    /// A ticket for an entry that nobody has to record.
    mutating func pass() -> UInt64 {
        lastTicket += 1
        _ = ledger.record(lastTicket..<lastTicket + 1)
        return lastTicket
    }

    /// The next work for a device's thread; `.rest` marks it as asleep.
    mutating func next(for device: AuditDevice) -> Work {
        let lane = device.lane
        guard lane.queue.isEmpty else {
            let chunks = lane.queue.takeSome()
            for chunk in chunks { lane.inFlight.formUnion(chunk.tickets) }
            return .write(chunks, generation: lane.generation)
        }
        if lane.phase == .closing { return .end }
        if lane.phase == .down { return .reopen }
        lane.isAsleep = true
        return .rest
    }

    /// What became of a device's write. Returns whether more is settled.
    mutating func finish(
        _ device: AuditDevice, recorded: RangeSet<UInt64>, lost: RangeSet<UInt64>, fault: SinkFault?, generation: Int,
        now: UInt64
    ) -> Bool {
        let lane = device.lane
        var hasSettled = false
        for range in recorded.ranges { hasSettled = ledger.record(range) || hasSettled }
        lane.inFlight = RangeSet()
        lane.status.recorded += Self.count(recorded)
        lane.waitingSince = lane.queue.isEmpty ? 0 : now
        var given = lost
        lane.status.missed += Self.count(lost)
        if let fault {
            given.formUnion(bringDown(device, fault))
        } else if lane.generation == generation {
            lane.status.fault = nil
        }
        return giveUp(given) || hasSettled
    }

    /// Gives up a device that has made no progress. Returns whether more is settled.
    mutating func expire(_ device: AuditDevice) -> Bool {
        var given = device.lane.inFlight
        device.lane.status.missed += Self.count(given)
        // Its thread may hang in the write for ever.
        device.lane.inFlight = RangeSet()
        given.formUnion(bringDown(device, .timedOut))
        return giveUp(given)
    }

    /// Whether a device has made no progress for longer than its deadline.
    func isLate(_ device: AuditDevice, now: UInt64) -> Bool {
        let lane = device.lane
        guard lane.phase != .down, lane.waitingSince != 0 else { return false }
        let since = max(lane.waitingSince, device.progress.load(ordering: .relaxed))
        return now > since && now - since > device.deadlineNanoseconds
    }

    /// A device takes entries again.
    func bringUp(_ device: AuditDevice) {
        let lane = device.lane
        guard lane.phase == .down else { return }
        lane.phase = .up
        device.isUp.store(true, ordering: .relaxed)
    }

    /// Marks a device as not recording; returns what waited for it.
    private func bringDown(_ device: AuditDevice, _ fault: SinkFault) -> RangeSet<UInt64> {
        let lane = device.lane
        let waiting = lane.queue.tickets
        _ = lane.queue.takeAll()
        if lane.status.fault == nil { lane.status.failures += 1 }
        lane.status.fault = fault
        lane.status.missed += Self.count(waiting)
        lane.waitingSince = 0
        lane.generation += 1
        if lane.phase == .up {
            lane.phase = .down
            device.isUp.store(false, ordering: .relaxed)
        }
        return waiting
    }

    /// One device will not record these; they are lost unless another one may.
    private mutating func giveUp(_ tickets: RangeSet<UInt64>) -> Bool {
        var lost = tickets
        guard !lost.isEmpty else { return false }
        for device in devices { lost.subtract(device.lane.pending) }
        return ledger.lose(lost)
    }

    private static func count(_ tickets: RangeSet<UInt64>) -> Int {
        tickets.ranges.reduce(0) { $0 + Int(truncatingIfNeeded: $1.upperBound - $1.lowerBound) }
    }
}
