internal import ArgumentParser
internal import Foundation
internal import StrongroomClient

/// `strongroom transit rewrap`.
struct TransitRewrapCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap", abstract: "Bring many ciphertexts to the latest version of their key.",
        discussion: """
            Reads lines, or a column of a CSV file, and writes the same with new ciphertexts; or the rows of a query \
            of a PostgreSQL database, and updates them. Nothing is decrypted outside the server. The same words go on \
            where a run was stopped: what is done stands in a journal beside the output, or in the table itself.

              strongroom transit rewrap -key=orders -input=tokens.txt -output=fresh.txt
              strongroom transit rewrap -key=cards -input=cards.csv -column=number -output=fresh.csv
              strongroom transit rewrap -key=orders -input=tokens.txt -census
              strongroom transit rewrap -key=cards -database=postgresql://app@db/shop \\
                -query="SELECT id, number FROM cards" \\
                -update="UPDATE cards SET number = $2 WHERE id = $1 AND number = $3"
            """)

    @Option(help: ArgumentHelp("Key of the ciphertexts.", valueName: "name"))
    var key: String

    @Option(help: ArgumentHelp("File to read.", valueName: "file"), completion: .file())
    var input: String?

    @Option(
        help: ArgumentHelp(
            "PostgreSQL database, for libpq, which also reads PGHOST, PGPASSWORD and ~/.pgpass.", valueName: "url"))
    var database: String?

    @Option(
        help: ArgumentHelp(
            "Gives the rows: what names the row, the ciphertext, and for derived keys the context.",
            valueName: "statement"))
    var query: String?

    @Option(
        help: ArgumentHelp(
            "Changes a row: $1 names it, $2 is the new ciphertext, $3 the old one.", valueName: "statement"))
    var update: String?

    @Option(help: ArgumentHelp("File to write.", valueName: "file"), completion: .file())
    var output: String?

    @Option(
        help: ArgumentHelp(
            "The input is CSV, and this column holds ciphertexts: a name, or a number from 1 on.", valueName: "name"))
    var column: String?

    @Option(help: ArgumentHelp("Column of the context (base64), for derived keys.", valueName: "name"))
    var contextColumn: String?

    @Option(help: ArgumentHelp("Context (base64) of all ciphertexts, for derived keys.", valueName: "text"))
    var context: String?

    @Option(help: ArgumentHelp("What stands between columns.", valueName: "character"))
    var separator = ","

    @Flag(help: "The CSV file has no header; columns are numbers.")
    var noHeader = false

    @Option(help: ArgumentHelp("Ciphertexts in one request.", valueName: "number"))
    var batch = 1000

    @Option(help: ArgumentHelp("Requests at once.", valueName: "number"))
    var workers = 4

    @Option(help: ArgumentHelp("Where to keep what is done; beside the output by default.", valueName: "file"))
    var journal: String?

    @Flag(help: "Only count the ciphertexts of each version.")
    var census = false

    @Flag(help: "At the end, if nothing was refused, let the key decrypt nothing older any more.")
    var advanceMinDecryptionVersion = false

    @Flag(help: "Write over an output that is there.")
    var force = false

    @OptionGroup var place: TransitMountOption
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard (1...100_000).contains(batch) else { throw ValidationError("-batch must be between 1 and 100000") }
        guard (1...64).contains(workers) else { throw ValidationError("-workers must be between 1 and 64") }
        guard separator.utf8.count == 1 else { throw ValidationError("-separator must be one character") }
        guard (input == nil) == (query != nil) else {
            throw ValidationError("what is to be rewrapped? Give -input or -query")
        }
        if query != nil {
            guard census || update != nil else {
                throw ValidationError("where to? Give -update, or -census to only count")
            }
            return
        }
        guard database == nil, update == nil else { throw ValidationError("-database and -update need -query") }
        guard census || output != nil else { throw ValidationError("where to? Give -output, or -census to only count") }
        guard column != nil || contextColumn == nil else { throw ValidationError("-context-column needs -column") }
    }

    private var layout: RewrapLayout {
        guard let column else { return .lines }
        return .rows(
            separator: separator.utf8.first ?? 0x2C, ciphertext: column, context: contextColumn, hasHeader: !noHeader)
    }

    func run(_ session: Session) async throws {
        let keyPath = place.path("keys/\(key)")
        let facts = try await session.ask(ClientRequest(.get, keyPath)).data
        guard let latest = facts?["latest_version"]?.integer else {
            throw CommandFault.local("the server did not tell the latest version of \(key)")
        }
        if let query { return try await rewrap(query, session, keyPath, latest) }
        guard let input else { return }
        if census {
            let found = try RewrapFile.census(session, input, layout)
            return RewrapReport.census(found.census, others: found.others, latest: latest, session)
        }
        guard let output else { return }
        let path = journal ?? output + ".journal"
        let start = try begin(session, input, output, path, latest)
        let file = RewrapFile(
            session: session, input: input, output: output, layout: layout,
            worker: RewrapWorker(
                session: session, path: place.path("rewrap/\(key)"), latest: latest, context: context),
            batch: batch, workers: workers, journalPath: path)
        let clock = ContinuousClock.now
        let (end, complaint): (RewrapJournal, String?)
        do {
            (end, complaint) = try await file.run(start)
        } catch {
            session.console.note("Stopped. The same command goes on from where it was.")
            throw error
        }
        unlink(path)
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        RewrapReport.done(end, since: start, latest: latest, seconds: seconds, output: output, session)
        try self.end(end.counts.failed, complaint)
        if advanceMinDecryptionVersion { try await advance(session, keyPath, latest) }
    }

    /// The rows of a query, in their table.
    private func rewrap(_ query: String, _ session: Session, _ keyPath: String, _ latest: Int) async throws {
        let table = RewrapTable(
            session: session, database: database ?? "", query: query,
            worker: RewrapWorker(
                session: session, path: place.path("rewrap/\(key)"), latest: latest, context: context),
            batch: batch, workers: workers)
        let found = try table.census()
        guard !census, let update else {
            return RewrapReport.census(found.census, others: found.others, latest: latest, session)
        }
        let clock = ContinuousClock.now
        let outcome: RewrapTable.Outcome
        do { outcome = try await table.run(update, total: found.total) } catch {
            session.console.note("Stopped. What was written is whole; the same command does the rest.")
            throw error
        }
        var journal = RewrapJournal(job: "")
        (journal.counts, journal.census, journal.total) = (outcome.counts, found.census, found.total)
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        RewrapReport.done(
            journal, since: RewrapJournal(job: ""), latest: latest, seconds: seconds, output: "the database", session)
        if outcome.overtaken > 0 {
            session.console.note(
                "\(Shown.count(outcome.overtaken)) rows were changed by others meanwhile; run the command once more")
        }
        try end(outcome.counts.failed, outcome.complaint)
        if advanceMinDecryptionVersion, outcome.overtaken == 0 { try await advance(session, keyPath, latest) }
    }

    private func end(_ refused: Int, _ complaint: String?) throws(CommandFault) {
        guard refused > 0 else { return }
        throw .local(
            "the server refused \(Shown.count(refused)) ciphertexts, which are kept as they were: "
                + (complaint ?? "no reason was given"))
    }

    /// The journal to begin with: that of a run that was stopped, or a new one.
    private func begin(
        _ session: Session, _ input: String, _ output: String, _ path: String, _ latest: Int
    ) throws(CommandFault) -> RewrapJournal {
        let length = try ByteStream(reading: input).length
        let job = [input, String(length ?? -1), output, place.path(key), column ?? "", separator].joined(separator: "|")
        if let journal = try RewrapJournal.read(path, job: job) {
            if session.isTable {
                session.console.note(
                    "Going on after \(Shown.count(journal.counts.all)) of \(Shown.count(journal.total)) records.")
            }
            return journal
        }
        guard length != nil else {
            throw .local("\(input) is no file that can be read again", next: "save it to a file first")
        }
        guard force || access(output, F_OK) != 0 else {
            throw .local("\(output) is there already", next: "write over it with -force")
        }
        var journal = RewrapJournal(job: job)
        let found = try RewrapFile.census(session, input, layout)
        (journal.census, journal.total) = (found.census, found.total)
        unlink(output + ".partial")
        return journal
    }

    private func advance(_ session: Session, _ keyPath: String, _ latest: Int) async throws {
        let body: JSONNode = ["min_decryption_version": JSONNode(latest)]
        _ = try await session.quietly(ClientRequest(.post, keyPath + "/config", body))
        if session.isTable { session.console.success("\(key) decrypts nothing below version \(latest) any more") }
    }
}
