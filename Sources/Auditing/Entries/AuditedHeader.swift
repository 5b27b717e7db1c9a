internal import Bytes

/// A request header that entries are to show.
package struct AuditedHeader: Sendable, Equatable {
    /// Its name, in lower case.
    package var name: String
    /// Whether its values are hashed.
    package var isHashed: Bool

    /// A header.
    package init(name: String, isHashed: Bool) {
        self.name = name
        self.isHashed = isHashed
    }
}

/// Finds configured headers among a request's header lines.
enum HeaderLines {
    /// Appends `,"headers":{…}` with those that are there; nothing when none is.
    static func write(
        _ lines: ByteView, _ headers: [AuditedHeader], _ hasher: inout ValueHasher, to output: inout ByteWriter
    ) {
        var isFirst = true
        for header in headers {
            var count = 0
            forEachValue(of: header.name, in: lines) { value in
                if count == 0 {
                    output.append(isFirst ? ",\"headers\":{" : ",")
                    output.append(jsonString: header.name)
                    output.append(":[")
                } else {
                    output.append(",")
                }
                if header.isHashed { hasher.append(value, to: &output) } else { output.append(jsonString: value) }
                count += 1
            }
            if count > 0 {
                output.append("]")
                isFirst = false
            }
        }
        if !isFirst { output.append("}") }
    }

    private static func forEachValue(of name: String, in lines: ByteView, _ body: (ByteView) -> Void) {
        var rest = lines
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
            let line = rest.slice(0, end)
            rest = rest.dropFirst(end + 1)
            guard let colon = line.firstIndex(of: UInt8(ascii: ":"), from: 1), colon == name.utf8.count else {
                continue
            }
            var isSame = true
            for (index, byte) in name.utf8.enumerated() {
                let there = line[index]
                let lower = there >= 0x41 && there <= 0x5A ? there | 0x20 : there
                if lower != byte {
                    isSame = false
                    break
                }
            }
            if isSame { body(trim(line.dropFirst(colon + 1))) }
        }
    }

    private static func trim(_ value: ByteView) -> ByteView {
        var (start, end) = (0, value.count)
        while start < end, value[start] == 0x20 || value[start] == 0x09 { start += 1 }
        while end > start, value[end - 1] <= 0x20 { end -= 1 }
        return value.slice(start, end - start)
    }
}
