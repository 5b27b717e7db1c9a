import Foundation
import Testing

/// A server that is killed at any instant loses nothing that it has acknowledged.
@Suite struct KillTests {
    /// How often; `STRONGROOM_KILLS=1000` for the long run.
    static let kills = ProcessInfo.processInfo.environment["STRONGROOM_KILLS"].flatMap { Int($0) } ?? 300

    @Test(.timeLimit(.minutes(30)))
    func `SIGKILL during writes, rotations and changes of the configuration loses nothing acknowledged`() throws {
        let server = try LiveServer(
            "storage \"sqlite\" { path = \"DATA\" }\n\(LiveServer.staticSeal)\nlog_level = \"error\"")
        try server.start()
        let token = try server.initialize().token
        try server.waitUntilOpen()
        let client = server.client(token: token)
        #expect(try client.call("POST", "sys/mounts/transit", ["type": "transit"]).status == 204)
        let writers: [KillWriter] = [
            KeyWriter(server.client(token: token), "a"), KeyWriter(server.client(token: token), "b"),
            SystemWriter(server.client(token: token), "s"),
        ]
        var faults: [String] = []
        for number in 0..<Self.kills where faults.isEmpty {
            let group = DispatchGroup()
            for writer in writers {
                // The writer is this thread's alone until the group is through.
                nonisolated(unsafe) let writer = writer
                DispatchQueue.global().async(group: group) { writer.run() }
            }
            usleep(UInt32.random(in: 500...60_000))
            server.kill()
            group.wait()
            try server.start()
            try server.waitUntilOpen()
            for writer in writers {
                faults += try writer.faults() + writer.surprises
            }
            if !faults.isEmpty { faults.append("after kill \(number + 1)") }
        }
        #expect(faults == [])
        let acknowledged = writers.reduce(0) { $0 + $1.acknowledged }
        print("kill test: \(Self.kills) kills, \(acknowledged) acknowledged writes, none lost")
        #expect(acknowledged > Self.kills)
    }
}
