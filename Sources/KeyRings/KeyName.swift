package import Bytes

/// The name of a ring: letters, digits, `_`, and inside also `.` and `-`, but never `..`.
package struct KeyName: Hashable, Sendable, Comparable {
    /// The name as text.
    package let text: String

    /// The name that `bytes` spell, or nil. **Source** transit wire facts §1.5.
    package init?(_ bytes: ByteView) {
        guard bytes.count > 0, bytes.count <= 512, Self.isWord(bytes[0]), Self.isWord(bytes[bytes.count - 1]) else {
            return nil
        }
        for index in 0..<bytes.count where !Self.isWord(bytes[index]) {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") && bytes[index + 1] != byte else { return nil }
        }
        text = bytes.string
    }

    /// The name that `text` is, or nil.
    package init?(text: String) {
        var text = text
        guard let name = text.withUTF8({ KeyName(ByteView(UnsafeRawBufferPointer($0))) }) else { return nil }
        self = name
    }

    @inline(__always)
    private static func isWord(_ byte: UInt8) -> Bool {
        byte >= 0x61 && byte <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5A || byte == 0x5F
    }

    /// Byte order, as listings have it.
    package static func < (left: KeyName, right: KeyName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
