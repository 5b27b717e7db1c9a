internal import Bytes
internal import Dispatching
internal import Glibc
internal import NIOCore
internal import Synchronization

/// How many connections are served, over all event loops.
final class ConnectionCounter: Sendable {
    private let open = Atomic<Int>(0)

    /// The connections served now.
    var count: Int { open.load(ordering: .relaxed) }

    /// Counts one more, unless there are `limit`.
    func admit(limit: Int) -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= limit { return true }
        release()
        return false
    }

    /// Counts one less.
    func release() { open.subtract(1, ordering: .relaxed) }
}

/// What the register of an event loop holds: a connection, at whatever stage.
protocol LoopMember: AnyObject {
    /// Place in the loop's register; nil when not registered.
    var slot: Int? { get set }
    /// Called twice a second: cuts off what has taken too long.
    func checkTimeouts()
    /// The server stops: a connection at rest ends now, any other with its last answer.
    func stop()
    /// Ends the connection, whatever it is doing.
    func abandon()
    /// Whether it is among those that wait for audit entries.
    var isAwaitingOutcomes: Bool { get set }
    /// Audit entries were settled: goes on where something waited for that.
    func outcomesKnown()
}

/// What the connections of one event loop share: scratch memory, the clock, and the register for the sweep.
///
/// The clock of time-outs stands still between two sweeps: it is looked up twice a second and not for every request.
/// **Concurrency** its event loop only.
// Unchecked: every use is from `eventLoop`, which is the guard.
final class LoopState: @unchecked Sendable {
    private static let writerKept = 1024 * 1024
    private static let outboundKept = 512 * 1024
    private static let sweepsPerTrim = 10
    private static let longestGathering = TimeAmount.microseconds(250)

    let eventLoop: any EventLoop
    let configuration: HTTPServerConfiguration
    let answering: any RequestAnswering
    let counter: ConnectionCounter
    /// Room for answers that are made within one event-loop turn.
    var writer = ByteWriter(capacity: 4096)
    var workspaces = WorkspacePool()
    /// True once the server stops: every answer is the last one of its connection.
    private(set) var isStopping = false
    /// The time of the last sweep.
    private(set) var now = NIODeadline.now()
    private var dateLine: [UInt8] = []
    /// The time of day as answers have it.
    private(set) var date = ""
    private var dateSecond = -1
    // As many as there may be answers that wait for their audit entries.
    private var spareOutbound: [ByteBuffer] = []
    private var spareOutboundBytes = 0
    private var connections: [any LoopMember] = []
    private var sweeps = 0
    private var sweeping: RepeatedTask?
    private var awaiting: [any LoopMember] = []
    private var isToFlushRecords = false
    private var flushing: [ConnectionHandler] = []
    private var gatheringSince = NIODeadline.now()
    // Whether somebody waits for audit entries: whoever settles them need not look further otherwise.
    private let isAwaited = Atomic<Bool>(false)

