internal import Foundation
internal import StrongroomClient

/// Rewraps a file into another one, in order, and so that it can be stopped at any moment.
struct RewrapFile {
    let session: Session
    let input: String
    let output: String
    let layout: RewrapLayout
    let worker: RewrapWorker
    let batch: Int
    let workers: Int
    let journalPath: String

    /// Some records of the input, and where it is after them.
    private struct Block: Sendable {
        let number: Int
        let records: [RewrapRecord]
        let endOffset: Int
    }

    /// Does the work, and answers with the journal of the end. What was said of refused records comes with it.
    func run(_ journal: RewrapJournal) async throws -> (RewrapJournal, complaint: String?) {
        var journal = journal
        let partial = output + ".partial"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFault.local("cannot write \(partial): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, Int(facts.st_size) >= journal.outputBytes else {
            throw CommandFault.local(
                "\(partial) is shorter than its journal says", next: "remove \(journalPath) to begin anew")
        }
        // What was written after the last entry of the journal is written again.
        guard ftruncate(descriptor, off_t(journal.outputBytes)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
            throw CommandFault.local("cannot write \(partial): \(String(cString: strerror(errno)))")
        }
        let complaint = try await work(&journal, descriptor)
        guard fsync(descriptor) == 0, rename(partial, output) == 0 else {
            throw CommandFault.local("cannot write \(output): \(String(cString: strerror(errno)))")
        }
        return (journal, complaint)
    }

    private func work(_ journal: inout RewrapJournal, _ descriptor: Int32) async throws -> String? {
        let reader = try RewrapReader(input, layout, from: journal.inputOffset)
        let progress = Progress(
            session.console, total: journal.total, done: journal.counts.all, unit: .items("records"),
            title: "rewrapping")
        defer { progress.finish() }
        var complaint: String?
        var lastKept = ContinuousClock.now
        let path = journalPath
        do {
            try await withThrowingTaskGroup(of: (Block, RewrapWorker.Outcome).self) { group in
                var (made, written) = (0, 0)
                var waiting: [Int: (Block, RewrapWorker.Outcome)] = [:]
                while true {
                    // No more blocks are held than are worked on, or wait for an earlier one.
                    while made - written < workers * 2, let block = try nextBlock(reader, made) {
                        made += 1
                        let worker = worker
                        group.addTask { (block, try await worker.rewrap(block.records)) }
                    }
                    guard let done = try await group.next() else { break }
                    waiting[done.0.number] = done
                    while let (block, outcome) = waiting.removeValue(forKey: written) {
                        try write(block, outcome, &journal, descriptor)
                        complaint = complaint ?? outcome.complaint
                        written += 1
                    }
                    progress.update(journal.counts.all)
                    if ContinuousClock.now - lastKept > .milliseconds(500) {
                        try keep(journal, descriptor, path)
                        lastKept = .now
                    }
                }
            }
        } catch {
            try? keep(journal, descriptor, path)
            throw error
        }
        try keep(journal, descriptor, path)
        return complaint
    }

    private func nextBlock(_ reader: RewrapReader, _ number: Int) throws(CommandFault) -> Block? {
        var records: [RewrapRecord] = []
        var (old, bytes) = (0, 0)
        while old < batch, records.count < batch * 4, bytes < 8 << 20, let record = try reader.next() {
            if worker.isOld(record) { old += 1 }
            bytes += record.raw.count
            records.append(record)
        }
        return records.isEmpty ? nil : Block(number: number, records: records, endOffset: reader.offset)
    }

    private func write(
        _ block: Block, _ outcome: RewrapWorker.Outcome, _ journal: inout RewrapJournal, _ descriptor: Int32
    ) throws(CommandFault) {
        var bytes: [UInt8] = []
        for (record, text) in zip(block.records, outcome.texts) { bytes += text.map(record.replacing) ?? record.raw }
        var at = 0
        while at < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + at }, bytes.count - at)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .local("cannot write \(output): \(String(cString: strerror(errno)))") }
            at += count
        }
        journal.outputBytes += bytes.count
        journal.inputOffset = block.endOffset
        journal.counts += outcome.counts
    }

    /// First the output, then the journal that speaks of it.
    private func keep(_ journal: RewrapJournal, _ descriptor: Int32, _ path: String) throws(CommandFault) {
        guard fdatasync(descriptor) == 0 else { throw .local("cannot write \(output)") }
        try journal.write(path)
    }

    /// Counts the records of each version.
    static func census(
        _ session: Session, _ input: String, _ layout: RewrapLayout
    ) throws(CommandFault) -> (census: [Int: Int], others: Int, total: Int) {
        let reader = try RewrapReader(input, layout, from: 0)
        let progress = Progress(
            session.console, total: try ByteStream(reading: input).length, unit: .bytes, title: "counting")
        defer { progress.finish() }
        var census: [Int: Int] = [:]
        var (others, total) = (0, 0)
        while let record = try reader.next() {
            total += 1
            if let version = record.version { census[version, default: 0] += 1 } else { others += 1 }
            if total.isMultiple(of: 4096) { progress.update(reader.offset) }
        }
        return (census, others, total)
    }
}
