import DatabaseEngine
import Foundation

/// A real database server in a folder of its own, on a free port, as a user without rights; it ends with this process.
final class DatabaseServer: Sendable {
    let port: Int
    let folder: String
    // The guard is that nothing changes after `start` has returned.
    private nonisolated(unsafe) var child: Child?
    private nonisolated(unsafe) var arguments: [String] = []
    // Ends well once the server lets clients in; when it is empty, an open port is enough.
    private nonisolated(unsafe) var probe: [String] = []
    private static let nobody: UInt32 = 65_534

    private init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/strongroom-db-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func postgreSQL() throws -> DatabaseServer {
        let server = try DatabaseServer()
        let bin = "/usr/lib/postgresql/15/bin"
        try server.write("pw", "root-password")
        server.own()
        try server.run([
            bin + "/initdb", "-D", server.folder + "/data", "-U", "postgres", "--auth=scram-sha-256",
            "--pwfile=" + server.folder + "/pw", "--no-sync", "-E", "UTF8",
        ])
        server.arguments = [
            bin + "/postgres", "-D", server.folder + "/data", "-p", "\(server.port)", "-k", server.folder, "-c",
            "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60",
        ]
        server.probe = [bin + "/pg_isready", "-q", "-h", "127.0.0.1", "-p", "\(server.port)"]
        try server.start()
        return server
    }

    static func mariaDB() throws -> DatabaseServer {
        let server = try DatabaseServer()
        server.own()
        try server.run([
            "/usr/bin/mariadb-install-db", "--no-defaults", "--datadir=" + server.folder + "/data",
            "--auth-root-authentication-method=normal", "--skip-test-db",
        ])
        try server.write(
            "init.sql",
            """
            CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY 'root-password';
            GRANT ALL PRIVILEGES ON *.* TO 'admin'@'%' WITH GRANT OPTION;
            DELETE FROM mysql.global_priv WHERE User = '';
            FLUSH PRIVILEGES;
            """)
        server.own()
        server.arguments = [
            "/usr/sbin/mariadbd", "--no-defaults", "--datadir=" + server.folder + "/data", "--port=\(server.port)",
            "--socket=" + server.folder + "/s", "--bind-address=127.0.0.1",
            "--init-file=" + server.folder + "/init.sql",
            "--pid-file=" + server.folder + "/pid", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
        ]
        try server.start()
        return server
    }

    static func redis() throws -> DatabaseServer {
        let server = try DatabaseServer()
        server.own()
        server.arguments = [
            "/usr/bin/redis-server", "--port", "\(server.port)", "--bind", "127.0.0.1", "--requirepass",
            "root-password", "--save", "", "--dir", server.folder,
        ]
        try server.start()
        return server
    }

    /// Starts, or starts again. A shell waits for the end of its input, which is this process's, and then ends the
    /// server.
    func start() throws {
        child = try Child(
            ["/bin/sh", "-c", "\"$@\" & read -r x; kill -9 $!", "sh"] + Self.unprivileged + arguments,
            folder: folder, hasInput: true)
        for _ in 0..<600 {
            if Self.answers(port), try probe.isEmpty || Child(probe, folder: folder).wait() == 0 { return }
            usleep(50_000)
        }
        throw Child.Failure(code: ETIMEDOUT)
    }

    /// Ends the server at once.
    func stop() {
        guard let child else { return }
        self.child = nil
        close(child.input)
        child.wait()
        for _ in 0..<100 where Self.answers(port) { usleep(50_000) }
        try? FileManager.default.removeItem(atPath: folder + "/data/postmaster.pid")
    }

    // MARK: - Inside

    private static var unprivileged: [String] {
        geteuid() == 0
            ? ["setpriv", "--reuid=\(nobody)", "--regid=\(nobody)", "--clear-groups", "--"] : []
    }

    private func run(_ arguments: [String]) throws {
        let status = try Child(Self.unprivileged + arguments, folder: folder).wait()
        guard status == 0 else { throw Child.Failure(code: status) }
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }

    private func own() {
        guard geteuid() == 0 else { return }
        chown(folder, Self.nobody, Self.nobody)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name != "data" {
            chown(folder + "/" + name, Self.nobody, Self.nobody)
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw CocoaError(.fileReadUnknown) }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
