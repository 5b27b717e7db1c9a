internal import GRDB
internal import Storage

/// The look-ups of one reader connection. Each is one statement, and with it of one moment.
///
/// **Concurrency** of the thread that has the connection.
final class EntryReader {
    // A page of entries ends when its values have so many bytes.
    private static let pageBytes = 8 << 20

    private let find: PreparedStatement
    private let keys: PreparedStatement
    private let rows: PreparedStatement

    init(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        let range = "FROM entries WHERE path >= ?1 AND path < ?2 ORDER BY path LIMIT ?3"
        find = try PreparedStatement(connection, "SELECT value, revision FROM entries WHERE path = ?1")
        keys = try PreparedStatement(connection, "SELECT path " + range)
        rows = try PreparedStatement(connection, "SELECT path, value, revision " + range)
    }

    func entry(at key: StorageKey) throws -> StorageEntry? {
        try key.withBytes { path in
            defer { find.reset() }
            try find.bind(path, at: 1)
            guard try find.step() else { return nil }
            return StorageEntry(value: find.bytes(at: 0), revision: UInt64(bitPattern: find.integer(at: 1)))
        }
    }

    func keys(in range: KeyRange) throws -> [StorageKey] {
        var found: [StorageKey] = []
        try range.run(keys) {
            found.append(StorageKey(keys.text(at: 0)))
            return true
        }
        return found
    }

    func entries(in range: KeyRange) throws -> [StoredEntry] {
        var found: [StoredEntry] = []
        var bytes = 0
        try range.run(rows) {
            bytes += rows.byteCount(at: 1)
            if bytes > Self.pageBytes, !found.isEmpty { return false }
            let entry = StorageEntry(value: rows.bytes(at: 1), revision: UInt64(bitPattern: rows.integer(at: 2)))
            found.append(StoredEntry(key: StorageKey(rows.text(at: 0)), entry: entry))
            return true
        }
        return found
    }
}

/// The keys that a listing asks for.
struct KeyRange: Sendable {
    private let first: [UInt8]
    private let end: [UInt8]
    private let limit: Int

    /// Keys that begin with `prefix`, after `cursor`, at most `limit`.
    init(under prefix: String, after cursor: StorageKey?, limit: Int) {
        let prefix = Array(prefix.utf8)
        // The least path after the cursor's.
        let next = cursor.map { Array($0.path.utf8) + [0] } ?? []
        first = prefix.lexicographicallyPrecedes(next) ? next : prefix
        // The first bytes above all that begin with the prefix: 0xFF is in no UTF-8.
        end = prefix + [0xFF]
        self.limit = max(limit, 0)
    }

    /// Runs a statement over the range, row by row, until `body` has enough.
    fileprivate func run(_ statement: PreparedStatement, _ body: () -> Bool) throws {
        defer { statement.reset() }
        try first.withUnsafeBytes { first in
            try end.withUnsafeBytes { end in
                try statement.bind(first, at: 1)
                try statement.bind(end, at: 2)
                statement.bind(Int64(limit), at: 3)
                while try statement.step(), body() {}
            }
        }
    }
}
