internal import ArgumentParser
internal import Foundation

/// `storage-bench`: durable commits by SQLite storage against transactions of the same rows by GRDB alone.
@main
struct StorageBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "storage-bench",
        abstract: "Measure durable commits, and bare SQLite transactions in the same run, and print rates as JSON.")

    @Option(help: "Tasks that write, each waiting for its commit before the next; several are measured in turn.")
    var writers = [1, 16, 64, 256]
    @Option(help: "Bytes of a value.")
    var size = 200
    @Option(help: "Seconds of one measurement.")
    var seconds = 1.0
    @Option(help: "Rounds, in which ours and the bare loop take turns; the medians are shown.")
    var rounds = 5
    @Option(help: "A folder on the disk to measure; a temporary folder in it is used and removed.")
    var folder = "."
    @Flag(help: "Measure sealed storage too, in turns with the others, and the unsealing of 100,000 rows.")
    var sealed = false

    func validate() throws {
        guard writers.allSatisfy({ (1...100_000).contains($0) }), (0...1 << 20).contains(size), seconds > 0,
            (1...100).contains(rounds)
        else { throw ValidationError("writers, size, seconds and rounds must be positive") }
    }

    func run() async throws {
        let place = folder + "/storage-bench.\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        var rows: [Rates] = []
        for count in writers { rows.append(try await measure(count, place)) }
        var report = Report(
            size: size, rates: rows, readMicroseconds: try await CommitMeasure(place + "/read").readMicroseconds(size))
        if sealed {
            report.sealedReadMicroseconds = try await CommitMeasure(place + "/sealed", isSealed: true)
                .readMicroseconds(size)
            report.unsealSecondsOf100000Rows = try await CommitMeasure(place + "/unseal")
                .unsealSeconds(rows: 100_000, size: size)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    private func measure(_ count: Int, _ place: String) async throws -> Rates {
        var measured: [Rates] = []
        for round in 0..<rounds {
            let path = place + "/\(count).\(round)"
            let ours = try await CommitMeasure(path + ".ours").rate(writers: count, size: size, seconds: seconds)
            let same = try BareLoop(path + ".same").rate(
                rows: max(1, Int(ours.groupSize.rounded())), size: size, seconds: seconds)
            let behind =
                sealed
                ? try await CommitMeasure(path + ".sealed", isSealed: true)
                    .rate(writers: count, size: size, seconds: seconds) : nil
            let full = try BareLoop(path + ".full").rate(rows: count, size: size, seconds: seconds)
            let group = try await BareGroupLoop(path + ".group", size: size).rate(writers: count, seconds: seconds)
            let single = try BareLoop(path + ".single").rate(rows: 1, size: size, seconds: seconds)
            measured.append(
                Rates(
                    writers: count, commitsPerSecond: ours.perSecond, commitsPerTransaction: ours.groupSize,
                    bareRowsPerSecond: same, ratio: ours.perSecond / same, bareRowsPerSecondAllAtOnce: full,
                    ratioAllAtOnce: ours.perSecond / full, bareGroupCommitsPerSecond: group,
                    ratioGroupCommit: ours.perSecond / group, bareSingleWriterPerSecond: single,
                    timesSingleWriter: ours.perSecond / single, sealedCommitsPerSecond: behind?.perSecond,
                    sealedCommitsPerTransaction: behind?.groupSize,
                    sealedRatio: behind.map { $0.perSecond / ours.perSecond },
                    sealedRatioAllAtOnce: behind.map { $0.perSecond / full },
                    sealedRatioGroupCommit: behind.map { $0.perSecond / group }))
        }
        let order = measured.sorted { ($0.sealedRatio ?? $0.ratio) < ($1.sealedRatio ?? $1.ratio) }
        return order[measured.count / 2]
    }
}

private struct Report: Encodable {
    let size: Int
    let rates: [Rates]
    let readMicroseconds: Double
    var sealedReadMicroseconds: Double?
    var unsealSecondsOf100000Rows: Double?
}

/// What one number of writers has shown.
private struct Rates: Encodable {
    let writers: Int
    let commitsPerSecond: Double
    let commitsPerTransaction: Double
    /// Transactions of as many rows as ours had on average.
    let bareRowsPerSecond: Double
    let ratio: Double
    /// Transactions of as many rows as there are writers.
    let bareRowsPerSecondAllAtOnce: Double
    let ratioAllAtOnce: Double
    /// As many tasks that wait, and one thread of GRDB alone that commits for all of them: the goal is 0.75 of it with
    /// 64 writers.
    let bareGroupCommitsPerSecond: Double
    let ratioGroupCommit: Double
    /// One row a transaction.
    let bareSingleWriterPerSecond: Double
    let timesSingleWriter: Double
    // With `--sealed`; the ratios are to ours without sealing, and to the bare transactions of as many rows as writers.
    let sealedCommitsPerSecond: Double?
    let sealedCommitsPerTransaction: Double?
    let sealedRatio: Double?
    let sealedRatioAllAtOnce: Double?
    let sealedRatioGroupCommit: Double?
}