    init(
        eventLoop: any EventLoop, configuration: HTTPServerConfiguration, answering: any RequestAnswering,
        counter: ConnectionCounter
    ) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.answering = answering
        self.counter = counter
        refreshDate()
    }

    /// Time between two sweeps.
    var sweepInterval: TimeAmount { .milliseconds(Int64(max(configuration.sweepIntervalMilliseconds, 10))) }

    /// Starts the clock and the sweep.
    func start() {
        sweeping = eventLoop.scheduleRepeatedTask(initialDelay: sweepInterval, delay: sweepInterval) { _ in
            self.sweep()
        }
        answering.onOutcomes { [weak self] in self?.wake() }
    }

    // MARK: Answers

    /// Sends the connection's answers once all that this turn of the loop takes in is answered: clients are then woken
    /// once for many answers, which on a busy machine costs more than to make them. Tasks run behind a turn's events.
    ///
    /// After `longestGathering` they leave with the next connection that is done: signatures in the loop take time.
    func flushSoon(_ connection: ConnectionHandler) {
        if flushing.isEmpty {
            gatheringSince = .now()
            eventLoop.execute { self.flush() }
        }
        flushing.append(connection)
        flushOverdue()
    }

    /// Sends what has been gathered for too long.
    func flushOverdue() {
        if !flushing.isEmpty, NIODeadline.now() - gatheringSince >= Self.longestGathering { flush() }
    }

    private func flush() {
        let connections = flushing
        flushing.removeAll(keepingCapacity: true)
        for connection in connections { connection.finishTurn() }
    }

    // MARK: Audit entries

    /// Calls `outcomesKnown` of the member once entries were settled.
    func awaitOutcome(of ticket: UInt64, for member: any LoopMember) {
        if !member.isAwaitingOutcomes {
            member.isAwaitingOutcomes = true
            awaiting.append(member)
        }
        flushRecordsSoon()
        isAwaited.store(true, ordering: .sequentiallyConsistent)
        // It may have been settled before anybody could see that it is waited for.
        if answering.outcome(of: ticket) != .pending { wake() }
    }

    /// Once for all that this turn of the loop takes in: tasks run behind its events.
    private func flushRecordsSoon() {
        guard !isToFlushRecords else { return }
        isToFlushRecords = true
        eventLoop.execute {
            self.isToFlushRecords = false
            self.answering.flushRecords()
        }
    }

    /// Called by whoever settled entries, from any thread.
    private func wake() {
        guard isAwaited.exchange(false, ordering: .sequentiallyConsistent) else { return }
        eventLoop.execute { self.tellOutcomes() }
    }

    private func tellOutcomes() {
        let members = awaiting
        awaiting.removeAll(keepingCapacity: true)
        for member in members {
            member.isAwaitingOutcomes = false
            member.outcomesKnown()
        }
    }

    /// What goes out in the place of an answer that was not recorded.
    func unrecorded(into writer: inout ByteWriter) -> WireReply {
        writer.truncate(to: 0)
        return answering.reply(to: .unrecorded, into: &writer)
    }

    // MARK: Connections

    /// Registers a connection; false when there are too many.
    func admit(_ connection: any LoopMember) -> Bool {
        guard !isStopping, counter.admit(limit: configuration.maxConnections) else { return false }
        connection.slot = connections.count
        connections.append(connection)
        return true
    }

    /// Puts a connection's next stage in the place of the one before.
    func replace(_ connection: any LoopMember, by next: any LoopMember) {
        guard let slot = connection.slot, slot < connections.count else { return }
        connections[slot] = next
        (connection.slot, next.slot) = (nil, slot)
    }

    /// Forgets a connection that `admit` took.
    func remove(_ connection: any LoopMember) {
        guard let slot = connection.slot, slot < connections.count else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[slot] = last
            last.slot = slot
        }
        connection.slot = nil
        counter.release()
    }

    /// From now on connections end with their answer; those that rest end at once.
    func beginStopping() {
        isStopping = true
        for connection in connections { connection.stop() }
    }

    /// Ends the sweep and every connection, whatever it is doing.
    func endStopping() {
        sweeping?.cancel()
        sweeping = nil
        awaiting = []
        isAwaited.store(false, ordering: .sequentiallyConsistent)
        for connection in connections { connection.abandon() }
        workspaces.trim()
        workspaces.trim()
    }

    /// An empty buffer for answers.
    func takeOutbound() -> ByteBuffer {
        guard let spare = spareOutbound.popLast() else { return ByteBufferAllocator().buffer(capacity: 2048) }
        spareOutboundBytes -= spare.capacity
        return spare
    }

    /// Zeroes and keeps a buffer whose bytes have all gone to the kernel; one still in use is left alone.
    func recycle(outbound buffer: consuming ByteBuffer) {
        guard spareOutboundBytes + buffer.capacity <= Self.outboundKept else { return }
        let isMine: Void? = buffer.modifyIfUniquelyOwned { buffer in
            buffer.withUnsafeMutableReadableBytes { bytes in
                if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            }
            buffer.clear()
        }
        guard isMine != nil else { return }
        spareOutboundBytes += buffer.capacity
        spareOutbound.append(buffer)
    }

    /// Empties the shared writer after an answer.
    func clearWriter() { writer.reset(keeping: Self.writerKept) }

    /// Lends the `Date` header line.
    func withDateLine<R>(_ body: (ByteView) -> R) -> R { dateLine.withUnsafeBytes { body(ByteView($0)) } }

    private func refreshDate() {
        let second = time(nil)
        guard second != dateSecond else { return }
        dateSecond = second
        date = HTTPDate.text(unixSeconds: second)
        dateLine = Array("Date: \(date)\r\n".utf8)
    }

    private func sweep() {
        now = .now()
        refreshDate()
        // Backwards, because a connection that ends leaves its slot to the last one, which was looked at already.
        for slot in connections.indices.reversed() where slot < connections.count {
            connections[slot].checkTimeouts()
        }
        sweeps += 1
        if sweeps.isMultiple(of: Self.sweepsPerTrim) { workspaces.trim() }
    }
}
