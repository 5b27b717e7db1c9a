internal import Bytes
internal import EngineKit
internal import Tokens
internal import Vocabulary

/// A role of `auth/token/roles`. **Source** system wire facts §8.2.
struct TokenRole: Sendable, Equatable {
    private static let fields = FieldTable(
        "allowed_policies", "disallowed_policies", "allowed_policies_glob", "disallowed_policies_glob",
        "allowed_entity_aliases", "orphan", "period", "path_suffix", "explicit_max_ttl", "renewable",
        "token_bound_cidrs", "token_explicit_max_ttl", "token_period", "token_type", "token_num_uses",
        "token_no_default_policy")
    private static let types = ["default-service", "default-batch", "service", "batch"]

    var name: String
    var allowed: [String] = []
    var disallowed: [String] = []
    var allowedGlobs: [String] = []
    var disallowedGlobs: [String] = []
    var entityAliases: [String] = []
    var isOrphan = false
    var isRenewable = true
    var pathSuffix = ""
    /// **Units** seconds.
    var periodSeconds = 0
    var explicitMaxSeconds = 0
    var boundCIDRs: [String] = []
    var type = "default-service"
    var numUses = 0
    var hasNoDefaultPolicy = false

    init(name: String) { self.name = name }

    /// Takes over what the request says; the rest stays.
    mutating func update(_ request: EngineRequest) throws(TokenAuthError) -> [String] {
        let values: Parameters
        do throws(ParameterFault) {
            values = try Parameters(request, Self.fields)
            if let names = try values.strings(0) { allowed = PolicyName.canonical(names) }
            if let names = try values.strings(1) { disallowed = PolicyName.canonical(names) }
            if let globs = try values.strings(2) { allowedGlobs = PolicyName.canonical(globs) }
            if let globs = try values.strings(3) { disallowedGlobs = PolicyName.canonical(globs) }
            if let aliases = try values.strings(4) { entityAliases = aliases.map { $0.lowercased() } }
            if let flag = try values.bool(5) { isOrphan = flag }
            // The newer name counts when both are there.
            if let seconds = try values.durationSeconds(6) { periodSeconds = seconds }
            if let seconds = try values.durationSeconds(12) { periodSeconds = seconds }
            if let suffix = try values.string(7) { pathSuffix = suffix }
            if let seconds = try values.durationSeconds(8) { explicitMaxSeconds = seconds }
            if let seconds = try values.durationSeconds(11) { explicitMaxSeconds = seconds }
            if let flag = try values.bool(9) { isRenewable = flag }
            if let ranges = try values.strings(10) { boundCIDRs = ranges }
            if let name = try values.string(13) { type = name.isEmpty || name == "default" ? "default-service" : name }
            if let number = try values.int(14) { numUses = number }
            if let flag = try values.bool(15) { hasNoDefaultPolicy = flag }
        } catch {
            throw .parameters(error)
        }
        try check()
        return values.warnings()
    }

    private mutating func check() throws(TokenAuthError) {
        type = type == "default_service" ? "default-service" : type == "default_batch" ? "default-batch" : type
        guard Self.types.contains(type) else { throw .invalidType }
        guard numUses >= 0 else { throw .negativeUses }
        if type == "batch" && (isRenewable || !isOrphan) { throw .batchRole }
        guard pathSuffix.isEmpty || Self.isWord(pathSuffix, atLeast: 3) else { throw .pathSuffix }
        guard boundCIDRs.allSatisfy({ AddressRange(text: $0) != nil }) else { throw .boundCIDRs }
        periodSeconds = min(periodSeconds, LifeRules.longestSeconds)
        explicitMaxSeconds = min(explicitMaxSeconds, LifeRules.longestSeconds)
    }

