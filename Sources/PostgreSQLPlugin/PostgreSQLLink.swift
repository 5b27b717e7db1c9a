internal import CPostgreSQL
internal import DatabaseEngine
internal import Glibc

/// One connection to PostgreSQL. Each piece of work is one transaction.
///
/// **Concurrency** for one thread; owns its C context.
final class PostgreSQLLink: DatabaseLink {
    private let connection: OpaquePointer
    private(set) var isBroken = false
    // Whether the last statement failed because another session changed the same.
    private var hasMetAnother = false

    private static let mostTries = 50

    /// Longest that one statement may take. **Units** milliseconds.
    private static let statementMilliseconds = 30_000

    /// Connects, within ten seconds; a peer that is gone is noticed within fifteen.
    init(_ details: ConnectionDetails) throws(DatabaseFault) {
        let text = try ConnectionText.fill(details)
        let settings = [
            ("dbname", text), ("fallback_application_name", "strongroom"), ("connect_timeout", "10"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "15000"), ("client_encoding", "UTF8"),
        ]
        let opened = Self.connect(settings.filter { name, _ in name == "dbname" || !text.contains(name) })
        guard let opened else { throw .unavailable("out of memory") }
        connection = opened
        guard PQstatus(opened) == CONNECTION_OK else {
            let fault = Self.connectionFault(opened)
            PQfinish(opened)
            throw fault
        }
        do throws(DatabaseFault) {
            // What quoting relies on, whatever the server's settings say.
            try run("SET standard_conforming_strings = on")
            try run("SET statement_timeout = \(Self.statementMilliseconds)")
        } catch {
            PQfinish(opened)
            throw error
        }
    }

