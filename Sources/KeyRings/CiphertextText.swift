package import Bytes

/// The parts of `vault:v<N>:<base64>`. **Source** transit wire facts §5.1.
package struct CiphertextText: Sendable {
    /// The stated version: any integer, 0 and negative ones included.
    package let version: Int
    /// The base64 payload, undecoded.
    package let payload: ByteView

    /// How splitting a text went.
    enum Split: Sendable {
        case noPrefix, wrongFields, noVersion
        case parts(CiphertextText)
    }

    private static let marker: StaticString = "vault:v"

    private init(version: Int, payload: ByteView) {
        self.version = version
        self.payload = payload
    }

    /// Splits `text`.
    package init(_ text: ByteView) throws(KeyRingError) {
        switch Self.split(text) {
        case .noPrefix: throw .ciphertextPrefix
        case .wrongFields: throw .ciphertextFields
        case .noVersion: throw .ciphertextVersion
        case .parts(let parts): self = parts
        }
    }

    /// Splits a ciphertext of a ring, which may have its own template.
    @inline(__always)
    package init(_ text: ByteView, _ settings: KeySettings) throws(KeyRingError) {
        guard !settings.versionTemplate.isEmpty,
            let split = VersionTemplate(settings.versionTemplate).split(text)
        else {
            try self.init(text)
            return
        }
        switch split {
        case .noPrefix: throw .ciphertextPrefix
        case .wrongFields: throw .ciphertextFields
        case .noVersion: throw .ciphertextVersion
        case .parts(let parts): self = parts
        }
    }

    /// Splits a signature of a ring.
    package static func signature(_ text: ByteView, _ settings: KeySettings) throws(KeyRingError) -> CiphertextText {
        switch VersionTemplate(settings.versionTemplate).split(text) ?? split(text) {
        case .noPrefix: throw .signaturePrefix
        case .wrongFields: throw .signatureFields
        case .noVersion: throw .signatureVersion
        case .parts(let parts): return parts
        }
    }

    /// Splits a MAC.
    package static func mac(_ text: ByteView) throws(KeyRingError) -> CiphertextText {
        switch split(text) {
        case .noPrefix: throw .macPrefix
        case .wrongFields: throw .macFields
        case .noVersion: throw .macVersion
        case .parts(let parts): return parts
        }
    }

    @inline(__always)
    static func split(_ text: ByteView) -> Split {
        guard text.hasPrefix(marker) else { return .noPrefix }
        let start = marker.utf8CodeUnitCount
        guard let colon = text.firstIndex(of: UInt8(ascii: ":"), from: start) else { return .wrongFields }
        return split(text.slice(start, colon - start), text.dropFirst(colon + 1))
    }

    @inline(__always)
    static func split(_ digits: ByteView, _ payload: ByteView) -> Split {
        guard let version = integer(digits) else { return .noVersion }
        return .parts(CiphertextText(version: version, payload: payload))
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
