internal import Bytes

/// The blocks of a text in PEM, front to back. **Source** RFC 7468, with the headers of RFC 1421 §4.4 skipped.
///
/// Text before a block does not matter, neither do blocks without an end, with another label at it, or with broken
/// base64. **Cost** linear in the text, whatever it holds.
struct PEMBlocks {
    private var rest: ByteView

    init(_ text: ByteView) { rest = text }

    /// Whether nothing but blanks is left.
    var isAtEnd: Bool {
        mutating get {
            while !rest.isEmpty, rest[0].isBlank { rest = rest.dropFirst(1) }
            return rest.isEmpty
        }
    }

    /// The next sound block, or nil without one; the reader is then at the end.
    mutating func next() -> (label: ByteView, der: [UInt8])? {
        var label: ByteView?
        var digits = ByteWriter(capacity: 4096)
        while !rest.isEmpty {
            let line = takeLine()
            if let begun = Self.label(of: line, after: "-----BEGIN ") {
                label = begun
                digits.truncate(to: 0)
            } else if let open = label {
                if let ended = Self.label(of: line, after: "-----END ") {
                    label = nil
                    guard ended.equalsVariableTime(open) else { continue }
                    guard case .success(let der) = Base64.decode(digits.view) else { continue }
                    return (open, der)
                }
                let isHeader = digits.count == 0 && line.firstIndex(of: UInt8(ascii: ":")) != nil
                if !isHeader { for index in 0..<line.count where !line[index].isBlank { digits.append(line[index]) } }
            }
        }
        return nil
    }

    // The next line without its end and without blanks behind it.
    private mutating func takeLine() -> ByteView {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
        var length = end
        while length > 0, rest[length - 1].isBlank { length -= 1 }
        let line = rest.slice(0, length)
        rest = rest.dropFirst(end + 1)
        return line
    }

    private static func label(of line: ByteView, after marker: StaticString) -> ByteView? {
        let length = line.count - marker.utf8CodeUnitCount - 5
        guard length >= 0, line.hasPrefix(marker), line.dropFirst(line.count - 5).equals("-----") else { return nil }
        return line.slice(marker.utf8CodeUnitCount, length)
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
}
