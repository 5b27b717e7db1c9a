internal import Bytes
internal import EngineKit
internal import Vocabulary

/// What a write of a role, or of one part of it, says.
struct RoleChange: Sendable {
    private static let table = FieldTable(
        "role_id", "bind_secret_id", "secret_id_bound_cidrs", "bound_cidr_list", "secret_id_num_uses",
        "secret_id_ttl", "local_secret_ids")
    static let longestRoleID = 512

    private let request: EngineRequest
    private let parameters: Parameters

    init(_ request: EngineRequest) throws(AppRoleError) {
        self.request = request
        parameters = try Parameters(Self.table, of: request)
    }

    /// The role id that the request asks for.
    func roleID() throws(AppRoleError) -> String? {
        guard let text = try parameters.read({ (p) throws(ParameterFault) in try p.string(0) }), !text.isEmpty else {
            return nil
        }
        guard text.utf8.count <= Self.longestRoleID else { throw .valueTooLong(limit: Self.longestRoleID) }
        return text
    }

    /// Changes the role; with `only`, that part alone.
    func apply(to role: inout RoleRecord, only: RoleField? = nil) throws(AppRoleError) {
        var next = role
        if wants(.bindSecretID, only), let value = try parameters.read({ (p) throws(ParameterFault) in try p.bool(1) })
        {
            next.bindsSecretID = value
        }
        for index in [3, 2] where wants(.secretIDCIDRs, only) || wants(.boundCIDRList, only) {
            guard let cidrs = try parameters.read({ (p) throws(ParameterFault) in try p.strings(index) }) else {
                continue
            }
            next.secretIDCIDRs = try CIDRs.checked(cidrs)
        }
        if wants(.secretIDUses, only), let uses = try parameters.read({ (p) throws(ParameterFault) in try p.int(4) }) {
            guard uses >= 0 else { throw .negativeSecretIDUses }
            next.secretIDUses = uses
        }
        if wants(.secretIDSeconds, only),
            let seconds = try parameters.read({ (p) throws(ParameterFault) in try p.durationSeconds(5) })
        {
            next.secretIDSeconds = min(seconds, LifeRules.longestSeconds)
        }
        if only == nil, let isLocal = try parameters.read({ (p) throws(ParameterFault) in try p.bool(6) }) {
            next.hasLocalSecretIDs = isLocal
        }
        var field: TokenField?
        if case .token(let wanted) = only { field = wanted }
        if only == nil || field != nil {
            do throws(TokenSettingsFault) {
                try next.token.apply(request, accepting: [.policies, .period], only: field)
            } catch {
                throw .tokenSettings(error)
            }
        }
        guard next.isConstrained else { throw .noConstraint }
        role = next
    }

    private func wants(_ field: RoleField, _ only: RoleField?) -> Bool { only == nil || only?.name == field.name }
}

/// Lists of addresses and ranges.
enum CIDRs {
    private static let most = 1000

    static func checked(_ list: [String]) throws(AppRoleError) -> [String] {
        guard list.count <= most, list.allSatisfy({ $0.utf8.count <= 64 && AddressRange(text: $0) != nil }) else {
            throw .malformedCIDR
        }
        return list
    }

    /// Whether an address is in one of the ranges; an empty list has all.
    static func admit(_ list: [String], _ address: PeerAddress) -> Bool {
        list.isEmpty || list.contains { AddressRange(text: $0)?.contains(address) == true }
    }

    /// Whether every range lies in one of the others; an empty list has all.
    static func lie(_ list: [String], in outer: [String]) -> Bool {
        if outer.isEmpty { return true }
        let ranges = outer.compactMap { AddressRange(text: $0) }
        return list.allSatisfy { text in
            AddressRange(text: text).map { range in ranges.contains { $0.contains(range) } } ?? false
        }
    }

    /// As the paths of single parts show them: one address without its length.
    static func short(_ text: String) -> String {
        for suffix in ["/32", "/128"] where text.hasSuffix(suffix) && (suffix == "/128") == text.contains(":") {
            return String(text.dropLast(suffix.count))
        }
        return text
    }
}

extension Parameters {
    /// Scans the body with this room's error.
    init(_ table: FieldTable, of request: EngineRequest) throws(AppRoleError) {
        do throws(ParameterFault) { self = try Parameters(request, table) } catch { throw .parameters(error) }
    }

    /// Reads with this room's error.
    func read<T>(_ body: (Parameters) throws(ParameterFault) -> T) throws(AppRoleError) -> T {
        do throws(ParameterFault) { return try body(self) } catch { throw .parameters(error) }
    }
}
