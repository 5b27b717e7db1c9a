internal import GRDB
internal import GRDBSQLite
internal import Storage

/// One prepared statement, run again and again. Values are borrowed while it runs, not copied.
///
/// **Concurrency** of the thread that has the connection.
final class PreparedStatement {
    private let connection: SQLiteConnection
    private let handle: SQLiteStatement

    init(_ connection: SQLiteConnection, _ sql: String) throws(SQLiteFailure) {
        var handle: SQLiteStatement?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw SQLiteFailure(connection) }
        self.connection = connection
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ number: Int64, at index: Int32) { sqlite3_bind_int64(handle, index, number) }

    /// Binds bytes that have to stay where they are until the statement has run.
    func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) throws(SQLiteFailure) {
        // SQLite takes a missing address for NULL.
        let code =
            bytes.isEmpty
            ? sqlite3_bind_zeroblob(handle, index, 0)
            : sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
        guard code == SQLITE_OK else { throw SQLiteFailure(connection) }
    }

    /// Goes to the next row; false at the end.
    func step() throws(SQLiteFailure) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw SQLiteFailure(connection)
        }
    }

    /// Runs a statement that gives no rows.
    func run() throws(SQLiteFailure) {
        defer { reset() }
        while try step() {}
    }

    /// Ends the run, and with it SQLite's use of what was bound.
    func reset() { sqlite3_reset(handle) }

    func integer(at column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func text(at column: Int32) -> String { withBlob(at: column) { String(decoding: $0, as: UTF8.self) } }

    func bytes(at column: Int32) -> [UInt8] { withBlob(at: column) { Array($0) } }

    func byteCount(at column: Int32) -> Int { Int(sqlite3_column_bytes(handle, column)) }

    private func withBlob<Result>(at column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, column)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

extension StorageKey {
    /// Lends the path's UTF-8.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        var path = path
        return try path.withUTF8 { try body(UnsafeRawBufferPointer($0)) }
    }
}
