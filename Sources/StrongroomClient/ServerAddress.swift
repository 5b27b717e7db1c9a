internal import Foundation

/// Where the server is: `http://host:port`, `https://host:port/base`, or `unix:///path/of/socket`.
package struct ServerAddress: Sendable, Equatable {
    /// How it is reached.
    package enum Kind: Sendable, Equatable {
        /// In clear.
        case http
        /// Over TLS.
        case https
        /// A Unix socket at that path.
        case unix(String)
    }

    /// How it is reached.
    package let kind: Kind
    /// Name or number of the host, IPv6 without brackets; empty for a Unix socket.
    package let host: String
    /// Its port.
    package let port: Int
    /// What stands before `/v1` in the path, without a slash at the end.
    package let base: String

    /// Reads an address. **Throws** `.badAddress`.
    package init(_ text: String) throws(ClientFault) {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        if trimmed.hasPrefix("unix://") {
            let path = String(trimmed.dropFirst("unix://".count))
            guard path.hasPrefix("/") else { throw .badAddress(text, "a socket needs its whole path") }
            (kind, host, port, base) = (.unix(path), "", 0, "")
            return
        }
        guard trimmed.contains("://") else {
            throw .badAddress(text, "it must begin with http://, https:// or unix://")
        }
        guard let parts = URLComponents(string: trimmed), let scheme = parts.scheme?.lowercased(),
            let named = parts.host, !named.isEmpty
        else { throw .badAddress(text, "it names no host") }
        guard scheme == "http" || scheme == "https" else {
            throw .badAddress(text, "it must begin with http://, https:// or unix://")
        }
        guard parts.user == nil, parts.query == nil, parts.fragment == nil else {
            throw .badAddress(text, "it may have a host, a port and a path, nothing else")
        }
        kind = scheme == "http" ? .http : .https
        host = named.hasPrefix("[") ? String(named.dropFirst().dropLast()) : named
        port = parts.port ?? (scheme == "http" ? 80 : 443)
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        base = path
    }

    /// The address as a user would write it.
    package var text: String {
        switch kind {
        case .http: "http://\(authority(host))\(base)"
        case .https: "https://\(authority(host))\(base)"
        case .unix(let path): "unix://\(path)"
        }
    }

    /// `host:port`, IPv6 in brackets.
    func authority(_ host: String) -> String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
