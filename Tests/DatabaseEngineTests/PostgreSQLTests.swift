import EngineKit
import Foundation
import Leases
import PostgreSQLPlugin
import Storage
import Testing
import Vocabulary

@testable import DatabaseEngine

@Suite(.serialized) struct PostgreSQLTests {
    private let server: DatabaseServer
    private let plugin = PostgreSQLDatabase()
    private var url: String { "postgresql://{{username}}:{{password}}@127.0.0.1:\(server.port)/postgres" }

    init() throws { server = try DatabaseServer.postgreSQL() }

    private func mounted(_ storage: any StorageBackend = InMemoryStorage()) async throws -> Mounted {
        let mounted = try await Mounted(storage)
        try await mounted.write(
            "config/pg",
            [
                "plugin_name": "postgresql-database-plugin", "connection_url": url, "username": "postgres",
                "password": "root-password", "allowed_roles": "*",
            ])
        try await mounted.write(
            "roles/ro",
            [
                "db_name": "pg", "default_ttl": "1h", "max_ttl": 7200,
                "creation_statements": [
                    "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}';",
                    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{{name}}\"",
                ],
            ])
        return mounted
    }

    private func sql(_ statements: String...) throws {
        let link = try plugin.connect(ConnectionDetails(url: url, username: "postgres", password: "root-password"))
        defer { link.close() }
        try link.perform(.create(DatabaseUser(name: "x"), statements: statements))
    }

    private func roles() throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/lib/postgresql/15/bin/psql")
        process.arguments = [
            "postgresql://postgres:root-password@127.0.0.1:\(server.port)/postgres", "-Atc",
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%' ORDER BY 1",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }

    @Test func `A leased user can log in, and cannot after the lease ended; nothing is left behind`() async throws {
        let mounted = try await mounted()
        // CVE-2026-39946: a schema whose name would end a quotation.
        try sql("CREATE SCHEMA \"a\"\"b'; DROP TABLE t; --\"", "CREATE TABLE \"a\"\"b'; DROP TABLE t; --\".t (a int)")
        try await mounted.write(
            "roles/odd",
            [
                "db_name": "pg",
                "creation_statements": """
                CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}';
                GRANT USAGE ON SCHEMA "a""b'; DROP TABLE t; --" TO "{{name}}";
                GRANT SELECT ON "a""b'; DROP TABLE t; --".t TO "{{name}}"
                """,
            ])
        for role in ["ro", "odd"] {
            let user = try await mounted.credentials(role)
            #expect(user.username.hasPrefix("v-bobDROPR-") || user.username.hasPrefix("v-bob"), "\(user.username)")
            #expect(works(plugin, url, user.username, user.password))
            // What is left when the answer is made: a busy machine may take some seconds for it.
            #expect((580...600).contains(try await mounted.leases.renew(user.leaseID, incrementSeconds: 600).seconds))
            try await mounted.leases.revoke(user.leaseID, waits: true)
            #expect(!works(plugin, url, user.username, user.password))
        }
        #expect(try roles().isEmpty)
        await #expect(throws: DatabaseError.unknownRole("none")) { try await mounted.ask(.read, "creds/none") }
        try await mounted.write("config/pg", ["allowed_roles": ["other"]])
        await #expect(throws: DatabaseError.roleNotAllowed("ro")) { try await mounted.ask(.read, "creds/ro") }
        await mounted.close()
    }

    @Test func `A user whose creation fails half-way is not there, and no text tells its password`() async throws {
        let mounted = try await mounted()
        try await mounted.write(
            "roles/bad",
            [
                "db_name": "pg",
                "creation_statements": "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}'; NONSENSE {{password}}",
            ])
        await #expect(throws: DatabaseError.self) { try await mounted.ask(.read, "creds/bad") }
        do {
            try await mounted.ask(.read, "creds/bad")
        } catch let error as DatabaseError {
            #expect(error.wireText.contains("syntax error"))
        }
        #expect(try roles().isEmpty)
        #expect(try await mounted.storage.list(under: "mount/db/wal/", after: nil, limit: 10).isEmpty)
        await mounted.close()
    }

    @Test func `Wrong details are refused with the database's words and without the password`() async throws {
        let mounted = try await mounted()
        for (key, value) in [("password", "wrong-password-7"), ("username", "nobody")] {
            do {
                try await mounted.write("config/pg", [key: value])
                Issue.record("accepted a wrong \(key)")
            } catch let error as DatabaseError {
                #expect(error.wireText.hasPrefix("error creating database object: error verifying connection: "))
                #expect(!error.wireText.contains("wrong-password-7"))
            }
        }
        let data = try await mounted.ask(.read, "config/pg").data
        let details = data["connection_details"] as? [String: Any]
        #expect(details?["connection_url"] as? String == url && details?["password"] == nil)
        await #expect(throws: DatabaseError.pluginMissing) { try await mounted.write("config/x", ["username": "a"]) }
        await #expect(throws: DatabaseError.unknownPlugin("nosuch")) {
            try await mounted.write("config/x", ["plugin_name": "nosuch"])
        }
        for path in ["config/..", "creds/a'b", "roles/", "nothing/x", "creds/a/b"] {
            await #expect(throws: DatabaseError.self, "\(path)") { try await mounted.ask(.read, path) }
        }
        await mounted.close()
    }

