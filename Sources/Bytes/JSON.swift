/// A JSON document to be written by the control plane. The hot paths write their few members by hand instead.
package indirect enum JSON: Sendable {
    /// JSON's own kinds; numbers are integers, and `raw` is text that is JSON already.
    case null
    case bool(Bool)
    case int(Int)
    case string(String)
    case array([JSON])
    case object([String: JSON])
    case raw(String)

    /// Appends the document; members go in the byte order of their names, as the field's servers do.
    package func write(into output: inout ByteWriter) {
        switch self {
        case .null: output.append("null")
        case .bool(let value): output.append(value ? "true" : "false")
        case .int(let value): output.append(decimal: value)
        case .string(let value): output.append(jsonString: value)
        case .raw(let text): output.append(text: text)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            let names = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for (index, name) in names.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                output.append(jsonString: name)
                output.append(UInt8(ascii: ":"))
                (members[name] ?? .null).write(into: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// The document as text.
    package var text: String {
        var writer = ByteWriter()
        write(into: &writer)
        return writer.view.string
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    /// A text.
    package init(stringLiteral value: String) { self = .string(value) }
    /// True or false.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
