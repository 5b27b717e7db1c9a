internal import GRDB
package import Storage
internal import Synchronization

/// Storage in one SQLite database: a directory that holds `strongroom.db`. What a commit has answered is on the disk.
///
/// **Concurrency** callable from anywhere. One thread writes, all waiting commits in one transaction; others read.
package final class SQLiteBackend: StorageBackend {
    /// How the database is run.
    package struct Options: Sendable {
        /// Connections, each with its thread, that serve look-ups.
        package var readers = 2
        /// Whether opening looks at every page, which takes about a second for a gigabyte, or only at the header.
        package var checksPages = true
        /// **Units** pages of 4 KiB: the log is moved into the database when it has so many, and cut off when it has
        /// sixteen times as many.
        package var checkpointPages = 1000

        /// The usual options.
        package init() {}
    }

    private let queue: CommitQueue
    private let readers: ReaderThreads
    private let log: ChangeLog
    private let meter: CommitMeter
    private let writer: StorageThread

    private let directory: String

    private init(_ opening: Opened, _ writer: StorageThread, _ directory: String) {
        self.directory = directory
        (queue, readers, log, meter) = (opening.queue, opening.readers, opening.log, opening.meter)
        self.writer = writer
    }

    /// How many commits have been answered, and in how many transactions.
    package var commitCounts: (commits: Int, groups: Int) {
        (meter.commits.load(ordering: .relaxed), meter.groups.load(ordering: .relaxed))
    }

    deinit {
        readers.stop()
        queue.close()
        log.close()
    }

    /// Opens the database of `directory`; makes both where they are missing.
    package static func open(
        directory: String, options: Options = Options()
    ) async throws(SQLiteStorageError) -> SQLiteBackend {
        let started = Handover()
        let thread = StorageThread("storage-writer") { Opened.run(directory, options, started) }
        let opening = await started.value()
        if case .failure = opening { await thread.end() }
        return SQLiteBackend(try opening.get(), thread, directory)
    }

    /// Finishes what waits, ends the change feeds, and gives the database up. What comes later is `.unavailable`.
    package func close() async {
        readers.stop()
        queue.close()
        // The last connection that closes tidies the log away, which only the writer's can.
        await readers.end()
        await writer.end()
        log.close()
    }

    package func read(_ key: StorageKey) async throws(StorageError) -> StorageEntry? {
        try await readers.run { try $0.entry(at: key) }
    }

    package func list(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StorageKey] {
        let range = KeyRange(under: prefix, after: cursor, limit: limit)
        return try await readers.run { try $0.keys(in: range) }
    }

    package func entries(
        under prefix: String, after cursor: StorageKey?, limit: Int
    ) async throws(StorageError) -> [StoredEntry] {
        let range = KeyRange(under: prefix, after: cursor, limit: limit)
        return try await readers.run { try $0.entries(in: range) }
    }

    @discardableResult
    package func commit(_ batch: WriteBatch) async throws(StorageError) -> UInt64 {
        let answer = await withUnsafeContinuation { continuation in
            if !queue.add(PendingCommit(batch, continuation)) {
                continuation.resume(returning: .failure(.unavailable))
            }
        }
        return try answer.get()
    }

    package func changes(after revision: UInt64?) async throws(StorageError) -> ChangeFeed {
        log.feed(after: revision)
    }
}

extension SQLiteBackend: WholeStorage {
    package func readAll(
        _ page: @escaping @Sendable ([StoredEntry]) throws(StorageError) -> Void
    ) async throws(StorageError) {
        let outcome = Mutex<StorageError?>(nil)
        let path = directory + "/strongroom.db"
        // A connection and a thread of its own: the whole reading is one transaction, which sees one moment.
        let thread = StorageThread("storage-snapshot") {
            do {
                let queue = try DatabaseFormat.connect(path, isReader: true)
                try queue.read { try Self.readAll($0, page) }
                try queue.close()
            } catch {
                let failure = error as? StorageError ?? SQLiteFailure(error).storageError
                outcome.withLock { $0 = failure }
            }
        }
        await thread.end()
        if let failure = outcome.withLock({ $0 }) { throw failure }
    }

    private static func readAll(
        _ connection: Database, _ page: @Sendable ([StoredEntry]) throws(StorageError) -> Void
    ) throws {
        guard let handle = connection.sqliteConnection else { throw StorageError.unavailable }
        let reader = try EntryReader(handle)
        var cursor: StorageKey?
        while true {
            let entries = try reader.entries(in: KeyRange(under: "", after: cursor, limit: 1000))
            guard let last = entries.last else { return }
            try page(entries)
            cursor = last.key
        }
    }

    package func replaceAll(by entries: any EntrySource) async throws(StorageError) {
        let answer = await withUnsafeContinuation { continuation in
            if !queue.add(PendingCommit(replacingAllBy: entries, continuation)) {
                continuation.resume(returning: .failure(.unavailable))
            }
        }
        _ = try answer.get()
    }
}
