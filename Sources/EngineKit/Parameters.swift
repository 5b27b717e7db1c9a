package import Bytes
package import Vocabulary

/// Why the parameters of a request cannot be used.
package enum ParameterFault: WireFault, Equatable {
    /// The body is not acceptable JSON.
    case json(JSONFault)
    /// The field holds a value that cannot become the wanted type. `validated` is the wire's longer sentence, used
    /// everywhere but on `encrypt`.
    case conversion(field: String, wanted: String, validated: Bool)
    /// A duration below zero.
    case negativeDuration(field: String, seconds: Int, validated: Bool)

    package var faultClass: FaultClass {
        if case .json(.tooDeep) = self { .tooLarge } else { .invalidRequest }
    }

    package var wireText: String {
        switch self {
        case .json(.syntax(let offset)): "failed to decode JSON input: invalid character at byte \(offset)"
        case .json(.tooDeep(let limit)):
            "failed to decode JSON input: nested deeper than \(limit) levels (setting max_json_depth)"
        case .json(.notAnObject): "failed to decode JSON input: not a JSON object"
        case .conversion(let field, let wanted, let validated):
            (validated ? "Field validation failed: " : "")
                + "error converting input for field \"\(field)\": expected \(wanted)"
        case .negativeDuration(let field, let seconds, let validated):
            (validated ? "Field validation failed: " : "")
                + "error converting input for field \"\(field)\": cannot provide negative value '\(seconds)'"
        }
    }
}

/// The names of an endpoint's parameters; a parameter is known by its index. At most 16.
package struct FieldTable: Sendable {
    /// The names in the order of their indexes.
    package let names: [StaticString]
    /// Whether conversion errors carry the prefix `Field validation failed: `.
    package let isValidated: Bool

    /// A table of `names`.
    package init(_ names: StaticString..., isValidated: Bool = true) {
        precondition(names.count <= 16, "a field table holds at most 16 names")
        self.names = names
        self.isValidated = isValidated
    }

    @inline(__always)
    func index(of key: ByteView) -> Int? {
        for index in 0..<names.count where key.equals(names[index]) { return index }
        return nil
    }
}

