package import Bytes

/// Textual encoding of DER: base64 in lines of 64 columns, ended by LF. **Source** RFC 7468.
package enum PEM {
    /// Appends a block with that label.
    package static func append(
        _ label: StaticString, _ der: ByteView, finalNewline: Bool, into writer: inout ByteWriter
    ) {
        writer.append("-----BEGIN ")
        writer.append(label)
        writer.append("-----\n")
        for offset in stride(from: 0, to: der.count, by: 48) {
            writer.append(base64: der.slice(offset, 48))
            writer.append("\n")
        }
        writer.append("-----END ")
        writer.append(label)
        writer.append("-----")
        if finalNewline { writer.append("\n") }
    }

    /// Lends label and DER of the first block; text in front of it does not matter, neither do spaces within.
    static func decode<R>(
        _ text: ByteView, _ body: (_ label: ByteView, _ der: ByteView) throws(AsymmetricError) -> R
    ) throws(AsymmetricError) -> R {
        guard let begin = find("-----BEGIN ", in: text, from: 0), let labelEnd = find("-----", in: text, from: begin),
            let dataEnd = find("-----END ", in: text, from: labelEnd)
        else { throw .notPEM }
        let label = text.slice(begin, labelEnd - 5 - begin)
        guard text.dropFirst(dataEnd).slice(0, label.count).equalsVariableTime(label),
            text.slice(dataEnd + label.count, 5).equals("-----")
        else { throw .notPEM }
        let lines = text.slice(labelEnd, dataEnd - 9 - labelEnd)
        var digits = ByteWriter(capacity: lines.count)
        for index in 0..<lines.count where lines[index] > 0x20 { digits.append(lines[index]) }
        var der = ByteWriter()
        var isBase64 = true
        der.append(room: Base64.decodedRoom(digits.count)) { out in
            let length = Base64.decode(digits.view, into: out)
            isBase64 = length >= 0
            return length
        }
        guard isBase64 else { throw .notPEM }
        return try body(label, der.view)
    }

    // The offset behind the first occurrence of the marker.
    private static func find(_ marker: StaticString, in text: ByteView, from offset: Int) -> Int? {
        var at = offset
        while let dash = text.firstIndex(of: UInt8(ascii: "-"), from: at) {
            if text.dropFirst(dash).hasPrefix(marker) { return dash + marker.utf8CodeUnitCount }
            at = dash + 1
        }
        return nil
    }
}
