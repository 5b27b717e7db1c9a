internal import Foundation
internal import StrongroomClient

/// Rewraps the rows of a query. Each batch is one transaction; what is at the latest version is left alone, so that a
/// run that was stopped is simply run again.
struct RewrapTable {
    let session: Session
    let database: String
    /// Gives rows: what names the row, the ciphertext, and for derived keys the context.
    let query: String
    let worker: RewrapWorker
    let batch: Int
    let workers: Int

    private static let pageRows = 2000

    /// What became of a run.
    struct Outcome {
        var counts = RewrapCounts()
        /// Rows that somebody else changed meanwhile: they stay as they are.
        var overtaken = 0
        var complaint: String?
    }

    private struct Row: Sendable {
        let name: String
        let record: RewrapRecord
    }

    /// The versions of all ciphertexts.
    func census() throws(CommandFault) -> (census: [Int: Int], others: Int, total: Int) {
        let link = try SQLSession(database)
        try begin(link)
        let progress = Progress(session.console, total: nil, unit: .items("rows"), title: "counting")
        defer { progress.finish() }
        var census: [Int: Int] = [:]
        var (others, total) = (0, 0)
        while case let rows = try fetch(link), !rows.isEmpty {
            for row in rows {
                if let version = row.record.version { census[version, default: 0] += 1 } else { others += 1 }
            }
            total += rows.count
            progress.update(total)
        }
        return (census, others, total)
    }

    /// Rewraps, and writes each row by `update`.
    func run(_ update: String, total: Int) async throws -> Outcome {
        let (reader, writer) = (try SQLSession(database), try SQLSession(database))
        try begin(reader)
        let parameters = try writer.prepare("rewrap", update)
        guard (2...3).contains(parameters) else {
            throw CommandFault.local(
                "-update must have the parameters $1, $2 and at best $3, and has \(parameters)",
                next: "$1 names the row, $2 is the new ciphertext, $3 the old one")
        }
        let progress = Progress(session.console, total: total, unit: .items("rows"), title: "rewrapping")
        defer { progress.finish() }
        var outcome = Outcome()
        var pending: [Row] = []
        try await withThrowingTaskGroup(of: ([Row], RewrapWorker.Outcome).self) { group in
            var (underWay, isAtEnd) = (0, false)
            while true {
                while underWay < workers, !isAtEnd || !pending.isEmpty {
                    let rows = try take(&pending, &isAtEnd, reader)
                    if rows.isEmpty { break }
                    let worker = worker
                    group.addTask { (rows, try await worker.rewrap(rows.map(\.record))) }
                    underWay += 1
                }
                guard let (rows, done) = try await group.next() else { break }
                underWay -= 1
                try write(rows, done, writer, parameters, &outcome)
                progress.update(outcome.counts.all)
            }
        }
        return outcome
    }

    private func begin(_ link: SQLSession) throws(CommandFault) {
        try link.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try link.run("DECLARE rewrap NO SCROLL CURSOR FOR " + query)
    }

    /// The next batch of rows; it ends with the last page.
    private func take(_ pending: inout [Row], _ isAtEnd: inout Bool, _ link: SQLSession) throws(CommandFault) -> [Row] {
        while pending.count < batch, !isAtEnd {
            let page = try fetch(link)
            isAtEnd = page.isEmpty
            pending += page
        }
        let rows = Array(pending.prefix(batch))
        pending.removeFirst(rows.count)
        return rows
    }

    private func fetch(_ link: SQLSession) throws(CommandFault) -> [Row] {
        let (columns, rows) = try link.rows("FETCH \(Self.pageRows) FROM rewrap")
        guard (2...3).contains(columns) else {
            throw .local(
                "-query gives \(columns) columns",
                next: "it must give two or three: what names the row, the ciphertext, and the context of derived keys")
        }
        return rows.map { row in
            let raw = Array((row[1] ?? "").utf8)
            let version = RewrapRecord.version(of: raw[...])
            return Row(
                name: row[0] ?? "",
                record: RewrapRecord(
                    raw: raw, field: version == nil ? nil : 0..<raw.count, version: version,
                    context: columns == 3 ? row[2] : nil))
        }
    }

    private func write(
        _ rows: [Row], _ done: RewrapWorker.Outcome, _ link: SQLSession, _ parameters: Int, _ outcome: inout Outcome
    ) throws(CommandFault) {
        var overtaken = 0
        try link.run("BEGIN")
        for (row, text) in zip(rows, done.texts) {
            guard let text else { continue }
            let values = [row.name, text, row.record.ciphertext].prefix(parameters)
            let changed = try link.execute("rewrap", Array(values))
            guard changed <= 1 else {
                throw .local("-update changed \(changed) rows at once; nothing of this batch was kept")
            }
            if changed == 0 { overtaken += 1 }
        }
        try link.run("COMMIT")
        outcome.counts += done.counts
        outcome.counts.rewrapped -= overtaken
        outcome.counts.others += overtaken
        outcome.overtaken += overtaken
        outcome.complaint = outcome.complaint ?? done.complaint
    }
}
