internal import Bytes
internal import Dispatch
internal import Foundation
internal import Synchronization

/// The work of a device's thread: takes what waits, writes it at once, tells how far it is; opens the device again when
/// it has failed.
final class DeviceLoop {
    private let device: AuditDevice
    private let broker: AuditBroker
    private let sink: any AuditSink
    private var chain = HashChain()
    private var chained = ByteWriter()
    private var marks: [AuditChunk.Mark] = []
    private var backoffMilliseconds = DeviceLoop.shortestBackoff
    private var fault: SinkFault?

    private static let shortestBackoff = 50
    private static let longestBackoff = 1000
    private static let restMilliseconds = 250
    private static let startMilliseconds = 5000

    private init(_ device: AuditDevice, _ broker: AuditBroker) {
        self.device = device
        self.broker = broker
        sink = device.makeSink()
    }

    /// Starts the thread, which opens the device; the fault when it cannot. With `isPatient`, a device that cannot be
    /// opened is kept and tried again.
    static func start(_ device: AuditDevice, _ broker: AuditBroker, isPatient: Bool) async -> SinkFault? {
        await withUnsafeContinuation { continuation in
            let answer = StartAnswer(continuation)
            let thread = Thread {
                let loop = DeviceLoop(device, broker)
                let fault = loop.open()
                if let fault, isPatient { loop.fail(fault) }
                let isInTime = answer.give(fault)
                guard isPatient || fault == nil && isInTime else { return loop.sink.close() }
                loop.run()
            }
            thread.name = "audit-" + device.wish.path.prefix(9)
            thread.start()
            // A file system that hangs must not hold up whoever enables a device, or a whole unsealing.
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(startMilliseconds)) {
                _ = answer.give(.timedOut)
            }
        }
    }

    private func run() {
        while true {
            let work = broker.order.withLock { $0.next(for: device) }
            switch work {
            case .write(let chunks, let generation):
                write(chunks, generation)
                broker.order.withLock { _ in device.lane.queue.recycle(chunks) }
            case .rest: rest()
            case .reopen: reopen()
            case .end:
                sink.close()
                broker.order.withLock { order in order.devices.removeAll { $0 === device } }
                broker.changes.ended(device.serial)
                return
            }
        }
    }

    // MARK: - Writing

    private func write(_ chunks: [AuditChunk], _ generation: Int) {
        var (recorded, lost) = (RangeSet<UInt64>(), RangeSet<UInt64>())
        var fault: SinkFault?
        for chunk in chunks {
            guard fault == nil else {
                lost.formUnion(chunk.tickets)
                continue
            }
            let outcome = write(chunk)
            var taken = AuditChunk.tickets(of: chunk.marks.prefix(outcome.recorded))
            for index in outcome.skipped where index < chunk.marks.count {
                let ticket = chunk.marks[index].ticket
                taken.remove(contentsOf: ticket..<ticket + 1)
                lost.insert(contentsOf: ticket..<ticket + 1)
            }
            device.progress.store(Monotonic.nanoseconds, ordering: .relaxed)
            recorded.formUnion(taken)
            lost.formUnion(AuditChunk.tickets(of: chunk.marks.dropFirst(outcome.recorded)))
            fault = outcome.fault
        }
        let now = Monotonic.nanoseconds
        let hasSettled = broker.order.withLock { [recorded, lost, fault] order in
            if fault == nil, device.options.isChained {
                device.lane.status.chainHead = String(decoding: chain.state, as: UTF8.self)
            }
            let hasSettled = order.finish(
                device, recorded: recorded, lost: lost, fault: fault, generation: generation, now: now)
            broker.publish(order)
            return hasSettled
        }
        if hasSettled { broker.announce() }
        note(fault)
    }

    private func write(_ chunk: AuditChunk) -> SinkOutcome {
        guard device.options.isChained else { return sink.write(chunk.bytes.view, chunk.marks) }
        let before = chain
        chained.reset(keeping: 4 * AuditChunk.roomBytes)
        marks.removeAll(keepingCapacity: true)
        var start = 0
        for mark in chunk.marks {
            HashChain.forEachLine(of: chunk.bytes.view.slice(start, mark.end - start)) {
                chain.append($0, to: &chained)
            }
            marks.append(AuditChunk.Mark(ticket: mark.ticket, end: chained.count))
            start = mark.end
        }
        let outcome = sink.write(chained.view, marks)
        // What of it is in the file is read from there when it is opened again.
        if outcome.fault != nil { chain = before }
        return outcome
    }

    // MARK: - Failing and coming back

    private func note(_ fault: SinkFault?) {
        if let fault {
            if self.fault != fault { broker.log("audit device \(device.wish.path) does not record: \(fault.text)") }
        } else if self.fault != nil {
            broker.log("audit device \(device.wish.path) records again")
            backoffMilliseconds = Self.shortestBackoff
        }
        self.fault = fault
    }

    /// The device fails without having been written to.
    private func fail(_ fault: SinkFault) {
        let hasSettled = broker.order.withLock { order in
            let hasSettled = order.finish(
                device, recorded: RangeSet(), lost: RangeSet(), fault: fault, generation: -1,
                now: Monotonic.nanoseconds)
            broker.publish(order)
            return hasSettled
        }
        if hasSettled { broker.announce() }
        note(fault)
    }

    private func open() -> SinkFault? {
        do throws(SinkFault) { try sink.open() } catch { return error }
        if device.options.isChained, chain.resume(after: sink.tail) || !sink.tail.isEmpty {
            broker.order.withLock { _ in
                device.lane.status.chainHead = String(decoding: chain.state, as: UTF8.self)
            }
        }
        return nil
    }

    private func rest() {
        let woken = device.alarm.wait(timeout: .now() + .milliseconds(Self.restMilliseconds)) == .success
        // On a busy machine others go first, and add to what is written at once.
        if woken { sched_yield() }
        broker.order.withLock { _ in device.lane.isAsleep = false }
        if device.isToReopen.exchange(false, ordering: .relaxed) {
            if let fault = open() { fail(fault) }
        } else if !woken {
            check()
        }
    }

    private func check() {
        do throws(SinkFault) { try sink.check() } catch { return fail(error) }
        let free = sink.freeBytes
        broker.order.withLock { _ in device.lane.status.freeBytes = free }
    }

    private func reopen() {
        let isOver = { self.broker.order.withLock { _ in self.device.lane.phase == .closing } }
        _ = device.alarm.wait(timeout: .now() + .milliseconds(backoffMilliseconds))
        backoffMilliseconds = min(backoffMilliseconds * 2, Self.longestBackoff)
        if isOver() { return }
        device.isToReopen.store(false, ordering: .relaxed)
        if let fault = open() { return note(fault) }
        // Whether it records shows with the next entry.
        broker.order.withLock { $0.bringUp(device) }
    }
}

/// The answer of a device's start: what comes first, the device's or the clock's.
private final class StartAnswer: Sendable {
    private let waiting: Mutex<UnsafeContinuation<SinkFault?, Never>?>

    init(_ continuation: UnsafeContinuation<SinkFault?, Never>) { waiting = Mutex(continuation) }

    /// Gives the answer; false when there is one already.
    func give(_ fault: SinkFault?) -> Bool {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: fault)
        return continuation != nil
    }
}
