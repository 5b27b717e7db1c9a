package import Bytes

/// The parts of `vault:v<N>:<base64>`. **Source** transit wire facts §5.1.
package struct CiphertextText: Sendable {
    /// The stated version: any integer, 0 and negative ones included.
    package let version: Int
    /// The base64 payload, undecoded.
    package let payload: ByteView

    private static let marker: StaticString = "vault:v"

    /// Splits `text`.
    package init(_ text: ByteView) throws(KeyRingError) {
        guard text.hasPrefix(Self.marker) else { throw .ciphertextPrefix }
        let start = Self.marker.utf8CodeUnitCount
        guard let colon = text.firstIndex(of: UInt8(ascii: ":"), from: start) else { throw .ciphertextFields }
        guard let version = Self.integer(text.slice(start, colon - start)) else { throw .ciphertextVersion }
        self.version = version
        payload = text.dropFirst(colon + 1)
    }

    /// An integer with an optional sign and leading zeros; nil when it is none or does not fit.
    private static func integer(_ digits: ByteView) -> Int? {
        var index = 0
        let isNegative = digits[0] == UInt8(ascii: "-")
        if isNegative || digits[0] == UInt8(ascii: "+") { index = 1 }
        guard index < digits.count else { return nil }
        // Summed up below zero, where there is room for one number more.
        var value = 0
        while index < digits.count {
            let digit = Int(digits[index]) - 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.subtractingReportingOverflow(digit)
            if tooLarge || overflow { return nil }
            value = sum
            index += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}
