/// One kind of database: the only thing that a new one has to bring.
package protocol DatabasePlugin: Sendable {
    /// The names that `plugin_name` takes, the usual one first.
    var names: [String] { get }
    /// How statements are written for it.
    var dialect: StatementDialect { get }
    /// Whether a role must say how its users are made.
    var needsCreationStatements: Bool { get }
    /// Checks what can be checked of the connection details without connecting. **Throws** `.refused`.
    func check(_ details: ConnectionDetails) throws(DatabaseFault)
    /// Connects; blocks. Called on a thread of its own, as is everything that the link does.
    func connect(_ details: ConnectionDetails) throws(DatabaseFault) -> any DatabaseLink
}

/// One connection. **Concurrency** used by one thread at a time, always the same.
package protocol DatabaseLink: AnyObject {
    /// Whether it is of no more use.
    var isBroken: Bool { get }
    /// Does one piece of work, all or nothing as far as the database can; blocks.
    func perform(_ work: DatabaseWork) throws(DatabaseFault)
    /// Ends the connection.
    func close()
}

/// What is asked of a database.
package enum DatabaseWork: Sendable {
    /// Whether it answers.
    case verify
    /// To make a user. `statements` are the role's.
    case create(DatabaseUser, statements: [String])
    /// To let a user live until the time in `expiration`; no statements mean the plugin's own.
    case renew(DatabaseUser, statements: [String])
    /// To end a user; no statements mean the plugin's own. One that is gone already is no fault.
    case delete(DatabaseUser, statements: [String])
    /// To set a password; no statements mean the plugin's own.
    case setPassword(DatabaseUser, statements: [String])
}

/// A user of a database.
package struct DatabaseUser: Sendable {
    /// The name.
    package var name: String
    /// The password; empty where none is needed.
    package var password: String
    /// When it ends. **Units** Unix seconds; 0 for never.
    package var expirationUnixSeconds: Int

    /// A user.
    package init(name: String, password: String = "", expirationUnixSeconds: Int = 0) {
        self.name = name
        self.password = password
        self.expirationUnixSeconds = expirationUnixSeconds
    }

    /// The values of a statement's placeholders.
    package var values: [String: String] {
        [
            "name": name, "username": name, "password": password,
            "expiration": StatementTemplate.expiration(expirationUnixSeconds),
        ]
    }
}

/// How to reach a database.
package struct ConnectionDetails: Sendable {
    /// The URL or connection string as given, with its placeholders.
    package var url: String
    /// Who connects.
    package var username: String
    /// The password.
    package var password: String
    /// Everything else that the plugin may know, as given.
    package var options: [String: String]

    /// Details.
    package init(url: String, username: String, password: String, options: [String: String] = [:]) {
        self.url = url
        self.username = username
        self.password = password
        self.options = options
    }
}

/// What went wrong with a database. Texts are the database's own, without passwords.
package enum DatabaseFault: Error, Sendable, Equatable {
    /// It cannot be reached, or not now.
    case unavailable(String)
    /// It does not take the name or the password.
    case login(String)
    /// It, or the plugin, says no.
    case refused(String)

    /// The text.
    package var text: String {
        switch self {
        case .unavailable(let text), .login(let text), .refused(let text): text
        }
    }

    /// The same, without any of these secrets in the text.
    package func hiding(_ secrets: [String]) -> DatabaseFault {
        var text = text
        for secret in secrets where secret.utf8.count > 3 {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "[hidden]")
        }
        let shown = String(text.prefix(500))
        return switch self {
        case .unavailable: .unavailable(shown)
        case .login: .login(shown)
        case .refused: .refused(shown)
        }
    }
}
