import Foundation
import Testing

/// What an operator meets when something around the server is wrong: a clear sentence, and never a crash.
@Suite struct ServerFaultTests {
    private static let storage = "storage \"sqlite\" { path = \"DATA\" }\n"

    /// Runs the server's configuration to its end.
    private func run(_ server: LiveServer, _ arguments: [String] = []) throws -> Binary.Outcome {
        try Binary.run(
            Binary.url, ["server", "-config=\(server.folder.path)/server.hcl"] + arguments, seconds: 20)
    }

    /// An initialised server that was stopped.
    private func stopped(_ configuration: String = storage + LiveServer.staticSeal) throws -> (LiveServer, String) {
        let server = try LiveServer(configuration)
        try server.start()
        let (token, _) = try server.initialize()
        let client = server.client(token: token)
        #expect(try client.call("POST", "sys/mounts/transit", ["type": "transit"]).status == 204)
        #expect(try client.call("POST", "transit/keys/k").status == 200)
        #expect(server.stop() == 0)
        return (server, token)
    }

    @Test func `a second process on the same database is refused`() throws {
        let server = try LiveServer(Self.storage)
        try server.start()
        let other = try LiveServer(Self.storage.replacingOccurrences(of: "DATA", with: server.data.path))
        let outcome = try run(other)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the database is in use by process \(server.process?.processIdentifier ?? 0)"))
        #expect(try server.client().call("GET", "sys/init").status == 200)
    }

    @Test(arguments: [0, 1, 100, 4096, 5000])
    func `a database that was cut off is refused with a sentence`(bytes: Int) throws {
        let (server, _) = try stopped()
        let file = try FileHandle(forWritingTo: server.data.appendingPathComponent("strongroom.db"))
        try file.truncate(atOffset: UInt64(bytes))
        try file.close()
        let outcome = try run(server)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the database is damaged or incomplete"), "\(outcome.errors)")
    }

    @Test func `a database with altered bytes is not served`() throws {
        let (server, token) = try stopped()
        let path = server.data.appendingPathComponent("strongroom.db")
        let sound = try Data(contentsOf: path)
        for number in 0..<12 {
            var damaged = sound
            let at = 100 + number * (sound.count - 101) / 12
            damaged[at] ^= 0x10
            try damaged.write(to: path)
            do { try server.start() } catch {
                // It did not start: then it said why, and did not crash.
                #expect(server.stop() == 1)
                #expect(server.log.contains("strongroom: cannot open storage"), "\(server.log)")
                continue
            }
            usleep(400_000)
            let health = try server.client().call("GET", "sys/health").status
            if health == 200 {
                // Bytes that hold nothing: everything is there.
                #expect(try server.client(token: token).call("GET", "transit/keys/k").status == 200)
            } else {
                let reason = try server.client().call("GET", "sys/seal-status").json["strongroom_reason"] as? String
                #expect(reason != nil, "byte \(at): \(server.log)")
            }
            #expect(server.stop() == 0)
        }
        // What was served meanwhile has moved the epoch on: the copy is an old one now.
        try sound.write(to: path)
        try? FileManager.default.removeItem(at: server.data.appendingPathComponent("strongroom.epoch"))
        try server.start(environment: ["STRONGROOM_ACCEPT_NEW_EPOCH_FILE": "1"])
        try server.waitUntilOpen()
    }

    @Test func `an older copy of the database is refused with both epochs`() throws {
        let (server, token) = try stopped()
        let path = server.data.appendingPathComponent("strongroom.db")
        let old = try Data(contentsOf: path)
        try server.start()
        try server.waitUntilOpen()
        #expect(try server.client(token: token).call("POST", "transit/keys/k/rotate").status == 200)
        #expect(server.stop() == 0)
        try old.write(to: path)
        try server.start()
        usleep(500_000)
        let reason = try server.client().call("GET", "sys/seal-status").json["strongroom_reason"] as? String ?? ""
        #expect(reason.contains("the database was rolled back"), "\(reason)")
        #expect(server.stop() == 0)
        // On purpose: the operator takes the witness away, and says so.
        try FileManager.default.removeItem(at: server.data.appendingPathComponent("strongroom.epoch"))
        try server.start(environment: ["STRONGROOM_ACCEPT_NEW_EPOCH_FILE": "1"])
        try server.waitUntilOpen()
    }

