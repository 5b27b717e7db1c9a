internal import ArgumentParser
internal import Foundation

/// `credential-bench`: users of a real PostgreSQL made by the database engine, with lease and write-ahead entry in
/// sealed storage, against a bare libpq loop of the same statements; in turns, A B A B.
@main
struct CredentialBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential-bench",
        abstract: "Measure credentials a second against a bare libpq loop, and print figures as JSON.")

    @Option(help: "Credentials to make in all, by each side.")
    var credentials = 10_000
    @Option(help: "Connections to the database, for each side.")
    var connections = 4
    @Option(help: "Requests that wait for the engine at once.")
    var clients = 16
    @Option(help: "Rounds, in which both sides take turns; medians are shown.")
    var rounds = 5
    @Option(help: "A folder on the disk to measure; a temporary folder in it is used and removed.")
    var folder = "/var/tmp"
    @Flag(help: "End with an error when less than 80 % of the bare loop is reached.")
    var check = false

    func validate() throws {
        guard (1...1_000_000).contains(credentials), (1...32).contains(connections), (1...1000).contains(clients),
            (1...100).contains(rounds)
        else { throw ValidationError("credentials, connections, clients and rounds must be positive, and bounded") }
    }

    func run() async throws {
        let place = folder + "/credential-bench.\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let server = try LocalPostgreSQL(place + "/postgresql")
        defer { server.stop() }
        let bare = BareLoop(url: server.url, connections: connections)
        try bare.run(["CREATE ROLE readers NOLOGIN"])
        let engine = try await EngineLoop(
            folder: place + "/strongroom", server: server, connections: connections, clients: clients)
        let each = max(credentials / rounds, 1)
        var rates: [(bare: Double, engine: Double, ended: Double)] = []
        for _ in 0..<rounds {
            let bareRate = try bare.rate(each)
            let engineRate = try await engine.rate(each)
            rates.append((bareRate, engineRate, try await engine.endAll()))
        }
        await engine.close()
        let ratios = rates.map { $0.engine / $0.bare }.sorted()
        let ratio = ratios[ratios.count / 2]
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let figures = [
            "credentials": Double(each * rounds), "barePerSecond": median(rates.map(\.bare)),
            "enginePerSecond": median(rates.map(\.engine)), "ratio": ratio,
            "revokedByPrefixPerSecond": median(rates.map(\.ended)),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(figures), as: UTF8.self))
        print("\(ratio >= 0.8 ? "pass" : "MISS") ratio \(ratio) (>= 0.8)")
        if check && ratio < 0.8 { throw ExitCode.failure }
    }
}
