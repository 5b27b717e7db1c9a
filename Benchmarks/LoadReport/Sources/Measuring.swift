internal import Foundation

/// The measurements, in the order in which they are made.
struct Measuring {
    let programs: Programs
    let seconds: Int
    let rounds: Int
    let starts: Int
    let token = "bench-token"

    private static let connectionsForBatches = 4

    /// Everything at one instruction set; nil leaves the choice to the server.
    func report(simd: String?) throws -> Report {
        var report = Report()
        report.cores = ProcessInfo.processInfo.activeProcessorCount
        report.opensslVersion = try Child.run(programs.openssl, ["version"]).trimmingCharacters(in: .newlines)
        note("start to first answer")
        report.startMilliseconds = try startMilliseconds()
        let (server, echo) = (
            try Server.strongroom(programs, token: token, simd: simd), try Server.echo(programs)
        )
        defer {
            server.child.stop()
            echo.child.stop()
        }
        sleep(1)
        report.idle = server.meter.memory
        let wrk = try Wrk(programs.wrk, token: token)
        report.rows += try singles(wrk, server, echo)
        report.rows += try others(wrk, server, echo)
        let audited = try guarded(echo, simd: simd)
        report.rows += audited.rows
        report.auditedItemsPerEcho = audited.itemsPerEcho
        let stored = try durable(echo, simd: simd)
        report.rows += stored.rows
        report.tlsShare = stored.tlsShare
        for (items, size) in Self.batches {
            note(RowName.batch(items, size))
            report.rows.append(try batch(wrk, server, items, size, simd: simd))
        }
        note(RowName.openedBatch)
        let opened = try openedBatch(wrk, server, 1000, 32)
        report.rows.append(opened.row)
        report.openedOverSealed = opened.overSealed
        report.loaded = server.meter.memory
        report.signatures = try signatures(wrk, server)
        note("signature libraries in turns")
        report.signatureLibraries = try Child.run(programs.comparison, [])
        note("openssl speed")
        for size in [64, 1024] { report.opensslSpeed[size] = try opensslSpeed(size) }
        note("library loop: steps, allocations")
        report.steps = try loop(["--steps", "--seconds", "\(min(seconds, 2))"], simd)
        report.allocations = try loop(["--allocations"], simd)
        report.simd = report.rows.compactMap { $0.loop?.simd }.first ?? ""
        return report
    }

    private static let batches = [32, 1024].flatMap { size in [100, 1000, 10_000].map { ($0, size) } }

    /// The batch of 1000 × 32 B once per instruction set that this processor has.
    func simdRows() throws -> [SIMDRow] {
        let wrk = try Wrk(programs.wrk, token: token)
        var rows: [SIMDRow] = []
        for level in ["scalar", "neon", "avx2", "avx512vbmi"] {
            let probe: LoopRates = try loop(["--seconds", "0.1"], level)
            // A level that is not there falls back to the one below.
            guard probe.simd == level else { continue }
            note("batch at \(level)")
            let server = try Server.strongroom(programs, token: token, simd: level)
            defer { server.child.stop() }
            rows.append(SIMDRow(level: level, row: try batch(wrk, server, 1000, 32, simd: level)))
        }
        return rows
    }

    // MARK: - Rows

    private func singles(_ wrk: Wrk, _ server: Server, _ echo: Server) throws -> [Row] {
        let shot = Shot(path: "/v1/transit/encrypt/bench", body: Self.input(0, 64))
        // The first request makes the key's contexts; nobody waits for them later.
        _ = try wrk.drive(server, shot, connections: 1, seconds: 1)
        _ = try wrk.drive(echo, shot, connections: 1, seconds: 1)
        var samples: [Int: [(ours: Sample, echo: Sample)]] = [:]
        for round in 1...rounds {
            for connections in [1, 64] {
                note("single encrypt and echo, \(connections) connections, round \(round)")
                let ours = try wrk.drive(server, shot, connections: connections, seconds: seconds)
                let theirs = try wrk.drive(echo, shot, connections: connections, seconds: seconds)
                samples[connections, default: []].append((ours, theirs))
            }
        }
        return [1, 64].flatMap { connections -> [Row] in
            let pairs = samples[connections] ?? []
            let ratio = pairs.map { $0.ours.processorMicroseconds / $0.echo.processorMicroseconds }.median
            return [
                Row(
                    name: RowName.single(connections), items: 1, size: 64, connections: connections,
                    sample: pairs.map(\.ours).median, ratioToEcho: ratio),
                Row(
                    name: RowName.echo(connections), items: 1, size: 64, connections: connections,
                    sample: pairs.map(\.echo).median),
            ]
        }
    }

    private func others(_ wrk: Wrk, _ server: Server, _ echo: Server) throws -> [Row] {
        let encrypt = Shot(path: "/v1/transit/encrypt/bench", body: Self.input(0, 64))
        guard let (status, text) = server.client.request("POST", encrypt.path, token: token, body: encrypt.body),
            status == 200, let start = text.range(of: "\"ciphertext\":\""),
            let end = text[start.upperBound...].firstIndex(of: "\"")
        else { throw LoadFault.unanswered("encrypt") }
        let ciphertext = text[start.upperBound..<end]
        let plaintext = Data(repeating: 0x5A, count: 64).base64EncodedString()
        let shots = [
            ("decrypt 64 B", Shot(path: "/v1/transit/decrypt/bench", body: "{\"ciphertext\":\"\(ciphertext)\"}")),
            ("hmac 64 B", Shot(path: "/v1/transit/hmac/bench", body: "{\"input\":\"\(plaintext)\"}")),
        ]
        var rows: [Row] = []
        for (name, shot) in shots.map({ ($0.0 + ", 64 conn", $0.1) }) {
            note(name)
            var (ours, ratios) = ([Sample](), [Double]())
            for _ in 1...rounds {
                let sample = try wrk.drive(server, shot, connections: 64, seconds: seconds)
                let yardstick = try wrk.drive(echo, shot, connections: 64, seconds: seconds)
                ours.append(sample)
                ratios.append(sample.processorMicroseconds / yardstick.processorMicroseconds)
            }
            rows.append(
                Row(name: name, items: 1, size: 64, connections: 64, sample: ours.median, ratioToEcho: ratios.median))
        }
        return rows
    }

