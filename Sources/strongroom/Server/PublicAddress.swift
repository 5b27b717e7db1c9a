internal import HTTPAPI
internal import Synchronization

/// Where clients find the server: as the settings say, else its first listener once it listens.
final class PublicAddress: Sendable {
    private let text = Mutex("")

    var value: String { text.withLock { $0 } }

    /// Takes a URL, without the slash at its end.
    func set(_ url: String) {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        text.withLock { [url] in $0 = url }
    }

    func set(_ address: ListenAddress, isTLS: Bool) { set(Self.url(address, isTLS: isTLS)) }

    static func url(_ address: ListenAddress, isTLS: Bool) -> String {
        switch address {
        case .tcp(let host, let port):
            (isTLS ? "https://" : "http://") + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
        case .unix(let path): "unix://\(path)"
        }
    }
}
