package import Bytes
package import Vocabulary

/// Why `token_*` parameters cannot be used. **Source** system wire facts §8.4.
package enum TokenSettingsFault: WireFault, Equatable {
    /// A value that cannot become the wanted type.
    case parameters(ParameterFault)
    case ttlAboveMax, batchWithUses, negativeUses, unknownType, malformedCIDR
    /// More than the limit, in entries, bytes or seconds.
    case tooManyEntries(limit: Int)
    case entryTooLong(limit: Int)
    case tooLong(limitSeconds: Int)

    package var faultClass: FaultClass {
        if case .parameters(let fault) = self { fault.faultClass } else { .invalidRequest }
    }

    package var wireText: String {
        switch self {
        case .parameters(let fault): fault.wireText
        case .ttlAboveMax: "'token_ttl' cannot be greater than 'token_max_ttl'"
        case .batchWithUses:
            "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count"
        case .negativeUses: "'token_num_uses' cannot be negative"
        case .unknownType: "invalid 'token_type' value"
        case .malformedCIDR: "'token_bound_cidrs' must be IP addresses or CIDR blocks"
        case .tooManyEntries(let limit): "lists of policies and CIDR blocks have at most \(limit) entries"
        case .entryTooLong(let limit): "names of policies and CIDR blocks have at most \(limit) bytes"
        case .tooLong(let limit): "durations of tokens are at most \(limit) seconds"
        }
    }
}

/// One of the `token_*` parameters, in the order of the table of fields.
package enum TokenField: Int, CaseIterable, Sendable {
    case ttl, maxTTL, policies, boundCIDRs, explicitMaxTTL, noDefaultPolicy, numUses, period, type

    /// The wire's name.
    package var name: String { TokenSettings.table.names[rawValue].description }
}

