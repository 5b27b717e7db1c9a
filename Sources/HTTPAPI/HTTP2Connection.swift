internal import Bytes
internal import Dispatching
internal import EngineKit
internal import NIOCore
internal import NIOHTTP2
internal import NIOSSL
internal import Vocabulary

/// Sees whether the library gave up the connection: its errors do not tell what they are the end of.
private final class GoAwayWatch: NIOHTTP2FrameDelegate {
    private(set) var hasSeenFault = false

    func wroteFrame(_ frame: HTTP2Frame) {
        if case .goAway(_, let code, _) = frame.payload, code != .noError { hasSeenFault = true }
    }
}

/// One connection of HTTP/2: takes frames apart into requests, has them answered, each when it is ready.
///
/// The library's handler before it knows the protocol's states, splits data by the client's windows and frames, and
/// cuts off floods; streams are entries of a table here and no channels, which would cost more than most requests.
/// **Concurrency** its channel's event loop only.
// Unchecked: every use is from `loop.eventLoop`, which is the guard; tasks only carry the reference back there.
final class HTTP2Connection: ChannelInboundHandler, LoopMember, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// What a client may send of one body, and of all bodies of the connection, before it must wait for us.
    static let streamWindow = 256 * 1024
    static let connectionWindow = 1024 * 1024
    /// What the bodies that arrive on one connection may hold together, in largest bodies.
    private static let bodiesAtOnce = 4

    let loop: LoopState
    let listener: Listener
    let peer: PeerAddress
    let facts: ClientFacts
    var isAwaitingOutcomes = false
    /// The library's handler, which stands before this one.
    let frames: NIOHTTP2Handler
    var slot: Int?
    var context: ChannelHandlerContext?
    var exchanges: [HTTP2StreamID: HTTP2Exchange] = [:]
    /// Tasks that work on requests, of streams that the client gave up among them.
    var running = 0
    /// Bytes of all bodies that are arriving.
    var gathered = 0
    /// When the connection began to rest.
    private(set) var since: NIODeadline
    private var newest = HTTP2StreamID.rootStream
    private var isReading = false
    private var isDraining = false
    private var isClosing = false
    private var hasEnded = false
    private let watch = GoAwayWatch()

    init(loop: LoopState, listener: Listener, peer: PeerAddress, certificates: [[UInt8]] = []) {
        facts = ClientFacts(address: peer, certificates: certificates, rules: listener.configuration.rules)
        (self.loop, self.listener, self.peer) = (loop, listener, peer)
        since = loop.now
        frames = Self.frames(listener.limits, streams: loop.configuration.maxConcurrentStreams, watch)
    }

    /// The library's handler with its limits. Those on rates end the connection: against CVE-2023-44487 (streams opened
    /// and reset at once), CVE-2024-27316 (headers continued for ever), and floods of pings and settings.
    private static func frames(_ limits: RequestLimits, streams: Int, _ watch: GoAwayWatch) -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: max(streams, 1)),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.maxHeaderBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: streamWindow),
            HTTP2Setting(parameter: .enableConnectProtocol, value: 0),
        ]
        connection.maximumSequentialEmptyDataFrames = 8
        connection.maximumSequentialContinuationFrames = 8
        connection.maximumBufferedControlFrames = 1000
        connection.maximumRecentlyResetStreams = 256
        connection.maximumConnectionGlitches = 200
        connection.controlFrameRateLimit.maximumCount = 1000
        connection.controlFrameRateLimit.windowLength = .seconds(30)
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.streamResetFrameRateLimit.maximumCount = 200
        stream.streamResetFrameRateLimit.windowLength = .seconds(30)
        stream.streamErrorRateLimit.maximumCount = 200
        stream.streamErrorRateLimit.windowLength = .seconds(30)
        return NIOHTTP2Handler(
            mode: .server, frameDelegate: watch, connectionConfiguration: connection, streamConfiguration: stream)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        write(.windowUpdate(windowSizeIncrement: Self.connectionWindow - 65_535), on: .rootStream)
        flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) { end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // For a fault of one stream the library has reset that stream; the others live on.
        if watch.hasSeenFault || error is NIOSSLError || error is IOError || error is ChannelError {
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let frame = unwrapInboundIn(data)
        guard !isClosing else { return }
        switch frame.payload {
        case .headers(let headers): take(headers, on: frame.streamID)
        case .data(let data): take(data, on: frame.streamID)
        case .goAway: beginDraining()
        case .priority, .rstStream, .settings, .pushPromise, .ping, .windowUpdate, .alternativeService, .origin: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.flush()
        closeIfDrained()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as StreamClosedEvent: streamEnded(event.streamID)
        case let event as NIOHTTP2WindowUpdatedEvent: widen(event)
        case let event as ChannelEvent where event == .inputClosed:
            beginDraining()
            flush()
        default: break
        }
    }

    // MARK: Streams

    private func take(_ headers: HTTP2Frame.FramePayload.Headers, on id: HTTP2StreamID) {
        if let exchange = exchanges[id] {
            // Trailers: their end is what matters.
            exchange.hasInputEnded = exchange.hasInputEnded || headers.endStream
            if headers.endStream, exchange.phase == .body { finishBody(exchange) }
            return
        }
        // The second bound is for streams that the client reset while a task still works on them.
        guard !isDraining, running < loop.configuration.maxConcurrentStreams else {
            return write(.rstStream(.refusedStream), on: id)
        }
        newest = max(newest, id)
        let exchange = HTTP2Exchange(id, loop.workspaces.take(), now: loop.now)
        exchange.hasInputEnded = headers.endStream
        exchanges[id] = exchange
        begin(exchange, headers.headers)
    }

    private func take(_ data: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
        guard let exchange = exchanges[id] else { return }
        exchange.hasInputEnded = exchange.hasInputEnded || data.endStream
        guard exchange.phase == .body, let work = exchange.work else { return }
        if case .byteBuffer(let buffer) = data.data {
            let most = listener.limits.maxRequestBytes
            guard buffer.readableBytes <= most - exchange.bodyCount else {
                return fail(.bodyTooLarge(limit: most), exchange)
            }
            gathered += buffer.readableBytes
            exchange.bodyCount += buffer.readableBytes
            let expected = exchange.head.count + (exchange.announced ?? most)
            buffer.withUnsafeReadableBytes { work.block.append(ByteView($0), expecting: expected) }
            if gathered / Self.bodiesAtOnce > most { return reset(exchange, .enhanceYourCalm) }
        }
        if data.endStream { finishBody(exchange) }
    }

    /// Gives back what has been taken of a window, once it is half.
    private func widen(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let left = event.inboundWindowSize, !isClosing else { return }
        let target: Int
        if event.streamID == .rootStream {
            target = Self.connectionWindow
        } else {
            guard exchanges[event.streamID]?.phase == .body else { return }
            target = Self.streamWindow
        }
        guard left <= target / 2 else { return }
        write(.windowUpdate(windowSizeIncrement: target - left), on: event.streamID)
        flush()
    }

    private func streamEnded(_ id: HTTP2StreamID) {
        guard let exchange = exchanges.removeValue(forKey: id) else { return }
        release(exchange)
        if exchanges.isEmpty { since = loop.now }
        closeIfDrained()
    }

    /// Gives back what an exchange holds, unless a task works on it.
    func release(_ exchange: HTTP2Exchange) {
        if exchange.phase == .body { gathered -= exchange.bodyCount }
        exchange.phase = .ended
        if let work = exchange.work { loop.workspaces.give(back: work) }
        exchange.work = nil
    }

    // MARK: Writing

    func write(
        _ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID, promise: EventLoopPromise<Void>? = nil
    ) {
        guard let context, !hasEnded else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: promise)
    }

    /// Hands what was written to the channel; while input is taken apart that happens at its end.
    func flush() {
        if !isReading { context?.flush() }
    }

    /// Ends a stream without an answer, or without the rest of it.
    func reset(_ exchange: HTTP2Exchange, _ code: HTTP2ErrorCode) {
        release(exchange)
        write(.rstStream(code), on: exchange.id)
        flush()
    }

    // MARK: LoopMember

    func checkTimeouts() {
        for exchange in Array(exchanges.values) { checkTimeouts(exchange) }
        let limit = Int64(isClosing ? listener.limits.writeTimeoutSeconds : listener.limits.idleTimeoutSeconds)
        if isClosing, loop.now - since >= .seconds(limit) + loop.sweepInterval { return abandon() }
        if exchanges.isEmpty, loop.now - since >= .seconds(limit) + loop.sweepInterval { stop() }
    }

    func stop() {
        beginDraining()
        flush()
        closeIfDrained()
    }

    func abandon() { context?.close(promise: nil) }

    // MARK: End

    /// From here on new streams are refused, which tells clients that they may be asked for again elsewhere.
    private func beginDraining() {
        guard !isDraining, !hasEnded else { return }
        isDraining = true
        write(.goAway(lastStreamID: newest, errorCode: .noError, opaqueData: nil), on: .rootStream)
    }

    private func closeIfDrained() {
        guard isDraining, !isReading, exchanges.isEmpty, !isClosing, !hasEnded, let context else { return }
        isClosing = true
        since = loop.now
        // What was written last is what the end waits for.
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in self.context?.close(promise: nil) }
        write(.goAway(lastStreamID: newest, errorCode: .noError, opaqueData: nil), on: .rootStream, promise: promise)
        context.flush()
    }

    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        loop.remove(self)
        for exchange in exchanges.values { release(exchange) }
        exchanges = [:]
    }
}
