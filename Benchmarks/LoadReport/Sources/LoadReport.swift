internal import ArgumentParser
internal import Foundation

/// `load-report`: the server under wrk beside a plain echo, the library loop and `openssl speed`, in one run.
@main
struct LoadReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-report",
        abstract: "Start the server, drive it with wrk, and print rates, processor time and ratios.",
        discussion: "Needs wrk and openssl (apt-get install wrk openssl) and the release binaries beside this one.")

    @Flag(help: "One short round: for a look, not for a record.")
    var quick = false
    @Option(help: "Seconds per measurement.")
    var seconds = 3
    @Option(help: "Rounds, of which the medians count.")
    var rounds = 3
    @Option(help: "Instruction set: scalar, neon, avx2 or avx512vbmi; all adds a row for each that is there.")
    var simd: String?
    @Option(help: "Write all numbers to this file.")
    var json: String?
    @Flag(help: "Show what changed by more than 5 % against the recorded release.")
    var compare = false
    @Option(help: "Record this run's ratios under the name of a release.")
    var record: String?
    @Option(help: "Where the recorded ratios are.")
    var recorded = "Benchmarks/recorded.json"
    @Option(help: "Where the limits of allocations are.")
    var thresholds = "Benchmarks/Thresholds/allocations.json"

    func validate() throws {
        guard (1...600).contains(seconds), (1...99).contains(rounds) else {
            throw ValidationError("--seconds must be 1 to 600 and --rounds 1 to 99")
        }
    }

    func run() throws {
        let limits = try JSONDecoder().decode(
            AllocationThresholds.self, from: Data(contentsOf: URL(filePath: thresholds)))
        let measuring = Measuring(
            programs: try Programs(), seconds: quick ? 1 : seconds, rounds: quick ? 1 : rounds, starts: quick ? 3 : 10)
        var report = try measuring.report(simd: simd == "all" ? nil : simd)
        if simd == "all" { report.simdRows = try measuring.simdRows() }
        print(report.tables)
        print("\n" + Self.table(Goal.all(report, limits) + Goal.durable(report)))
        if let json { try Self.write(report, to: json) }
        let now = Recorded(report, release: record ?? "this run")
        if compare {
            let before = try Recorded.read(recorded)
            let changes = now.changes(since: before)
            print("\nsince \(before.release): " + (changes.isEmpty ? "nothing moved by more than 5 %" : ""))
            print(changes.joined(separator: "\n"))
        }
        if record != nil { try Self.write(now, to: recorded) }
    }

    private static func table(_ goals: [Goal]) -> String {
        var table = Table("goal", "wanted", "found", "")
        for goal in goals { table.add(goal.name, goal.wanted, goal.found, goal.isReached ? "pass" : "MISS") }
        return table.text
    }

    private static func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "not measured")
        try (encoder.encode(value) + Data("\n".utf8)).write(to: URL(filePath: path))
    }
}
