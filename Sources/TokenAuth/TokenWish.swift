internal import Bytes
internal import EngineKit
internal import Vocabulary

/// The parameters of `create`. **Source** system wire facts §8.1.
struct TokenWish: Sendable {
    private static let fields = FieldTable(
        "id", "policies", "no_default_policy", "no_parent", "meta", "display_name", "num_uses", "ttl", "lease",
        "explicit_max_ttl", "period", "renewable", "type", "entity_alias")
    static let longestID = 256

    var id: SealSecret?
    var policies: [String] = []
    var hasNoDefaultPolicy = false
    var hasNoParent = false
    var metadata: [String: String] = [:]
    var displayName = ""
    var numUses = 0
    /// **Units** seconds; 0 for the usual.
    var ttlSeconds = 0
    var explicitMaxSeconds = 0
    var periodSeconds = 0
    var isRenewable = true
    var type = ""
    var entityAlias = ""
    var warnings: [String] = []

    init(_ request: EngineRequest) throws(TokenAuthError) {
        let values: Parameters
        do throws(ParameterFault) {
            values = try Parameters(request, Self.fields)
            if let text = try values.string(0), !text.isEmpty { id = SealSecret(exposing: text) }
            // Compatibility: a string is one name here, commas or not. System wire facts §1.7.
            policies = try values.strings(1, splittingCommas: false) ?? []
            hasNoDefaultPolicy = try values.bool(2) ?? false
            hasNoParent = try values.bool(3) ?? false
            metadata = try values.stringMap(4) ?? [:]
            displayName = try values.string(5) ?? ""
            numUses = try values.int(6) ?? 0
            isRenewable = try values.bool(11) ?? true
            type = try values.string(12) ?? ""
            entityAlias = try values.string(13) ?? ""
        } catch {
            throw .parameters(error)
        }
        ttlSeconds = try Self.duration(values, 7, "ttl")
        if ttlSeconds == 0 { ttlSeconds = try Self.duration(values, 8, "lease") }
        explicitMaxSeconds = try Self.duration(values, 9, "explicit_max_ttl")
        periodSeconds = try Self.duration(values, 10, "period")
        guard numUses >= 0 else { throw .negativeUses }
        guard ["", "service", "batch"].contains(type) else { throw .invalidType }
        try id.map { (id) throws(TokenAuthError) in try Self.check(id) }
        warnings = values.warnings()
    }

    private static func check(_ id: SealSecret) throws(TokenAuthError) {
        try id.exposing { (text) throws(TokenAuthError) in
            if text.hasPrefix("s.") { throw .idHasPrefix }
            if text.firstIndex(of: UInt8(ascii: ".")) != nil { throw .idHasDot }
            if text.count > longestID { throw .idTooLong }
        }
    }

    private static func duration(_ values: Parameters, _ index: Int, _ field: String) throws(TokenAuthError) -> Int {
        do throws(ParameterFault) {
            return min(try values.durationSeconds(index) ?? 0, LifeRules.longestSeconds)
        } catch {
            if case .negativeDuration = error { throw .notPositive(field) }
            throw .parameters(error)
        }
    }

    /// What logs call the bearer: the name with everything but letters, digits and `-` replaced.
    var shownName: String {
        guard !displayName.isEmpty else { return "token" }
        var name = displayName.utf8.map { byte in
            byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A ? byte : UInt8(ascii: "-")
        }
        while name.last == UInt8(ascii: "-") { name.removeLast() }
        return name.isEmpty ? "token" : "token-" + String(decoding: name, as: UTF8.self)
    }
}
