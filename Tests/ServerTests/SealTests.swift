import Foundation
import Testing

/// Seals of the real server: shares, keys given from outside, and the transit engine of another server.
@Suite struct SealTests {
    private static let storage = "storage \"sqlite\" { path = \"DATA\" }\n"

    private func statusJSON(_ server: LiveServer) throws -> [String: Any] {
        try server.client().call("GET", "sys/seal-status").json
    }

    /// Puts a secret in, so that there is something to be lost.
    private func mark(_ server: LiveServer, _ token: String) throws -> String {
        let client = server.client(token: token)
        #expect(try client.call("POST", "sys/mounts/transit", ["type": "transit"]).status == 204)
        #expect(try client.call("POST", "transit/keys/k").status == 200)
        let answer = try client.call("POST", "transit/encrypt/k", ["plaintext": "c2VjcmV0"])
        return answer.data["ciphertext"] as? String ?? ""
    }

    private func opens(_ server: LiveServer, _ token: String, _ ciphertext: String) throws -> Bool {
        let client = server.client(token: token)
        let answer = try client.call("POST", "transit/decrypt/k", ["ciphertext": ciphertext])
        return answer.data["plaintext"] as? String == "c2VjcmV0"
    }

    @Test func `shares unseal, wrong ones do not and are not told apart, and sealing is lasting`() throws {
        let server = try LiveServer(Self.storage)
        try server.start()
        #expect(try server.client().call("GET", "sys/health").status == 501)
        let (token, keys) = try server.initialize(shares: 5, threshold: 3)
        #expect(try server.client().call("GET", "sys/health").status == 503)
        let wrong = String(repeating: "ab", count: 33)
        #expect(try server.client().call("PUT", "sys/unseal", ["key": keys[0]]).json["progress"] as? Int == 1)
        #expect(try server.client().call("PUT", "sys/unseal", ["key": keys[0]]).json["progress"] as? Int == 1)
        #expect(try server.client().call("PUT", "sys/unseal", ["key": wrong]).json["progress"] as? Int == 2)
        let refusal = try server.client().call("PUT", "sys/unseal", ["key": keys[2]])
        #expect(refusal.status == 400)
        #expect(refusal.errors == ["Unseal failed, invalid key"])
        #expect(try statusJSON(server)["progress"] as? Int == 0)
        try server.unseal(keys[2...4])
        let ciphertext = try mark(server, token)
        #expect(try server.client().call("PUT", "sys/unseal", ["key": wrong]).status == 200)
        #expect(try server.client(token: token).call("PUT", "sys/seal").status == 204)
        #expect(try server.client(token: token).call("GET", "transit/keys/k").status == 503)
        #expect(try server.client().call("PUT", "sys/unseal", ["key": keys[0]]).json["progress"] as? Int == 1)
        // An initialised server is not initialised again, whatever its state.
        #expect(try server.client().call("PUT", "sys/init", ["secret_shares": 1]).status == 400)
        #expect(server.stop() == 0)
        try server.start()
        try server.unseal([keys[4], keys[0], keys[3]])
        #expect(try opens(server, token, ciphertext))
    }

    @Test(arguments: [26, 28])
    func `recovery shares make a root token of the length of the pad`(length: Int) throws {
        let server = try LiveServer(Self.storage + LiveServer.staticSeal)
        try server.start()
        let (_, keys) = try server.initialize()
        try server.waitUntilOpen()
        let client = server.client()
        let pad = String(repeating: "p", count: length)
        let nonce = try client.call("PUT", "sys/generate-root/attempt", ["otp": pad]).json["nonce"] as? String ?? ""
        var answer = try client.call("PUT", "sys/generate-root/update", ["key": keys[0], "nonce": nonce])
        #expect(answer.json["progress"] as? Int == 1)
        answer = try client.call("PUT", "sys/generate-root/update", ["key": keys[2], "nonce": nonce])
        var encoded = answer.json["encoded_root_token"] as? String ?? ""
        while encoded.count % 4 != 0 { encoded += "=" }
        let masked = Data(base64Encoded: encoded) ?? Data()
        let token = String(decoding: zip(masked, pad.utf8).map { $0 ^ $1 }, as: UTF8.self)
        #expect(token.utf8.count == length)
        #expect(try server.client(token: token).call("GET", "sys/mounts").status == 200)
    }

