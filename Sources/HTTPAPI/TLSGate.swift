internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import Vocabulary

/// Stands before a connection of TLS until its handshake is done, then makes way for the protocol that was agreed on.
///
/// TLS costs its memory only once a client has said something that begins like TLS.
/// **Concurrency** its channel's event loop only.
// Unchecked: every use is from `loop.eventLoop`, which is the guard.
final class TLSGate: ChannelInboundHandler, RemovableChannelHandler, LoopMember, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Stage { case waiting, handshaking, closed }

    /// What the first byte of a handshake is. **Source** RFC 8446 §5.1.
    private static let handshakeRecord: UInt8 = 22
    // Compatibility: the words that the field's clients know for this mistake.
    private static let plainAnswer: StaticString = """
        HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
        Client sent an HTTP request to an HTTPS server.\n
        """

    private let loop: LoopState
    private let listener: Listener
    private let peer: PeerAddress
    private let since: NIODeadline
    private var stage = Stage.waiting
    private var context: ChannelHandlerContext?
    var slot: Int?

    init(loop: LoopState, listener: Listener, peer: PeerAddress) {
        (self.loop, self.listener, self.peer) = (loop, listener, peer)
        since = loop.now
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { register(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        register(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stage = .closed
        loop.remove(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch stage {
        case .closed: break
        case .handshaking: context.fireChannelRead(data)
        case .waiting:
            let buffer = unwrapInboundIn(data)
            guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return }
            guard first == Self.handshakeRecord else { return refuse(first, context) }
            beginHandshake(buffer, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if stage == .handshaking, case .some(.handshakeCompleted(let agreed)) = event as? TLSUserEvent {
            return makeWay(agreed, context)
        }
        if case .some(.inputClosed) = event as? ChannelEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: LoopMember

    func checkTimeouts() {
        let limit = Int64(listener.configuration.tls?.handshakeTimeoutSeconds ?? 0)
        if loop.now - since >= .seconds(limit) + loop.sweepInterval { abandon() }
    }

    func stop() { abandon() }

    var isAwaitingOutcomes = false
    func outcomesKnown() {}

    func abandon() { context?.close(promise: nil) }

    // MARK: Stages

    private func register(_ context: ChannelHandlerContext) {
        guard slot == nil, stage == .waiting, !loop.admit(self) else { return }
        stage = .closed
        context.close(promise: nil)
    }

    private func beginHandshake(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let contexts = listener.tls else { return abandon() }
        stage = .handshaking
        do {
            let handler = NIOSSLServerHandler(context: contexts.context)
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            return abandon()
        }
        context.pipeline.fireChannelRead(buffer)
    }

    /// Somebody speaks HTTP where TLS is spoken: says so, once and in the clear, and ends the connection.
    private func refuse(_ first: UInt8, _ context: ChannelHandlerContext) {
        stage = .closed
        guard first >= UInt8(ascii: "A"), first <= UInt8(ascii: "Z") else { return context.close(promise: nil) }
        var buffer = context.channel.allocator.buffer(capacity: 256)
        buffer.writeStaticString(Self.plainAnswer)
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { _ in context.close(promise: nil)
        }
    }

    private func makeWay(_ agreed: String?, _ context: ChannelHandlerContext) {
        let operations = context.pipeline.syncOperations
        // The leaf is all that an unverified handshake leaves of a chain.
        let leaf = try? operations.handler(type: NIOSSLServerHandler.self).peerCertificate?.toDERBytes()
        let certificates = leaf.map { [$0] } ?? []
        do {
            if agreed == "h2" {
                let connection = HTTP2Connection(
                    loop: loop, listener: listener, peer: peer, certificates: certificates)
                loop.replace(self, by: connection)
                // One by one: the connection writes as soon as it is added.
                try operations.addHandler(connection.frames, position: .after(self))
                try operations.addHandler(connection, position: .after(connection.frames))
            } else {
                let connection = ConnectionHandler(
                    loop: loop, listener: listener, peer: peer, certificates: certificates)
                loop.replace(self, by: connection)
                try operations.addHandler(connection, position: .after(self))
            }
        } catch {
            return context.close(promise: nil)
        }
        operations.removeHandler(self, promise: nil)
    }
}
