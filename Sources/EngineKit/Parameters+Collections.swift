internal import Bytes

extension Parameters {
    /// A field that holds a list of strings: a JSON list, or one string. `splittingCommas` takes a string apart at its
    /// commas and trims the parts. Numbers and booleans become their text; nil when absent, empty for null.
    package func strings(_ index: Int, splittingCommas: Bool = true) throws(ParameterFault) -> [String]? {
        let value = self[index]
        switch value.kind {
        case .absent: return nil
        case .null: return []
        case .object: throw conversion(index, "a list of strings")
        case .array:
            var result: [String] = []
            do throws(JSONFault) {
                var scanner = JSONScanner(raw(value), depthLimit: 2)
                try scanner.enter()
                var isFirst = true
                while try scanner.nextElement(&isFirst) {
                    guard let text = Self.text(try scanner.scanValue(), in: scanner.text) else { throw .notAnObject }
                    result.append(text)
                }
            } catch {
                throw conversion(index, "a list of strings")
            }
            return result
        case .true, .false, .number, .string, .escapedString:
            let text = try string(index) ?? ""
            if text.isEmpty { return [] }
            guard splittingCommas else { return [text] }
            return text.split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
        }
    }

    /// A field that holds a map from strings to strings: a JSON object, or `key=value` texts, one or a list. Numbers
    /// and booleans become their text; nil when absent, empty for null.
    package func stringMap(_ index: Int) throws(ParameterFault) -> [String: String]? {
        let value = self[index]
        guard value.kind == .object else {
            guard let parts = try strings(index) else { return nil }
            var result: [String: String] = [:]
            for part in parts {
                guard let equals = part.firstIndex(of: "=") else { throw conversion(index, "a map of strings") }
                result[Self.trimmed(part[..<equals])] = Self.trimmed(part[part.index(after: equals)...])
            }
            return result
        }
        var result: [String: String] = [:]
        do throws(JSONFault) {
            var scanner = JSONScanner(raw(value), depthLimit: 2)
            try scanner.enter()
            var isFirst = true
            while let key = try scanner.nextMember(&isFirst) {
                let name = JSONText.string(key, in: scanner.text)
                guard let text = Self.text(try scanner.scanValue(), in: scanner.text) else { throw .notAnObject }
                result[name] = text
            }
        } catch {
            throw conversion(index, "a map of strings")
        }
        return result
    }

    private static func text(_ value: JSONValue, in text: ByteView) -> String? {
        switch value.kind {
        case .absent, .array, .object: nil
        case .null: ""
        case .true: "true"
        case .false: "false"
        case .number, .string, .escapedString: JSONText.string(value, in: text)
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
