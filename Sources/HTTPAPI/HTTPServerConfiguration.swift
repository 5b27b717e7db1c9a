internal import NIOCore
package import Vocabulary

/// Where and how the server listens. The composition root fills it from the settings.
package struct HTTPServerConfiguration: Sendable {
    /// The places to listen on; see `HTTPServer.localAddresses` for ports that the kernel chose.
    package var listeners = [ListenerConfiguration(.tcp(host: "127.0.0.1", port: 8200))]
    /// Number of event-loop threads.
    package var threads = System.coreCount
    /// Connections served at once. One that is accepted above it is closed at once, so that the others stay served.
    package var maxConnections = 16_384
    /// Bounds on one request, on listeners without bounds of their own.
    package var limits = RequestLimits()
    /// Requests at once on one connection of HTTP/2.
    package var maxConcurrentStreams = 128
    /// Seconds that a closed connection may still send input that nobody reads, so that it sees its last answer.
    package var lingerSeconds = 5
    /// How often the timeouts are looked after. **Units** milliseconds.
    package var sweepIntervalMilliseconds = 500

    /// The defaults.
    package init() {}
}
