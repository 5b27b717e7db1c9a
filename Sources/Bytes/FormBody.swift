/// `application/x-www-form-urlencoded` text, as bodies and as query strings carry it.
package enum FormBody {
    /// The text's pairs as one JSON object of strings; the values of a repeated key are joined by commas.
    ///
    /// So forms and queries go the same way as JSON bodies. Parts with a broken percent escape are left out.
    package static func json(from form: ByteView, leavingOut excluded: Set<String> = []) -> ByteWriter {
        var order: [String] = []
        var values: [String: [String]] = [:]
        for part in form.array.split(separator: UInt8(ascii: "&")) {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = sides.first.flatMap({ decode($0) }),
                let value = sides.count > 1 ? decode(sides[1]) : ""
            else { continue }
            if excluded.contains(name) { continue }
            if values[name] == nil { order.append(name) }
            values[name, default: []].append(value)
        }
        var writer = ByteWriter(capacity: form.count + 16)
        writer.append(UInt8(ascii: "{"))
        for (index, name) in order.enumerated() {
            if index > 0 { writer.append(UInt8(ascii: ",")) }
            writer.append(jsonString: name)
            writer.append(UInt8(ascii: ":"))
            writer.append(jsonString: values[name]?.joined(separator: ",") ?? "")
        }
        writer.append(UInt8(ascii: "}"))
        return writer
    }

    private static func decode(_ part: ArraySlice<UInt8>) -> String? {
        PercentEncoding.decode(part, plusIsSpace: true).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Percent escapes. **Source** RFC 3986 §2.1.
package enum PercentEncoding {
    /// The bytes meant, or nil when a `%` is not followed by two hex digits.
    package static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var result: [UInt8] = []
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(Hex.value), let low = iterator.next().flatMap(Hex.value)
                else { return nil }
                result.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: result.append(0x20)
            default: result.append(byte)
            }
        }
        return result
    }
}
