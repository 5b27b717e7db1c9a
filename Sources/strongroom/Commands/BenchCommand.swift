internal import ArgumentParser
internal import Foundation
internal import StrongroomClient
internal import Synchronization

/// `strongroom bench`.
struct BenchCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure how fast a server encrypts, from here.",
        discussion: """
            Makes a key of its own, asks for some seconds from several connections, and removes the key again. The \
            client takes its share of the processor: a server on the same machine can do more than is shown.
            """)

    @Option(help: ArgumentHelp("Seconds for each row.", valueName: "number"))
    var seconds = 3

    @Option(help: ArgumentHelp("Requests at once.", valueName: "number"))
    var connections = 16

    @Option(help: ArgumentHelp("Bytes of each plaintext.", valueName: "number"))
    var size = 64

    @Option(help: ArgumentHelp("Items of a batch.", valueName: "number"))
    var batch = 100

    @OptionGroup var place: TransitMountOption
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        guard (1...600).contains(seconds) else { throw ValidationError("-seconds must be between 1 and 600") }
        guard (1...1024).contains(connections) else { throw ValidationError("-connections must be between 1 and 1024") }
        guard (0...(1 << 20)).contains(size) else { throw ValidationError("-size must be between 0 and 1048576") }
        guard (1...10_000).contains(batch) else { throw ValidationError("-batch must be between 1 and 10000") }
    }

    /// What one row asks for.
    private struct Load {
        let name: String
        let request: ClientRequest
        let items: Int
    }

    /// What one row measured.
    private struct Measure {
        var requests = 0
        var milliseconds: [Double] = []
        var failure: CommandFault?
    }

    func run(_ session: Session) async throws {
        let key = "bench-\(UInt64.random(in: 0 ... .max))"
        var settings = session.client.settings
        settings.connections = connections
        settings.retries = 0
        let client = try APIClient(settings)
        _ = try await session.ask(ClientRequest(.post, place.path("keys/\(key)"), [:]))
        do {
            let rows = try await measure(session, client, key)
            session.printer.table(
                ["Operation", "Requests/s", "Items/s", "p50", "p99", "max"], rows.map(\.0), of: .array(rows.map(\.1)))
        } catch {
            await cleanUp(session, key, client)
            throw error
        }
        await cleanUp(session, key, client)
    }

    private func cleanUp(_ session: Session, _ key: String, _ client: APIClient) async {
        await client.shutdown()
        let path = place.path("keys/\(key)")
        _ = try? await session.quietly(ClientRequest(.post, path + "/config", ["deletion_allowed": true]))
        _ = try? await session.quietly(ClientRequest(.delete, path))
    }

    private func measure(_ session: Session, _ client: APIClient, _ key: String) async throws -> [([String], JSONNode)]
    {
        let plaintext = JSONNode.string(Data(repeating: 0x61, count: size).base64EncodedString())
        let encrypt = place.path("encrypt/\(key)")
        let sealed = try await session.quietly(ClientRequest(.post, encrypt, ["plaintext": plaintext]))
        let ciphertext = sealed.data?["ciphertext"] ?? ""
        let items = [JSONNode](repeating: ["plaintext": plaintext], count: batch)
        let loads = [
            Load(name: "encrypt", request: ClientRequest(.post, encrypt, ["plaintext": plaintext]), items: 1),
            Load(
                name: "decrypt",
                request: ClientRequest(.post, place.path("decrypt/\(key)"), ["ciphertext": ciphertext]), items: 1),
            Load(
                name: "encrypt ×\(batch)", request: ClientRequest(.post, encrypt, ["batch_input": .array(items)]),
                items: batch),
            Load(name: "read key", request: ClientRequest(.get, place.path("keys/\(key)")), items: 1),
        ]
        var rows: [([String], JSONNode)] = []
        for load in loads {
            if session.console.terminal.errorIsInteractive { session.console.hint("\r\u{1B}[K\(load.name) …") }
            let measure = try await run(client, load)
            rows.append(Self.row(load, measure, Double(seconds)))
        }
        if session.console.terminal.errorIsInteractive { session.console.hint("\r\u{1B}[K") }
        return rows
    }

    private func run(_ client: APIClient, _ load: Load) async throws -> Measure {
        let end = ContinuousClock.now + .seconds(seconds)
        let request = load.request
        let total = try await withThrowingTaskGroup(of: Measure.self) { group in
            for _ in 0..<connections {
                group.addTask {
                    var measure = Measure()
                    while ContinuousClock.now < end, measure.failure == nil {
                        let start = ContinuousClock.now
                        do throws(ClientFault) { _ = try await client.ask(request) } catch {
                            measure.failure = .server(error)
                        }
                        measure.milliseconds.append((ContinuousClock.now - start) / .milliseconds(1))
                        measure.requests += 1
                    }
                    return measure
                }
            }
            var total = Measure()
            for try await measure in group {
                total.requests += measure.requests
                total.milliseconds += measure.milliseconds
                total.failure = total.failure ?? measure.failure
            }
            return total
        }
        if let failure = total.failure { throw failure }
        return total
    }

    private static func row(_ load: Load, _ measure: Measure, _ seconds: Double) -> ([String], JSONNode) {
        let sorted = measure.milliseconds.sorted()
        let at = { (share: Double) in
            sorted.isEmpty ? 0 : sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]
        }
        let rate = Double(measure.requests) / seconds
        let times = [at(0.5), at(0.99), sorted.last ?? 0]
        let cells =
            [load.name, Shown.count(Int(rate)), Shown.count(Int(rate * Double(load.items)))]
            + times.map { Shown.decimal($0, 2) + " ms" }
        let node: JSONNode = [
            "operation": .string(load.name), "requests_per_second": JSONNode(Int(rate)),
            "items_per_second": JSONNode(Int(rate * Double(load.items))), "p50_ms": .number(Shown.decimal(times[0], 3)),
            "p99_ms": .number(Shown.decimal(times[1], 3)), "max_ms": .number(Shown.decimal(times[2], 3)),
        ]
        return (cells, node)
    }
}
