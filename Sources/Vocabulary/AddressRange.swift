/// A range of IP addresses, written as CIDR has it. **Source** RFC 4632 §3.1, RFC 4291 §2.3.
package struct AddressRange: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64
    private let highMask: UInt64
    private let lowMask: UInt64

    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address. Bits below the prefix do not matter. Nil for all else.
    package init?(text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = PeerAddress(text: String(first)), address.port == 0,
            !first.hasPrefix("[")
        else { return nil }
        let isV4 = address.isV4 && !first.contains(":")
        var bits = 128
        if parts.count == 2 {
            let digits = parts[1]
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let count = Int(digits),
                count <= (isV4 ? 32 : 128)
            else { return nil }
            bits = isV4 ? count + 96 : count
        }
        highMask = Self.mask(bits)
        lowMask = Self.mask(bits - 64)
        high = address.high & highMask
        low = address.low & lowMask
    }

    /// Whether the address is of the range.
    package func contains(_ address: PeerAddress) -> Bool {
        address.kind == .internet && address.high & highMask == high && address.low & lowMask == low
    }

    /// Whether all of the other range is of this one.
    package func contains(_ other: AddressRange) -> Bool {
        highMask & other.highMask == highMask && lowMask & other.lowMask == lowMask
            && other.high & highMask == high && other.low & lowMask == low
    }

    // Shifts by 64 and more give 0, by less than 0 shift the other way: both are cut off here.
    private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : .max << UInt64(64 - min(bits, 64)) }
}
