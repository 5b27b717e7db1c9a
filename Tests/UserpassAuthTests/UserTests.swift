import EngineKit
import Foundation
import Storage
import Testing
import UserpassAuth
import Vocabulary

/// Users and their logins. **Source** system wire facts §14.
@Suite struct UserTests {
    @Test func `a user logs in with the password and gets what the user's settings say`() async throws {
        let bench = try Bench()
        let settings = #"{"password":"pw","token_policies":["b"," A ","a"],"ttl":"1h","token_max_ttl":"2h"}"#
        #expect(try await bench.call(.write, "users/Bob", settings).status == 204)
        let login = try #require(try await bench.call(.write, "login/bOB", #"{"password":"pw"}"#).login)
        #expect(login.aliasName == "bob" && login.displayName == "people-bob")
        #expect(login.metadata == ["username": "bob"] && login.policies == ["a", "b"])
        #expect(login.token.ttlSeconds == 3600 && login.token.maxSeconds == 7200)
        let told = try await bench.call(.read, "users/bob").members
        #expect(told["ttl"] as? Int == 3600 && told["token_ttl"] as? Int == 3600 && told["max_ttl"] == nil)
        #expect(told["token_type"] as? String == "default" && told["token_bound_cidrs"] as? [String] == [])
        #expect(told["password"] == nil)
        #expect(try await bench.call(.list, "users").members["keys"] as? [String] == ["bob"])
        #expect(await bench.loginFault("bob", "PW") == .badLogin)
        #expect(await bench.loginFault("alice", "pw") == .badLogin)
        #expect(UserpassError.badLogin.wireText == "invalid username or password")
        #expect(await bench.fault(.write, "login/bob", "{}") == .missingPassword)
        try await bench.call(.delete, "users/bob")
        #expect(await bench.loginFault("bob", "pw") == .badLogin)
        #expect(await bench.fault(.read, "users/bob") == .nothingThere)
        #expect(await bench.fault(.list, "users") == .nothingThere)
    }

    @Test func `password and policies change on their own`() async throws {
        let bench = try Bench()
        #expect(await bench.fault(.write, "users/bob", #"{"token_policies":"x"}"#) == .missingPassword)
        try await bench.call(.write, "users/bob", #"{"password":"one"}"#)
        try await bench.call(.write, "users/bob", #"{"token_ttl":60}"#)
        #expect(await bench.loginFault("bob", "one") == nil)
        try await bench.call(.write, "users/bob/password", #"{"password":"tw\u006f"}"#)
        #expect(await bench.loginFault("bob", "one") == .badLogin)
        #expect(await bench.loginFault("bob", "two") == nil)
        try await bench.call(.write, "users/bob/policies", #"{"policies":"p,q"}"#)
        let told = try await bench.call(.read, "users/bob").members
        #expect(told["token_policies"] as? [String] == ["p", "q"] && told["policies"] as? [String] == ["p", "q"])
        #expect(told["token_ttl"] as? Int == 60)
        #expect(await bench.fault(.write, "users/none/password", #"{"password":"x"}"#) == .unknownUser)
        #expect(await bench.fault(.write, "users/none/policies", #"{"policies":"x"}"#) == .unknownUser)
        #expect(await bench.fault(.write, "users/bob/password", "{}") == .missingPassword)
    }

    @Test func `settings that cannot be are refused and change nothing`() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        let wrong: [(String, TokenSettingsFault)] = [
            (#"{"token_ttl":20,"token_max_ttl":10}"#, .ttlAboveMax),
            (#"{"token_type":"batch","token_num_uses":1}"#, .batchWithUses), (#"{"token_num_uses":-1}"#, .negativeUses),
            (#"{"token_type":"gold"}"#, .unknownType), (#"{"token_bound_cidrs":"10.0.0.0/33"}"#, .malformedCIDR),
        ]
        for (body, fault) in wrong {
            #expect(await bench.fault(.write, "users/bob", body) == .tokenSettings(fault), "\(body)")
        }
        for body in [
            #"{"token_ttl":-1}"#, #"{"token_ttl":"soon"}"#, #"{"token_policies":{}}"#, "[", #"{"password":[1]}"#,
        ] {
            #expect(await bench.fault(.write, "users/bob", body) != nil, "\(body)")
        }
        #expect(try await bench.call(.read, "users/bob").members["token_type"] as? String == "default")
        let long = String(repeating: "x", count: 1025)
        #expect(await bench.fault(.write, "users/x", #"{"password":"\#(long)"}"#) == .passwordTooLong(limit: 1024))
        for path in ["users/a b", "users/a/b", "users/-a", "users/é", "nowhere", "login", "login/a/b"] {
            #expect(await bench.fault(.write, path, #"{"password":"x"}"#) == .unsupportedPath, "\(path)")
        }
        #expect(await bench.fault(.read, "login/bob") == .unsupportedOperation)
    }

    @Test func `the old second factor lets nobody in by mistake`() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw"}"#)
        #expect(try await bench.call(.read, "mfa_config").members["type"] as? String == "")
        try await bench.call(.write, "mfa_config", #"{"type":"duo"}"#)
        #expect(await bench.loginFault("bob", "wrong") == .badLogin)
        #expect(await bench.loginFault("bob", "pw") == .duoUnconfigured)
        try await bench.call(.write, "duo/access", #"{"host":"h","ikey":"i","skey":"s"}"#)
        #expect(await bench.loginFault("bob", "pw") == .duoUnserved)
        try await bench.call(.write, "duo/config", #"{"push_info":"x"}"#)
        #expect(try await bench.call(.read, "duo/config").members["push_info"] as? String == "x")
        #expect(await bench.fault(.read, "duo/access") == .unsupportedOperation)
    }

    @Test func `a renewal asks again: the user must be there, with the same policies`() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw","token_policies":"a"}"#)
        let login = try #require(try await bench.call(.write, "login/bob", #"{"password":"pw"}"#).login)
        try await bench.call(.write, "users/bob", #"{"token_ttl":77}"#)
        #expect(try await bench.engine.renewLogin(login).token.ttlSeconds == 77)
        try await bench.call(.write, "users/bob/policies", #"{"policies":"b"}"#)
        await #expect(throws: LeaseFault.self) { try await bench.engine.renewLogin(login) }
        try await bench.call(.delete, "users/bob")
        await #expect(throws: LeaseFault.self) { try await bench.engine.renewLogin(login) }
        var forged = login
        forged.record = [1, 2, 3]
        let broken = forged
        await #expect(throws: LeaseFault.self) { try await bench.engine.renewLogin(broken) }
    }

    @Test func `a bound source is held to`() async throws {
        let bench = try Bench()
        try await bench.call(.write, "users/bob", #"{"password":"pw","token_bound_cidrs":"192.0.2.0/24"}"#)
        #expect(await bench.loginFault("bob", "pw") == nil)
        #expect(await bench.loginFault("bob", "pw", from: "198.51.100.1") == .denied)
    }

    @Test func `passwords are stored as hashes only`() async throws {
        let storage = InMemoryStorage()
        let bench = try Bench(storage)
        try await bench.call(.write, "users/bob", #"{"password":"taint-4711-taint"}"#)
        for stored in try await storage.entries(under: "", after: nil, limit: 100) {
            #expect(!String(decoding: stored.entry.value, as: UTF8.self).contains("taint-4711"))
        }
    }
}
