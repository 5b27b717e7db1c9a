internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import Storage

/// A failure of SQLite, taken down where it happened.
struct SQLiteFailure: Error, Equatable {
    /// The extended result code.
    let code: Int32
    /// `errno` of the system call that SQLite saw failing last.
    let errno: Int32

    init(code: Int32, errno: Int32 = 0) {
        self.code = code
        self.errno = errno
    }

    /// The connection's latest failure.
    init(_ connection: SQLiteConnection) {
        self.init(code: sqlite3_extended_errcode(connection), errno: sqlite3_system_errno(connection))
    }

    /// A failure that came through GRDB, which does not tell `errno`.
    init(_ error: any Error) {
        if let failure = error as? SQLiteFailure {
            self = failure
        } else {
            self.init(code: (error as? DatabaseError)?.extendedResultCode.rawValue ?? SQLITE_ERROR)
        }
    }

    /// What an operation answers.
    var storageError: StorageError {
        switch code & 0xFF {
        case SQLITE_FULL: .full
        case SQLITE_READONLY, SQLITE_PERM: .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_IOERR, SQLITE_CANTOPEN:
            switch errno {
            // A limit on file sizes or a quota is a full medium to whoever runs into it.
            case ENOSPC, EFBIG, EDQUOT: .full
            case EROFS: .readOnly
            default: code == Self.truncatedRead ? .corrupt : .unavailable
            }
        default: .unavailable
        }
    }

    /// What opening answers.
    var openError: SQLiteStorageError {
        switch storageError {
        case .full: .full
        case .readOnly: .readOnly
        case .corrupt: .corrupt
        case .conflict, .fenced, .unavailable, .sealed, .corrupted:
            switch code & 0xFF {
            case SQLITE_BUSY, SQLITE_LOCKED: .inUse(by: nil)
            case SQLITE_AUTH: .noAccess
            default: SQLiteStorageError(errno: errno, sqlite: code)
            }
        }
    }

    // SQLITE_IOERR_SHORT_READ, a macro that Swift does not see: the file ends before its header says.
    private static let truncatedRead: Int32 = SQLITE_IOERR | (2 << 8)
}

extension SQLiteStorageError {
    /// What a failed system call answers.
    init(errno: Int32, sqlite: Int32 = 0) {
        switch errno {
        case ENOSPC, EFBIG, EDQUOT: self = .full
        case EROFS: self = .readOnly
        case EACCES, EPERM: self = .noAccess
        default: self = .system(errno: errno, sqlite: sqlite)
        }
    }
}
