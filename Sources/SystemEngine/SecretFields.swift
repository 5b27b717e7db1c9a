internal import Bytes
internal import EngineKit

extension Parameters {
    /// A string field that holds a secret; nil when it is absent, null or empty.
    func secret(_ index: Int) throws(ParameterFault) -> SealSecret? {
        let value = self[index]
        switch value.kind {
        case .absent, .null: return nil
        case .string, .number: return value.count == 0 ? nil : SealSecret(copying: raw(value))
        case .escapedString:
            var writer = ByteWriter(capacity: value.count)
            JSONText.unescape(raw(value), into: &writer)
            return SealSecret(copying: writer.view)
        case .true, .false, .array, .object: throw conversion(index, "a string")
        }
    }

    /// Whether the field holds more than nothing: not null, not the empty string, not an empty list.
    func isFilled(_ index: Int) -> Bool {
        let value = self[index]
        switch value.kind {
        case .absent, .null, .false: return false
        case .string: return value.count > 0
        case .array: return raw(value).array.contains { !" \t\r\n[]".utf8.contains($0) }
        case .escapedString, .number, .true, .object: return true
        }
    }
}

extension ByteWriter {
    /// Appends a secret that is plain text, as a JSON string.
    mutating func append(jsonSecret secret: SealSecret) { secret.exposing { append(jsonString: $0) } }

    /// Appends two members: the shares in hex, and in base64.
    mutating func append(shares: [SealSecret], hexName: StaticString, base64Name: StaticString) {
        append(list: shares, named: hexName) { $0.append(hex: $1) }
        append(",")
        append(list: shares, named: base64Name) { $0.append(base64: $1) }
    }

    private mutating func append(
        list shares: [SealSecret], named name: StaticString, _ spell: (inout ByteWriter, ByteView) -> Void
    ) {
        append("\"")
        append(name)
        append("\":[")
        for (index, share) in shares.enumerated() {
            append(index == 0 ? "\"" : ",\"")
            share.exposing { spell(&self, $0) }
            append("\"")
        }
        append("]")
    }
}
