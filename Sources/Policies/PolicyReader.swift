package import Bytes
internal import HCL
internal import Vocabulary

extension PolicyDocument {
    /// Reads a policy, HCL or JSON. Total: every text is a policy or a fault. **Cost** linear.
    package init(reading text: ByteView) throws(PolicyFault) {
        let document: HCLDocument
        do throws(HCLError) { document = try HCLDocument.parse(text, file: "policy") } catch { throw .syntax(error) }
        var unknown: [PolicyFault.UnknownKey] = []
        for item in document.body.items where item.name != "path" && item.name != "name" {
            unknown.append(.init(path: nil, key: item.name, line: item.position.line))
        }
        let blocks = document.body.blocks("path", labels: 1)
        if let place = blocks.misshapen.first { throw .misshapen(place) }
        guard blocks.found.count <= Self.maxRules else { throw .tooManyRules(limit: Self.maxRules) }
        var rules: [WrittenRule] = []
        for block in blocks.found {
            var reader = try RuleReader(block)
            try reader.read(block.body)
            unknown += reader.unknown
            rules.append(reader.rule)
        }
        // As many as tell what is wrong; a text of nothing else is not to be sent back whole.
        if !unknown.isEmpty { throw .unknownKeys(Array(unknown.prefix(20))) }
        self.init(rules: rules)
    }

    /// Reads a policy from a string.
    package init(reading text: String) throws(PolicyFault) {
        var writer = ByteWriter(capacity: text.utf8.count)
        writer.append(text: text)
        try self.init(reading: writer.view)
    }
}

/// Reads the body of one rule.
private struct RuleReader {
    var rule: WrittenRule
    var unknown: [PolicyFault.UnknownKey] = []
    /// The path as messages show it: as written.
    private let name: String

    init(_ block: HCLBlock) throws(PolicyFault) {
        name = block.labels.first ?? ""
        let path = name.utf8.first == UInt8(ascii: "/") ? String(name.dropFirst()) : name
        if path.utf8.count > PathPattern.maxBytes {
            throw .rule(path: String(name.prefix(100)) + "…", .tooLong(limit: PathPattern.maxBytes))
        }
        if path.utf8.contains(PathPattern.plus) { throw .misshapen(block.position) }
        rule = WrittenRule(path: try PathTemplate(path), position: block.position)
        if path.contains("+*") { throw fault(.plusStar) }
        if let pattern = PathPattern(path), pattern.pluses > PathPattern.maxPluses {
            throw fault(.tooManyPluses(limit: PathPattern.maxPluses))
        }
    }

    private func fault(_ problem: RuleProblem) -> PolicyFault { .rule(path: name, problem) }

    private func fault(_ item: HCLItem, _ wanted: String) -> PolicyFault {
        fault(.value(key: item.name, wanted: wanted, line: item.position.line))
    }

    mutating func read(_ body: HCLBody) throws(PolicyFault) {
        for item in body.items {
            switch item.name {
            case "comment": continue
            case "policy": try readOldPolicy(item)
            case "capabilities": try readCapabilities(item)
            case "allowed_parameters":
                for (key, values) in try map(item) { rule.allowed.append(key.lowercased(), values) }
            case "denied_parameters":
                for (key, values) in try map(item) { rule.denied.append(key.lowercased(), values) }
            case "required_parameters": rule.required += try strings(item).map { $0.lowercased() }
            case "allowed_fields":
                for (key, values) in try map(item) { try append(field: key, .allowed(values)) }
            case "denied_fields":
                for (key, values) in try map(item) { try append(field: key, .denied(values)) }
            case "required_fields":
                for key in try strings(item) { try append(field: key, .required) }
            case "min_wrapping_ttl": rule.minWrapSeconds = try seconds(item)
            case "max_wrapping_ttl": rule.maxWrapSeconds = try seconds(item)
            case "mfa_methods", "control_group":
                rule.remarks.append(.notEnforced(key: item.name))
            default: unknown.append(.init(path: name, key: item.name, line: item.position.line))
            }
        }
        if let least = rule.minWrapSeconds, let most = rule.maxWrapSeconds, most > 0, most < least {
            throw fault(.wrappingBounds)
        }
    }

    private mutating func readOldPolicy(_ item: HCLItem) throws(PolicyFault) {
        guard case .attribute(let attribute) = item, case .string(let word) = attribute.value.kind else {
            throw fault(item, "a string")
        }
        switch word {
        case "deny": grant(.deny)
        case "read": grant([.read, .list])
        case "write": grant([.create, .read, .update, .delete, .list])
        case "sudo": grant([.create, .read, .update, .delete, .list, .sudo])
        default: throw fault(.oldPolicy(Self.shown(word)))
        }
    }

