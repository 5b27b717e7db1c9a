internal import Bytes
internal import EngineKit
internal import Vocabulary

/// What of a database's details is to change; nil stays.
package struct ConfigurationWish: Sendable {
    var plugin: String?
    var url: String?
    var username: String?
    var password: String?
    var allowedRoles: [String]?
    var rotationStatements: [String]?
    var passwordPolicy: String?
    var usernameTemplate: String?
    var maxOpenConnections: Int?
    var options: [String: String] = [:]
    var verifies = true
    var warnings: [String] = []
}

extension DatabaseSecrets {
    func configure(_ name: String, _ wish: ConfigurationWish) async throws(DatabaseError) -> EngineReply {
        try await turns.holding("config/" + name) { () async throws(DatabaseError) in
            let old: DatabaseConfiguration? = try await stored("config/" + name)
            var next = old ?? DatabaseConfiguration()
            next.plugin = wish.plugin ?? next.plugin
            next.url = wish.url ?? next.url
            next.username = wish.username ?? next.username
            next.allowedRoles = wish.allowedRoles ?? next.allowedRoles
            next.rotationStatements = wish.rotationStatements ?? next.rotationStatements
            next.passwordPolicy = wish.passwordPolicy ?? next.passwordPolicy
            next.usernameTemplate = wish.usernameTemplate ?? next.usernameTemplate
            next.maxOpenConnections = wish.maxOpenConnections ?? next.maxOpenConnections
            next.options.merge(wish.options) { _, new in new }
            if let password = wish.password { (next.password, next.pendingPassword) = (password, "") }
            if next.plugin.isEmpty { throw .pluginMissing }
            let plugin = try plugin(next.plugin)
            if !next.usernameTemplate.isEmpty { _ = try username(next, role: "role", displayName: "name") }
            do throws(DatabaseFault) { try plugin.check(next.details()) } catch {
                throw .details(error.hiding([next.password]).text)
            }
            if wish.verifies {
                let pool = LinkPool(plugin, next.details(), limit: 1)
                do throws(DatabaseFault) { try await pool.perform(.verify) } catch {
                    await pool.close()
                    throw .verification(error.hiding([next.password]))
                }
                await pool.close()
            }
            try await store(next, at: "config/" + name)
            await drop(name)
        }
        return EngineReply(warnings: wish.warnings)
    }

    func readConfiguration(_ name: String, into body: inout ByteWriter) async throws(DatabaseError) -> EngineReply {
        guard let found: DatabaseConfiguration = try await stored("config/" + name) else { throw .nothingThere }
        var details: [String: JSON] = ["username": .string(found.username)]
        if !found.url.isEmpty { details["connection_url"] = .string(Self.masked(found.url)) }
        if !found.usernameTemplate.isEmpty { details["username_template"] = .string(found.usernameTemplate) }
        details["max_open_connections"] = .int(found.maxOpenConnections)
        for (key, value) in found.options where !Self.secretOptions.contains(key) { details[key] = .string(value) }
        JSON.object([
            "allowed_roles": .array(found.allowedRoles.map { .string($0) }),
            "connection_details": .object(details), "password_policy": .string(found.passwordPolicy),
            "plugin_name": .string(found.plugin), "plugin_version": .string(""),
            "root_credentials_rotate_statements": .array(found.rotationStatements.map { .string($0) }),
        ]).write(into: &body)
        return EngineReply()
    }

    private static let secretOptions: Set<String> = ["private_key", "tls_certificate_key"]

    /// A URL whose password, if it stands there in clear, is starred.
    static func masked(_ url: String) -> String {
        let words = url.split(separator: " ", omittingEmptySubsequences: false)
        if words.contains(where: { $0.hasPrefix("password=") && !$0.hasSuffix("{{password}}") }) {
            return words.map { $0.hasPrefix("password=") ? "password=*****" : String($0) }.joined(separator: " ")
        }
        let scheme = url.prefix(while: \.isLetter)
        let isURL = url[scheme.endIndex...].hasPrefix("://")
        let start = isURL ? url.index(scheme.endIndex, offsetBy: 3) : url.startIndex
        guard let at = url.lastIndex(of: "@"), let colon = url[start..<max(at, start)].firstIndex(of: ":") else {
            return url
        }
        let password = url[url.index(after: colon)..<at]
        if password.isEmpty || password == "{{password}}" { return url }
        return url[...colon] + "*****" + url[at...]
    }

    func removeConfiguration(_ name: String) async throws(DatabaseError) -> EngineReply {
        try await turns.holding("config/" + name) { () async throws(DatabaseError) in
            _ = try await remove("config/" + name)
            await drop(name)
        }
        return .noContent
    }

    func reset(_ name: String) async throws(DatabaseError) -> EngineReply {
        _ = try await configuration(name)
        await drop(name)
        return .noContent
    }

    /// Gives the engine's own user a password that nobody else knows. The new one is stored before the database gets
    /// it, so that the engine is not locked out when it ends in between.
    func rotateRoot(_ name: String) async throws(DatabaseError) -> EngineReply {
        try await turns.holding("config/" + name) { () async throws(DatabaseError) in
            var configuration = try await settled(name)
            if configuration.username.isEmpty {
                throw .details("unable to rotate root credentials: no username in configuration")
            }
            configuration.pendingPassword = try newPassword(configuration.passwordPolicy)
            try await store(configuration, at: "config/" + name)
            let user = DatabaseUser(name: configuration.username, password: configuration.pendingPassword)
            do throws(DatabaseError) {
                try await perform(
                    .setPassword(user, statements: configuration.rotationStatements), on: name, configuration)
            } catch {
                // What is not known to have failed is found out the next time.
                if case .database(.refused) = error {
                    configuration.pendingPassword = ""
                    try await store(configuration, at: "config/" + name)
                }
                throw error
            }
            (configuration.password, configuration.pendingPassword) = (configuration.pendingPassword, "")
            try await store(configuration, at: "config/" + name)
            await drop(name)
        }
        return .noContent
    }

    /// A configuration whose last rotation, if it was cut short, is settled: the password that works stays.
    private func settled(_ name: String) async throws(DatabaseError) -> DatabaseConfiguration {
        var configuration = try await configuration(name)
        guard !configuration.pendingPassword.isEmpty else { return configuration }
        let plugin = try plugin(configuration.plugin)
        for password in [configuration.pendingPassword, configuration.password] {
            let pool = LinkPool(plugin, configuration.details(password: password), limit: 1)
            do throws(DatabaseFault) { try await pool.perform(.verify) } catch {
                await pool.close()
                if case .login = error { continue }
                throw .database(error.hiding([configuration.password, configuration.pendingPassword]))
            }
            await pool.close()
            (configuration.password, configuration.pendingPassword) = (password, "")
            try await store(configuration, at: "config/" + name)
            await drop(name)
            return configuration
        }
        throw .database(.login("the database takes neither the old password nor the new one"))
    }

    /// The configuration to work with: settled when a rotation was cut short.
    func usable(_ name: String) async throws(DatabaseError) -> DatabaseConfiguration {
        let configuration = try await configuration(name)
        if configuration.pendingPassword.isEmpty { return configuration }
        return try await turns.holding("config/" + name) { () async throws(DatabaseError) in
            try await settled(name)
        }
    }
}