    @Test func `What an ended server left half made is undone by the next one`() async throws {
        let storage = InMemoryStorage()
        let first = try await mounted(storage)
        // The lease is never recorded: the server ends in between.
        let name = try await first.ask(.read, "creds/ro").data["username"] as? String ?? ""
        #expect(try roles() == [name])
        await first.close()
        let second = try await Mounted(storage)
        #expect(try await eventually { try roles().isEmpty })
        #expect(try await eventually { try await storage.list(under: "mount/db/wal/", after: nil, limit: 9).isEmpty })
        await second.close()
    }

    @Test func `A mount that goes ends what is half made first, or stays`() async throws {
        let mounted = try await mounted()
        try await mounted.ask(.read, "creds/ro")
        #expect(try roles().count == 1)
        try await mounted.engine.retire()
        #expect(try roles().isEmpty)
        #expect(try await mounted.storage.list(under: "mount/db/wal/", after: nil, limit: 9).isEmpty)
        try await mounted.ask(.read, "creds/ro")
        server.stop()
        await #expect(throws: LeaseFault.self) { try await mounted.engine.retire() }
        try await mounted.ask(.delete, "config/pg")
        try await mounted.engine.retire()
        await mounted.close()
    }

    @Test func `Revocations go on when the database was away`() async throws {
        let mounted = try await mounted()
        var users: [(username: String, password: String, leaseID: String)] = []
        for _ in 0..<5 { users.append(try await mounted.credentials("ro")) }
        server.stop()
        try await mounted.leases.revoke(users[0].leaseID, waits: false)
        #expect(!mounted.leases.queue().isEmpty)
        let away = Double(ProcessInfo.processInfo.environment["STRONGROOM_AWAY_SECONDS"] ?? "2") ?? 2
        try await Task.sleep(for: .seconds(away))
        try server.start()
        try await mounted.leases.revoke(below: "database/creds/ro", waits: false)
        #expect(try await eventually(seconds: 60) { mounted.leases.count == 0 })
        #expect(try await eventually { try roles().isEmpty })
        await mounted.close()
    }

    @Test func `Static roles rotate by time, and a reader always gets a password that works`() async throws {
        let mounted = try await mounted()
        try sql("CREATE ROLE \"o\"\"brien'; --\" LOGIN PASSWORD 'first'")
        try await mounted.write(
            "static-roles/app", ["db_name": "pg", "username": "o\"brien'; --", "rotation_period": "5s"])
        let first = try await mounted.ask(.read, "static-creds/app").data["password"] as? String ?? ""
        #expect(works(plugin, url, "o\"brien'; --", first))
        try await mounted.ask(.write, "rotate-role/app")
        let second = try await mounted.ask(.read, "static-creds/app").data["password"] as? String ?? ""
        #expect(first != second && works(plugin, url, "o\"brien'; --", second))
        let start = ContinuousClock.now
        #expect(
            try await eventually(seconds: 60) {
                try await mounted.ask(.read, "static-creds/app").data["password"] as? String != second
            })
        // Not before its time; how long after it, a busy machine decides.
        #expect(ContinuousClock.now - start > .seconds(2))
        let now = try await mounted.ask(.read, "static-creds/app").data["password"] as? String ?? ""
        #expect(works(plugin, url, "o\"brien'; --", now))
        await #expect(throws: DatabaseError.self) {
            try await mounted.write("static-roles/x", ["db_name": "pg", "username": "nosuch", "rotation_period": 60])
        }
        await #expect(throws: DatabaseError.nothingThere) { try await mounted.ask(.read, "static-roles/x") }
        await mounted.close()
    }

    @Test func `The engine's own password is changed, and one that was being changed is found out`() async throws {
        let storage = InMemoryStorage()
        let mounted = try await mounted(storage)
        try sql("CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'boss-password'")
        try await mounted.write("config/pg", ["username": "boss", "password": "boss-password"])
        try await mounted.ask(.write, "rotate-root/pg")
        #expect(!works(plugin, url, "boss", "boss-password"))
        _ = try await mounted.credentials("ro")
        // Ended between the database's change and the record of it.
        let path = StorageKey("mount/db/config/pg")
        let entry = try #require(try await storage.read(path))
        var configuration = try #require(DatabaseConfiguration(stored: entry.value))
        (configuration.pendingPassword, configuration.password) = (configuration.password, "an-old-password")
        var batch = WriteBatch()
        batch.put(path, configuration.record)
        try await storage.commit(batch)
        await mounted.close()
        let next = try await Mounted(storage)
        _ = try await next.credentials("ro")
        await next.close()
    }

    @Test func `A thousand leases by prefix, and the rate of a bare loop`() async throws {
        let mounted = try await mounted()
        let count = Int(ProcessInfo.processInfo.environment["STRONGROOM_CREDENTIALS"] ?? "40") ?? 40
        let clock = ContinuousClock()
        let made = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        for _ in stride(from: worker, to: count, by: 4) { _ = try await mounted.credentials("ro") }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(mounted.leases.count == count)
        let ended = try await clock.measure { try await mounted.leases.revoke(below: "database/creds/ro", waits: true) }
        #expect(try roles().isEmpty && mounted.leases.count == 0)
        print("\(count) credentials made in \(made), revoked in \(ended)")
        await mounted.close()
    }
}
