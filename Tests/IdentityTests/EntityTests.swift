import EngineKit
import Identity
import Storage
import TestAids
import Testing
import Vocabulary

@Suite struct EntityTests {
    @Test func `everything is there after a restart`() async throws {
        let bench = try await Bench()
        var wish = EntityWish()
        (wish.name, wish.policies, wish.metadata) = ("bob", ["b", "A", "a "], ["team": "red"])
        let id = try await bench.store.put(wish).id
        let alias = try await bench.alias("bob@example", of: id)
        let group = try await bench.group("staff", policies: ["p"], entities: [id])
        let external = try await bench.group("ext", type: "external")
        _ = try await bench.groupAlias("crew", of: external)
        let before = bench.store.read { ($0.entity(id: id), $0.groups[group], $0.groups[external]) }
        let after = try await bench.restarted().store.read {
            ($0.entity(id: id), $0.groups[group], $0.groups[external])
        }
        #expect(before.0 == after.0 && before.1 == after.1 && before.2 == after.2)
        #expect(after.0?.policies == ["a", "b"] && after.0?.metadata == ["team": "red"])
        #expect(after.0?.aliases.map(\.id) == [alias.aliasID])
        #expect(after.2?.alias?.name == "crew")
    }

    @Test func `a change raises the generation, a look does not`() async throws {
        let bench = try await Bench()
        let first = bench.store.generation
        let id = try await bench.admit("bob")
        let second = bench.store.generation
        #expect(second > first)
        #expect(try await bench.admit("bob") == id)
        _ = bench.policies(id)
        #expect(bench.store.generation == second)
        try await bench.store.deleteEntities(["nobody"])
        #expect(bench.store.generation == second)
    }

