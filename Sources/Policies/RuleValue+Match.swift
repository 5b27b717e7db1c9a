internal import Bytes

/// A value of a rule, ready to be compared with JSON as it stands in a body.
///
/// **Source** system wire facts §10.4: strings by glob, all else by deep equality, nothing is converted.
struct ValueMatcher: Sendable {
    private enum Form: Sendable {
        case anyString
        case exact([UInt8])
        case begins([UInt8])
        case ends([UInt8])
        case contains([UInt8])
        case other(RuleValue)
    }

    private let form: Form

    init(_ value: RuleValue) {
        guard case .string(let text) = value else {
            form = .other(value)
            return
        }
        let bytes = Array(text.utf8)
        let star = UInt8(ascii: "*")
        switch (bytes.first == star, bytes.last == star) {
        case (true, true) where bytes.count <= 2: form = .anyString
        case (true, true): form = .contains(Array(bytes[1..<(bytes.count - 1)]))
        case (true, false): form = .ends(Array(bytes[1...]))
        case (false, true): form = .begins(Array(bytes[..<(bytes.count - 1)]))
        case (false, false): form = .exact(bytes)
        }
    }

    /// Whether the value that was scanned from `text` is one that this matcher stands for.
    func matches(_ value: JSONValue, in text: ByteView) -> Bool {
        if case .other(let wanted) = form { return wanted.equals(value, in: text) }
        let raw = text.slice(value.offset, value.count)
        switch value.kind {
        case .string: return matches(raw)
        case .escapedString:
            var writer = ByteWriter(capacity: raw.count)
            JSONText.unescape(raw, into: &writer)
            return matches(writer.view)
        case .absent, .null, .true, .false, .number, .array, .object: return false
        }
    }

    private func matches(_ text: ByteView) -> Bool {
        switch form {
        case .anyString: return true
        case .exact(let bytes): return text.count == bytes.count && Self.holds(text, bytes, at: 0)
        case .begins(let bytes): return Self.holds(text, bytes, at: 0)
        case .ends(let bytes): return Self.holds(text, bytes, at: text.count - bytes.count)
        case .contains(let bytes):
            guard let first = bytes.first else { return true }
            var from = 0
            while let hit = text.firstIndex(of: first, from: from) {
                if Self.holds(text, bytes, at: hit) { return true }
                from = hit + 1
            }
            return false
        case .other: return false
        }
    }

    private static func holds(_ text: ByteView, _ bytes: [UInt8], at offset: Int) -> Bool {
        guard offset >= 0, text.count - offset >= bytes.count else { return false }
        return bytes.withUnsafeBytes { text.slice(offset, bytes.count).equalsVariableTime(ByteView($0)) }
    }
}

extension RuleValue {
    /// Deep equality with a scanned value. Numbers are equal by value: `1`, `1.0` and `1e0` are one number, so that a
    /// denied one has no other spelling. Names of members count with their case.
    func equals(_ value: JSONValue, in text: ByteView) -> Bool {
        let raw = text.slice(value.offset, value.count)
        switch (self, value.kind) {
        case (.null, .null): return true
        case (.bool(let wanted), .true): return wanted
        case (.bool(let wanted), .false): return !wanted
        case (.integer(let wanted), .number):
            let spelled = raw.string
            if let number = Int(spelled) { return number == wanted }
            // What is no whole number of 64 bits is compared as a float, exactly.
            return Double(spelled).flatMap { Int(exactly: $0) } == wanted
        case (.float(let wanted), .number): return Double(raw.string) == wanted
        case (.string(let wanted), .string), (.string(let wanted), .escapedString):
            return JSONText.string(value, in: text).utf8.elementsEqual(wanted.utf8)
        case (.list(let wanted), .array): return Self.elements(raw, equal: wanted)
        case (.object(let wanted), .object): return Self.members(raw, equal: wanted)
        default: return false
        }
    }

    // The scanners below walk values that were scanned before: they cannot fail, and depth is bounded by the rule's.
    private static func elements(_ raw: ByteView, equal wanted: [RuleValue]) -> Bool {
        do throws(JSONFault) {
            var scanner = JSONScanner(raw, depthLimit: JSONScanner.deepestLimit)
            _ = scanner.peek()
            try scanner.enter()
            var (isFirst, index) = (true, 0)
            while try scanner.nextElement(&isFirst) {
                let value = try scanner.scanValue()
                guard index < wanted.count, wanted[index].equals(value, in: raw) else { return false }
                index += 1
            }
            return index == wanted.count
        } catch {
            return false
        }
    }

    private static func members(_ raw: ByteView, equal wanted: [String: RuleValue]) -> Bool {
        do throws(JSONFault) {
            var scanner = JSONScanner(raw, depthLimit: JSONScanner.deepestLimit)
            _ = scanner.peek()
            try scanner.enter()
            var (isFirst, seen) = (true, Set<String>())
            while let key = try scanner.nextMember(&isFirst) {
                let name = JSONText.string(key, in: raw)
                let value = try scanner.scanValue()
                guard let rule = wanted[name], rule.equals(value, in: raw) else { return false }
                seen.insert(name)
            }
            return seen.count == wanted.count
        } catch {
            return false
        }
    }
}
