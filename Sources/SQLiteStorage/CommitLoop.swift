internal import Storage
internal import Synchronization

/// The writer's work: gathers the commits that wait into one transaction, makes them durable together, tells the
/// change feeds, and answers.
struct CommitLoop {
    let writer: EntryWriter
    let queue: CommitQueue
    let log: ChangeLog
    let checkpointPages: Int
    let meter: CommitMeter

    /// Works until the queue is closed and empty.
    func run() {
        var expected = 1
        while let group = queue.next(expecting: expected, patienceNanoseconds: Self.patienceNanoseconds) {
            let answers = writer.run(group)
            meter.count(group.count)
            for (commit, answer) in zip(group, answers) {
                guard case .success(let revision) = answer else { continue }
                if commit.replacement == nil {
                    log.publish(revision, changing: commit.batch.changedKeys)
                } else {
                    // Whoever keeps copies has to read everything again.
                    log.publishMissed(through: revision)
                }
            }
            // After the feeds: whoever has its answer finds its change told.
            for (commit, answer) in zip(group, answers) { commit.continuation.resume(returning: answer) }
            // A full medium may have room in the log.
            writer.checkpoint(pages: answers.contains(.failure(.full)) ? 0 : checkpointPages)
            expected = group.count
        }
        writer.checkpoint(pages: 0)
    }

    private static let patienceNanoseconds = 0
}

/// Counts what the writer has done.
///
/// **Concurrency** one thread counts, all may look.
final class CommitMeter: Sendable {
    let commits = Atomic<Int>(0)
    let groups = Atomic<Int>(0)

    func count(_ size: Int) {
        commits.add(size, ordering: .relaxed)
        groups.add(1, ordering: .relaxed)
    }
}