    /// Letters, digits and `_` at both ends; `-` and `.` between them too.
    static func isWord(_ text: String, atLeast length: Int = 1) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == UInt8(ascii: "_")
        }
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count >= length,
            text.utf8.count <= 256
        else { return false }
        return isWord(first) && isWord(last)
            && text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    // MARK: - Policies

    /// Whether it says anything about which policies are allowed.
    var hasAllowed: Bool { !allowed.isEmpty || !allowedGlobs.isEmpty }
    /// Whether it refuses any.
    var hasDisallowed: Bool { !disallowed.isEmpty || !disallowedGlobs.isEmpty }

    func allows(_ policy: String) -> Bool {
        allowed.contains(policy) || allowedGlobs.contains { Self.matches(policy, glob: $0) }
    }

    func disallows(_ policy: String) -> Bool {
        disallowed.contains(policy) || disallowedGlobs.contains { Self.matches(policy, glob: $0) }
    }

    func allows(alias: String) -> Bool {
        entityAliases.contains { Self.matches(alias.lowercased(), glob: $0) }
    }

    /// Whether the text fits a pattern whose first and last character may be `*`.
    static func matches(_ text: String, glob: String) -> Bool {
        let (opens, closes) = (glob.hasPrefix("*"), glob.hasSuffix("*"))
        if glob == "*" { return true }
        var core = Substring(glob)
        if opens { core = core.dropFirst() }
        if closes { core = core.dropLast() }
        return switch (opens, closes) {
        case (false, false): text == glob
        case (false, true): text.hasPrefix(core)
        case (true, false): text.hasSuffix(core)
        case (true, true): text.contains(core)
        }
    }

    // MARK: - Forms

    var json: JSON {
        func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
        var members: [String: JSON] = [
            "name": .string(name), "allowed_policies": list(allowed), "disallowed_policies": list(disallowed),
            "allowed_policies_glob": list(allowedGlobs), "disallowed_policies_glob": list(disallowedGlobs),
            "allowed_entity_aliases": entityAliases.isEmpty ? .null : list(entityAliases),
            "orphan": .bool(isOrphan), "renewable": .bool(isRenewable), "path_suffix": .string(pathSuffix),
            "period": .int(periodSeconds), "token_period": .int(periodSeconds),
            "explicit_max_ttl": .int(explicitMaxSeconds), "token_explicit_max_ttl": .int(explicitMaxSeconds),
            "token_type": .string(type),
        ]
        if !boundCIDRs.isEmpty { members["token_bound_cidrs"] = list(boundCIDRs.map(Self.shown)) }
        if numUses > 0 { members["token_num_uses"] = .int(numUses) }
        if hasNoDefaultPolicy { members["token_no_default_policy"] = .bool(true) }
        return .object(members)
    }

    /// Single addresses are shown as such. **Source** system wire facts §8.4.
    static func shown(_ range: String) -> String {
        if range.hasSuffix("/32") && !range.contains(":") { return String(range.dropLast(3)) }
        return range.hasSuffix("/128") ? String(range.dropLast(4)) : range
    }

    /// **Layout** format 1, the fields in the order of their declaration.
    var record: [UInt8] {
        var writer = RecordWriter(format: 1)
        for list in [allowed, disallowed, allowedGlobs, disallowedGlobs, entityAliases, boundCIDRs] {
            writer.put(list.count)
            for text in list { writer.put(text: text) }
        }
        for flag in [isOrphan, isRenewable, hasNoDefaultPolicy] { writer.put(flag) }
        for number in [periodSeconds, explicitMaxSeconds, numUses] { writer.put(number) }
        writer.put(text: pathSuffix)
        writer.put(text: type)
        return writer.record
    }

    /// The role of a record; nil for one that is damaged.
    init?(name: String, record: [UInt8]) {
        let read = record.withUnsafeBytes { bytes in try? Self.read(name, ByteView(bytes)) }
        guard let read else { return nil }
        self = read
    }

    private static func read(_ name: String, _ bytes: ByteView) throws(RecordFault) -> TokenRole {
        var reader = try RecordReader(bytes)
        guard reader.format == 1 else { throw RecordFault() }
        func list() throws(RecordFault) -> [String] {
            var result: [String] = []
            let count = try reader.int()
            while result.count < count { result.append(try reader.view().string) }
            return result
        }
        var role = TokenRole(name: name)
        role.allowed = try list()
        role.disallowed = try list()
        role.allowedGlobs = try list()
        role.disallowedGlobs = try list()
        role.entityAliases = try list()
        role.boundCIDRs = try list()
        role.isOrphan = try reader.bool()
        role.isRenewable = try reader.bool()
        role.hasNoDefaultPolicy = try reader.bool()
        role.periodSeconds = try reader.int()
        role.explicitMaxSeconds = try reader.int()
        role.numUses = try reader.int()
        role.pathSuffix = try reader.view().string
        role.type = try reader.view().string
        try reader.finish()
        return role
    }
}
