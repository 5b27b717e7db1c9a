internal import ArgumentParser
internal import Barrier
internal import Foundation
internal import Settings
internal import Storage

/// `strongroom operator migrate`.
struct OperatorMigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Move a database to another storage, while no server runs.",
        discussion: """
            The configuration has two stanzas, storage_source and storage_destination, with what a server's storage \
            stanza has. Rows are moved as they are, encrypted; keys and seal stay the same. What makes the destination \
            a database comes last: a run that was stopped is simply run again.

              storage_source "sqlite" { path = "/var/lib/strongroom" }
              storage_destination "sqlite" { path = "/mnt/new/strongroom" }

            The destination inmem is a rehearsal: everything is read, and nothing is kept.
            """)

    @Option(
        help: ArgumentHelp("Configuration of the migration; may be given again.", valueName: "file"),
        completion: .file())
    var config: [String] = []

    @Option(help: ArgumentHelp("Begin behind this row: what is before it was moved already.", valueName: "key"))
    var start: String?

    @Option(help: ArgumentHelp("Kept for the field's scripts.", valueName: "number"))
    var maxParallel: Int?

    @Flag(help: "Kept for the field's scripts: there is no lock that could stay.")
    var reset = false

    func run() async throws {
        let console = Console(terminal: Terminal())
        let loaded = MigrationSettings.load(paths: config, environment: ProcessInfo.processInfo.environment)
        for warning in loaded.warnings { console.note("Warning: \(warning)") }
        guard let settings = loaded.settings else {
            throw CommandFault.local(
                loaded.errors.map { "\($0)" }.joined(separator: "\n"), next: "see: strongroom operator migrate -help")
        }
        if reset { return console.success("there is no lock to take away") }
        do {
            let migration = Migration(console: console, start: start)
            let rows = try await migration.run(settings)
            if case .inMemory = settings.destination {
                return console.success("\(Shown.count(rows)) rows can be read; nothing was kept (inmem)")
            }
            console.success("Moved \(Shown.count(rows)) rows. Start the server with the destination as its storage.")
        } catch let fault as StartFault {
            throw CommandFault.local("\(fault)", next: "a server that uses the storage must be ended first")
        } catch let error as StorageError {
            throw CommandFault.local(
                "storage failed: \(error)", next: "run the same command again: it goes on, and loses nothing")
        }
    }
}

/// Moves rows from one storage to another.
struct Migration {
    let console: Console
    let start: String?

    private static let pageRows = 1000
    private static let pageBytes = 4 << 20

    func run(_ settings: MigrationSettings) async throws -> Int {
        let source = try await ServerStorage.open(settings.source)
        do {
            let destination = try await ServerStorage.open(settings.destination)
            do {
                let rows = try await move(source, destination)
                await destination.close()
                await source.close()
                return rows
            } catch {
                await destination.close()
                throw error
            }
        } catch {
            await source.close()
            throw error
        }
    }

    private func move(_ source: ServerStorage, _ destination: ServerStorage) async throws -> Int {
        guard try await source.backend.read(SealedStorage.recordOfSeal) != nil else {
            throw CommandFault.local("the source holds no database", next: "is storage_source what the server has?")
        }
        guard try await destination.backend.read(SealedStorage.recordOfSeal) == nil else {
            throw CommandFault.local("the destination holds a database", next: "move it away, or take another path")
        }
        let progress = Progress(console, total: nil, unit: .items("rows"), title: "moving")
        defer { progress.finish() }
        var (rows, cursor) = (0, start.map { StorageKey($0) })
        var last = WriteBatch()
        for entry in try await source.backend.entries(under: SealedStorage.ownRows, after: nil, limit: .max) {
            last.put(entry.key, entry.entry.value)
        }
        while true {
            let page = try await source.backend.entries(under: "", after: cursor, limit: Self.pageRows)
            guard let end = page.last else { break }
            var batch = WriteBatch()
            for entry in page where !entry.key.path.hasPrefix(SealedStorage.ownRows) {
                batch.put(entry.key, entry.entry.value)
            }
            if !batch.changes.isEmpty { try await destination.backend.commit(batch) }
            rows += batch.changes.count
            cursor = end.key
            progress.update(rows)
            try Task.checkCancellation()
        }
        try await moveWitness(source, destination)
        try await destination.backend.commit(last)
        return rows + last.changes.count
    }

    /// The memory of the latest epoch goes along, so that an old copy of the database is noticed there too.
    private func moveWitness(_ source: ServerStorage, _ destination: ServerStorage) async throws {
        guard let from = source.witness, let to = destination.witness else { return }
        do throws(WitnessFault) {
            try await to.forget()
            for (slot, record) in try await from.load().enumerated() { try await to.store(record, slot: slot) }
            try await to.flush()
        } catch {
            throw CommandFault.local("the file of the latest epoch beside the database cannot be moved")
        }
    }
}
