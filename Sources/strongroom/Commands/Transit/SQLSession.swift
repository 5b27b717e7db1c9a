internal import CPostgreSQL
internal import Foundation

/// One connection to PostgreSQL, for a command.
///
/// **Concurrency** for one task; owns its C context. Calls wait for the server.
final class SQLSession {
    private let connection: OpaquePointer

    /// Connects; what the text leaves open comes from libpq's own variables and files (`PGHOST`, `~/.pgpass`).
    init(_ text: String) throws(CommandFault) {
        // The library's own words for a text that it cannot read quote it, password and all.
        guard let options = PQconninfoParse(text, nil) else {
            throw .local(
                "-database is no PostgreSQL connection string", next: "for instance postgresql://user@host/database")
        }
        PQconninfoFree(options)
        guard let opened = PQconnectdb(text) else { throw .local("out of memory") }
        connection = opened
        guard PQstatus(opened) == CONNECTION_OK else {
            let why = Self.text(PQerrorMessage(opened))
            PQfinish(opened)
            throw .local("cannot connect to the database: \(why)")
        }
        try run("SET client_encoding = 'UTF8'")
        try run("SET application_name = 'strongroom'")
    }

    deinit { PQfinish(connection) }

    /// Runs a statement that gives nothing.
    func run(_ statement: String) throws(CommandFault) {
        let result = PQexec(connection, statement)
        defer { PQclear(result) }
        try check(result)
    }

    /// The rows of a statement, and how many columns they have.
    func rows(_ statement: String) throws(CommandFault) -> (columns: Int, rows: [[String?]]) {
        let result = PQexec(connection, statement)
        defer { PQclear(result) }
        try check(result)
        let columns = PQnfields(result)
        let rows = (0..<PQntuples(result)).map { row in
            (0..<columns).map { column -> String? in
                if PQgetisnull(result, row, column) == 1 { return nil }
                return PQgetvalue(result, row, column).map { String(cString: $0) }
            }
        }
        return (Int(columns), rows)
    }

    /// Prepares a statement, and tells how many parameters it has.
    func prepare(_ name: String, _ statement: String) throws(CommandFault) -> Int {
        let result = PQprepare(connection, name, statement, 0, nil)
        defer { PQclear(result) }
        try check(result)
        let description = PQdescribePrepared(connection, name)
        defer { PQclear(description) }
        try check(description)
        return Int(PQnparams(description))
    }

    /// Runs a prepared statement; answers how many rows it changed.
    func execute(_ name: String, _ values: [String]) throws(CommandFault) -> Int {
        let result = Self.withCStrings(values) { pointers in
            PQexecPrepared(connection, name, Int32(values.count), pointers, nil, nil, 0)
        }
        defer { PQclear(result) }
        try check(result)
        return PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    private func check(_ result: OpaquePointer?) throws(CommandFault) {
        let status = PQresultStatus(result)
        if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK { return }
        // Of the whole message, the first line: details may quote rows.
        let line = result.flatMap { strongroom_pg_message($0) }.map { String(cString: $0) }
        throw .local("the database refused: \(line ?? Self.text(PQerrorMessage(connection)))")
    }

    private static func text(_ message: UnsafePointer<CChar>?) -> String {
        message.map { String(cString: $0).trimmingCharacters(in: .whitespacesAndNewlines) } ?? "no reason was given"
    }

    private static func withCStrings<R>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
    ) -> R {
        var bytes: [CChar] = []
        var offsets: [Int] = []
        for text in texts {
            offsets.append(bytes.count)
            bytes += text.utf8CString
        }
        return bytes.withUnsafeBufferPointer { buffer in
            let pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
