import Bytes
import EngineKit
import Foundation
import IdentityEngine
import Storage
import TestAids
import Testing
import Vocabulary

@Suite struct TokenTests {
    private func ready(_ key: String = #"{"algorithm":"EdDSA","allowed_client_ids":"*"}"#) async throws -> (
        Bench, String
    ) {
        let bench = try await Bench()
        try await bench.call(.write, "oidc/key/k", key)
        try await bench.call(.write, "oidc/role/r", #"{"key":"k","ttl":"1h"}"#)
        return (bench, try await bench.somebody())
    }

    private func keyID(_ token: String) throws -> String {
        let head = try #require(token.split(separator: ".").first)
        var text = head.replacing("-", with: "+").replacing("_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        let data = try #require(Data(base64Encoded: String(text)))
        let members = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return members["kid"] as? String ?? ""
    }

    @Test func `a token outlives a restart and a rotation, and ends with its time`() async throws {
        let (bench, bob) = try await ready()
        let token = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        #expect(try await bench.isActive(token))
        #expect(try await bench.restarted().isActive(token))
        try await bench.call(.write, "oidc/key/k/rotate")
        #expect(try await bench.isActive(token))
        #expect(try await bench.restarted().isActive(token))
        bench.clock.advance(3600)
        #expect(try await !bench.isActive(token))
    }

    @Test func `keys rotate when they are due, and old generations go`() async throws {
        let (bench, bob) = try await ready(
            #"{"algorithm":"ES256","allowed_client_ids":"*","rotation_period":"10m","verification_ttl":"5m"}"#)
        let token = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        bench.clock.advance(599)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        #expect(try keyID(try await bench.call(.read, "oidc/token/r", as: bob)["token"]) == keyID(token))
        bench.clock.advance(1)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        let next = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        #expect(try keyID(next) != keyID(token))
        #expect(try await bench.isActive(token))
        #expect((try await bench.call(.read, "oidc/.well-known/keys").members["keys"] as? [Any])?.count == 2)
        bench.clock.advance(300)
        #expect(try await !bench.isActive(token))
        #expect((try await bench.call(.read, "oidc/.well-known/keys").members["keys"] as? [Any])?.count == 1)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        #expect(try await bench.restarted().isActive(next))
    }

    @Test func `a key of another algorithm is a rotation`() async throws {
        let (bench, bob) = try await ready()
        let token = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        try await bench.call(.write, "oidc/key/k", #"{"algorithm":"ES384"}"#)
        let next = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        let (old, new) = (try await bench.isActive(token), try await bench.isActive(next))
        #expect(old && new)
        #expect(try keyID(next) != keyID(token))
        // The same again changes nothing.
        try await bench.call(.write, "oidc/key/k", #"{"algorithm":"ES384","rotation_period":"1h"}"#)
        #expect(try keyID(try await bench.call(.read, "oidc/token/r", as: bob)["token"]) == keyID(next))
    }

    @Test func `no changed token is taken for good`() async throws {
        let (bench, bob) = try await ready()
        let token = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        var random = SeededGenerator(seed: 20_261_127)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=".utf8)
        for _ in 0..<2000 {
            let bytes = random.mutated(Array(token.utf8), alphabet: alphabet)
            if bytes == Array(token.utf8) { continue }
            let changed = String(decoding: bytes, as: UTF8.self)
            // The last digit of base64 may have bits that say nothing.
            if changed.dropLast() == token.dropLast() { continue }
            #expect(try await !bench.isActive(changed), "\(changed)")
        }
    }

    @Test func `an issuer or a client of others is not ours`() async throws {
        let (bench, bob) = try await ready()
        let reply = try await bench.call(.read, "oidc/token/r", as: bob)
        #expect(try await bench.isActive(reply["token"], client: reply["client_id"]))
        #expect(try await !bench.isActive(reply["token"], client: "other"))
        try await bench.call(.write, "oidc/config", #"{"issuer":"https://other"}"#)
        #expect(try await !bench.isActive(reply["token"]))
    }

    @Test func `who is gone or disabled has no token, and the old ones say no`() async throws {
        let (bench, bob) = try await ready()
        let token = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        try await bench.call(.write, "entity/id/\(bob)", #"{"disabled":true}"#)
        let none = "no entity associated with the request's token"
        #expect(await bench.refusal(.read, "oidc/token/r", as: bob) == none)
        #expect(try await !bench.isActive(token))
        try await bench.call(.delete, "entity/id/\(bob)")
        for caller in [bob, "", "nosuch"] {
            #expect(await bench.refusal(.read, "oidc/token/r", as: caller) == none)
        }
        #expect(await bench.refusal(.read, "oidc/token/r") == none)
    }

    @Test func `values of an entity stay inside their claims`() async throws {
        let (bench, bob) = try await ready()
        let hostile = #"x","sub":"root","y":"{{identity.entity.id}}"#
        let escaped = hostile.replacing("\"", with: "\\\"")
        try await bench.call(.write, "entity/id/\(bob)", #"{"metadata":{"m":"\#(escaped)"}}"#)
        let template = #"{\"m\":{{identity.entity.metadata.m}},\"all\":{{identity.entity.metadata}},\"none\":{{a.b}}}"#
        try await bench.call(.write, "oidc/role/r", #"{"template":"\#(template)"}"#)
        let token = try await bench.call(.read, "oidc/token/r", as: bob)["token"]
        var body = token.split(separator: ".")[1].replacing("-", with: "+").replacing("_", with: "/")
        while body.count % 4 != 0 { body += "=" }
        let data = try #require(Data(base64Encoded: String(body)))
        let claims = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(claims["sub"] as? String == bob && claims["m"] as? String == hostile && claims["none"] as? String == "")
        #expect((claims["all"] as? [String: String]) == ["m": hostile])
        #expect(claims.keys.count == 9)
    }

    @Test func `everybody may read how to verify, and nothing else`() async throws {
        let bench = try await Bench()
        func isOpen(_ operation: Vocabulary.Operation, _ path: String) -> Bool {
            let lent = Lent(Array(path.utf8))
            return withExtendedLifetime(lent) {
                bench.engine.isOpenToAll(
                    EngineRequest(operation: operation, path: lent.view, body: .empty, maxJSONDepth: 8))
            }
        }
        #expect(isOpen(.read, "oidc/.well-known/keys") && isOpen(.read, "oidc/.well-known/openid-configuration"))
        for path in ["oidc/key/k", "oidc/token/r", "entity/id", "oidc/introspect", "oidc/config"] {
            #expect(!isOpen(.read, path) && !isOpen(.write, path))
        }
        #expect(!isOpen(.write, "oidc/.well-known/keys"))
        #expect(try await bench.call(.read, "oidc/.well-known/keys").form == .bare)
    }

    @Test func `what fails in storage leaves the old key at work`() async throws {
        let faulty = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(faulty)
        try await bench.call(.write, "oidc/key/k", #"{"algorithm":"EdDSA","allowed_client_ids":"*"}"#)
        try await bench.call(.write, "oidc/role/r", #"{"key":"k"}"#)
        let bob = try await bench.somebody()
        let before = try keyID(try await bench.call(.read, "oidc/token/r", as: bob)["token"])
        faulty.arm(1, lasting: true)
        #expect(await bench.refusal(.write, "oidc/key/k/rotate") != nil)
        bench.clock.advance(90_000)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now)
        faulty.disarm()
        #expect(try keyID(try await bench.call(.read, "oidc/token/r", as: bob)["token"]) == before)
    }
}
