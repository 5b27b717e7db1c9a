import EngineKit
import Foundation
import Identity
import Storage
import TestAids
import Testing
import Vocabulary

@Suite struct GroupTests {
    @Test func `external groups follow the groups of the login`() async throws {
        let bench = try await Bench()
        let (red, blue) = (
            try await bench.group("red", policies: ["r"], type: "external"),
            try await bench.group("blue", policies: ["b"], type: "external")
        )
        _ = try await bench.groupAlias("reds", of: red)
        _ = try await bench.groupAlias("blues", of: blue)
        let id = try await bench.admit("bob", groups: ["reds", "unknown"])
        #expect(bench.policies(id) == ["r"])
        _ = try await bench.admit("bob", groups: ["blues"])
        #expect(bench.policies(id) == ["b"])
        _ = try await bench.admit("bob", groups: ["blues", "reds"])
        #expect(bench.policies(id) == ["b", "r"])
        _ = try await bench.admit("bob")
        #expect(bench.policies(id) == [])
        // The same name at another mount is another group.
        let machine = try await bench.admit("m", groups: ["reds"], at: Bench.machines)
        #expect(bench.policies(machine) == [])
    }

    @Test func `an alias by another name has no members until they log in`() async throws {
        let bench = try await Bench()
        let group = try await bench.group("g", policies: ["p"], type: "external")
        let alias = try await bench.groupAlias("crew", of: group)
        let id = try await bench.admit("bob", groups: ["crew"])
        var wish = AliasWish()
        (wish.id, wish.name) = (alias.aliasID, "admins")
        _ = try await bench.store.putGroupAlias(wish)
        #expect(bench.policies(id) == [])
        _ = try await bench.admit("bob", groups: ["admins"])
        #expect(bench.policies(id) == ["p"])
        try await bench.store.deleteGroupAlias(alias.aliasID)
        #expect(bench.policies(id) == [])
    }

    @Test func `what groups refuse`() async throws {
        let bench = try await Bench()
        let id = try await bench.entity("a")
        let internalGroup = try await bench.group("i")
        #expect(await bench.fault { _ = try await bench.group("x", type: "zz") } == .invalidGroupType("zz"))
        #expect(await bench.fault { _ = try await bench.group("i", type: "external") } == .groupTypeFixed)
        #expect(
            await bench.fault { _ = try await bench.group("x", type: "external", entities: [id]) } == .externalMembers)
        #expect(await bench.fault { _ = try await bench.group("x", entities: ["no"]) } == .invalidMember("no"))
        #expect(await bench.fault { _ = try await bench.group("x", groups: ["no"]) } == .invalidMemberGroup("no"))
        #expect(await bench.fault { _ = try await bench.groupAlias("x", of: internalGroup) } == .internalAlias)
        #expect(await bench.fault { _ = try await bench.group("i", groups: [internalGroup]) } == .cycle(internalGroup))
    }

    @Test func `a group that goes leaves those around it whole`() async throws {
        let bench = try await Bench()
        let id = try await bench.entity("a")
        let inner = try await bench.group("inner", policies: ["i"], entities: [id])
        let middle = try await bench.group("middle", policies: ["m"], groups: [inner])
        let outer = try await bench.group("outer", policies: ["o"], groups: [middle])
        #expect(bench.policies(id) == ["i", "m", "o"])
        try await bench.store.deleteGroup(middle)
        for bench in [bench, try await bench.restarted()] {
            #expect(bench.policies(id) == ["i"])
            #expect(bench.store.read { $0.groups[outer]?.memberGroupIDs } == [])
        }
    }

    /// `STRONGROOM_SEED` says which changes.
    @Test func `random changes give the rights that a slow look at all members finds`() async throws {
        let seed = ProcessInfo.processInfo.environment["STRONGROOM_SEED"].flatMap(UInt64.init) ?? 20_261_127
        var random = SeededGenerator(seed: seed)
        var bench = try await Bench()
        var entities: [String] = []
        for number in 0..<8 { entities.append(try await bench.entity("e\(number)", policies: ["own\(number)"])) }
        var groups: [String] = []
        for number in 0..<8 { groups.append(try await bench.group("g\(number)", policies: ["p\(number)"])) }
        for step in 0..<600 {
            let number = random.int(0...7)
            switch random.int(0...9) {
            case 0...3:
                let members = entities.filter { _ in random.oneIn(4) }
                _ = try await bench.group("g\(number)", entities: members)
            case 4...7:
                // Circles are refused, and change nothing.
                let members = groups.filter { _ in random.oneIn(5) }
                _ = await bench.fault { _ = try await bench.group("g\(number)", groups: members) }
            case 8: bench = try await bench.restarted()
            default:
                try await bench.store.deleteGroup(groups[number])
                groups[number] = try await bench.group("g\(number)", policies: ["p\(number)"])
            }
            let picture = bench.store.read { $0 }
            for (index, id) in entities.enumerated() {
                let expected = slowPolicies(id, picture, own: "own\(index)")
                #expect(bench.policies(id) == expected, "seed \(seed), step \(step)")
                let direct = picture.groups.values.filter { $0.memberEntityIDs.contains(id) }.map(\.id).sorted()
                #expect(picture.directGroupIDs(of: id) == direct)
            }
        }
    }

    /// Goes round all groups until nobody new is found.
    private func slowPolicies(_ id: String, _ picture: IdentityPicture, own: String) -> [String] {
        var found = Set(picture.groups.values.filter { $0.memberEntityIDs.contains(id) }.map(\.id))
        var before = -1
        while found.count != before {
            before = found.count
            for group in picture.groups.values where !found.isDisjoint(with: group.memberGroupIDs) {
                found.insert(group.id)
            }
        }
        return ([own] + found.flatMap { picture.groups[$0]?.policies ?? [] }).sorted()
    }
}
