internal import Bytes
internal import EngineKit

/// The paths of the mount. **Source** system wire facts §15.
enum RoleEndpoint {
    case list
    case role(RoleName)
    case roleID(RoleName)
    case secretIDs(RoleName)
    case customSecretID(RoleName)
    case lookup(RoleName)
    case destroy(RoleName)
    case lookupAccessor(RoleName)
    case destroyAccessor(RoleName)
    case field(RoleName, RoleField)
    case tidy
    case login

    /// The endpoint at `path`, or nil: unsupported path.
    init?(_ path: ByteView) {
        if path.equals("login") {
            self = .login
        } else if path.equals("tidy/secret-id") {
            self = .tidy
        } else if path.equals("role") || path.equals("role/") {
            self = .list
        } else if path.hasPrefix("role/") {
            let rest = path.dropFirst(5)
            let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.count
            guard let name = RoleName(rest.slice(0, slash)) else { return nil }
            self.init(name, rest.dropFirst(slash + 1), isWhole: slash == rest.count)
        } else {
            return nil
        }
    }

    private init?(_ name: RoleName, _ tail: ByteView, isWhole: Bool) {
        if isWhole {
            self = .role(name)
        } else if tail.equals("role-id") {
            self = .roleID(name)
        } else if tail.equals("secret-id") || tail.equals("secret-id/") {
            self = .secretIDs(name)
        } else if tail.equals("custom-secret-id") {
            self = .customSecretID(name)
        } else if tail.equals("secret-id/lookup") {
            self = .lookup(name)
        } else if tail.equals("secret-id/destroy") {
            self = .destroy(name)
        } else if tail.equals("secret-id-accessor/lookup") {
            self = .lookupAccessor(name)
        } else if tail.equals("secret-id-accessor/destroy") {
            self = .destroyAccessor(name)
        } else if let field = RoleField(tail) {
            self = .field(name, field)
        } else {
            return nil
        }
    }
}

/// A part of a role that has a path of its own.
enum RoleField: Sendable {
    case token(TokenField)
    case bindSecretID, secretIDCIDRs, secretIDUses, secretIDSeconds, localSecretIDs
    /// The same under its old name.
    case boundCIDRList

    static let paths: [(path: StaticString, field: RoleField)] = [
        ("policies", .token(.policies)), ("token-ttl", .token(.ttl)), ("token-max-ttl", .token(.maxTTL)),
        ("token-num-uses", .token(.numUses)), ("period", .token(.period)), ("token-period", .token(.period)),
        ("token-bound-cidrs", .token(.boundCIDRs)), ("secret-id-num-uses", .secretIDUses),
        ("secret-id-ttl", .secretIDSeconds), ("bind-secret-id", .bindSecretID),
        ("secret-id-bound-cidrs", .secretIDCIDRs), ("bound-cidr-list", .boundCIDRList),
        ("local-secret-ids", .localSecretIDs),
    ]

    init?(_ path: ByteView) {
        guard let known = Self.paths.first(where: { path.equals($0.path) }) else { return nil }
        self = known.field
    }

    /// The member's name in answers.
    var name: String {
        switch self {
        case .token(let field): field.name
        case .bindSecretID: "bind_secret_id"
        case .secretIDCIDRs: "secret_id_bound_cidrs"
        case .secretIDUses: "secret_id_num_uses"
        case .secretIDSeconds: "secret_id_ttl"
        case .localSecretIDs: "local_secret_ids"
        case .boundCIDRList: "bound_cidr_list"
        }
    }
}