    private static func connect(_ settings: [(String, String)]) -> OpaquePointer? {
        withCStrings(settings.map(\.0)) { names in
            withCStrings(settings.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
        }
    }

    private static func withCStrings<R>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
    ) -> R {
        var bytes: [CChar] = []
        var offsets: [Int] = []
        for text in texts {
            offsets.append(bytes.count)
            bytes += text.utf8CString
        }
        return bytes.withUnsafeBufferPointer { buffer in
            let pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } } + [nil]
            return pointers.withUnsafeBufferPointer { list in
                guard let base = list.baseAddress else { preconditionFailure("a list with its end is never empty") }
                return body(base)
            }
        }
    }

    func close() { PQfinish(connection) }

    // MARK: - Work

    func perform(_ work: DatabaseWork) throws(DatabaseFault) {
        switch work {
        case .verify: try run("SELECT 1")
        case .create(let user, let statements):
            if statements.isEmpty { throw .refused("creation_statements are required") }
            try runTogether(statements, user)
        case .renew(let user, let statements):
            try runTogether(
                statements.isEmpty ? ["ALTER ROLE \"{{name}}\" VALID UNTIL '{{expiration}}'"] : statements, user)
        case .setPassword(let user, let statements):
            try runTogether(
                statements.isEmpty ? ["ALTER ROLE \"{{name}}\" WITH PASSWORD '{{password}}'"] : statements, user)
        case .delete(let user, let statements):
            if statements.isEmpty { try drop(user.name) } else { try runTogether(statements, user) }
        }
    }

    private func runTogether(_ texts: [String], _ user: DatabaseUser) throws(DatabaseFault) {
        let statements = try StatementTemplate.fill(texts, user.values, .postgreSQL)
        try together { () throws(DatabaseFault) in
            for statement in statements { try run(statement) }
        }
    }

    /// One transaction. Rights on one table cannot be given and taken by two sessions at once: whoever comes second is
    /// told so, and begins anew.
    private func together(_ body: () throws(DatabaseFault) -> Void) throws(DatabaseFault) {
        var tries = 0
        while true {
            do throws(DatabaseFault) {
                try run("BEGIN")
                try body()
                return try run("COMMIT")
            } catch {
                if isBroken { throw error }
                let mayTryAgain = hasMetAnother
                hasMetAnother = false
                try? run("ROLLBACK")
                tries += 1
                guard mayTryAgain, tries < Self.mostTries else { throw error }
                usleep(UInt32.random(in: 500...2000) * UInt32(min(tries, 10)))
            }
        }
    }

    /// Takes a role's rights away, ends its sessions, and drops it. Names come from the catalogs and are quoted by the
    /// library. **Source** CVE-2026-39946: schema names that were put into statements as they were.
    private func drop(_ name: String) throws(DatabaseFault) {
        let known = try rows("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", [name])
        if known.isEmpty { return }
        let role = try quotedName(name)
        let schemas = try rows(
            """
            SELECT nspname FROM pg_catalog.pg_namespace n
            WHERE EXISTS (SELECT 1 FROM pg_catalog.aclexplode(n.nspacl) a
                          JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
                          WHERE r.rolname = $1)
               OR EXISTS (SELECT 1 FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
                          JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
                          WHERE c.relnamespace = n.oid AND r.rolname = $1)
               OR EXISTS (SELECT 1 FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid,
                          pg_catalog.aclexplode(t.attacl) a JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
                          WHERE c.relnamespace = n.oid AND r.rolname = $1)
               OR EXISTS (SELECT 1 FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a
                          JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
                          WHERE p.pronamespace = n.oid AND r.rolname = $1)
            """, [name])
        let database = try rows("SELECT current_database()", []).first ?? ""
        try together { () throws(DatabaseFault) in
            // No new session while the old ones are ended.
            try run("ALTER ROLE \(role) NOLOGIN")
            for schema in schemas {
                let schema = try quotedName(schema)
                for kind in ["TABLES", "SEQUENCES", "FUNCTIONS"] {
                    try run("REVOKE ALL PRIVILEGES ON ALL \(kind) IN SCHEMA \(schema) FROM \(role)")
                }
                try run("REVOKE ALL PRIVILEGES ON SCHEMA \(schema) FROM \(role)")
            }
            try run("REVOKE ALL PRIVILEGES ON DATABASE \(try quotedName(database)) FROM \(role)")
            _ = try rows(
                "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = $1",
                [name])
            try run("DROP ROLE IF EXISTS \(role)")
        }
    }

    // MARK: - Statements

    private func run(_ statement: String) throws(DatabaseFault) {
        let result = PQexec(connection, statement)
        defer { PQclear(result) }
        try check(result)
    }

    /// The first column of a query's rows.
    private func rows(_ query: String, _ values: [String]) throws(DatabaseFault) -> [String] {
        let result = Self.withCStrings(values) { pointers in
            PQexecParams(connection, query, Int32(values.count), nil, pointers, nil, nil, 0)
        }
        defer { PQclear(result) }
        try check(result)
        return (0..<PQntuples(result)).map { row in PQgetvalue(result, row, 0).map { String(cString: $0) } ?? "" }
    }

    private func quotedName(_ name: String) throws(DatabaseFault) -> String {
        let quoted = PQescapeIdentifier(connection, name, name.utf8.count)
        guard let quoted else { throw .refused("a name cannot be quoted") }
        defer { PQfreemem(quoted) }
        return String(cString: quoted)
    }

    private func check(_ result: OpaquePointer?) throws(DatabaseFault) {
        let status = PQresultStatus(result)
        if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY { return }
        if PQstatus(connection) != CONNECTION_OK {
            isBroken = true
            throw .unavailable("the connection to the database was lost")
        }
        let state = strongroom_pg_sqlstate(result).map { String(cString: $0) } ?? ""
        // The primary message alone: the others quote statements.
        let text = strongroom_pg_message(result).map { String(cString: $0) } ?? "the statement failed"
        hasMetAnother = ["40001", "40P01", "XX000"].contains(state) && (state != "XX000" || text.hasPrefix("tuple"))
        throw Self.fault(state, "\(text) (SQLSTATE \(state))")
    }

    private static func fault(_ state: String, _ text: String) -> DatabaseFault {
        // Connection trouble, resources, operator intervention, system errors; locks and serialisation pass, too.
        let passing = ["08", "53", "57", "58", "40", "55", "XX"]
        return passing.contains(String(state.prefix(2))) ? .unavailable(text) : .refused(text)
    }

    private static func connectionFault(_ connection: OpaquePointer) -> DatabaseFault {
        let text = PQerrorMessage(connection).map { String(cString: $0) } ?? "cannot connect"
        let line = text.split(separator: "\n").joined(separator: " ")
        let isLogin =
            line.contains("authentication failed") || line.contains("no password supplied")
            || line.contains("does not exist") && line.contains("role") || line.contains("not permitted to log in")
        return isLogin ? .login(line) : .unavailable(line)
    }
}
