internal import Foundation

/// The server as it runs in production: SQLite storage behind the barrier, a seal that opens by itself, one listener
/// without and one with TLS.
struct Durable {
    let plain: Server
    /// The same process by its TLS listener.
    let encrypted: Server
    let rootToken: String
    private let folder: URL

    /// Starts a server and sets it up with a transit mount and the key `bench`.
    init(_ programs: Programs, simd: String?) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "load-report-durable-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        guard let port = PlainClient.freePort(), let other = PlainClient.freePort(), port != other else {
            throw LoadFault.unanswered("a free port")
        }
        let (certificate, key) = (folder.appending(path: "cert.pem").path, folder.appending(path: "key.pem").path)
        _ = try Child.run(
            programs.openssl,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-keyout", key, "-out", certificate,
            ])
        let file = folder.appending(path: "server.hcl").path
        try """
        storage "sqlite" { path = "\(folder.path)/data" }
        seal "static" {
          current_key_id = "bench"
          current_key = "\(String(repeating: "5a", count: 32))"
        }
        listener "tcp" {
          address = "127.0.0.1:\(port)"
          tls_disable = true
        }
        listener "tcp" {
          address = "127.0.0.1:\(other)"
          tls_cert_file = "\(certificate)"
          tls_key_file = "\(key)"
        }
        log_level = "error"
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let child = try Child(
            programs.strongroom, ["server", "-config=\(file)"],
            environment: simd.map { ["STRONGROOM_SIMD": $0] } ?? [:], keepsOutput: false)
        plain = Server(child: child, port: port)
        encrypted = Server(child: child, port: other, scheme: "https")
        rootToken = try Self.initialize(plain)
        for (path, body) in [("/v1/sys/mounts/transit", "{\"type\":\"transit\"}"), ("/v1/transit/keys/bench", "{}")] {
            guard let (status, _) = plain.client.request("POST", path, token: rootToken, body: body),
                (200...204).contains(status)
            else { throw LoadFault.unanswered(path) }
        }
    }

    /// The root token of the server, which is open then.
    private static func initialize(_ server: Server) throws -> String {
        let end = ContinuousClock.now + .seconds(20)
        func wait(for status: Int) throws {
            while server.client.request("GET", "/v1/sys/health")?.0 != status {
                guard ContinuousClock.now < end else { throw LoadFault.unanswered("sys/health") }
                usleep(2000)
            }
        }
        try wait(for: 501)
        let answer = server.client.request(
            "PUT", "/v1/sys/init", body: "{\"recovery_shares\":1,\"recovery_threshold\":1}")
        guard let answer, let match = answer.1.firstMatch(of: #/"root_token":"([^"]+)"/#) else {
            throw LoadFault.unanswered("sys/init")
        }
        try wait(for: 200)
        return String(match.1)
    }

    /// Ends the server and removes its data.
    func stop() {
        plain.child.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

extension Measuring {
    /// Single requests without and with TLS beside the echo, and a batch beside the library loop, with SQLite storage.
    /// The second value is what TLS leaves of the plain requests per processor second.
    func durable(_ echo: Server, simd: String?) throws -> (rows: [Row], tlsShare: Double) {
        let durable = try Durable(programs, simd: simd)
        defer { durable.stop() }
        let wrk = try Wrk(programs.wrk, token: durable.rootToken)
        let shot = Shot(path: "/v1/transit/encrypt/bench", body: Self.input(0, 64))
        for server in [durable.plain, durable.encrypted] {
            _ = try wrk.drive(server, shot, connections: 1, seconds: 1)
        }
        var (plain, encrypted, ratios, shares) = ([Sample](), [Sample](), [Double](), [Double]())
        var encryptedRatios: [Double] = []
        // A share of two of the server's own figures, close to its goal: more turns than the other rows.
        for round in 1...2 * rounds + 1 {
            note("single encrypt with SQLite storage, without and with TLS, and echo, round \(round)")
            let ours = try wrk.drive(durable.plain, shot, connections: 64, seconds: seconds)
            let behind = try wrk.drive(durable.encrypted, shot, connections: 64, seconds: seconds)
            let yardstick = try wrk.drive(echo, shot, connections: 64, seconds: seconds)
            plain.append(ours)
            encrypted.append(behind)
            ratios.append(ours.processorMicroseconds / yardstick.processorMicroseconds)
            encryptedRatios.append(behind.processorMicroseconds / yardstick.processorMicroseconds)
            shares.append(ours.processorMicroseconds / behind.processorMicroseconds)
        }
        let singles = [
            Row(
                name: RowName.durableSingle, items: 1, size: 64, connections: 64, sample: plain.median,
                ratioToEcho: ratios.median),
            Row(
                name: RowName.encryptedSingle, items: 1, size: 64, connections: 64, sample: encrypted.median,
                ratioToEcho: encryptedRatios.median),
        ]
        note(RowName.durableBatch)
        var batch = try batch(wrk, durable.plain, 1000, 32, simd: simd)
        batch.name = RowName.durableBatch
        return (singles + [batch], shares.median)
    }
}

extension RowName {
    /// Single requests with durable storage.
    static let durableSingle = "encrypt 64 B, 64 conn, SQLite"
    /// The same over TLS.
    static let encryptedSingle = "encrypt 64 B, 64 conn, SQLite, TLS 1.3"
    /// A batch with durable storage.
    static let durableBatch = "encrypt batch 1000 x 32 B, SQLite"
}

extension Goal {
    /// The goals of issue 4.
    static func durable(_ report: Report) -> [Goal] {
        let single = report.row(RowName.durableSingle)?.ratioToEcho ?? .nan
        let batch = report.row(RowName.durableBatch)
        let (rate, share) = (batch?.itemsPerSecond ?? .nan, batch?.ratioToLoop ?? .nan)
        let tls = report.tlsShare
        return [
            Goal(
                name: "single encrypt with SQLite storage: server CPU over NIO echo", wanted: "<= 1.25",
                found: single.text(2), isReached: single <= 1.25),
            Goal(
                name: "batch with SQLite storage: items/s, or share of the library loop",
                wanted: ">= 4 M or >= 85 %", found: "\((rate / 1e6).text(2)) M, \((share * 100).text(0)) %",
                isReached: rate >= 4e6 || share >= 0.85),
            Goal(
                name: "TLS 1.3 keep-alive: requests per CPU s over those without", wanted: ">= 75 %",
                found: "\((tls * 100).text(0)) %", isReached: tls >= 0.75),
        ]
    }
}
