internal import Bytes
internal import Dispatching
internal import EngineKit
internal import NIOCore
internal import Vocabulary

/// One connection: reads requests, has them answered in order, writes the answers.
///
/// A request that lies complete in the read buffer is answered right there, on views into that buffer. One that needs a
/// task is copied first, and nothing further is parsed until its answer is there, so answers cannot overtake each
/// other.
/// **Concurrency** its channel's event loop only.
// Unchecked: every use is from `loop.eventLoop`, which is the guard; tasks only carry the reference back there.
final class ConnectionHandler: ChannelDuplexHandler, LoopMember, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the connection is at. Input is taken apart in the first four only.
    enum Phase {
        /// No byte has come yet.
        case fresh
        /// Between two requests.
        case idle
        /// A part of a head has come.
        case head
        /// The head is there, the body is not.
        case body
        /// A task works on the request.
        case answering
        /// The answer is there, and waits until its audit entry is recorded.
        case holding
        /// A large answer is written piece by piece.
        case sending
        /// The last answer is on its way or has gone; input is thrown away.
        case closing
        /// Nothing more to do.
        case closed
    }

    /// Pipelined bytes that are kept while an answer is being made; above it the socket is not read.
    static let backlogLimit = 64 * 1024
    /// Answers below this size leave together with those of other connections: see `LoopState.flushSoon`.
    static let flushedLater = 8 * 1024
    /// Answers gathered in one buffer before they are written.
    static let outboundLimit = 256 * 1024

    let loop: LoopState
    let listener: Listener
    /// The other end.
    let peer: PeerAddress
    /// Place in the loop's register; nil when not registered.
    var slot: Int?
    var context: ChannelHandlerContext?
    var phase = Phase.fresh
    /// When the phase began, or, in phases that need progress, when progress was last seen.
    var since: NIODeadline
    /// When the first byte of the request came that is being read.
    var began: NIODeadline
    /// How far the phase was at `since`.
    var progress = 0

    // The request being read.
    var parser: RequestHeadParser
    var head = RequestHead()
    var decoder: ChunkedDecoder
    var work: Workspace?
    var backlog: ByteBuffer?

    // The answers being written.
    var outbound: ByteBuffer?
    /// Bytes of a large answer that were handed to the channel.
    var sent = 0
    var isPumping = false
    /// Whether the client is slower than its answers.
    var isBlocked = false
    /// Whether unread input is waited for before closing, lest a reset overtake the last answer.
    var lingers = false
    /// Whether the last answer has left.
    var isOutputDone = false
    var isClosingScheduled = false
    /// Answers in `outbound` that wait for their audit entries, in order; until then nothing of it leaves.
    var held: [HeldReply] = []
    /// The answer in `work` that waits for its audit entry.
    var heldReply = WireReply(status: 0)
    var isAwaitingOutcomes = false
    var discarded = 0

    private var facts: ClientFacts
    private var isInputClosed = false
    private var isReadHeld = false
    private var isProcessing = false

    init(loop: LoopState, listener: Listener, peer: PeerAddress, certificates: [[UInt8]] = []) {
        (self.loop, self.listener, self.peer) = (loop, listener, peer)
        facts = ClientFacts(address: peer, certificates: certificates, rules: listener.configuration.rules)
        (since, began) = (loop.now, loop.now)
        parser = RequestHeadParser(limit: listener.limits.maxHeaderBytes)
        decoder = ChunkedDecoder(limit: listener.limits.maxRequestBytes)
    }

    /// The connection as a request from `remote` came by it; a proxy's connection is many clients'.
    func facts(for remote: PeerAddress) -> ClientFacts {
        if facts.address != remote {
            facts = ClientFacts(address: remote, certificates: facts.certificates, rules: facts.rules)
        }
        return facts
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { register(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) { register(context) }

    func channelInactive(context: ChannelHandlerContext) { end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        switch phase {
        case .closing: discard(buffer.readableBytes)
        case .closed: break
        case .fresh, .idle, .head, .body, .answering, .holding, .sending:
            guard backlog == nil, canTakeInput else {
                if backlog == nil { backlog = buffer } else { backlog?.writeImmutableBuffer(buffer) }
                if canTakeInput { takeBacklog() }
                return
            }
            process(buffer)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard phase == .idle, held.isEmpty, let outbound, outbound.readableBytes < Self.flushedLater else {
            finishTurn()
            return loop.flushOverdue()
        }
        loop.flushSoon(self)
    }

    /// Sends what was gathered, now that no more of it comes.
    func finishTurn() {
        flushOutbound()
        closeIfInputEnded()
    }

    func read(context: ChannelHandlerContext) {
        if mustHoldReads { isReadHeld = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isBlocked = !context.channel.isWritable
        progress = 0
        since = loop.now
        guard !isBlocked else { return }
        if phase == .sending { pump() } else { advance() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.inputClosed) = event as? ChannelEvent else { return }
        isInputClosed = true
        if phase == .closing, isOutputDone { context.close(promise: nil) }
        closeIfInputEnded()
    }

    // MARK: Input

    /// Whether bytes may be taken apart now.
    private var canTakeInput: Bool {
        switch phase {
        case .fresh, .idle, .head, .body: !isBlocked && !isHeldUp
        case .answering, .holding, .sending, .closing, .closed: false
        }
    }

    private var mustHoldReads: Bool {
        guard phase != .closing, let backlog else { return false }
        return !canTakeInput && backlog.readableBytes >= Self.backlogLimit
    }

    /// Goes on after an answer: with what came in the meantime, with flushing, with reading.
    func advance() {
        // Inside `process` the loop there goes on by itself.
        guard !isProcessing, phase != .closed else { return }
        if canTakeInput { takeBacklog() }
        flushOutbound()
        closeIfInputEnded()
        if isReadHeld, !mustHoldReads {
            isReadHeld = false
            context?.read()
        }
    }

    private func takeBacklog() {
        guard let buffer = backlog else { return }
        backlog = nil
        process(buffer)
    }

    private func process(_ input: ByteBuffer) {
        var input = input
        isProcessing = true
        let used = input.withUnsafeReadableBytes { consume(ByteView($0)) }
        isProcessing = false
        input.moveReaderIndex(forwardBy: min(used, input.readableBytes))
        guard input.readableBytes > 0 else { return }
        switch phase {
        case .closing:
            lingers = true
            discard(input.readableBytes)
        case .closed: break
        case .fresh, .idle, .head, .body, .answering, .holding, .sending:
            if input.readerIndex > input.readableBytes { input.discardReadBytes() }
            backlog = input
        }
    }

    /// Takes as much apart as can be; returns the number of bytes that are done with.
    private func consume(_ bytes: ByteView) -> Int {
        var at = 0
        while at < bytes.count {
            if let pending = outbound, pending.readableBytes >= Self.outboundLimit { flushOutbound() }
            guard canTakeInput else { return at }
            let used = phase == .body ? takeBody(bytes.dropFirst(at)) : takeRequest(bytes.dropFirst(at))
            guard used > 0 else { return at }
            at += used
        }
        return at
    }

    private func discard(_ count: Int) {
        discarded += count
        // Enough for a client that sends all of a body that is too large before it looks at the answer.
        let (twice, overflows) = listener.limits.maxRequestBytes.multipliedReportingOverflow(by: 2)
        if discarded > (overflows ? .max : twice), isOutputDone { context?.close(promise: nil) }
    }

    // MARK: Beginning and end

    private func register(_ context: ChannelHandlerContext) {
        guard slot == nil, phase == .fresh else { return }
        since = loop.now
        guard !loop.admit(self) else { return }
        phase = .closed
        context.close(promise: nil)
    }

    /// A client that has said its last word is served what it asked for and let go.
    private func closeIfInputEnded() {
        guard isInputClosed, canTakeInput else { return }
        beginClosing(lingering: false)
        flushOutbound()
    }

    /// Whether the client will send nothing more.
    var hasInputEnded: Bool { isInputClosed }

    private func end() {
        phase = .closed
        loop.remove(self)
        (backlog, outbound, held) = (nil, nil, [])
        if let work { loop.workspaces.give(back: work) }
        work = nil
    }
}