    func batch(_ wrk: Wrk, _ server: Server, _ items: Int, _ size: Int, simd: String?) throws -> Row {
        let inputs = (0..<items).map { Self.input($0, size) }.joined(separator: ",")
        let shot = Shot(path: "/v1/transit/encrypt/bench", body: "{\"batch_input\":[\(inputs)]}")
        let connections = Self.connectionsForBatches
        var (samples, loops, ratios) = ([Sample](), [LoopRates](), [Double]())
        for _ in 1...rounds {
            let sample = try wrk.drive(server, shot, connections: connections, seconds: seconds)
            let bare: LoopRates = try loop(
                ["--items", "\(items)", "--size", "\(size)", "--seconds", "\(seconds)", "--threads", "2"], simd)
            samples.append(sample)
            loops.append(bare)
            ratios.append(Double(items) / sample.processorMicroseconds * 1e6 / bare.itemsPerProcessorSecond)
        }
        let rates = LoopRates(
            simd: loops[0].simd, itemsPerSecond: loops.map(\.itemsPerSecond).median,
            itemsPerProcessorSecond: loops.map(\.itemsPerProcessorSecond).median)
        return Row(
            name: RowName.batch(items, size), items: items, size: size, connections: connections,
            sample: samples.median, ratioToLoop: ratios.median, loop: rates)
    }

    /// Ciphertexts of one version, opened, in turns with the batch that sealed them; the second value is the rate over
    /// that one's, per processor second.
    private func openedBatch(
        _ wrk: Wrk, _ server: Server, _ items: Int, _ size: Int
    ) throws -> (row: Row, overSealed: Double) {
        let inputs = (0..<items).map { Self.input($0, size) }.joined(separator: ",")
        let seal = Shot(path: "/v1/transit/encrypt/bench", body: "{\"batch_input\":[\(inputs)]}")
        guard let (_, text) = server.client.request("POST", seal.path, token: token, body: seal.body) else {
            throw LoadFault.unanswered(seal.path)
        }
        let ciphertexts = text.matches(of: #/"ciphertext":"[^"]+"/#).map { "{\($0.0)}" }
        guard ciphertexts.count == items else { throw LoadFault.badStatus(seal.path) }
        let body = "{\"batch_input\":[\(ciphertexts.joined(separator: ","))]}"
        let shot = Shot(path: "/v1/transit/decrypt/bench", body: body)
        let connections = Self.connectionsForBatches
        var (samples, ratios) = ([Sample](), [Double]())
        for _ in 1...rounds {
            let opened = try wrk.drive(server, shot, connections: connections, seconds: seconds)
            let sealed = try wrk.drive(server, seal, connections: connections, seconds: seconds)
            samples.append(opened)
            ratios.append(sealed.processorMicroseconds / opened.processorMicroseconds)
        }
        let row = Row(
            name: RowName.openedBatch, items: items, size: size, connections: connections, sample: samples.median)
        return (row, ratios.median)
    }

    static func input(_ index: Int, _ size: Int) -> String {
        let plaintext = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) })
        return "{\"plaintext\":\"" + plaintext.base64EncodedString() + "\"}"
    }

    // MARK: - Beside the server

    func loop<Answer: Decodable>(_ arguments: [String], _ simd: String?) throws -> Answer {
        let text = try Child.run(programs.loop, arguments + (simd.map { ["--simd", $0] } ?? []))
        return try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
    }

    /// Bytes per second of user time, as `openssl speed` counts by default.
    private func opensslSpeed(_ size: Int) throws -> Double {
        let text = try Child.run(
            programs.openssl, ["speed", "-evp", "aes-256-gcm", "-bytes", "\(size)", "-seconds", "1"])
        let figure = #/AES-256-GCM\s+([\d.]+)k/#.ignoresCase()
        guard let match = text.firstMatch(of: figure), let thousands = Double(match.1) else {
            throw LoadFault.failed("openssl speed", text)
        }
        return thousands * 1000
    }

    /// From the spawn until the first 200, the median.
    private func startMilliseconds() throws -> Double {
        var times: [Double] = []
        for _ in 0..<starts {
            guard let port = PlainClient.freePort() else { throw LoadFault.unanswered("a free port") }
            let client = PlainClient(port: port)
            let begin = ContinuousClock.now
            let child = try Child(
                programs.strongroom, ["server", "-dev", "-dev-listen-address", "127.0.0.1:\(port)"],
                keepsOutput: false)
            defer { child.stop() }
            while client.request("GET", "/v1/sys/health")?.0 != 200 {
                guard ContinuousClock.now - begin < .seconds(10) else { throw LoadFault.unanswered("sys/health") }
                usleep(200)
            }
            times.append((ContinuousClock.now - begin) / .milliseconds(1))
        }
        return times.median
    }

    func note(_ what: String) { FileHandle.standardError.write(Data("… \(what)\n".utf8)) }
}
