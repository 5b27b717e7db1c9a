internal import NIOCore
package import Vocabulary

/// Where and how the server listens. The composition root fills it from the settings.
package struct HTTPServerConfiguration: Sendable {
    /// Host name or address to bind; ignored when `unixSocketPath` is set.
    package var host = "127.0.0.1"
    /// TCP port; 0 lets the kernel choose, see `HTTPServer.localAddress`.
    package var port = 8200
    /// Path of a Unix socket to listen on instead of TCP; a stale socket file there is replaced.
    package var unixSocketPath: String?
    /// Number of event-loop threads.
    package var threads = System.coreCount
    /// Connections served at once. One that is accepted above it is closed at once, so that the others stay served.
    package var maxConnections = 16_384
    /// Bounds on one request.
    package var limits = RequestLimits()
    /// Seconds without any progress after which a client that does not read its answer is cut off.
    package var writeTimeoutSeconds = 30
    /// Seconds that a closed connection may still send input that nobody reads, so that it sees its last answer.
    package var lingerSeconds = 5
    /// How often the timeouts are looked after. **Units** milliseconds.
    package var sweepIntervalMilliseconds = 500

    /// The defaults.
    package init() {}
}
