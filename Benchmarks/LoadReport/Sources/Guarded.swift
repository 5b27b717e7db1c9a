internal import Foundation

/// The server as applications meet it: an ordinary token with one policy, and a file audit device.
struct Guarded {
    let server: Server
    /// Grants `update` on `transit/encrypt/bench` alone.
    let token: String
    private let folder: URL

    /// Starts a server and sets it up.
    init(_ programs: Programs, rootToken: String, simd: String?) throws {
        let server = try Server.strongroom(programs, token: rootToken, simd: simd)
        self.server = server
        folder = FileManager.default.temporaryDirectory.appending(path: "load-report-audit-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let log = folder.appending(path: "audit.log").path
        let client = server.client
        _ = try Self.ask(
            client, rootToken, "PUT", "/v1/sys/audit/file", "{\"type\":\"file\",\"options\":{\"file_path\":\"\(log)\"}}"
        )
        let rule = "path \\\"transit/encrypt/bench\\\" { capabilities = [\\\"update\\\"] }"
        _ = try Self.ask(client, rootToken, "PUT", "/v1/sys/policies/acl/bench", "{\"policy\":\"\(rule)\"}")
        let made = try Self.ask(
            client, rootToken, "POST", "/v1/auth/token/create", "{\"policies\":[\"bench\"],\"ttl\":\"1h\"}")
        guard let match = made.firstMatch(of: #/"client_token":"([^"]+)"/#) else {
            throw LoadFault.unanswered("auth/token/create")
        }
        token = String(match.1)
    }

    private static func ask(
        _ client: PlainClient, _ token: String, _ method: String, _ path: String, _ body: String
    ) throws -> String {
        let answer = client.request(method, path, token: token, body: body)
        guard let answer, (200...204).contains(answer.0) else { throw LoadFault.badStatus(path) }
        return answer.1
    }

    /// Ends the server and removes its log.
    func stop() {
        server.child.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

extension Measuring {
    /// Single requests beside the echo, and a batch beside the library loop, with token, policy and file audit.
    /// The second value is the items of such a batch in the processor time of one request of the echo.
    func guarded(_ echo: Server, simd: String?) throws -> (rows: [Row], itemsPerEcho: Double) {
        let guarded = try Guarded(programs, rootToken: token, simd: simd)
        defer { guarded.stop() }
        let wrk = try Wrk(programs.wrk, token: guarded.token)
        let shot = Shot(path: "/v1/transit/encrypt/bench", body: Self.input(0, 64))
        _ = try wrk.drive(guarded.server, shot, connections: 1, seconds: 1)
        var (ours, ratios) = ([Sample](), [Double]())
        for round in 1...rounds {
            note("single encrypt with token, policy and audit, and echo, round \(round)")
            let sample = try wrk.drive(guarded.server, shot, connections: 64, seconds: seconds)
            let yardstick = try wrk.drive(echo, shot, connections: 64, seconds: seconds)
            ours.append(sample)
            ratios.append(sample.processorMicroseconds / yardstick.processorMicroseconds)
        }
        let single = Row(
            name: RowName.guardedSingle, items: 1, size: 64, connections: 64, sample: ours.median,
            ratioToEcho: ratios.median)
        note(RowName.guardedBatch)
        var batch = try batch(wrk, guarded.server, 1000, 32, simd: simd)
        batch.name = RowName.guardedBatch
        return ([single, batch], try itemsPerEcho(wrk, guarded.server, echo))
    }
}

extension Measuring {
    private func itemsPerEcho(_ wrk: Wrk, _ server: Server, _ echo: Server) throws -> Double {
        let inputs = (0..<1000).map { Self.input($0, 32) }.joined(separator: ",")
        let many = Shot(path: "/v1/transit/encrypt/bench", body: "{\"batch_input\":[\(inputs)]}")
        let one = Shot(path: many.path, body: Self.input(0, 64))
        return try (1...2 * rounds + 1).map { _ in
            let ours = try wrk.drive(server, many, connections: 4, seconds: seconds)
            let yardstick = try wrk.drive(echo, one, connections: 64, seconds: seconds)
            return ours.requestsPerSecond * 1000 * yardstick.processorMicroseconds / 1e6
        }.median
    }
}

extension RowName {
    /// Single requests with everything on.
    static let guardedSingle = "encrypt 64 B, 64 conn, policy + audit"
    /// A batch with everything on.
    static let guardedBatch = "encrypt batch 1000 x 32 B, policy + audit"
}