/// The parameters of one request: where each known field's value stands in the body. Nothing is decoded before it is
/// asked for. A name that comes twice counts with its last value.
///
/// **Cost** one pass over the body, no allocation unless there are unknown names.
package struct Parameters: Sendable {
    /// The text that the values stand in.
    package let text: ByteView
    /// The names.
    package let table: FieldTable
    private var values = [16 of JSONValue](repeating: .absent)
    /// Names that the endpoint does not know: distinct, sorted, at most 100.
    package private(set) var unknown: [String] = []

    /// Scans `request.body`. A field whose index is `streamed` is given to `stream` when it holds an array, with the
    /// scanner in front of its bracket; the closure consumes exactly that value.
    package init(
        _ request: EngineRequest, _ table: FieldTable, streamed: Int = -1,
        _ stream: (inout JSONScanner) throws(JSONFault) -> Void = { (_) throws(JSONFault) in }
    ) throws(ParameterFault) {
        text = request.body
        self.table = table
        do throws(JSONFault) {
            var scanner = JSONScanner(request.body, depthLimit: request.maxJSONDepth)
            guard try scanner.openDocument() else { return }
            var isFirst = true
            while let key = try scanner.nextMember(&isFirst) {
                guard let index = index(of: key) else {
                    note(unknown: key)
                    _ = try scanner.scanValue()
                    continue
                }
                let start = scanner.peek()
                if index == streamed && start == UInt8(ascii: "[") {
                    let offset = scanner.position
                    try stream(&scanner)
                    values[index] = JSONValue(kind: .array, offset: offset, count: scanner.position - offset)
                } else {
                    values[index] = try scanner.scanValue()
                }
            }
        } catch {
            throw .json(error)
        }
    }

    @inline(__always)
    private func index(of key: JSONValue) -> Int? {
        if key.kind == .string { return table.index(of: text.slice(key.offset, key.count)) }
        let name = JSONText.string(key, in: text)
        return table.names.firstIndex { $0.description == name }
    }

    private mutating func note(unknown key: JSONValue) {
        guard unknown.count < 100 else { return }
        // Of a long name, the beginning is told.
        let name = key.count <= 100 ? JSONText.string(key, in: text) : text.slice(key.offset, 100).string + "…"
        let at = unknown.firstIndex { $0 >= name } ?? unknown.count
        if at < unknown.count && unknown[at] == name { return }
        unknown.insert(name, at: at)
    }

    /// The value of the field with this index.
    @inline(__always)
    package subscript(index: Int) -> JSONValue { index >= 0 && index < 16 ? values[index] : .absent }

    /// The raw bytes of a value as they stand in the body.
    @inline(__always)
    package func raw(_ value: JSONValue) -> ByteView { text.slice(value.offset, value.count) }

    /// The text of a string field: numbers as they are spelled, booleans as `1` and `0`, null as the empty string;
    /// nil when absent.
    package func string(_ index: Int) throws(ParameterFault) -> String? {
        let value = self[index]
        switch value.kind {
        case .absent: return nil
        case .null: return ""
        case .true: return "1"
        case .false: return "0"
        case .string, .escapedString, .number: return JSONText.string(value, in: text)
        case .array, .object: throw conversion(index, "a string")
        }
    }

    /// A boolean field; the empty string is false, null is false; nil when absent.
    package func bool(_ index: Int) throws(ParameterFault) -> Bool? {
        let value = self[index]
        switch value.kind {
        case .absent: return nil
        case .true: return true
        case .false, .null: return false
        case .number: return !raw(value).array.allSatisfy { "0.-+eE".utf8.contains($0) }
        case .string, .escapedString:
            switch JSONText.string(value, in: text) {
            case "1", "t", "T", "TRUE", "true", "True": return true
            case "0", "f", "F", "FALSE", "false", "False", "": return false
            default: throw conversion(index, "a boolean")
            }
        case .array, .object: throw conversion(index, "a boolean")
        }
    }

    /// An integer field; strings may be decimal, `0x…`, `0b…`, `0o…` or `0…` octal, the empty string and null are 0;
    /// nil when absent.
    package func int(_ index: Int) throws(ParameterFault) -> Int? {
        let value = self[index]
        switch value.kind {
        case .absent: return nil
        case .null, .false: return 0
        case .true: return 1
        case .number, .string, .escapedString:
            let spelled = JSONText.string(value, in: text)
            if spelled.isEmpty { return 0 }
            guard let number = IntegerText.parse(spelled, prefixes: value.kind != .number) else {
                throw conversion(index, "an integer")
            }
            return number
        case .array, .object: throw conversion(index, "an integer")
        }
    }

    /// A duration in whole seconds; null counts as absent.
    package func durationSeconds(_ index: Int) throws(ParameterFault) -> Int? {
        let value = self[index]
        switch value.kind {
        case .absent, .null: return nil
        case .number, .string, .escapedString:
            let spelled = JSONText.string(value, in: text)
            if spelled.isEmpty { return 0 }
            guard let seconds = DurationText.seconds(spelled) else { throw conversion(index, "a duration") }
            if seconds < 0 {
                throw .negativeDuration(field: name(index), seconds: seconds, validated: table.isValidated)
            }
            return seconds
        default: throw conversion(index, "a duration")
        }
    }

    /// The fault of a field that holds the wrong kind of value.
    package func conversion(_ index: Int, _ wanted: String) -> ParameterFault {
        .conversion(field: name(index), wanted: wanted, validated: table.isValidated)
    }

    private func name(_ index: Int) -> String { table.names[index].description }

    /// The warnings that the wire attaches for unknown parameters and for those that the path overrides.
    package func warnings(replaced captured: [String] = []) -> [String] {
        guard !unknown.isEmpty else { return [] }
        let overridden = captured.filter { unknown.contains($0) }
        let ignored = unknown.filter { !overridden.contains($0) }
        var result: [String] = []
        if !ignored.isEmpty {
            result.append("Endpoint ignored these unrecognized parameters: [\(ignored.joined(separator: " "))]")
        }
        if !overridden.isEmpty {
            result.append(
                "Endpoint replaced the value of these parameters with the values captured from the endpoint's path: "
                    + "[\(overridden.joined(separator: " "))]")
        }
        return result
    }
}