    @Test func `a static seal opens by itself, stays closed on request, and takes a new key`() throws {
        let server = try LiveServer(Self.storage + LiveServer.staticSeal)
        try server.start()
        let (token, keys) = try server.initialize()
        #expect(keys.count == 3)
        let ciphertext = try mark(server, token)
        #expect(try server.client(token: token).call("PUT", "sys/seal").status == 204)
        usleep(1_500_000)
        let status = try statusJSON(server)
        #expect(status["sealed"] as? Bool == true)
        #expect(status["recovery_seal"] as? Bool == true)
        #expect((status["strongroom_reason"] as? String ?? "").contains("by request"))
        server.stop()
        try server.configure(
            Self.storage + """
                seal "static" {
                    current_key_id = "next"
                    current_key = "\(String(repeating: "77", count: 32))"
                    previous_key_id = "test"
                    previous_key = "\(String(repeating: "5a", count: 32))"
                }
                """)
        try server.start()
        try server.waitUntilOpen()
        server.stop()
        // The root key was wrapped anew: the old key is not needed any more.
        try server.configure(
            Self.storage + """
                seal "static" {
                    current_key_id = "next"
                    current_key = "\(String(repeating: "77", count: 32))"
                }
                """)
        try server.start()
        try server.waitUntilOpen()
        #expect(try opens(server, token, ciphertext))
    }

    @Test func `a transit seal waits for its provider, says why, and opens when it comes`() throws {
        let (provider, seal, providerKeys) = try Self.provider()
        let server = try LiveServer(Self.storage + seal)
        try server.start()
        let (token, _) = try server.initialize()
        try server.waitUntilOpen()
        let ciphertext = try mark(server, token)
        server.stop()
        provider.kill()
        try server.start()
        usleep(700_000)
        #expect(try server.client().call("GET", "sys/health").status == 503)
        let reason = try statusJSON(server)["strongroom_reason"] as? String ?? ""
        #expect(reason == "the seal's provider is not available; try again")
        #expect(server.log.contains("cannot unseal yet; trying again"))
        try provider.start()
        usleep(1_500_000)
        // Up, but sealed itself.
        #expect(try server.client().call("GET", "sys/health").status == 503)
        try provider.unseal(providerKeys.prefix(2))
        try server.waitUntilOpen()
        #expect(try opens(server, token, ciphertext))
    }

    @Test func `shares move to a transit seal, and away from it when its provider is gone for good`() throws {
        let (provider, seal, _) = try Self.provider()
        let server = try LiveServer(Self.storage)
        try server.start()
        let (token, keys) = try server.initialize()
        try server.unseal(keys.prefix(2))
        let ciphertext = try mark(server, token)
        server.stop()
        try server.configure(Self.storage + seal)
        try server.start()
        #expect(try statusJSON(server)["migration"] as? Bool == true)
        let client = server.client()
        #expect(try client.call("PUT", "sys/unseal", ["key": keys[0]]).status == 400)
        for key in keys.prefix(2) { try client.call("PUT", "sys/unseal", ["key": key, "migrate": true]) }
        #expect(try statusJSON(server)["type"] as? String == "transit")
        #expect(try opens(server, token, ciphertext))
        server.stop()
        try server.start()
        try server.waitUntilOpen()
        server.stop()
        provider.kill()
        try server.configure(
            Self.storage + seal.replacingOccurrences(of: "{\n", with: "{\n    disabled = true\n"))
        try server.start()
        for key in keys.suffix(2) { try client.call("PUT", "sys/unseal", ["key": key, "migrate": true]) }
        let status = try statusJSON(server)
        #expect(status["type"] as? String == "shamir")
        #expect(status["sealed"] as? Bool == false)
        #expect(try opens(server, token, ciphertext))
        server.stop()
        try server.configure(Self.storage)
        try server.start()
        try server.unseal(keys.prefix(2))
        #expect(try opens(server, token, ciphertext))
    }

    /// Another server with a transit key for seals, the stanza for it, and its shares.
    static func provider() throws -> (LiveServer, String, [String]) {
        let port = Int.random(in: 20_000..<32_000)
        let provider = try LiveServer(
            storage + "listener \"tcp\" { address = \"127.0.0.1:\(port)\"\n tls_disable = true }")
        try provider.start()
        let (token, keys) = try provider.initialize()
        try provider.unseal(keys.prefix(2))
        let client = provider.client(token: token)
        #expect(try client.call("POST", "sys/mounts/transit", ["type": "transit"]).status == 204)
        #expect(try client.call("POST", "transit/keys/unseal").status == 200)
        let stanza = """
            seal "transit" {
                address = "http://127.0.0.1:\(port)"
                token = "\(token)"
                key_name = "unseal"
            }
            """
        return (provider, stanza, keys)
    }
}