    @Test func `a certificate that cannot be read is told by its file`() throws {
        let server = try LiveServer(
            Self.storage + """
                listener "tcp" {
                    address = "127.0.0.1:0"
                    tls_cert_file = "FOLDER/none.pem"
                    tls_key_file = "FOLDER/none.key"
                }
                """)
        let outcome = try run(server)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cannot read certificates in PEM from"), "\(outcome.errors)")
        #expect(outcome.errors.contains("none.pem"))
    }

    @Test(arguments: [
        ("storage \"sqlite\" {}", "storage"), ("storage \"nosuch\" { path = \"x\" }", "storage"),
        ("listener \"tcp\" { address = \"nonsense\" tls_disable = true }", "address"), ("seal \"awskms\" {}", "seal"),
        ("max_lease_ttl = \"soon\"", "max_lease_ttl"), ("storage \"inmem\" {", "server.hcl"),
    ])
    func `a wrong configuration ends with status 1, the file and the line`(text: String, named: String) throws {
        let server = try LiveServer(text)
        let outcome = try run(server)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("server.hcl:"), "\(outcome.errors)")
        #expect(outcome.errors.contains(named), "\(outcome.errors)")
        let check = try Binary.run(
            Binary.url, ["operator", "validate-config", "-config=\(server.folder.path)/server.hcl"], seconds: 20)
        #expect(check.status == 1)
        #expect(check.output.contains("The configuration is not valid"))
    }

    @Test func `a full disk refuses writes, keeps reading, and loses nothing`() throws {
        let (server, token) = try stopped()
        // A limit on the size of files is what a full disk looks like to SQLite.
        let script = "ulimit -f 400; exec '\(Binary.url.path)' server -config='\(server.folder.path)/server.hcl'"
        try server.start(through: ["/bin/bash", "-c", "trap '' XFSZ; \(script)"])
        try server.waitUntilOpen()
        let client = server.client(token: token)
        var made = 0
        var refusal: WireAnswer?
        while refusal == nil, made < 2000 {
            let answer = try client.call("POST", "transit/keys/full-\(made)")
            if answer.status == 200 { made += 1 } else { refusal = answer }
        }
        #expect(refusal?.status == 503, "\(refusal?.errors ?? [])")
        #expect(try client.call("GET", "transit/keys/k").status == 200)
        #expect(try client.call("GET", "sys/health").status == 200)
        server.stop()
        try server.start()
        try server.waitUntilOpen()
        for number in stride(from: 0, to: made, by: max(made / 20, 1)) + [made - 1] {
            #expect(try server.client(token: token).call("GET", "transit/keys/full-\(number)").status == 200)
        }
    }

    @Test func `SIGTERM answers what is under way, SIGHUP opens the log anew, and the PID file comes and goes`() throws
    {
        let server = try LiveServer(
            Self.storage + LiveServer.staticSeal
                + "\nlog_file = \"FOLDER/core.log\"\npid_file = \"FOLDER/pid\"\nlog_format = \"json\"")
        try server.start()
        let (token, _) = try server.initialize()
        let pid = try String(contentsOf: server.folder.appendingPathComponent("pid"), encoding: .utf8)
        #expect(Int32(pid.trimmingCharacters(in: .newlines)) == server.process?.processIdentifier)
        let log = server.folder.appendingPathComponent("core.log")
        try FileManager.default.moveItem(at: log, to: server.folder.appendingPathComponent("core.old"))
        server.signal(SIGHUP)
        usleep(300_000)
        let text = try String(contentsOf: log, encoding: .utf8)
        #expect(text.contains("reloaded certificates and log file"))
        for line in text.split(separator: "\n") {
            let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(json?["@level"] is String && json?["@timestamp"] is String)
        }
        let group = DispatchGroup()
        nonisolated(unsafe) let client = server.client(token: token)
        nonisolated(unsafe) var answers: [Int] = []
        DispatchQueue.global().async(group: group) {
            for number in 0..<2000 {
                guard let status = try? client.call("POST", "sys/rotate").status else { return }
                answers.append(status)
                if number == 0 { server.signal(SIGTERM) }
            }
        }
        group.wait()
        #expect(server.stop() == 0)
        #expect(answers.allSatisfy { $0 == 204 }, "\(answers.suffix(3))")
        #expect(!FileManager.default.fileExists(atPath: server.folder.appendingPathComponent("pid").path))
        let whole = try String(contentsOf: log, encoding: .utf8)
        #expect(!whole.contains(token))
    }
}
