import Dispatching
import EngineKit
import Storage
import TestAids
import Testing

@Suite("Mount table")
struct MountTests {
    private static func wish(_ path: String, _ type: String = "echo") -> MountDescription {
        MountDescription(path: path, type: type, accessor: "", uuid: "", about: "")
    }

    @Test(
        "A mount gets a path with a slash, an accessor and an id of its own",
        arguments: ["a", "a/", "a/b/c", "A.b_c-1/"])
    func mounting(_ path: String) async throws {
        let house = try await House()
        try await house.mounts.mount(Self.wish(path))
        let expected = path.hasSuffix("/") ? path : path + "/"
        let mount = try #require(house.mounts.mounts.first { $0.path == expected })
        #expect(mount.accessor.wholeMatch(of: #/echo_[0-9a-f]{8}/#) != nil)
        #expect(mount.uuid.count == 36 && Set(house.mounts.mounts.map(\.uuid)).count == house.mounts.mounts.count)
        #expect(await house.ask(.get, "/v1/\(expected)x/y").echoed("path") == "x/y")
    }

    @Test(
        "A path at, above or below another mount is refused",
        arguments: ["team/a", "team/a/", "team", "team/a/b", "team/a/b/c"])
    func conflicts(_ path: String) async throws {
        let house = try await House()
        try await house.mounts.mount(Self.wish("team/a"))
        await #expect(throws: MountFault.pathInUse("team/a/")) { try await house.mounts.mount(Self.wish(path)) }
        #expect(house.mounts.mounts.count == 3)
    }

    @Test("A path that only looks like another is no conflict", arguments: ["team/ab", "team/b", "tea", "teams", "a"])
    func neighbours(_ path: String) async throws {
        let house = try await House()
        try await house.mounts.mount(Self.wish("team/a"))
        try await house.mounts.mount(Self.wish(path))
        #expect(await house.ask(.get, "/v1/\(path)/x").echoed("path") == "x")
        #expect(await house.ask(.get, "/v1/team/a/x").echoed("path") == "x")
    }

    @Test(
        "The house's own paths are neither mounted on nor ended",
        arguments: ["sys", "sys/x", "auth", "cubbyhole", "identity/"])
    func reserved(_ path: String) async throws {
        let house = try await House()
        let full = path.hasSuffix("/") ? path : path + "/"
        await #expect(throws: MountFault.cannotRemount(full)) {
            _ = try await house.mounts.remount(from: path, to: "other")
        }
        await #expect(throws: MountFault.cannotRemount(full)) {
            _ = try await house.mounts.remount(from: "echo", to: path)
        }
        await #expect(throws: MountFault.reservedPath(full)) { try await house.mounts.mount(Self.wish(path)) }
        await #expect(throws: MountFault.cannotUnmount(full)) { try await house.mounts.unmount(path) }
        #expect(await house.ask(.get, "/v1/sys/health").reply.status == 200)
    }

    @Test(
        "CVE_2026_3605 paths that are none are refused",
        arguments: [
            "", "/", "//", "/a", "a//b", "..", "a/..", "./a", "a/.", "a b", "a%2f", "é", "a\u{0}",
            String(repeating: "a", count: 257),
        ])
    func malformed(_ path: String) async throws {
        let house = try await House()
        await #expect(throws: MountFault.malformedPath) { try await house.mounts.mount(Self.wish(path)) }
        await #expect(throws: MountFault.malformedPath) { try await house.mounts.unmount(path) }
        #expect(house.mounts.mounts.count == 2)
    }

    @Test("Types that are unknown, missing, the house's own or do not start are refused")
    func types() async throws {
        let house = try await House()
        for (type, fault) in [
            ("", MountFault.typeMissing), ("nope", .unknownType("nope")), ("system", .typeNotMountable("system")),
            ("cubbyhole", .typeNotMountable("cubbyhole")), ("identity", .typeNotMountable("identity")),
            ("broken", .storage),
            ("Echo", .unknownType("Echo")),
        ] {
            await #expect(throws: fault) { try await house.mounts.mount(Self.wish("x", type)) }
        }
        #expect(house.mounts.mounts.map(\.path) == ["echo/", "sys/"])
    }

    @Test("Leases that do not fit each other are refused")
    func leases() async throws {
        let house = try await House()
        func mount(_ defaultSeconds: Int, _ maxSeconds: Int) async throws {
            var wish = Self.wish("x")
            (wish.defaultLeaseSeconds, wish.maxLeaseSeconds) = (defaultSeconds, maxSeconds)
            try await house.mounts.mount(wish)
        }
        await #expect(throws: MountFault.defaultLeaseAboveMax) { try await mount(100, 50) }
        let longest = MountTable.systemLeaseSeconds
        await #expect(throws: MountFault.defaultLeaseAboveSystem(maxSeconds: longest)) {
            try await mount(longest + 1, 0)
        }
        try await mount(50, 100)
        #expect(house.mounts.mounts.first { $0.path == "x/" }?.maxLeaseSeconds == 100)
    }

    @Test("Unmounting closes the engine, removes its data and no other's, and the path is free again")
    func unmounting() async throws {
        let house = try await House()
        try await house.mounts.mount(Self.wish("other"))
        _ = await house.ask(.post, "/v1/echo/storing", body: "{}")
        _ = await house.ask(.post, "/v1/other/storing", body: "{}")
        #expect(try await house.storage.list(under: "mount/", after: nil, limit: 10).count == 2)
        try await house.mounts.unmount("echo/")
        #expect(try await house.storage.list(under: "mount/", after: nil, limit: 10).count == 1)
        #expect(house.engines.all.map(\.closed) == [1, 0])
        #expect(await house.ask(.get, "/v1/echo/a").reply.status == 404)
        try await house.mounts.unmount("echo")
        try await house.mounts.unmount("never-there")
        try await house.mounts.mount(Self.wish("echo"))
        #expect(await house.ask(.get, "/v1/echo/a").reply.status == 200)
    }

    @Test("Of many who mount on one path at once, one gets it")
    func race() async throws {
        let house = try await House()
        let made = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                let path = number.isMultiple(of: 2) ? "team" : "team/a"
                group.addTask { (try? await house.mounts.mount(Self.wish(path))) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(made == 1)
        #expect(house.mounts.mounts.count == 3)
    }

    @Test("Closing the table closes every engine")
    func closing() async throws {
        let house = try await House()
        try await house.mounts.mount(Self.wish("b"))
        await house.mounts.close()
        #expect(house.engines.all.map(\.closed) == [1, 1])
    }
}
