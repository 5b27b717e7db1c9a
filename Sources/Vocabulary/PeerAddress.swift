internal import Glibc

/// Where a request came from: an IP address and a port, a Unix socket, or nowhere known.
///
/// **Layout** 16 bytes of address, IPv4 as `::ffff:a.b.c.d`, so that one comparison serves both families.
package struct PeerAddress: Sendable, Hashable {
    /// What kind of address it is.
    package enum Kind: UInt8, Sendable {
        /// Nothing is known.
        case unknown
        /// A Unix socket of this machine.
        case unix
        /// IPv4 or IPv6.
        case internet
    }

    private static let mappedPrefix: UInt64 = 0xFFFF

    /// What kind of address it is.
    package let kind: Kind
    /// The port; 0 when there is none.
    package let port: UInt16
    /// The first eight bytes of the address, as a number.
    package let high: UInt64
    /// The last eight bytes of the address, as a number.
    package let low: UInt64

    /// Nothing is known.
    package static let unknown = PeerAddress(kind: .unknown)
    /// A Unix socket of this machine.
    package static let unix = PeerAddress(kind: .unix)

    private init(kind: Kind) { (self.kind, port, high, low) = (kind, 0, 0, 0) }

    /// The IPv6 address with those numbers; one that stands for an IPv4 address is that address.
    package init(high: UInt64, low: UInt64, port: UInt16 = 0) {
        (kind, self.port, self.high, self.low) = (.internet, port, high, low)
    }

    /// The IPv4 address with that number.
    package init(v4: UInt32, port: UInt16 = 0) {
        self.init(high: 0, low: Self.mappedPrefix << 32 | UInt64(v4), port: port)
    }

    /// Reads `192.0.2.1`, `2001:db8::1`, and both with a port: `192.0.2.1:80`, `[2001:db8::1]:80`. Nil for all else.
    package init?(text: String) {
        var (host, port) = (Substring(text), UInt16(0))
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty {
                guard let number = Self.port(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].firstIndex(of: ":") == nil {
            guard let number = Self.port(text[text.index(after: colon)...]) else { return nil }
            (host, port) = (text[..<colon], number)
        }
        guard !host.utf8.contains(0) else { return nil }
        if host.contains(":") {
            var address = in6_addr()
            guard inet_pton(AF_INET6, String(host), &address) == 1 else { return nil }
            let (high, low) = withUnsafeBytes(of: &address) {
                (
                    UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
            self.init(high: high, low: low, port: port)
        } else {
            var address = in_addr()
            guard inet_pton(AF_INET, String(host), &address) == 1 else { return nil }
            self.init(v4: UInt32(bigEndian: address.s_addr), port: port)
        }
    }

    /// Whether it is an IPv4 address.
    package var isV4: Bool { kind == .internet && high == 0 && low >> 32 == Self.mappedPrefix }

    /// The address without its port; empty when there is none.
    package var text: String {
        guard kind == .internet else { return kind == .unix ? "unix" : "" }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isV4 {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
            inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        } else {
            var bytes = (high.bigEndian, low.bigEndian)
            inet_ntop(AF_INET6, &bytes, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // Digits only: no sign, as `UInt16(_:)` would allow.
    private static func port(_ text: Substring) -> UInt16? {
        text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? UInt16(text) : nil
    }
}
