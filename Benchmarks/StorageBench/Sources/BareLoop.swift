internal import Foundation
internal import GRDB

/// The yardstick: GRDB alone in one thread, transaction after transaction, into a table like ours.
struct BareLoop {
    private let queue: DatabaseQueue

    static let insertion = """
        INSERT INTO entries (path, value, revision) VALUES (?1, ?2, ?3)
        ON CONFLICT (path) DO UPDATE SET value = excluded.value, revision = excluded.revision
        """

    init(_ path: String) throws { queue = try Self.open(path) }

    /// A new database with a table like ours.
    static func open(_ path: String) throws -> DatabaseQueue {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { connection in
            try connection.execute(
                sql: """
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    CREATE TABLE entries (path TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, revision INTEGER)
                        WITHOUT ROWID;
                    """)
        }
        return queue
    }

    /// Rows a second with `rows` in a transaction.
    func rate(rows: Int, size: Int, seconds: Double) throws -> Double {
        let value = Data(repeating: 7, count: size)
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        var number = 0
        while ContinuousClock.now < end {
            try queue.write { connection in
                let put = try connection.cachedStatement(sql: Self.insertion)
                for _ in 0..<rows {
                    try put.execute(arguments: [RowKey.path(number), value, number])
                    number += 1
                }
            }
        }
        let taken = (ContinuousClock.now - start) / .seconds(1)
        try queue.close()
        return Double(number) / taken
    }
}
