internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import Storage

/// Runs groups of commits, each group in one transaction.
///
/// A commit that conflicts or is fenced is known before it writes, so it leaves nothing to undo. When SQLite itself
/// fails, the whole group is undone, and each commit gets a transaction of its own: the next one need not suffer from
/// what fails only for its neighbour, nor rely on what its neighbour had not made durable.
///
/// **Concurrency** of the thread that has the connection.
final class EntryWriter {
    /// What an engine may have to know of a commit that went through.
    struct Committed {
        let revision: UInt64
        let epoch: UInt64
    }

    private let connection: SQLiteConnection
    private let begin: PreparedStatement
    private let end: PreparedStatement
    private let find: PreparedStatement
    private let put: PreparedStatement
    private let remove: PreparedStatement
    private let removeAll: PreparedStatement
    private let setState: PreparedStatement
    private(set) var revision: UInt64
    private var epoch: UInt64
    // Pages written to the log since a checkpoint went through it.
    private var loggedPages = 0

    init(_ connection: SQLiteConnection) throws(SQLiteFailure) {
        self.connection = connection
        begin = try PreparedStatement(connection, "BEGIN IMMEDIATE")
        end = try PreparedStatement(connection, "COMMIT")
        find = try PreparedStatement(connection, "SELECT revision FROM entries WHERE path = ?1")
        put = try PreparedStatement(
            connection,
            """
            INSERT INTO entries (path, value, revision) VALUES (?1, ?2, ?3)
            ON CONFLICT (path) DO UPDATE SET value = excluded.value, revision = excluded.revision
            """)
        remove = try PreparedStatement(connection, "DELETE FROM entries WHERE path = ?1")
        removeAll = try PreparedStatement(connection, "DELETE FROM entries")
        setState = try PreparedStatement(connection, "UPDATE state SET revision = ?1, epoch = ?2 WHERE id = 1")
        let state = try PreparedStatement(connection, "SELECT revision, epoch FROM state WHERE id = 1")
        guard try state.step() else { throw SQLiteFailure(code: SQLITE_CORRUPT) }
        revision = UInt64(bitPattern: state.integer(at: 0))
        epoch = UInt64(bitPattern: state.integer(at: 1))
    }

    /// The answers to a group, in its order.
    func run(_ group: [PendingCommit]) -> [Result<UInt64, StorageError>] {
        do throws(SQLiteFailure) {
            return try transaction(group[...])
        } catch {
            if group.count == 1 { return [.failure(error.storageError)] }
        }
        return group.indices.map { index in
            do throws(SQLiteFailure) {
                return try transaction(group[index...index])[0]
            } catch {
                return .failure(error.storageError)
            }
        }
    }

    private func transaction(_ group: ArraySlice<PendingCommit>) throws(SQLiteFailure) -> [Result<UInt64, StorageError>]
    {
        let before = (revision, epoch)
        // So that a failure does not find the error number of another time.
        errno = 0
        do throws(SQLiteFailure) {
            try begin.run()
            var answers: [Result<UInt64, StorageError>] = []
            answers.reserveCapacity(group.count)
            for commit in group {
                if let entries = commit.replacement {
                    answers.append(.success(try replaceAll(by: entries.iterator())))
                } else {
                    answers.append(try apply(commit.batch))
                }
            }
            if revision != before.0 {
                setState.bind(Int64(bitPattern: revision), at: 1)
                setState.bind(Int64(bitPattern: epoch), at: 2)
                try setState.run()
            }
            try end.run()
            countPages()
            return answers
        } catch {
            // Some failures have ended the transaction already.
            if sqlite3_get_autocommit(connection) == 0 { sqlite3_exec(connection, "ROLLBACK", nil, nil, nil) }
            (revision, epoch) = before
            countPages()
            throw error
        }
    }

    private func apply(_ batch: WriteBatch) throws(SQLiteFailure) -> Result<UInt64, StorageError> {
        if batch.epoch < epoch { return .failure(.fenced(by: epoch)) }
        for (key, condition) in batch.preconditions where try !holds(condition, at: key) {
            return .failure(.conflict(key))
        }
        epoch = batch.epoch
        revision += 1
        for (key, value) in batch.changes {
            if let value { try store(value, at: key) } else { try delete(key) }
        }
        return .success(revision)
    }

    /// Memory stays small: SQLite moves what does not fit its cache to the log, which is not read before the end.
    private func replaceAll(by next: () -> StoredEntry?) throws(SQLiteFailure) -> UInt64 {
        revision += 1
        try removeAll.run()
        while let entry = next() { try store(entry.entry.value, at: entry.key) }
        return revision
    }

    private func holds(_ condition: WriteBatch.Precondition, at key: StorageKey) throws(SQLiteFailure) -> Bool {
        let found: UInt64?
        do {
            found = try key.withBytes { path in
                defer { find.reset() }
                try find.bind(path, at: 1)
                return try find.step() ? UInt64(bitPattern: find.integer(at: 0)) : nil
            }
        } catch {
            throw SQLiteFailure(error)
        }
        switch condition {
        case .absent: return found == nil
        case .revision(let wanted): return found == wanted
        }
    }

    private func store(_ value: [UInt8], at key: StorageKey) throws(SQLiteFailure) {
        do {
            try key.withBytes { path in
                try value.withUnsafeBytes { bytes in
                    try put.bind(path, at: 1)
                    try put.bind(bytes, at: 2)
                    put.bind(Int64(bitPattern: revision), at: 3)
                    try put.run()
                }
            }
        } catch {
            throw SQLiteFailure(error)
        }
    }

    private func delete(_ key: StorageKey) throws(SQLiteFailure) {
        do {
            try key.withBytes { path in
                try remove.bind(path, at: 1)
                try remove.run()
            }
        } catch {
            throw SQLiteFailure(error)
        }
    }

    private func countPages() {
        var pages: Int32 = 0
        var highest: Int32 = 0
        sqlite3_db_status(connection, SQLITE_DBSTATUS_CACHE_WRITE, &pages, &highest, 1)
        loggedPages += Int(pages)
    }

    /// Moves the log into the database when it has `pages` pages or more; it is then written anew from its start. A
    /// log of sixteen times as many is cut off, which waits for those who are reading. What fails here is tried again
    /// after the next group.
    func checkpoint(pages: Int) {
        guard loggedPages >= pages else { return }
        let mode = loggedPages >= pages * 16 ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE
        var (logged, moved): (Int32, Int32) = (0, 0)
        let code = sqlite3_wal_checkpoint_v2(connection, nil, mode, &logged, &moved)
        if code == SQLITE_OK, moved >= logged { loggedPages = 0 }
    }
}
