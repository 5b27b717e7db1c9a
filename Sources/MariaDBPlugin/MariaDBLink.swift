internal import CMariaDB
internal import DatabaseEngine

/// One connection to MariaDB. Its statements about users commit by themselves, one after the other.
///
/// **Concurrency** for one thread; owns its C context.
final class MariaDBLink: DatabaseLink {
    private let connection: UnsafeMutablePointer<MYSQL>
    private(set) var isBroken = false

    /// **Units** seconds.
    private static let connectSeconds: UInt32 = 10
    private static let answerSeconds: UInt32 = 30

    init(_ address: MariaDBAddress) throws(DatabaseFault) {
        guard let made = mysql_init(nil) else { throw .unavailable("out of memory") }
        connection = made
        var (connect, answer) = (Self.connectSeconds, Self.answerSeconds)
        mysql_options(made, MYSQL_OPT_CONNECT_TIMEOUT, &connect)
        mysql_options(made, MYSQL_OPT_READ_TIMEOUT, &answer)
        mysql_options(made, MYSQL_OPT_WRITE_TIMEOUT, &answer)
        mysql_options(made, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        // No server may ask for files of ours.
        var none: UInt32 = 0
        mysql_options(made, MYSQL_OPT_LOCAL_INFILE, &none)
        if address.usesTLS {
            var (enforce, verify): (my_bool, my_bool) = (1, address.checksServer ? 1 : 0)
            mysql_options(made, MYSQL_OPT_SSL_ENFORCE, &enforce)
            mysql_options(made, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify)
        }
        let connected = mysql_real_connect(
            made, address.host, address.username, address.password, address.database.isEmpty ? nil : address.database,
            address.port, address.socket.isEmpty ? nil : address.socket, 0)
        guard connected != nil else {
            let fault = Self.fault(made)
            mysql_close(made)
            throw fault
        }
        do throws(DatabaseFault) {
            // What quoting relies on, whatever the server's settings say.
            try run("SET SESSION sql_mode = 'STRICT_ALL_TABLES'")
        } catch {
            mysql_close(made)
            throw error
        }
    }

    func close() { mysql_close(connection) }

    // MARK: - Work

    func perform(_ work: DatabaseWork) throws(DatabaseFault) {
        switch work {
        case .verify: try run("SELECT 1")
        case .create(let user, let statements):
            if statements.isEmpty { throw .refused("creation_statements are required") }
            try run(statements, user)
        case .renew(let user, let statements):
            // Accounts have no end here that a renewal would have to move.
            try run(statements, user)
        case .setPassword(let user, let statements):
            try run(
                statements.isEmpty ? ["ALTER USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'"] : statements, user)
        case .delete(let user, let statements):
            if statements.isEmpty {
                try run(["DROP USER IF EXISTS '{{name}}'@'%'"], user)
            } else {
                try run(statements, user, passing: Self.unknownUser)
            }
            try endSessions(user.name)
        }
    }

    /// Codes that say that a user is gone already. **Source** MariaDB error codes: 1141 no such grant, 1269 cannot
    /// revoke all, 1396 operation failed for.
    private static let unknownUser: Set<UInt32> = [1141, 1269, 1396]

    private func run(
        _ texts: [String], _ user: DatabaseUser, passing passed: Set<UInt32> = []
    ) throws(DatabaseFault) {
        for statement in try StatementTemplate.fill(texts, user.values, .mySQL) { try run(statement, passing: passed) }
    }

    /// Sessions outlive their accounts: they are ended one by one. What cannot be ended has gone meanwhile.
    private func endSessions(_ name: String) throws(DatabaseFault) {
        let quoted = try StatementTemplate.fill(
            "SELECT id FROM information_schema.processlist WHERE user = '{{name}}'", ["name": name], .mySQL)
        guard let query = quoted.first else { return }
        for id in try column(query) {
            guard let number = UInt64(id) else { continue }
            try run("KILL \(number)", passing: [1094])
        }
    }

    // MARK: - Statements

    private func run(_ statement: String, passing passed: Set<UInt32> = []) throws(DatabaseFault) {
        var text = statement
        let status = text.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { mysql_real_query(connection, $0.baseAddress, UInt($0.count)) }
        }
        if status != 0, !passed.contains(mysql_errno(connection)) { throw note(Self.fault(connection)) }
        if let result = mysql_store_result(connection) { mysql_free_result(result) }
    }

    private func column(_ query: String) throws(DatabaseFault) -> [String] {
        guard mysql_query(connection, query) == 0, let result = mysql_store_result(connection) else {
            throw note(Self.fault(connection))
        }
        defer { mysql_free_result(result) }
        var values: [String] = []
        while let row = mysql_fetch_row(result) {
            if let value = row[0] { values.append(String(cString: value)) }
        }
        return values
    }

    private func note(_ fault: DatabaseFault) -> DatabaseFault {
        // 2006 and 2013: the server has gone away, or was lost during a query.
        if [2006, 2013, 2055].contains(mysql_errno(connection)) { isBroken = true }
        return fault
    }

    private static func fault(_ connection: UnsafeMutablePointer<MYSQL>) -> DatabaseFault {
        let code = mysql_errno(connection)
        let text = mysql_error(connection).map { String(cString: $0) } ?? "the statement failed"
        let shown = "\(text) (error \(code))"
        switch code {
        case 1044, 1045, 1698, 1862: return .login(shown)
        // The client library's own; too many connections, shutting down, locks.
        case 2000...2999, 1040, 1053, 1203, 1205, 1213, 1927: return .unavailable(shown)
        default: return .refused(Self.withoutStatement(text, code))
        }
    }

    /// Syntax errors quote what was sent, from where it went wrong: that stays here.
    private static func withoutStatement(_ text: String, _ code: UInt32) -> String {
        code == 1064 ? "you have an error in your SQL syntax (error 1064)" : "\(text) (error \(code))"
    }
}
