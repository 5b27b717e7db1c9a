import Bytes
import EngineKit
import Policies
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

/// An identity that tests change at will.
private final class FakeIdentity: IdentityDirectory {
    private let state = Mutex<(UInt64, EntityStanding)>((0, .absent))
    var generation: UInt64 { state.withLock { $0.0 } }
    func standing(of entityID: String) -> EntityStanding { state.withLock { $0.1 } }
    func admit(_ login: Login, at mount: MountDescription) async throws(TokenFault) -> String? { nil }
    func set(_ standing: EntityStanding) { state.withLock { $0 = ($0.0 + 1, standing) } }
}

@Suite("Keeping policies")
struct StoreTests {
    private let read = "path \"a\" { capabilities = [\"read\"] }"

    @Test("Texts come back as they were written, also after a restart; default and wrapping are there from the start")
    func kept() async throws {
        let backend = InMemoryStorage()
        let first = store(backend)
        let text = "# mine\n\(read)   \n"
        _ = try await first.put("Team/A", text: text)
        _ = try await first.put("default", text: read)
        let second = store(backend)
        #expect(second.text(of: "team/a") == nil)
        try await second.load()
        #expect(second.text(of: "team/a") == text)
        #expect(second.text(of: "default") == read)
        #expect(second.names == ["default", "response-wrapping", "team/a"])
        second.unload()
        #expect(second.text(of: "team/a") == nil)
        #expect(second.text(of: "default") != read)
    }

    @Test("The house's policies stay as they are")
    func protected() async throws {
        let policies = store()
        await #expect(throws: PolicyFault.cannotUpdate("root")) { try await policies.put("root", text: read) }
        await #expect(throws: PolicyFault.cannotUpdate("response-wrapping")) {
            try await policies.put("response-wrapping", text: read)
        }
        for name in ["root", "default", "response-wrapping"] {
            await #expect(throws: PolicyFault.cannotDelete(name)) { try await policies.delete(name) }
        }
        #expect(PolicyFault.cannotDelete("default").wireText == "cannot delete default policy")
        #expect(PolicyFault.cannotDelete("root").wireText == "cannot delete \"root\" policy")
        try await policies.delete("nobody")
    }

    @Test("A change of a policy holds for the next request of a token that is there already")
    func generations() async throws {
        let policies = store()
        let caller = Caller(tokenID: "t", tokenPolicies: ["p"])
        func granted() -> Bool { withView("a") { policies.rules(of: caller).rule(for: $0, isList: false) } != nil }
        #expect(!granted())
        _ = try await policies.put("p", text: read)
        #expect(granted())
        #expect(policies.rules(of: caller) === policies.rules(of: caller))
        try await policies.delete("p")
        #expect(!granted())
        #expect(policies.rules(of: .root).isRoot)
    }

    @Test("An entity's policies come and go; disabled and deleted ones take the token's own rights with them")
    func entities() async throws {
        let identity = FakeIdentity()
        let policies = store(identity: identity)
        _ = try await policies.put("p", text: read)
        let caller = Caller(tokenID: "t", tokenPolicies: ["default"], entityID: "e")
        func granted(_ path: String) -> Bool {
            withView(path) { policies.rules(of: caller).rule(for: $0, isList: false) } != nil
        }
        #expect(!granted("cubbyhole/x"))
        var facts = TemplateFacts()
        facts.entityID = "e"
        identity.set(.active(EntityRights(policies: ["p"], facts: facts)))
        #expect(granted("a") && granted("cubbyhole/x") && granted("identity/entity/id/e"))
        #expect(!granted("identity/entity/id/f"))
        identity.set(.active(EntityRights(policies: ["root"], facts: facts)))
        #expect(!granted("a") && granted("cubbyhole/x"))
        identity.set(.disabled)
        #expect(!granted("a") && !granted("cubbyhole/x"))
    }

    @Test("Nothing changes when storage fails")
    func faults() async throws {
        let backend = FaultyStorage(InMemoryStorage())
        let policies = store(backend)
        backend.arm(1)
        await #expect(throws: PolicyFault.storage) { try await policies.put("p", text: read) }
        #expect(policies.text(of: "p") == nil)
        backend.disarm()
        _ = try await policies.put("p", text: read)
        backend.arm(1)
        await #expect(throws: PolicyFault.storage) { try await policies.delete("p") }
        #expect(policies.text(of: "p") == read)
    }

    @Test("Passwords obey their policy")
    func passwords() async throws {
        let policies = store()
        try await policies.putPasswordPolicy(
            "P",
            text: "length = 20\nrule \"charset\" { charset = \"abc\" min-chars = 1 }\n"
                + "rule \"charset\" { charset = \"0123\" min-chars = 18 }")
        for _ in 0..<50 {
            let password = policies.password(byPolicy: "p").map { $0.exposing { $0.string } } ?? ""
            #expect(password.count == 20)
            #expect(password.allSatisfy { "abc0123".contains($0) })
            #expect(password.contains { "abc".contains($0) } && password.count { "0123".contains($0) } >= 18)
        }
        #expect(policies.password(byPolicy: "none") == nil)
        #expect(policies.passwordPolicyNames == ["p"])
        try await policies.deletePasswordPolicy("p")
        #expect(policies.passwordPolicyText(of: "p") == nil)
    }

    @Test(
        "Password policies that cannot be used are refused",
        arguments: [
            "", "length = 20", "length = 3 rule \"charset\" { charset = \"abc\" }",
            "length = 101 rule \"charset\" { charset = \"abc\" }", "length = -1 rule \"charset\" { charset = \"abc\" }",
            "length = 9223372036854775807 rule \"charset\" { charset = \"abc\" }", "length = \"x\"",
            "length = 20 rule \"charset\" { charset = \"\" }", "length = 20 rule \"charset\" { charset = \"a\\n\" }",
            "length = 20 rule \"charset\" { charset = \"abc\" min-chars = 21 }", "length = 20 rule \"other\" { }",
            "length = 20 rule \"charset\" { charset = \"abc\" min-chars = -1 }", "length = 20 foo = 1",
            "length = 20 rule {}",
        ])
    func badPasswordPolicies(_ text: String) {
        #expect(throws: PolicyFault.self) { try PasswordPolicy(reading: text) }
    }

    @Test("Every character of a password is as likely as every other")
    func uniform() throws {
        let policy = try PasswordPolicy(reading: "length = 100 rule \"charset\" { charset = \"abcdefg\" }")
        var counts: [Character: Int] = [:]
        for _ in 0..<200 {
            let password = policy.password { memory in
                for index in memory.indices { memory[index] = UInt8.random(in: 0...255) }
                return true
            }
            for character in password.map({ $0.exposing { $0.string } }) ?? "" { counts[character, default: 0] += 1 }
        }
        // 20,000 draws, 7 characters: 2857 expected, a standard deviation of 49.
        for (_, count) in counts { #expect(abs(count - 2857) < 350) }
        #expect(counts.count == 7)
        #expect(policy.password { _ in false } == nil)
    }
}
