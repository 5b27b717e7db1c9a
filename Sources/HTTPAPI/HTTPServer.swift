package import Dispatching
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Why the server did not start.
package enum HTTPServerError: Error, Equatable, Sendable {
    /// `start` was called twice, or after `stop`.
    case alreadyStarted
}

/// The address that the server listens on.
package enum ListenAddress: Equatable, Sendable {
    /// TCP: the numeric address and the port, which the kernel may have chosen.
    case tcp(host: String, port: Int)
    /// A Unix socket's path.
    case unix(path: String)
}

/// The HTTP/1.1 server: event loops that answer requests by way of a `RequestAnswering`.
///
/// **Concurrency** safe from everywhere. The answering side is called from event loops and tasks.
package final class HTTPServer: Sendable {
    private static let acceptBacklog: Int32 = 1024
    private static let acceptRetryMilliseconds: Int64 = 50

    private enum Stage { case ready, running, stopped }

    private struct State {
        var stage = Stage.ready
        var listener: (any Channel)?
    }

    private let configuration: HTTPServerConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let loops: [LoopState]
    private let counter: ConnectionCounter
    private let state = Mutex(State())

    /// A server that is not listening yet. Once made it must be stopped, which ends its threads.
    package init(configuration: HTTPServerConfiguration, answering: any RequestAnswering) {
        let counter = ConnectionCounter()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(configuration.threads, 1))
        self.configuration = configuration
        self.group = group
        self.counter = counter
        loops = group.makeIterator().map {
            LoopState(eventLoop: $0, configuration: configuration, answering: answering, counter: counter)
        }
    }

    /// The address in use; nil unless the server runs.
    package var localAddress: ListenAddress? {
        guard let address = state.withLock({ $0.listener?.localAddress }) else { return nil }
        if let path = address.pathname, case .unixDomainSocket = address { return .unix(path: path) }
        return .tcp(host: address.ipAddress ?? configuration.host, port: address.port ?? configuration.port)
    }

    /// Connections that are open now.
    package var connectionCount: Int { counter.count }

    /// Binds and listens. **Throws** the system's error when the address cannot be had.
    package func start() async throws {
        let isFirst = state.withLock { state in
            defer { if state.stage == .ready { state.stage = .running } }
            return state.stage == .ready
        }
        guard isFirst else { throw HTTPServerError.alreadyStarted }
        for loop in loops { loop.eventLoop.execute { loop.start() } }
        let listener = try await bind()
        state.withLock { $0.listener = listener }
    }

    /// Stops accepting, lets requests in flight be answered for up to `graceSeconds`, then closes what is left.
    package func stop(graceSeconds: Int = 10) async {
        let listener: (any Channel)?? = state.withLock { state in
            guard state.stage != .stopped else { return nil }
            defer { (state.stage, state.listener) = (.stopped, nil) }
            return .some(state.listener)
        }
        guard let listener else { return }
        try? await listener?.close().get()
        for loop in loops { try? await loop.eventLoop.submit { loop.beginStopping() }.get() }
        let deadline = ContinuousClock.now + .seconds(graceSeconds)
        while counter.count > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for loop in loops { try? await loop.eventLoop.submit { loop.endStopping() }.get() }
        try? await group.shutdownGracefully()
    }

    private func bind() async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.acceptBacklog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 16)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Out of descriptors or memory: accept again a little later, and keep serving whoever is there.
                    let handler = AcceptBackoffHandler(
                        shouldForwardIOErrorCaught: false,
                        backoffProvider: { _ in .milliseconds(Self.acceptRetryMilliseconds) })
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 128 * 1024)
            )
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 64 * 1024, high: 256 * 1024))
            .childChannelInitializer { [loops] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }) else { return }
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(loop: loop))
                }
            }
        if let path = configuration.unixSocketPath {
            return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        }
        return
            try await bootstrap
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: configuration.host, port: configuration.port).get()
    }
}
