package import Bytes
internal import EngineKit

/// A role's name: letters, digits and `_`, inside also `.` and `-`; lower case.
package struct RoleName: Sendable, Equatable {
    let text: String

    /// Reads a part of a path; nil for what is no name.
    package init?(_ bytes: ByteView) {
        let lower = bytes.array.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        guard let first = lower.first, let last = lower.last, lower.count <= 256, Self.isWord(first),
            Self.isWord(last), lower.allSatisfy({ Self.isWord($0) || $0 == 0x2E || $0 == 0x2D })
        else { return nil }
        text = String(decoding: lower, as: UTF8.self)
    }

    /// Reads a stored name.
    init?(text: String) {
        var text = text
        guard let name = text.withUTF8({ RoleName(ByteView(UnsafeRawBufferPointer($0))) }) else { return nil }
        self = name
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x7A || byte == UInt8(ascii: "_")
    }
}