    @Test func `many first logins at once make one entity`() async throws {
        let bench = try await Bench(YieldingStorage(InMemoryStorage()))
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await bench.admit("bob") } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(bench.store.read { $0.entities.count } == 1)
        #expect(try await bench.restarted().store.read { $0.entities.count } == 1)
    }

    @Test func `methods know the same name apart`() async throws {
        let bench = try await Bench()
        let ids = [try await bench.admit("bob"), try await bench.admit("bob", at: Bench.machines)]
        #expect(Set(ids).count == 2)
    }

    @Test func `a login brings its metadata up to date`() async throws {
        let bench = try await Bench()
        let id = try await bench.admit("bob")
        _ = try await bench.store.admit(Bench.login("bob", metadata: ["host": "h1"]), at: Bench.people)
        guard case .active(let rights) = bench.store.standing(of: id) else { throw IdentityFault.entityMissing }
        #expect(rights.facts.aliases["auth_userpass_1"]?.metadata == ["host": "h1"])
    }

    @Test func `who is disabled is not admitted, and has no rights`() async throws {
        let bench = try await Bench()
        let id = try await bench.admit("bob")
        var wish = EntityWish()
        (wish.id, wish.isDisabled) = (id, true)
        _ = try await bench.store.put(wish)
        guard case .disabled = bench.store.standing(of: id) else {
            Issue.record("not disabled")
            return
        }
        await #expect(throws: TokenFault(.permissionDenied, "permission denied")) { try await bench.admit("bob") }
        wish.isDisabled = false
        _ = try await bench.store.put(wish)
        #expect(try await bench.admit("bob") == id)
    }

    @Test func `a login without a name has no entity`() async throws {
        #expect(try await Bench().store.admit(Bench.login(""), at: Bench.people) == nil)
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    @Test(arguments: ["root", "ROOT", " root ", "root\t", "\u{200B}root", "r\u{6F}ot", "Root\u{A0}"])
    func CVE_2024_9180_no_spelling_of_root_is_taken(_ name: String) async throws {
        let bench = try await Bench()
        #expect(await bench.fault { _ = try await bench.entity("a", policies: ["p", name]) } == .rootPolicy)
        #expect(await bench.fault { _ = try await bench.group("a", policies: ["p", name]) } == .rootPolicy)
        #expect(bench.store.read { $0.entities.isEmpty && $0.groups.isEmpty })
    }

    @Test func `names are unique, sound and free again`() async throws {
        let bench = try await Bench()
        let first = try await bench.entity("a")
        let second = try await bench.entity("b")
        var wish = EntityWish()
        (wish.id, wish.name) = (second, "a")
        #expect(await bench.fault { _ = try await bench.store.put(wish) } == .entityNameTaken)
        for name in ["x\u{0}", "\u{1B}[0m", String(repeating: "n", count: 513)] {
            #expect(await bench.fault { _ = try await bench.entity(name) } == .malformedName)
        }
        (wish.id, wish.name) = (first, "c")
        _ = try await bench.store.put(wish)
        (wish.id, wish.name) = (second, "a")
        _ = try await bench.store.put(wish)
        #expect(bench.store.read { $0.entity(name: "a")?.id } == second)
        #expect(bench.store.read { $0.entity(name: "b") } == nil)
    }

    @Test func `of each mount an entity has one alias, and an alias one entity`() async throws {
        let bench = try await Bench()
        let (first, second) = (try await bench.entity("a"), try await bench.entity("b"))
        let made = try await bench.alias("x", of: first)
        #expect(made.isNew)
        #expect(try await bench.alias("x", of: first).isChanged == false)
        #expect(await bench.fault { _ = try await bench.alias("y", of: first) } == .aliasTaken)
        _ = try await bench.alias("z", of: second)
        #expect(await bench.fault { _ = try await bench.alias("x", of: second) } == .aliasTaken)
        _ = try await bench.alias("y", of: first, at: Bench.machines)
        #expect(await bench.fault { _ = try await bench.alias("q", of: first, at: Bench.secrets) } != nil)
        try await bench.store.deleteAlias(made.aliasID)
        #expect(try await bench.alias("x", of: first).aliasID != made.aliasID)
    }

    @Test func `a merged entity lives on in the other`() async throws {
        let bench = try await Bench()
        let (source, target) = (try await bench.admit("bob"), try await bench.admit("bob", at: Bench.machines))
        let group = try await bench.group("g", policies: ["p"], entities: [source])
        try await bench.store.merge([source], into: target, isForced: false)
        for bench in [bench, try await bench.restarted()] {
            #expect(bench.policies(source) == ["p"] && bench.policies(target) == ["p"])
            #expect(try await bench.admit("bob") == target)
            #expect(bench.store.read { $0.groups[group]?.memberEntityIDs } == [target])
        }
        // A second merge carries those of the first along.
        let last = try await bench.entity("last")
        try await bench.store.merge([target], into: last, isForced: false)
        #expect(bench.policies(source) == ["p"])
        try await bench.store.deleteEntities([last])
        #expect(bench.policies(source) == nil && bench.policies(target) == nil)
    }

    @Test func `a merge of two aliases of one mount is asked for by force`() async throws {
        let bench = try await Bench()
        let (source, target) = (try await bench.admit("bob"), try await bench.admit("eve"))
        #expect(
            await bench.fault { try await bench.store.merge([source], into: target, isForced: false) } == .mergeConflict
        )
        try await bench.store.merge([source], into: target, isForced: true)
        #expect(bench.store.read { $0.entity(id: target)?.aliases.map(\.name) } == ["eve"])
        #expect(try await bench.admit("bob") != target)
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    @Test func CVE_2020_10660_nothing_of_a_method_stays_when_it_goes() async throws {
        let bench = try await Bench()
        let group = try await bench.group("g", policies: ["p"], type: "external")
        _ = try await bench.groupAlias("crew", of: group)
        let id = try await bench.admit("bob", groups: ["crew"])
        let other = try await bench.admit("m", at: Bench.machines)
        #expect(bench.policies(id) == ["p"])
        try await bench.store.mountEnds(Bench.people)
        for bench in [bench, try await bench.restarted()] {
            #expect(bench.policies(id) == [])
            #expect(bench.store.read { $0.entity(id: id)?.aliases } == [])
            #expect(bench.store.read { $0.entity(id: other)?.aliases.count } == 1)
            #expect(bench.store.read { $0.groups[group]?.alias } == nil)
        }
        #expect(try await bench.admit("bob") != id)
    }

    @Test func `what cannot be stored does not hold`() async throws {
        let faulty = FaultyStorage(InMemoryStorage())
        let bench = try await Bench(faulty)
        let id = try await bench.entity("a", policies: ["p"])
        faulty.arm(1, lasting: true)
        #expect(await bench.fault { _ = try await bench.entity("b") } == .storage)
        #expect(await bench.fault { _ = try await bench.entity("a", policies: []) } == .storage)
        #expect(await bench.fault { try await bench.store.deleteEntities([id]) } == .storage)
        faulty.disarm()
        #expect(bench.policies(id) == ["p"] && bench.store.read { $0.entities.count } == 1)
    }
}
