internal import Bytes
internal import EngineKit

/// A user's name: letters, digits, `_`, and inside also `.`, `-`, `@`, `+`; lower case.
///
/// Every spelling of it, capitals and spaces around it included, is this one name, in storage and in what is counted
/// (CVE-2025-6004).
struct UserName: Sendable {
    let text: String

    /// Reads a part of a path; nil for what is no name.
    init?(_ bytes: ByteView) {
        guard bytes.count <= 256, let given = bytes.validText else { return nil }
        var name = Substring(given)
        while let first = name.first, first.isWhitespace { name = name.dropFirst() }
        while let last = name.last, last.isWhitespace { name = name.dropLast() }
        let lower = Array(name.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
        guard let first = lower.first, let last = lower.last, lower.count <= 128, Self.isWord(first),
            Self.isWord(last), lower.allSatisfy({ Self.isWord($0) || ".-@+".utf8.contains($0) })
        else { return nil }
        text = String(decoding: lower, as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || byte == UInt8(ascii: "_")
    }
}
