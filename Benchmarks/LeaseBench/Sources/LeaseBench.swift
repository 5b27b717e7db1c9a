internal import ArgumentParser
internal import Foundation

/// `lease-bench`: many leases in sealed SQLite storage; how soon a new process is ready, what memory it takes, and how
/// fast leases end.
@main
struct LeaseBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lease-bench",
        abstract: "Measure loading, memory and expiry of leases in sealed storage, and print figures as JSON.")

    @Option(help: "Leases to record.")
    var leases = 1_000_000
    @Option(help: "Leases that are due at once after the restart.")
    var due = 100_000
    @Option(help: "A folder on the disk to measure; a temporary folder in it is used and removed.")
    var folder = "."
    @Option(help: .hidden)
    var phase: Phase = .all
    @Flag(help: "End with an error when a target is missed.")
    var check = false

    enum Phase: String, ExpressibleByArgument { case all, fill, measure }

    func validate() throws {
        guard (1000...10_000_000).contains(leases), (1...leases).contains(due) else {
            throw ValidationError("leases must be 1,000 to 10,000,000, and no more due than there are")
        }
    }

    func run() async throws {
        switch phase {
        case .fill: try Self.show(try await Measure(folder: folder, leases: leases, due: due).fill())
        case .measure: try Self.show(try await Measure(folder: folder, leases: leases, due: due).measure())
        case .all: try runBoth()
        }
    }

    /// Each part in a process of its own: the second knows nothing of the first but what is on the disk.
    private func runBoth() throws {
        let place = folder + "/lease-bench.\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        var figures = try part(.fill, place)
        figures.merge(try part(.measure, place)) { _, new in new }
        let goals = Self.goals.map { goal -> String in
            let value = figures[goal.name] ?? .nan
            let isMet = goal.isCeiling ? value <= goal.bound : value >= goal.bound
            return "\(isMet ? "pass" : "MISS") \(goal.name) \(value) (\(goal.isCeiling ? "<=" : ">=") \(goal.bound))"
        }
        try Self.show(figures)
        print(goals.joined(separator: "\n"))
        if check && goals.contains(where: { $0.hasPrefix("MISS") }) { throw ExitCode.failure }
    }

    private func part(_ phase: Phase, _ place: String) throws -> [String: Double] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "--phase", phase.rawValue, "--folder", place, "--leases", "\(leases)", "--due", "\(due)",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ExitCode(process.terminationStatus) }
        return try JSONDecoder().decode([String: Double].self, from: output)
    }

    private static func show(_ figures: [String: Double]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(figures), as: UTF8.self))
    }

    private static let goals: [(name: String, bound: Double, isCeiling: Bool)] = [
        ("readySeconds", 5, true), ("residentMegabytes", 300, true), ("expiredPerSecond", 5000, false),
    ]
}
