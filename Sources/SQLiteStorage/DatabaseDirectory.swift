internal import Foundation

/// The directory of a database, locked for this process: `strongroom.db`, SQLite's `-wal` and `-shm` beside it, and
/// `strongroom.lock`, which has the owner's process number. All are readable by their owner only.
///
/// **Concurrency** nothing changes after `init`; the lock ends with the object, or with the process.
final class DatabaseDirectory: Sendable {
    /// The size of a page, as `DatabaseFormat` sets it.
    static let pageBytes = 4096

    private let path: String
    private let lock: Int32

    /// Locks the directory, after making it if it does not exist.
    init(_ path: String) throws(SQLiteStorageError) {
        self.path = path
        try Self.make(path)
        lock = try Self.lock(path + "/strongroom.lock")
    }

    deinit { close(lock) }

    /// Where the database is.
    var database: String { path + "/strongroom.db" }
    /// Where a new database is made, before it gets its name.
    var draft: String { path + "/strongroom.db.new" }

    private static func make(_ path: String) throws(SQLiteStorageError) {
        if access(path, F_OK) == 0 { return }
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SQLiteStorageError(errno: errno)
        }
        // Names become durable by syncing what they are in.
        try sync(path + "/..")
    }

    private static func lock(_ path: String) throws(SQLiteStorageError) -> Int32 {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SQLiteStorageError(errno: errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            var digits = [UInt8](repeating: 0, count: 16)
            let count = pread(file, &digits, digits.count, 0)
            close(file)
            guard reason == EWOULDBLOCK else { throw SQLiteStorageError(errno: reason) }
            throw .inUse(by: Int32(String(decoding: digits.prefix(max(count, 0)).prefix { $0 > 32 }, as: UTF8.self)))
        }
        // For the message only: whether it can be written does not matter.
        _ = fchmod(file, 0o600)
        let number = Array("\(getpid())\n".utf8)
        _ = ftruncate(file, 0)
        _ = pwrite(file, number, number.count, 0)
        return file
    }

    /// Whether there is a database. Throws `.corrupt` when it has been cut off, or only its log is left.
    func hasDatabase() throws(SQLiteStorageError) -> Bool {
        let log = try Self.size(database + "-wal") ?? 0
        guard let size = try Self.size(database) else {
            if log > 0 { throw .corrupt }
            return false
        }
        // A new database gets its name when it is complete: even the smallest has a page. SQLite takes a page that
        // ends early for one that ends in zeros; it may end early when a checkpoint broke off, of which the log tells.
        if size < Self.pageBytes || (log == 0 && size % Self.pageBytes != 0) { throw .corrupt }
        return true
    }

    private static func size(_ path: String) throws(SQLiteStorageError) -> Int? {
        var status = stat()
        if stat(path, &status) == 0 { return Int(status.st_size) }
        guard errno == ENOENT else { throw SQLiteStorageError(errno: errno) }
        return nil
    }

    /// An empty file for a new database. SQLite gives its other files the same permissions.
    func makeDraft() throws(SQLiteStorageError) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(draft + suffix) }
        let file = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SQLiteStorageError(errno: errno) }
        defer { close(file) }
        // An odd umask may have taken the owner's permissions.
        guard fchmod(file, 0o600) == 0 else { throw SQLiteStorageError(errno: errno) }
    }

    /// Gives the new database, which nobody has open, its name.
    func adoptDraft() throws(SQLiteStorageError) {
        try Self.sync(draft)
        guard rename(draft, database) == 0 else { throw SQLiteStorageError(errno: errno) }
        try Self.sync(path)
    }

    /// Takes the permissions away that others may have been given on the files of a database that nobody has open.
    func tighten() throws(SQLiteStorageError) {
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            guard stat(database + suffix, &status) == 0, status.st_mode & 0o777 != 0o600 else { continue }
            guard chmod(database + suffix, 0o600) == 0 else { throw SQLiteStorageError(errno: errno) }
        }
    }

    private static func sync(_ path: String) throws(SQLiteStorageError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SQLiteStorageError(errno: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw SQLiteStorageError(errno: errno) }
    }
}
