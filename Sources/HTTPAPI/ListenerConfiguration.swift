package import EngineKit
package import Vocabulary

/// An address that the server listens on.
package enum ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// TCP: a name or numeric address, and the port; port 0 lets the kernel choose.
    case tcp(host: String, port: Int)
    /// A Unix socket's path; a stale socket file there is replaced.
    case unix(path: String)

    /// `127.0.0.1:8200`, `[::1]:8200` or the path.
    package var description: String {
        switch self {
        case .tcp(let host, let port): (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
        case .unix(let path): path
        }
    }
}

/// One place where the server listens, and how.
package struct ListenerConfiguration: Sendable {
    /// Where.
    package var address: ListenAddress
    /// Permission bits of a Unix socket; nil leaves what the process's mask gives.
    package var socketMode: UInt32?
    /// Owner and group of a Unix socket, by name or number; nil leaves what the process has.
    package var socketOwner: (user: String?, group: String?)
    /// What it serves otherwise than others.
    package var rules: ClientFacts.ListenerRules = []
    /// TLS; nil for plain HTTP/1.1.
    package var tls: TLSSettings?
    /// When `X-Forwarded-For` is believed; nil for never.
    package var forwardedFor: ForwardedForRules?
    /// Bounds on one request; nil for the server's.
    package var limits: RequestLimits?

    /// Plain HTTP/1.1 there.
    package init(_ address: ListenAddress) { self.address = address }
}
