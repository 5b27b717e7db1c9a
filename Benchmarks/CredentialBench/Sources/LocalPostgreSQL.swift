internal import Foundation

/// PostgreSQL 15 from Debian's packages in a folder of its own, on a free port, as a user without rights.
struct LocalPostgreSQL {
    static let user = "postgres"
    static let password = "bench-password"
    let port: Int
    private let folder: String
    private let process = Process()
    private static let programs = "/usr/lib/postgresql/15/bin/"

    /// The address without a login.
    var template: String { "postgresql://{{username}}:{{password}}@127.0.0.1:\(port)/postgres" }
    /// The address with the administrator's login.
    var url: String { "postgresql://\(Self.user):\(Self.password)@127.0.0.1:\(port)/postgres" }

    init(_ folder: String) throws {
        self.folder = folder
        port = 20_000 + Int(ProcessInfo.processInfo.processIdentifier) % 20_000
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Self.password.write(toFile: folder + "/pw", atomically: true, encoding: .utf8)
        if geteuid() == 0 {
            for path in [folder, folder + "/pw"] { chown(path, 65_534, 65_534) }
        }
        let made = Process()
        Self.prepare(
            made,
            [
                "initdb", "-D", folder + "/data", "-U", Self.user, "--auth=scram-sha-256", "--pwfile=\(folder)/pw",
                "-E", "UTF8",
            ], folder)
        try made.run()
        made.waitUntilExit()
        Self.prepare(
            process,
            ["postgres", "-D", folder + "/data", "-p", "\(port)", "-k", folder, "-c", "listen_addresses=127.0.0.1"],
            folder)
        try process.run()
        for _ in 0..<300 {
            let probe = Process()
            Self.prepare(probe, ["pg_isready", "-q", "-h", "127.0.0.1", "-p", "\(port)"], folder)
            try probe.run()
            probe.waitUntilExit()
            if probe.terminationStatus == 0 { return }
            usleep(100_000)
        }
        throw CocoaError(.fileReadUnknown)
    }

    func stop() {
        process.interrupt()
        process.waitUntilExit()
    }

    private static func prepare(_ process: Process, _ arguments: [String], _ folder: String) {
        let command = [programs + arguments[0]] + arguments.dropFirst()
        let isRoot = geteuid() == 0
        process.executableURL = URL(fileURLWithPath: isRoot ? "/usr/bin/setpriv" : command[0])
        process.arguments =
            isRoot
            ? ["--reuid=65534", "--regid=65534", "--clear-groups", "--"] + command : Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
    }
}
