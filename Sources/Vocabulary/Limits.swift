/// Bounds on what one request may cost. Each is a setting; a 413 names the one that was exceeded.
package struct RequestLimits: Sendable {
    /// Largest body in bytes; setting `max_request_size`.
    package var maxRequestBytes = 32 * 1024 * 1024
    /// Deepest nesting of arrays and objects in a JSON body; setting `max_json_depth`.
    package var maxJSONDepth = 300
    /// Largest request line and header section in bytes; setting `max_header_size`.
    package var maxHeaderBytes = 64 * 1024
    /// Seconds that a client may take to send a whole header section; setting `http_read_header_timeout`.
    package var headTimeoutSeconds = 10
    /// Seconds within which some of a body must arrive; setting `http_read_timeout`.
    package var readTimeoutSeconds = 10
    /// Seconds within which some of an answer must be taken; setting `http_write_timeout`.
    package var writeTimeoutSeconds = 30
    /// Seconds that a request may take to arrive, from its first byte to its last; setting `max_request_duration`.
    package var maxRequestSeconds = 90
    /// Seconds that a kept-alive connection may rest between requests; setting `http_idle_timeout`.
    package var idleTimeoutSeconds = 300
    /// Bodies from this size on are worked on by the crypto pool instead of the event loop.
    package var poolThresholdBytes = 128 * 1024

    /// The defaults.
    package init() {}
}
