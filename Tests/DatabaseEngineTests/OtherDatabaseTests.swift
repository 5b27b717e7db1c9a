import Foundation
import Leases
import MariaDBPlugin
import RedisPlugin
import Storage
import Testing
import Vocabulary

@testable import DatabaseEngine

struct OtherDatabaseTests {
    @Test func `MariaDB makes, changes and ends users`() async throws {
        let server = try DatabaseServer.mariaDB()
        let plugin = MariaDBDatabase()
        let url = "{{username}}:{{password}}@tcp(127.0.0.1:\(server.port))/"
        let mounted = try await Mounted()
        let details: [String: Any] = [
            "plugin_name": "mysql-database-plugin", "connection_url": url, "username": "admin",
            "password": "root-password", "allowed_roles": ["*"],
        ]
        #expect(try await eventually { (try? await mounted.write("config/my", details)) != nil })
        try await mounted.write(
            "roles/ro",
            [
                "db_name": "my",
                "creation_statements":
                    "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; GRANT SELECT ON *.* TO '{{name}}'@'%';",
            ])
        let user = try await mounted.credentials("ro")
        #expect(works(plugin, url, user.username, user.password))
        // A session that is open when the lease ends is ended, too.
        let session = try plugin.connect(
            ConnectionDetails(url: url, username: user.username, password: user.password))
        _ = try await mounted.leases.renew(user.leaseID, incrementSeconds: 60)
        try await mounted.leases.revoke(user.leaseID, waits: true)
        #expect(!works(plugin, url, user.username, user.password))
        #expect(throws: DatabaseFault.self) { try session.perform(.verify) }
        session.close()
        try await mounted.leases.revoke(user.leaseID, waits: true)
        let root = try plugin.connect(ConnectionDetails(url: url, username: "admin", password: "root-password"))
        let odd = DatabaseUser(name: "o'b\\", password: "first'\\")
        try root.perform(.create(odd, statements: ["CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'"]))
        #expect(works(plugin, url, odd.name, odd.password))
        root.close()
        try await mounted.write("static-roles/app", ["db_name": "my", "username": "o'b\\", "rotation_period": 3600])
        let password = try await mounted.ask(.read, "static-creds/app").data["password"] as? String ?? ""
        #expect(works(plugin, url, odd.name, password) && !works(plugin, url, odd.name, odd.password))
        await #expect(throws: DatabaseError.self) { try await mounted.write("config/my", ["password": "wrong"]) }
        await mounted.close()
    }

    @Test func `Redis makes, changes and ends users`() async throws {
        let server = try DatabaseServer.redis()
        let plugin = RedisDatabase()
        let options = ["host": "127.0.0.1", "port": "\(server.port)"]
        let mounted = try await Mounted()
        try await mounted.write(
            "config/redis",
            [
                "plugin_name": "redis-database-plugin", "host": "127.0.0.1", "port": server.port,
                "username": "default", "password": "root-password", "allowed_roles": "*",
            ])
        try await mounted.write(
            "roles/ro", ["db_name": "redis", "creation_statements": "[\"~cache:*\", \"+@read\", \"+ping\"]"])
        let user = try await mounted.credentials("ro")
        #expect(works(plugin, "", user.username, user.password, options))
        try await mounted.leases.revoke(user.leaseID, waits: true)
        #expect(!works(plugin, "", user.username, user.password, options))
        try await mounted.write("roles/bad", ["db_name": "redis", "creation_statements": "nopass +@all"])
        await #expect(throws: DatabaseError.self) { try await mounted.ask(.read, "creds/bad") }
        await #expect(throws: DatabaseError.self) {
            try await mounted.write("config/redis", ["password": "wrong-password"])
        }
        // Away for a while: idle connections are dead when it is back.
        let second = try await mounted.credentials("ro")
        server.stop()
        try server.start()
        #expect(try await eventually { (try? await mounted.credentials("ro")) != nil })
        try await mounted.leases.revoke(second.leaseID, waits: true)
        await mounted.close()
    }
}
