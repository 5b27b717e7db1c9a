internal import Bytes
internal import Dispatching
package import Vocabulary

/// When `X-Forwarded-For` is believed, and which of its addresses.
///
/// Proxies append on the right: only what the trusted ones wrote can be believed, so the address is counted from the
/// end.
package struct ForwardedForRules: Sendable, Equatable {
    /// The proxies that are trusted; setting `x_forwarded_for_authorized_addrs`. Whoever may open our Unix socket is
    /// trusted as well: the mode of the socket decides about that.
    package var authorized: [AddressRange]
    /// Addresses at the end of the list that are passed over; setting `x_forwarded_for_hop_skips`.
    package var hopSkips = 0
    /// Whether requests without the header are refused; setting `x_forwarded_for_reject_not_present`.
    package var rejectsAbsent = true
    /// Whether requests with the header from others than `authorized` are refused; setting
    /// `x_forwarded_for_reject_not_authorized`.
    package var rejectsUnauthorized = true

    /// Rules with the defaults of the field.
    package init(authorized: [AddressRange]) { self.authorized = authorized }

    /// The address that the request is taken to come from. `fields` are the header lines of its head.
    func remote(peer: PeerAddress, fields: ByteView) throws(ProtocolFault) -> PeerAddress {
        guard let entries = Self.entries(fields) else {
            if rejectsAbsent { throw .malformed("missing X-Forwarded-For header") }
            return peer
        }
        guard peer.kind == .unix || authorized.contains(where: { $0.contains(peer) }) else {
            if rejectsUnauthorized { throw .malformed("X-Forwarded-For from an address that is not authorized") }
            return peer
        }
        let index = entries.count - 1 - max(hopSkips, 0)
        guard entries.indices.contains(index) else {
            throw .malformed("X-Forwarded-For has fewer addresses than hops to skip")
        }
        guard let named = PeerAddress(text: entries[index].string) else {
            throw .malformed("X-Forwarded-For does not name an address")
        }
        return PeerAddress(high: named.high, low: named.low, port: peer.port)
    }

    /// The members of all such headers in their order; nil without such a header.
    private static func entries(_ fields: ByteView) -> [ByteView]? {
        var entries: [ByteView] = []
        var isPresent = false
        var at = 0
        while at < fields.count {
            let end = fields.firstIndex(of: UInt8(ascii: "\n"), from: at) ?? fields.count
            let line = fields.slice(at, end - at)
            at = end + 1
            guard line.slice(0, 16).equalsIgnoringCase("x-forwarded-for:") else { continue }
            isPresent = true
            var start = 16
            while start <= line.count {
                let comma = line.firstIndex(of: UInt8(ascii: ","), from: start) ?? line.count
                entries.append(trimmed(line.slice(start, comma - start)))
                start = comma + 1
            }
        }
        return isPresent ? entries : nil
    }

    private static func trimmed(_ bytes: ByteView) -> ByteView {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] <= 0x20 { start += 1 }
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        return bytes.slice(start, end - start)
    }
}
