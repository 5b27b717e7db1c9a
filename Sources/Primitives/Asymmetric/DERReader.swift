internal import Bytes

/// Reads DER strictly, front to back: definite lengths in their shortest form, tags of one byte.
///
/// A reading that does not fit returns nil and leaves the reader where it was. **Source** X.690 §10.
struct DERReader {
    /// Tags of one byte.
    enum Tag {
        static let integer: UInt8 = 0x02
        static let bitString: UInt8 = 0x03
        static let octetString: UInt8 = 0x04
        static let null: UInt8 = 0x05
        static let objectIdentifier: UInt8 = 0x06
        static let sequence: UInt8 = 0x30
        /// `[0]`, constructed.
        static let context0: UInt8 = 0xA0
        /// `[1]`, constructed.
        static let context1: UInt8 = 0xA1
        /// `[1]` IMPLICIT over a primitive type.
        static let implicit1: UInt8 = 0x81
    }

    private var rest: ByteView

    init(_ bytes: ByteView) { rest = bytes }

    /// True when everything was read.
    var isAtEnd: Bool { rest.isEmpty }

    /// Whether an element of that tag comes next.
    func isNext(_ tag: UInt8) -> Bool { !rest.isEmpty && rest[0] == tag }

    /// The content of the next element, if it is of that tag.
    mutating func element(_ tag: UInt8) -> ByteView? {
        guard isNext(tag), rest.count >= 2 else { return nil }
        var header = 2
        var length = Int(rest[1])
        if length >= 0x80 {
            let octets = length & 0x7F
            guard octets >= 1, octets <= 4, rest.count >= 2 + octets, rest[2] != 0 else { return nil }
            length = (0..<octets).reduce(0) { $0 << 8 | Int(rest[2 + $1]) }
            guard length >= 0x80 else { return nil }
            header += octets
        }
        guard rest.count - header >= length else { return nil }
        let content = rest.slice(header, length)
        rest = rest.dropFirst(header + length)
        return content
    }

    /// A reader of what the next element holds, if it is of that tag.
    mutating func nested(_ tag: UInt8) -> DERReader? { element(tag).map { DERReader($0) } }

    /// The content of an INTEGER in its shortest form.
    mutating func integer() -> ByteView? {
        var ahead = self
        guard let content = ahead.element(Tag.integer), !content.isEmpty else { return nil }
        if content.count > 1 {
            guard !(content[0] == 0 && content[1] < 0x80), !(content[0] == 0xFF && content[1] >= 0x80) else {
                return nil
            }
        }
        self = ahead
        return content
    }

    /// The magnitude of an INTEGER that is not negative, without leading zeros; empty for 0.
    mutating func unsigned() -> ByteView? {
        var ahead = self
        guard let content = ahead.integer(), content[0] < 0x80 else { return nil }
        self = ahead
        return content[0] == 0 ? content.dropFirst(1) : content
    }

    /// Whether the next element is that small INTEGER.
    mutating func skip(version: UInt8) -> Bool {
        var ahead = self
        guard let content = ahead.integer(), content.count == 1, content[0] == version else { return false }
        self = ahead
        return true
    }

    /// The content of a BIT STRING of whole bytes.
    mutating func wholeBits(_ tag: UInt8 = Tag.bitString) -> ByteView? {
        var ahead = self
        guard let content = ahead.element(tag), content.count >= 1, content[0] == 0 else { return nil }
        self = ahead
        return content.dropFirst(1)
    }

    /// Skips an element of the tag where there is one; false when it is broken.
    mutating func skipOptional(_ tag: UInt8) -> Bool { !isNext(tag) || element(tag) != nil }
}
