internal import Glibc

/// A host and a port to listen on.
package struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name, an IPv4 address, or an IPv6 address without brackets. `0.0.0.0` where the text named only a port.
    package let host: String
    /// The port; 0 lets the system choose.
    package let port: Int

    /// The address that `host:port`, `[v6]:port` or `:port` spell, or nil.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), let host = HostText.parse(text[..<colon], emptyMeans: "0.0.0.0")
        else { return nil }
        self.host = host
        self.port = Int(port)
    }

    /// The next port on the same host, where the field has its cluster listener; nil past the last.
    package var next: NetworkAddress? { port == 0 || port == 65535 ? nil : NetworkAddress(host: host, port: port + 1) }

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || (HostText.isIPv4(host) && host.hasPrefix("127."))
    }

    /// `host:port`, IPv6 in brackets.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Hosts, networks and URLs as text.
enum HostText {
    /// The host that stands before a port, without brackets.
    static func parse(_ text: Substring, emptyMeans substitute: String?) -> String? {
        if text.isEmpty { return substitute }
        if text.hasPrefix("[") {
            let inner = String(text.dropFirst().dropLast())
            return text.hasSuffix("]") && isIPv6(inner) ? inner : nil
        }
        let host = String(text)
        return isIPv4(host) || isName(host) ? host : nil
    }

    static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return !text.utf8.contains(0) && inet_pton(AF_INET, text, &address) == 1
    }

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return !text.utf8.contains(0) && inet_pton(AF_INET6, text, &address) == 1
    }

    /// A host name; one of digits and dots alone would be a mistyped IPv4 address. **Source** RFC 1123 §2.1.
    static func isName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        for part in parts {
            guard (1...63).contains(part.utf8.count), !part.hasPrefix("-"), !part.hasSuffix("-") else { return false }
            for byte in part.utf8 {
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): continue
                default: return false
                }
            }
        }
        return parts.last?.utf8.contains { !(0x30...0x39).contains($0) } == true
    }

    /// An address or a network such as `10.0.0.0/8`.
    static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first.map(String.init), isIPv4(host) || isIPv6(host) else { return false }
        guard parts.count == 2 else { return true }
        guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(parts[1])
        else { return false }
        return length <= (isIPv4(host) ? 32 : 128)
    }

    /// The URL `http://host:port` or `https://host:port`, the port optional, without a slash at the end; or nil.
    static func url(_ text: String) -> String? {
        let lowered = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: { lowered.hasPrefix($0) }) else { return nil }
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if NetworkAddress("\(rest)") != nil, !rest.hasPrefix(":") { return scheme + rest }
        return parse(rest, emptyMeans: nil) == nil ? nil : scheme + rest
    }
}
