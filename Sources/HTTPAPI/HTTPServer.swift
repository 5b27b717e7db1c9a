package import Dispatching
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// The server of HTTP/1.1 and HTTP/2: event loops that answer requests by way of a `RequestAnswering`.
///
/// **Concurrency** safe from everywhere. The answering side is called from event loops and tasks.
package final class HTTPServer: Sendable {
    private static let acceptBacklog: Int32 = 1024
    private static let acceptRetryMilliseconds: Int64 = 50

    private enum Stage { case ready, running, stopped }

    private struct State {
        var stage = Stage.ready
        var channels: [any Channel] = []
        var listeners: [Listener] = []
    }

    private let configuration: HTTPServerConfiguration
    private let group: MultiThreadedEventLoopGroup
    private let loops: [LoopState]
    private let counter: ConnectionCounter
    private let state = Mutex(State())

    /// A server that is not listening yet. Once made it must be shut down, which ends its threads.
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

    /// The addresses in use, in the order of the listeners; empty unless the server runs.
    package var localAddresses: [ListenAddress] {
        let (channels, listeners) = state.withLock { ($0.channels, $0.listeners) }
        return zip(channels, listeners).map { channel, listener in
            guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else {
                return listener.configuration.address
            }
            return .tcp(host: host, port: port)
        }
    }

    /// Connections that are open now.
    package var connectionCount: Int { counter.count }

    /// Reads the certificates, binds and listens. When that fails for one listener, none listens.
    package func start() async throws(HTTPServerError) {
        let isFirst = state.withLock { state in
            defer { if state.stage == .ready { state.stage = .running } }
            return state.stage == .ready
        }
        guard isFirst else { throw .alreadyStarted }
        guard !configuration.listeners.isEmpty else { throw .noListener }
        var listeners: [Listener] = []
        do throws(TLSFault) {
            for listener in configuration.listeners {
                listeners.append(try Listener(listener, defaults: configuration.limits))
            }
        } catch {
            throw .tls(error)
        }
        for loop in loops { loop.eventLoop.execute { loop.start() } }
        var channels: [any Channel] = []
        do throws(HTTPServerError) {
            for listener in listeners { channels.append(try await bind(listener)) }
        } catch {
            for channel in channels { try? await channel.close().get() }
            throw error
        }
        let (bound, served) = (channels, listeners)
        let isLate = state.withLock { state in
            guard state.stage == .running else { return true }
            (state.channels, state.listeners) = (bound, served)
            return false
        }
        if isLate { for channel in bound { try? await channel.close().get() } }
    }

    /// Reads certificates and keys again, for new connections; those that are open keep what they have.
    ///
    /// All or nothing: when one listener's are no good, every listener keeps its old ones.
    package func reload() throws(HTTPServerError) {
        let contexts = state.withLock { $0.listeners }.compactMap(\.tls)
        do throws(TLSFault) {
            var fresh: [NIOSSLContext] = []
            for context in contexts { fresh.append(try context.reread()) }
            for (context, next) in zip(contexts, fresh) { context.replace(by: next) }
        } catch {
            throw .tls(error)
        }
    }

    /// Stops accepting and ends connections at rest; requests in flight are answered for up to `gracePeriod`, as the
    /// last ones of their connections; then closes what is left.
    package func shutdown(gracePeriod: Duration = .seconds(10)) async {
        let channels: [any Channel]? = state.withLock { state in
            guard state.stage != .stopped else { return nil }
            defer { (state.stage, state.channels, state.listeners) = (.stopped, [], []) }
            return state.channels
        }
        guard let channels else { return }
        for channel in channels { try? await channel.close().get() }
        for loop in loops { try? await loop.eventLoop.submit { loop.beginStopping() }.get() }
        let deadline = ContinuousClock.now + gracePeriod
        while counter.count > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        for loop in loops { try? await loop.eventLoop.submit { loop.endStopping() }.get() }
        try? await group.shutdownGracefully()
    }

    private func bind(_ listener: Listener) async throws(HTTPServerError) -> any Channel {
        let address = listener.configuration.address
        do {
            switch address {
            case .tcp(let host, let port):
                return try await bootstrap(listener)
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(host: host, port: port).get()
            case .unix(let path):
                let channel = try await bootstrap(listener)
                    .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
                if let failure = SocketFile.adjust(path, listener.configuration) {
                    try? await channel.close().get()
                    throw failure
                }
                return channel
            }
        } catch {
            throw .cannotListen(address, "\(error)")
        }
    }

    private func bootstrap(_ listener: Listener) -> ServerBootstrap {
        ServerBootstrap(group: group)
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
                    try listener.begin(channel, on: loop)
                }
            }
    }
}
