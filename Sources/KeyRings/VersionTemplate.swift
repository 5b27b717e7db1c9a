internal import Bytes

/// What ciphertexts and signatures begin with. **Source** transit wire facts §5.1: a restored ring may have its own,
/// with `{{version}}` where the number goes.
package struct VersionTemplate: Sendable {
    private let parts: (before: [UInt8], after: [UInt8])?

    /// A template; an empty text, or one without a place for the number, stands for `vault:v{{version}}:`.
    package init(_ text: String) {
        guard !text.isEmpty, let range = text.firstRange(of: "{{version}}") else {
            parts = nil
            return
        }
        let after = text[range.upperBound...]
        parts = after.isEmpty ? nil : (Array(text[..<range.lowerBound].utf8), Array(after.utf8))
    }

    /// Whether a text may be used as a template. It has to stand in JSON as it is.
    package static func isSound(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 128 else { return text.isEmpty }
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        // After the number, a digit would be taken for one of its own.
        guard let next = VersionTemplate(text).parts?.after.first else { return false }
        return isPlain && !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
    }

    /// The beginning for that version; nil for the usual one.
    package func prefix(_ number: Int) -> [UInt8]? { parts.map { $0.before + Array(String(number).utf8) + $0.after } }

    /// Splits a text into version and payload; nil for the usual template, which has a faster way.
    func split(_ text: ByteView) -> CiphertextText.Split? {
        guard let parts else { return nil }
        let before = text.slice(0, parts.before.count)
        guard parts.before.elementsEqual(before.array) else { return .noPrefix }
        var at = parts.before.count
        while at + parts.after.count <= text.count {
            if parts.after.elementsEqual(text.slice(at, parts.after.count).array) {
                let digits = text.slice(parts.before.count, at - parts.before.count)
                return CiphertextText.split(digits, text.dropFirst(at + parts.after.count))
            }
            // The number and its sign end well before this.
            if at - parts.before.count > 32 { break }
            at += 1
        }
        return .wrongFields
    }
}
