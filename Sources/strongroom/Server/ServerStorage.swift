internal import Barrier
internal import Foundation
internal import SQLiteStorage
internal import Settings
internal import Storage

/// Storage as the configuration asks for it.
struct ServerStorage {
    let backend: any StorageBackend
    /// Remembers the latest epoch beside the database, so that an older copy of it is noticed.
    let witness: (any EpochWitness)?
    /// A folder for large passing files.
    let spoolFolder: String
    private let database: SQLiteBackend?

    /// Opens it.
    static func open(_ settings: StorageSettings) async throws(StartFault) -> ServerStorage {
        switch settings {
        case .inMemory:
            return ServerStorage(
                backend: InMemoryStorage(), witness: nil, spoolFolder: NSTemporaryDirectory(), database: nil)
        case .sqlite(let path), .file(let path):
            let path = try directory(path)
            do throws(SQLiteStorageError) {
                let database = try await SQLiteBackend.open(directory: path)
                return ServerStorage(
                    backend: database, witness: FileEpochWitness(path: path + "/strongroom.epoch"),
                    spoolFolder: path,
                    database: database)
            } catch {
                throw .storage("\"\(path)\"", error.description)
            }
        case .postgresql: throw .storage("postgresql", "this release keeps its data in SQLite or in memory")
        }
    }

    /// The directory of the database; the file in it may be named too, as long as it is called what it is called.
    private static func directory(_ path: String) throws(StartFault) -> String {
        guard path.hasSuffix(".db") else { return path }
        guard path.hasSuffix("/strongroom.db") else {
            throw .storage("\"\(path)\"", "path names a directory; the database in it is called strongroom.db")
        }
        let directory = String(path.dropLast("/strongroom.db".count))
        return directory.isEmpty ? "/" : directory
    }

    /// Gives the database up.
    func close() async { await database?.close() }
}
