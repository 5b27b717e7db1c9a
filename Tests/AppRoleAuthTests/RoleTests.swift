import AppRoleAuth
import EngineKit
import Foundation
import Storage
import Testing
import Vocabulary

/// Roles, secret ids and logins. **Source** system wire facts §15.
@Suite struct RoleTests {
    @Test func `a machine logs in with role id and secret id`() async throws {
        let bench = try await Bench()
        #expect(try await bench.call(.write, "role/Web", #"{"policies":"b,a","token_ttl":"5m"}"#).status == 204)
        let told = try await bench.call(.read, "role/web").members
        #expect(told["bind_secret_id"] as? Bool == true && told["secret_id_bound_cidrs"] is NSNull)
        #expect(told["token_policies"] as? [String] == ["a", "b"] && told["policies"] as? [String] == ["a", "b"])
        let known = try await bench.credentials("web", #"{"metadata":"{\"k\":\"v\"}"}"#)
        let body = #"{"role_id":"\#(known.roleID)","secret_id":"\#(known.secretID)"}"#
        let login = try #require(try await bench.call(.write, "login", body).login)
        #expect(login.aliasName == known.roleID && login.displayName == "approle")
        #expect(login.metadata == ["k": "v", "role_name": "web"] && login.policies == ["a", "b"])
        #expect(login.token.ttlSeconds == 300)
        #expect(await bench.loginFault(("x", known.secretID)) == .badRoleID)
        #expect(await bench.loginFault((known.roleID, "x")) == .badSecretID)
        #expect(await bench.loginFault((known.roleID, "")) == .missingSecretID)
        #expect(await bench.fault(.write, "login", #"{"secret_id":"x"}"#) == .missingRoleID)
        #expect(try await bench.call(.list, "role").members["keys"] as? [String] == ["web"])
        try await bench.call(.delete, "role/web")
        #expect(await bench.loginFault(known) == .badRoleID)
        #expect(await bench.fault(.list, "role") == .nothingThere)
        try await bench.call(.write, "role/web", #"{"role_id":"\#(known.roleID)"}"#)
        #expect(await bench.loginFault(known) == .badSecretID)
    }

    @Test func `uses are counted exactly, in a race too`() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "role/r", #"{"secret_id_num_uses":7}"#)
        let known = try await bench.credentials("r")
        let winners = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<30 { group.addTask { await bench.loginFault(known) == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 7)
        #expect(await bench.fault(.list, "role/r/secret-id") == .nothingThere)
    }

    @Test func `two servers on one storage give out no use twice`() async throws {
        let storage = InMemoryStorage()
        let (one, two) = (try await Bench(storage), try await Bench(storage))
        try await one.call(.write, "role/r", #"{"secret_id_num_uses":9}"#)
        let known = try await one.credentials("r")
        let winners = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<40 {
                group.addTask { await (number.isMultiple(of: 2) ? one : two).loginFault(known) == nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners <= 9)
    }

    @Test func `secret ids end with their time, and tidying removes them`() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "role/r", #"{"secret_id_ttl":"60s"}"#)
        let known = try await bench.credentials("r")
        #expect(await bench.loginFault(known) == nil)
        bench.clock.advance(60)
        #expect(await bench.loginFault(known) == .badSecretID)
        #expect(
            try await bench.call(.write, "role/r/secret-id/lookup", #"{"secret_id":"\#(known.secretID)"}"#).status
                == 204)
        await bench.engine.maintain(nowUnixSeconds: bench.clock.now.seconds)
        #expect(try await bench.storage.list(under: "mount/1/secret/", after: nil, limit: 9).isEmpty)
        #expect(try await bench.storage.list(under: "mount/1/accessor/", after: nil, limit: 9).isEmpty)
        #expect(try await bench.call(.write, "tidy/secret-id").status == 202)
    }

    @Test func `what a secret id is asked for stays within its role`() async throws {
        let bench = try await Bench()
        let role =
            #"{"secret_id_ttl":60,"secret_id_num_uses":5,"secret_id_bound_cidrs":["10.0.0.0/8"],"#
            + #""token_bound_cidrs":"10.1.0.0/16"}"#
        try await bench.call(.write, "role/r", role)
        func wish(_ body: String) async -> AppRoleError? { await bench.fault(.write, "role/r/secret-id", body) }
        #expect(await wish(#"{"ttl":61}"#) == .ttlAboveRole)
        #expect(await wish(#"{"ttl":0}"#) == .ttlAboveRole)
        #expect(await wish(#"{"num_uses":6}"#) == .usesAboveRole)
        #expect(await wish(#"{"num_uses":0}"#) == .usesAboveRole)
        #expect(await wish(#"{"num_uses":-1}"#) == .negativeUses)
        #expect(await wish(#"{"cidr_list":"11.0.0.0/8"}"#) == .cidrOutsideRole)
        #expect(await wish(#"{"cidr_list":"0.0.0.0/0"}"#) == .cidrOutsideRole)
        #expect(await wish(#"{"token_bound_cidrs":"10.2.0.0/24"}"#) == .cidrOutsideRole)
        #expect(await wish(#"{"cidr_list":"elsewhere"}"#) == .malformedCIDR)
        #expect(await wish(#"{"metadata":{"a":"b"}}"#) != nil)
        #expect(await wish(#"{"metadata":"[1]"}"#) == .metadataMalformed)
        #expect(await wish(#"{"metadata":"{\"a\":1}"}"#) == .metadataMalformed)
        let known = try await bench.credentials("r", #"{"ttl":10,"num_uses":2,"cidr_list":"10.1.2.0/24"}"#)
        #expect(await bench.loginFault(known, from: "10.1.3.1") == .addressNotAllowed)
        #expect(await bench.loginFault(known, from: "192.0.2.1") == .addressNotAllowed)
        #expect(await bench.loginFault(known, from: "10.1.2.9") == nil)
    }

    @Test func `a role must be bound to something`() async throws {
        let bench = try await Bench()
        #expect(await bench.fault(.write, "role/r", #"{"bind_secret_id":false}"#) == .noConstraint)
        try await bench.call(
            .write, "role/r", #"{"bind_secret_id":false,"bound_cidr_list":"192.0.2.0/24","role_id":"open"}"#)
        #expect(await bench.loginFault(("open", "")) == nil)
        #expect(await bench.loginFault(("open", ""), from: "198.51.100.1") == .addressNotAllowed)
        #expect(await bench.fault(.write, "role/r/secret-id") == .secretIDNotBound)
        #expect(await bench.fault(.delete, "role/r/bound-cidr-list") == .noConstraint)
        #expect(await bench.fault(.write, "role/other", #"{"role_id":"open"}"#) == .roleIDInUse)
        #expect(await bench.fault(.write, "role/x", #"{"secret_id_num_uses":-1}"#) == .negativeSecretIDUses)
    }

    @Test func `every part of a role can be read, written and put back on its own`() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "role/r", #"{"token_policies":"p"}"#)
        let parts: [(String, String, String, String)] = [
            ("policies", "token_policies", #"["x"]"#, #"{"token_policies":["x"]}"#),
            ("token-ttl", "token_ttl", "60", #"{"token_ttl":60}"#),
            ("token-max-ttl", "token_max_ttl", "\"2h\"", #"{"token_max_ttl":7200}"#),
            ("token-num-uses", "token_num_uses", "3", #"{"token_num_uses":3}"#),
            ("period", "token_period", "9", #"{"token_period":9}"#),
            ("token-bound-cidrs", "token_bound_cidrs", #"["127.0.0.1/32"]"#, #"{"token_bound_cidrs":["127.0.0.1"]}"#),
            ("secret-id-num-uses", "secret_id_num_uses", "4", #"{"secret_id_num_uses":4}"#),
            ("secret-id-ttl", "secret_id_ttl", "5", #"{"secret_id_ttl":5}"#),
            ("bind-secret-id", "bind_secret_id", "true", #"{"bind_secret_id":true}"#),
            (
                "secret-id-bound-cidrs", "secret_id_bound_cidrs", #""10.0.0.1/32""#,
                #"{"secret_id_bound_cidrs":["10.0.0.1"]}"#
            ),
            ("bound-cidr-list", "bound_cidr_list", #""10.0.0.1/32""#, #"{"bound_cidr_list":["10.0.0.1"]}"#),
        ]
        for (path, field, value, told) in parts {
            #expect(try await bench.call(.write, "role/r/\(path)", "{\"\(field)\":\(value)}").status == 204)
            #expect(try await bench.call(.read, "role/r/\(path)").text == told, "\(path)")
            #expect(try await bench.call(.delete, "role/r/\(path)").status == 204)
        }
        #expect(try await bench.call(.read, "role/r/token-ttl").text == #"{"token_ttl":0}"#)
        #expect(try await bench.call(.read, "role/r/local-secret-ids").text == #"{"local_secret_ids":false}"#)
        #expect(await bench.fault(.write, "role/none/token-ttl", #"{"token_ttl":1}"#)?.faultClass == .noRoute)
        #expect(await bench.fault(.read, "role/none/token-ttl") == .nothingThere)
        #expect(await bench.fault(.read, "role/r/nothing") == .unsupportedPath)
        #expect(await bench.fault(.read, "mfa_config") == .unsupportedPath)
    }

    @Test func `accessors name secret ids without giving them away`() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "role/r")
        let made = try await bench.call(.write, "role/r/custom-secret-id", #"{"secret_id":"taint-815"}"#)
        #expect(made["secret_id"] == "taint-815")
        #expect(await bench.fault(.write, "role/r/custom-secret-id", #"{"secret_id":"taint-815"}"#) == .secretIDInUse)
        #expect(await bench.fault(.write, "role/r/custom-secret-id", "{}") == .missingSecretID)
        let accessor = made["secret_id_accessor"]
        #expect(try await bench.call(.list, "role/r/secret-id").members["keys"] as? [String] == [accessor])
        let told = try await bench.call(
            .write, "role/r/secret-id-accessor/lookup", #"{"secret_id_accessor":"\#(accessor)"}"#)
        #expect(told["secret_id_accessor"] == accessor && told["expiration_time"] == "0001-01-01T00:00:00Z")
        #expect(!told.text.contains("taint"))
        for stored in try await bench.storage.entries(under: "", after: nil, limit: 100) {
            #expect(!stored.key.path.contains("taint"))
            #expect(!String(decoding: stored.entry.value, as: UTF8.self).contains("taint"))
        }
        try await bench.call(.write, "role/r/secret-id-accessor/destroy", #"{"secret_id_accessor":"\#(accessor)"}"#)
        #expect(await bench.fault(.list, "role/r/secret-id") == .nothingThere)
        let unknown = await bench.fault(.write, "role/r/secret-id-accessor/lookup", #"{"secret_id_accessor":"../x"}"#)
        #expect(unknown == .unknownAccessor)
        #expect(try await bench.call(.write, "role/r/secret-id/destroy", #"{"secret_id":"none"}"#).status == 204)
        #expect(await bench.fault(.list, "role/none/secret-id")?.wireText == #"role "none" does not exist"#)
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    @Test func CVE_2023_24999_no_role_reaches_the_secret_ids_of_another() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "role/mine")
        try await bench.call(.write, "role/yours")
        let yours = try await bench.credentials("yours")
        let list = try await bench.call(.list, "role/yours/secret-id").members["keys"] as? [String]
        let accessor = try #require(list?.first)
        try await bench.call(.write, "role/mine/secret-id/destroy", #"{"secret_id":"\#(yours.secretID)"}"#)
        for verb in ["lookup", "destroy"] {
            let body = #"{"secret_id_accessor":"\#(accessor)"}"#
            #expect(await bench.fault(.write, "role/mine/secret-id-accessor/\(verb)", body) == .unknownAccessor)
        }
        let mine = try await bench.credentials("mine")
        #expect(await bench.loginFault((mine.roleID, yours.secretID)) == .badSecretID)
        #expect(await bench.loginFault(yours) == nil)
    }

    @Test func `a renewal asks again: the role must be the one of the login`() async throws {
        let bench = try await Bench()
        try await bench.call(.write, "role/r", #"{"role_id":"one"}"#)
        let secretID = try await bench.credentials("r").secretID
        let body = #"{"role_id":"one","secret_id":"\#(secretID)"}"#
        let login = try #require(try await bench.call(.write, "login", body).login)
        try await bench.call(.write, "role/r", #"{"token_period":44}"#)
        #expect(try await bench.engine.renewLogin(login).token.periodSeconds == 44)
        try await bench.call(.delete, "role/r")
        try await bench.call(.write, "role/r", #"{"role_id":"one"}"#)
        await #expect(throws: LeaseFault.self) { try await bench.engine.renewLogin(login) }
    }
}