    private mutating func readCapabilities(_ item: HCLItem) throws(PolicyFault) {
        let words = try strings(item)
        for word in words {
            switch word {
            case "scan", "recover": rule.remarks.append(.withoutMeaning(capability: word))
            case "deny":
                if !rule.capabilities.isEmpty || words.count > 1 { rule.remarks.append(.denyWithOthers) }
                grant(.deny)
            default:
                guard let capability = Capability(rawValue: word) else { throw fault(.capability(Self.shown(word))) }
                grant(CapabilitySet(capability))
            }
        }
    }

    private mutating func grant(_ more: CapabilitySet) {
        rule.capabilities = rule.capabilities.union(more)
        if rule.capabilities.contains(.deny) { rule.capabilities = .deny }
    }

    private static func shown(_ word: String) -> String { word.count > 100 ? word.prefix(100) + "…" : word }

    private mutating func append(field text: String, _ demand: FieldRule.Demand) throws(PolicyFault) {
        guard let steps = FieldRule.steps(text) else { throw fault(.field(Self.shown(text))) }
        rule.fields.append(FieldRule(steps: steps, demand: demand))
    }

    // MARK: - Values

    private func strings(_ item: HCLItem) throws(PolicyFault) -> [String] {
        guard case .attribute(let attribute) = item else { throw fault(item, "a list of strings") }
        switch attribute.value.kind {
        case .string(let text): return [text]
        case .null: return []
        case .list(let elements):
            var result: [String] = []
            for element in elements {
                guard case .string(let text) = element.kind else { throw fault(item, "a list of strings") }
                result.append(text)
            }
            return result
        case .bool, .integer, .float, .object: throw fault(item, "a list of strings")
        }
    }

    private func map(_ item: HCLItem) throws(PolicyFault) -> [(String, [RuleValue])] {
        let wanted = "a map of names to lists of values"
        let bodies: [HCLBody]
        switch item {
        case .block(let block):
            guard block.labels.isEmpty else { throw fault(item, wanted) }
            bodies = [block.body]
        case .attribute(let attribute):
            switch attribute.value.kind {
            case .null: bodies = []
            case .object(let body): bodies = [body]
            case .list(let elements):
                bodies = elements.compactMap { if case .object(let body) = $0.kind { body } else { nil } }
                guard bodies.count == elements.count else { throw fault(item, wanted) }
            case .bool, .integer, .float, .string: throw fault(item, wanted)
            }
        }
        var result: [(String, [RuleValue])] = []
        for member in bodies.flatMap(\.items) {
            guard case .attribute(let attribute) = member, case .list(let values) = attribute.value.kind else {
                throw fault(item, wanted)
            }
            result.append((attribute.key, values.map { RuleValue($0) }))
        }
        return result
    }

    private func seconds(_ item: HCLItem) throws(PolicyFault) -> Int {
        guard case .attribute(let attribute) = item else { throw fault(item, "a duration") }
        var seconds: Int?
        switch attribute.value.kind {
        case .integer(let value): seconds = value
        case .string(let text): seconds = text.isEmpty ? 0 : DurationText.seconds(text)
        case .null, .bool, .float, .list, .object: seconds = nil
        }
        guard let seconds, seconds >= 0 else { throw fault(item, "a duration") }
        return seconds
    }
}

extension Dictionary where Key == String, Value == [RuleValue] {
    /// Adds values to a name; an empty list, which stands for any value, on either side wins.
    mutating func append(_ name: String, _ values: [RuleValue]) {
        guard let known = self[name] else {
            self[name] = values
            return
        }
        self[name] = known.isEmpty || values.isEmpty ? [] : known + values
    }
}

extension RuleValue {
    init(_ node: HCLNode) {
        switch node.kind {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = .float(value)
        case .string(let text): self = .string(text)
        case .list(let elements): self = .list(elements.map { RuleValue($0) })
        case .object(let body):
            var members: [String: RuleValue] = [:]
            for item in body.items {
                switch item {
                case .attribute(let attribute): members[attribute.key] = RuleValue(attribute.value)
                case .block(let block):
                    members[block.type] = RuleValue(HCLNode(.object(block.body), at: block.position))
                }
            }
            self = .object(members)
        }
    }
}

extension FieldRule {
    /// Deepest way.
    static let maxSteps = 16

    /// Reads `batch_input.*.context`; a dot or a star that belongs to a name has a backslash before it. Nil when it is
    /// none.
    static func steps(_ text: String) -> [Step]? {
        var steps: [Step] = []
        var (name, isPlain, isEscaped) = ("", true, false)
        func step() -> Step? {
            if name.isEmpty { return nil }
            return isPlain && name == "*" ? .each : .member(name)
        }
        for scalar in text.unicodeScalars {
            if isEscaped {
                name.unicodeScalars.append(scalar)
                (isEscaped, isPlain) = (false, false)
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "." {
                guard let step = step() else { return nil }
                steps.append(step)
                (name, isPlain) = ("", true)
            } else {
                name.unicodeScalars.append(scalar)
            }
        }
        guard !isEscaped, let last = step(), steps.count < maxSteps else { return nil }
        return steps + [last]
    }
}