/// The `token_*` parameters of a user or role, and which of them came by an old name, as reads tell them.
package struct TokenSettings: Sendable, Equatable {
    /// Names of before the `token_` prefix.
    package struct OldNames: OptionSet, Sendable {
        package let rawValue: Int
        /// A set of bits.
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// The old names.
        package static let ttl = OldNames(rawValue: 1)
        package static let maxTTL = OldNames(rawValue: 2)
        package static let policies = OldNames(rawValue: 4)
        package static let period = OldNames(rawValue: 8)
        package static let boundCIDRs = OldNames(rawValue: 16)
    }

    static let table = FieldTable(
        "token_ttl", "token_max_ttl", "token_policies", "token_bound_cidrs", "token_explicit_max_ttl",
        "token_no_default_policy", "token_num_uses", "token_period", "token_type", "ttl", "max_ttl", "policies",
        "bound_cidrs", "period")
    private static let mostEntries = 1000
    private static let longestEntry = 512
    private static let types = ["default", "service", "batch", "default-service", "default-batch"]

    /// The values.
    package var parameters = TokenParameters()
    /// The values that came by their old name.
    package private(set) var oldNames: OldNames = []

    /// The defaults.
    package init() {}

    /// Takes over what the request says, and nothing when it throws. With `only`, one parameter alone is looked at.
    package mutating func apply(
        _ request: EngineRequest, accepting old: OldNames, only: TokenField? = nil
    ) throws(TokenSettingsFault) {
        var next = self
        do throws(ParameterFault) {
            try next.read(try Parameters(request, Self.table), accepting: old, only: only)
        } catch {
            throw .parameters(error)
        }
        try next.check()
        self = next
    }

    private mutating func read(
        _ p: Parameters, accepting old: OldNames, only: TokenField?
    ) throws(ParameterFault) {
        func index(_ field: TokenField, _ oldIndex: Int, _ name: OldNames) -> Int? {
            if let only, only != field { return nil }
            if p[field.rawValue].isPresent { return field.rawValue }
            return old.contains(name) && p[oldIndex].isPresent ? oldIndex : nil
        }
        func wants(_ field: TokenField) -> Bool { only == nil || only == field }
        if let at = index(.ttl, 9, .ttl) {
            parameters.ttlSeconds = try p.durationSeconds(at) ?? 0
            note(.ttl, at >= 9)
        }
        if let at = index(.maxTTL, 10, .maxTTL) {
            parameters.maxSeconds = try p.durationSeconds(at) ?? 0
            note(.maxTTL, at >= 9)
        }
        if let at = index(.policies, 11, .policies) {
            parameters.policies = Self.policies(try p.strings(at) ?? [])
            note(.policies, at >= 9)
        }
        if let at = index(.boundCIDRs, 12, .boundCIDRs) {
            parameters.boundCIDRs = try p.strings(at) ?? []
            note(.boundCIDRs, at >= 9)
        }
        if let at = index(.period, 13, .period) {
            parameters.periodSeconds = try p.durationSeconds(at) ?? 0
            note(.period, at >= 9)
        }
        if wants(.explicitMaxTTL), let value = try p.durationSeconds(TokenField.explicitMaxTTL.rawValue) {
            parameters.explicitMaxSeconds = value
        }
        if wants(.noDefaultPolicy), let value = try p.bool(TokenField.noDefaultPolicy.rawValue) {
            parameters.hasNoDefaultPolicy = value
        }
        if wants(.numUses), let value = try p.int(TokenField.numUses.rawValue) { parameters.numUses = value }
        if wants(.type), let value = try p.string(TokenField.type.rawValue) {
            parameters.type = value.isEmpty ? "default" : value
        }
    }

    private mutating func note(_ name: OldNames, _ isOld: Bool) {
        if isOld { oldNames.insert(name) } else { oldNames.remove(name) }
    }

    /// Canonical: white space around names and capitals make no other policy (CVE-2025-5999).
    private static func policies(_ names: [String]) -> [String] {
        let trimmed = names.map { name in
            var name = Substring(name)
            while let first = name.first, first.isWhitespace { name = name.dropFirst() }
            while let last = name.last, last.isWhitespace { name = name.dropLast() }
            return name.lowercased()
        }
        return Set(trimmed).subtracting([""]).sorted()
    }

    private func check() throws(TokenSettingsFault) {
        let p = parameters
        if p.maxSeconds > 0 && p.ttlSeconds > p.maxSeconds { throw .ttlAboveMax }
        if p.numUses < 0 { throw .negativeUses }
        guard Self.types.contains(p.type) else { throw .unknownType }
        if p.numUses > 0 && p.type.hasSuffix("batch") { throw .batchWithUses }
        for list in [p.policies, p.boundCIDRs] {
            if list.count > Self.mostEntries { throw .tooManyEntries(limit: Self.mostEntries) }
            if list.contains(where: { $0.utf8.count > Self.longestEntry }) {
                throw .entryTooLong(limit: Self.longestEntry)
            }
        }
        guard p.boundCIDRs.allSatisfy({ AddressRange(text: $0) != nil }) else { throw .malformedCIDR }
        let times = [p.ttlSeconds, p.maxSeconds, p.explicitMaxSeconds, p.periodSeconds]
        if times.contains(where: { $0 > LifeRules.longestSeconds }) {
            throw .tooLong(limitSeconds: LifeRules.longestSeconds)
        }
    }

    /// Puts one parameter back to its default.
    package mutating func reset(_ field: TokenField) {
        let fresh = TokenParameters()
        switch field {
        case .ttl: parameters.ttlSeconds = fresh.ttlSeconds
        case .maxTTL: parameters.maxSeconds = fresh.maxSeconds
        case .policies: parameters.policies = fresh.policies
        case .boundCIDRs: parameters.boundCIDRs = fresh.boundCIDRs
        case .explicitMaxTTL: parameters.explicitMaxSeconds = fresh.explicitMaxSeconds
        case .noDefaultPolicy: parameters.hasNoDefaultPolicy = fresh.hasNoDefaultPolicy
        case .numUses: parameters.numUses = fresh.numUses
        case .period: parameters.periodSeconds = fresh.periodSeconds
        case .type: parameters.type = fresh.type
        }
        switch field {
        case .ttl: oldNames.remove(.ttl)
        case .maxTTL: oldNames.remove(.maxTTL)
        case .policies: oldNames.remove(.policies)
        case .boundCIDRs: oldNames.remove(.boundCIDRs)
        case .period: oldNames.remove(.period)
        case .explicitMaxTTL, .noDefaultPolicy, .numUses, .type: break
        }
    }

    /// The value of one parameter.
    package func value(_ field: TokenField) -> JSON {
        switch field {
        case .ttl: .int(parameters.ttlSeconds)
        case .maxTTL: .int(parameters.maxSeconds)
        case .policies: .array(parameters.policies.map { .string($0) })
        case .boundCIDRs: .array(parameters.boundCIDRs.map { .string($0) })
        case .explicitMaxTTL: .int(parameters.explicitMaxSeconds)
        case .noDefaultPolicy: .bool(parameters.hasNoDefaultPolicy)
        case .numUses: .int(parameters.numUses)
        case .period: .int(parameters.periodSeconds)
        case .type: .string(parameters.type)
        }
    }

    /// All nine, and the old names of those that came by one.
    package var members: [String: JSON] {
        var members: [String: JSON] = [:]
        for field in TokenField.allCases { members[field.name] = value(field) }
        if oldNames.contains(.ttl) { members["ttl"] = value(.ttl) }
        if oldNames.contains(.maxTTL) { members["max_ttl"] = value(.maxTTL) }
        if oldNames.contains(.policies) { members["policies"] = value(.policies) }
        if oldNames.contains(.period) { members["period"] = value(.period) }
        if oldNames.contains(.boundCIDRs) { members["bound_cidrs"] = value(.boundCIDRs) }
        return members
    }

    /// Whether somebody at this address may log in.
    package func admits(_ address: PeerAddress) -> Bool {
        parameters.boundCIDRs.isEmpty
            || parameters.boundCIDRs.contains { AddressRange(text: $0)?.contains(address) == true }
    }

    /// Puts all into a record.
    package func put(into record: inout RecordWriter) {
        record.put(parameters.ttlSeconds)
        record.put(parameters.maxSeconds)
        record.put(texts: parameters.policies)
        record.put(texts: parameters.boundCIDRs)
        record.put(parameters.explicitMaxSeconds)
        record.put(parameters.hasNoDefaultPolicy)
        record.put(parameters.numUses)
        record.put(parameters.periodSeconds)
        record.put(text: parameters.type)
        record.put(oldNames.rawValue)
    }

    /// Reads what `put` wrote.
    package init(from reader: inout RecordReader) throws(RecordFault) {
        parameters.ttlSeconds = try reader.int()
        parameters.maxSeconds = try reader.int()
        parameters.policies = try reader.texts()
        parameters.boundCIDRs = try reader.texts()
        parameters.explicitMaxSeconds = try reader.int()
        parameters.hasNoDefaultPolicy = try reader.bool()
        parameters.numUses = try reader.int()
        parameters.periodSeconds = try reader.int()
        parameters.type = try reader.text()
        oldNames = OldNames(rawValue: try reader.int())
    }
}
