internal import Bytes
package import EngineKit
internal import Vocabulary

extension DatabaseSecrets {
    private static let configurationTable = FieldTable(
        "plugin_name", "connection_url", "username", "password", "allowed_roles", "verify_connection",
        "root_rotation_statements", "password_policy", "username_template", "max_open_connections", "plugin_version",
        "root_credentials_rotate_statements")
    /// What only plugins know; kept as text.
    private static let optionNames: [StaticString] = [
        "host", "port", "tls", "insecure_tls", "ca_cert", "tls_ca", "tls_server_name", "max_idle_connections",
        "max_connection_lifetime", "connect_timeout", "persistence_mode", "password_authentication",
        "disable_escaping", "tls_skip_verify",
    ]
    private static let optionTable = FieldTable(
        "host", "port", "tls", "insecure_tls", "ca_cert", "tls_ca", "tls_server_name", "max_idle_connections",
        "max_connection_lifetime", "connect_timeout", "persistence_mode", "password_authentication",
        "disable_escaping", "tls_skip_verify")
    private static let roleTable = FieldTable(
        "db_name", "creation_statements", "revocation_statements", "rollback_statements", "renew_statements",
        "default_ttl", "max_ttl", "credential_type", "credential_config")
    private static let staticRoleTable = FieldTable(
        "db_name", "username", "rotation_statements", "rotation_period", "rotation_schedule", "rotation_window",
        "skip_import_rotation", "credential_type", "credential_config")

    /// Parses the request; the path names what it is about.
    package func resolve(_ request: EngineRequest) throws(DatabaseError) -> Command {
        let parts = request.path.string.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let head = parts.first else { throw .unsupportedPath }
        if request.operation == .list {
            switch (head, parts.dropFirst().allSatisfy(\.isEmpty)) {
            case ("config", true): return .listConfigurations
            case ("roles", true): return .listRoles
            case ("static-roles", true): return .listStaticRoles
            default: throw .unsupportedPath
            }
        }
        guard parts.count == 2, !parts[1].isEmpty else { throw .unsupportedPath }
        let name = parts[1]
        guard Self.isSound(name) else { throw .malformedName }
        switch (head, request.operation) {
        case ("config", .read): return .config(name, .read)
        case ("config", .delete): return .config(name, .remove)
        case ("config", .write):
            return .config(name, .write(try Self.wish { () throws(ParameterFault) in try Self.configuration(request) }))
        case ("roles", .read): return .role(name, .read)
        case ("roles", .delete): return .role(name, .remove)
        case ("roles", .write):
            return .role(name, .write(try Self.wish { () throws(ParameterFault) in try Self.role(request) }))
        case ("static-roles", .read): return .staticRole(name, .read)
        case ("static-roles", .delete): return .staticRole(name, .remove)
        case ("static-roles", .write):
            return .staticRole(
                name, .write(try Self.wish { () throws(ParameterFault) in try Self.staticRole(request) }))
        case ("creds", .read):
            return .credentials(
                role: name, displayName: request.caller?.displayName ?? "", mount: request.mount)
        case ("static-creds", .read): return .staticCredentials(name)
        case ("reset", .write): return .reset(name)
        case ("rotate-root", .write): return .rotateRoot(name)
        case ("rotate-role", .write): return .rotateRole(name)
        case ("config", _), ("roles", _), ("static-roles", _), ("creds", _), ("static-creds", _), ("reset", _),
            ("rotate-root", _), ("rotate-role", _):
            throw .unsupportedOperation
        default: throw .unsupportedPath
        }
    }

    private static func wish<Wish>(_ read: () throws(ParameterFault) -> Wish) throws(DatabaseError) -> Wish {
        do throws(ParameterFault) { return try read() } catch { throw .parameters(error) }
    }

    private static func configuration(_ request: EngineRequest) throws(ParameterFault) -> ConfigurationWish {
        let parameters = try Parameters(request, configurationTable)
        var wish = ConfigurationWish()
        wish.plugin = try parameters.string(0)
        wish.url = try parameters.string(1)
        wish.username = try parameters.string(2)
        wish.password = try parameters.string(3)
        wish.allowedRoles = try parameters.strings(4)
        wish.verifies = try parameters.bool(5) ?? true
        let otherSpelling = try parameters.strings(11, splittingCommas: false)
        wish.rotationStatements = try parameters.strings(6, splittingCommas: false) ?? otherSpelling
        wish.passwordPolicy = try parameters.string(7)
        wish.usernameTemplate = try parameters.string(8)
        wish.maxOpenConnections = try parameters.int(9).map { min(max($0, 1), 64) }
        let options = try Parameters(request, optionTable)
        for (index, name) in optionNames.enumerated() {
            if let value = try options.string(index) { wish.options[name.description] = value }
        }
        let ignored = parameters.unknown.filter { options.unknown.contains($0) }
        if !ignored.isEmpty {
            wish.warnings = ["Endpoint ignored these unrecognized parameters: [\(ignored.joined(separator: " "))]"]
        }
        return wish
    }

    private static func role(_ request: EngineRequest) throws(ParameterFault) -> RoleWish {
        let parameters = try Parameters(request, roleTable)
        var wish = RoleWish()
        wish.database = try parameters.string(0)
        wish.creation = try parameters.strings(1, splittingCommas: false)
        wish.revocation = try parameters.strings(2, splittingCommas: false)
        wish.rollback = try parameters.strings(3, splittingCommas: false)
        wish.renewal = try parameters.strings(4, splittingCommas: false)
        wish.defaultSeconds = try parameters.durationSeconds(5)
        wish.maxSeconds = try parameters.durationSeconds(6)
        return wish
    }

    private static func staticRole(_ request: EngineRequest) throws(ParameterFault) -> StaticRoleWish {
        let parameters = try Parameters(request, staticRoleTable)
        var wish = StaticRoleWish()
        wish.database = try parameters.string(0)
        wish.username = try parameters.string(1)
        wish.rotation = try parameters.strings(2, splittingCommas: false)
        wish.periodSeconds = try parameters.durationSeconds(3).map { min($0, 1 << 33) }
        wish.schedule = try parameters.string(4)
        wish.windowSeconds = try parameters.durationSeconds(5)
        wish.skipsFirstRotation = try parameters.bool(6) ?? false
        return wish
    }

    private static func isSound(_ name: String) -> Bool {
        name.utf8.count <= 256 && name.utf8.first != UInt8(ascii: ".")
            && name.utf8.allSatisfy { byte in
                byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A && byte < 0x80
                    || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
            }
    }
}
