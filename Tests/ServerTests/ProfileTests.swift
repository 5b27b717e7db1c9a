import Foundation
import Testing

/// Profiles of the running server: off unless the configuration wants them, and only for who has sudo.
@Suite struct ProfileTests {
    private func server(_ more: String) throws -> (LiveServer, token: String) {
        let server = try LiveServer(
            "storage \"sqlite\" { path = \"DATA\" }\n" + LiveServer.staticSeal + "\n" + more)
        try server.start()
        return (server, try server.initialize().token)
    }

    @Test func `profiling is off by default and says how to turn it on`() throws {
        let (server, token) = try server("")
        let answer = try server.client(token: token).call("GET", "sys/pprof/profile?seconds=1")
        #expect(answer.status == 400)
        #expect(answer.text.contains("set profiling = true"))
    }

    @Test func `a profile shows the functions that the server spent its time in`() throws {
        let (server, token) = try server("profiling = true")
        let client = server.client(token: token)
        #expect(try client.call("GET", "sys/pprof/profile?seconds=61").status == 400)
        #expect(try client.call("GET", "sys/pprof/profile?seconds=-1").status == 400)
        #expect(try client.call("POST", "sys/mounts/transit", ["type": "transit"]).status == 204)
        #expect(try client.call("POST", "transit/keys/k", ["type": "rsa-2048"]).status == 200)
        let busy = Thread {
            let signer = server.client(token: token)
            let end = Date(timeIntervalSinceNow: 3)
            let input: [String: Any] = [
                "batch_input": [[String: Any]](repeating: ["input": "aGVsbG8="], count: 50)
            ]
            while Date() < end { _ = try? signer.call("POST", "transit/sign/k", input) }
        }
        busy.start()
        let answer = try client.call("GET", "sys/pprof/profile?seconds=2")
        #expect(answer.status == 200)
        let samples = answer.text.split(separator: "\n").compactMap { line in
            line.split(separator: " ").last.flatMap { Int($0) }
        }
        #expect(samples.reduce(0, +) > 5, "\(answer.text)")
        #expect(answer.text.contains("libcrypto") || answer.text.contains("RSA") || answer.text.contains("BN_"))
        #expect(!answer.text.contains(token))
        #expect(try client.call("GET", "sys/health").status == 200)
        // Without sudo there is none.
        let rule = "path \"sys/pprof/*\" { capabilities = [\"read\"] }"
        #expect(try client.call("PUT", "sys/policies/acl/p", ["policy": rule]).status == 204)
        let made = try client.call("POST", "auth/token/create", ["policies": ["p"]])
        let other = try #require((made.json["auth"] as? [String: Any])?["client_token"] as? String)
        #expect(try server.client(token: other).call("GET", "sys/pprof/profile?seconds=1").status == 403)
    }
}
