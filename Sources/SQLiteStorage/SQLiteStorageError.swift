/// Why a database cannot be opened.
package enum SQLiteStorageError: Error, Equatable, Sendable {
    /// Another process, or this one, has the database open; its process number where it is known.
    case inUse(by: Int32?)
    /// What the files hold is damaged, cut off, or incomplete.
    case corrupt
    /// The file is a database of another program.
    case foreign
    /// The database was written by a newer release, in this format.
    case newerFormat(Int, known: Int)
    /// The files, or their directory, may not be read or written by this process.
    case noAccess
    /// The medium is mounted for reading only.
    case readOnly
    /// The medium has no room.
    case full
    /// The system refuses for another reason: `errno`, or 0, and SQLite's extended result code, or 0.
    case system(errno: Int32, sqlite: Int32)
}

extension SQLiteStorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .inUse(let process):
            "the database is in use by " + (process.map { "process \($0)" } ?? "another process")
        case .corrupt: "the database is damaged or incomplete"
        case .foreign: "the file is a database of another program"
        case .newerFormat(let found, let known):
            "the database has format \(found), of a newer release; this one knows format \(known)"
        case .noAccess: "no permission to read and write the database or its directory"
        case .readOnly: "the database is on a medium that is mounted read-only"
        case .full: "no space left for the database"
        case .system(let errno, let sqlite): "the database cannot be opened (errno \(errno), SQLite \(sqlite))"
        }
    }
}
