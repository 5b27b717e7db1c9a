internal import GRDB
internal import GRDBSQLite

/// What is in the file, and the settings of a connection to it.
///
/// **Layout** `entries`: path (the key's UTF-8, so that SQLite's order is byte order) → value, revision · `state`, one
/// row: the revision of the latest commit, the highest epoch that has written.
enum DatabaseFormat {
    /// `SRDB`, as SQLite's application id.
    static let application: Int32 = 0x5352_4442
    /// The format that this release writes, as SQLite's user version.
    static let version: Int32 = 1

    private static let schema = """
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        CREATE TABLE entries (path BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, epoch INTEGER NOT NULL)
            STRICT;
        INSERT INTO state VALUES (1, 0, 0);
        """

    /// Fills an empty file, which is complete and closed on return.
    static func create(at path: String) throws(SQLiteStorageError) {
        let queue = try connect(path, isReader: false)
        do {
            try queue.writeWithoutTransaction { connection in
                // Set before there is a WAL, which is then in the file's header from the first.
                try connection.execute(sql: "PRAGMA page_size = \(DatabaseDirectory.pageBytes)")
                try connection.execute(sql: "BEGIN IMMEDIATE;\n\(schema)\nCOMMIT")
                guard try String.fetchOne(connection, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                    throw SQLiteFailure(code: SQLITE_ERROR)
                }
            }
            try queue.close()
        } catch {
            throw SQLiteFailure(error).openError
        }
    }

    /// A connection with our settings.
    static func connect(_ path: String, isReader: Bool) throws(SQLiteStorageError) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = isReader
        configuration.busyMode = .timeout(5)
        configuration.label = isReader ? "storage-reader" : "storage-writer"
        configuration.prepareDatabase { connection in
            sqlite3_extended_result_codes(connection.sqliteConnection, 1)
            try connection.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -4096;
                    """)
            if isReader { return }
            // Checkpoints are ours; a log that had to grow is cut down to 16 MiB by the next one.
            try connection.execute(
                sql: """
                    PRAGMA secure_delete = FAST;
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA journal_size_limit = 16777216;
                    """)
        }
        do {
            return try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw SQLiteFailure(error).openError
        }
    }

    /// Makes sure that this is a sound database of ours, and that what is written will be durable.
    static func verify(_ queue: DatabaseQueue, checksPages: Bool) throws(SQLiteStorageError) {
        do {
            try queue.writeWithoutTransaction { connection in
                let application = try Int32.fetchOne(connection, sql: "PRAGMA application_id")
                guard application == Self.application else { throw SQLiteStorageError.foreign }
                let found = try Int32.fetchOne(connection, sql: "PRAGMA user_version") ?? 0
                if found > version { throw SQLiteStorageError.newerFormat(Int(found), known: Int(version)) }
                guard found == version,
                    try Int.fetchOne(connection, sql: "SELECT count(*) FROM state WHERE id = 1") == 1,
                    try !checksPages || String.fetchOne(connection, sql: "PRAGMA quick_check(1)") == "ok"
                else { throw SQLiteStorageError.corrupt }
                guard try String.fetchOne(connection, sql: "PRAGMA journal_mode = WAL") == "wal",
                    try Int.fetchOne(connection, sql: "PRAGMA synchronous") == 2
                else { throw SQLiteFailure(code: SQLITE_ERROR) }
            }
        } catch let error as SQLiteStorageError {
            throw error
        } catch {
            let failure = SQLiteFailure(error)
            // A table that should be there and is not.
            throw failure.code == SQLITE_ERROR ? .corrupt : failure.openError
        }
    }
}
