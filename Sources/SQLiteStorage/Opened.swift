internal import GRDB
internal import GRDBSQLite
internal import Storage
internal import Synchronization

/// The parts of an open database, as the writer's thread hands them over.
struct Opened: Sendable {
    let queue = CommitQueue()
    let readers: ReaderThreads
    let log: ChangeLog
    let meter = CommitMeter()

    /// The writer's thread: opens the database, reports, writes, and closes it.
    static func run(_ path: String, _ options: SQLiteBackend.Options, _ started: Handover) {
        do throws(SQLiteStorageError) {
            let directory = try DatabaseDirectory(path)
            let connection = try prepare(directory, options)
            do {
                try connection.writeWithoutTransaction { try work($0, directory, options, started) }
            } catch {
                started.give(.failure(SQLiteFailure(error).openError))
            }
            try? connection.close()
            // Only now may another have it.
            withExtendedLifetime(directory) {}
        } catch {
            started.give(.failure(error))
        }
    }

    private static func prepare(
        _ directory: DatabaseDirectory, _ options: SQLiteBackend.Options
    ) throws(SQLiteStorageError) -> DatabaseQueue {
        if try !directory.hasDatabase() {
            try directory.makeDraft()
            try DatabaseFormat.create(at: directory.draft)
            try directory.adoptDraft()
        }
        try directory.tighten()
        let connection = try DatabaseFormat.connect(directory.database, isReader: false)
        try DatabaseFormat.verify(connection, checksPages: options.checksPages)
        return connection
    }

    private static func work(
        _ connection: Database, _ directory: DatabaseDirectory, _ options: SQLiteBackend.Options, _ started: Handover
    ) throws {
        guard let handle = connection.sqliteConnection else { throw SQLiteFailure(code: SQLITE_MISUSE) }
        let writer = try EntryWriter(handle)
        let connections = try (0..<max(options.readers, 1)).map { _ in
            try DatabaseFormat.connect(directory.database, isReader: true)
        }
        let opened = Opened(readers: ReaderThreads(connections), log: ChangeLog(after: writer.revision))
        started.give(.success(opened))
        let loop = CommitLoop(
            writer: writer, queue: opened.queue, log: opened.log, checkpointPages: options.checkpointPages,
            meter: opened.meter)
        loop.run()
    }
}

/// Hands what was opened from the writer's thread to the task that waits for it.
///
/// **Concurrency** given once, taken once.
final class Handover: Sendable {
    typealias Outcome = Result<Opened, SQLiteStorageError>

    private struct State {
        var outcome: Outcome?
        var waiting: UnsafeContinuation<Outcome, Never>?
    }

    private let state = Mutex(State())

    func give(_ outcome: Outcome) {
        let waiting = state.withLock { state in
            state.outcome = outcome
            return state.waiting
        }
        waiting?.resume(returning: outcome)
    }

    func value() async -> Outcome {
        await withUnsafeContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiting = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }
}
