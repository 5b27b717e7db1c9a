import Bytes
import Dispatching
import EngineKit
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

/// Counts what it is asked to take back, and can refuse to.
private final class FakeLeases: LeaseRegistering {
    struct State {
        var revoked: [String] = []
        var refusal: LeaseFault?
        var issued = 0
    }
    let state = Mutex(State())

    func admits(_ path: ByteView, at mount: MountPoint) -> Bool { true }
    func register(
        _ grant: SecretGrant, path: String, at mount: MountPoint, for caller: Caller?
    ) async throws(LeaseFault) -> LeaseTicket {
        LeaseTicket(leaseID: path + "/1", seconds: 1, isRenewable: false)
    }
    func revokeAll(of mount: MountPoint) async throws(LeaseFault) {
        let refusal = state.withLock { state in
            state.revoked.append(mount.path)
            return state.refusal
        }
        if let refusal { throw refusal }
    }
}

@Suite("Changes of mounts")
struct MountChangeTests {
    private static func wish(_ path: String, _ type: String = "echo") -> MountDescription {
        MountDescription(path: path, type: type, accessor: "", uuid: "", about: "")
    }

    @Test("An auth method is a mount below auth/, with an accessor that says so")
    func authMount() async throws {
        let house = try await House()
        try await house.mounts.mount(Self.wish("auth/people/", "login"))
        let mount = try #require(house.mounts.mounts.first { $0.path == "auth/people/" })
        #expect(mount.accessor.wholeMatch(of: #/auth_login_[0-9a-f]{8}/#) != nil && mount.isAuth)
        #expect(await house.ask(.get, "/v1/auth/people/x").echoed("path") == "x")
        for (path, type, fault) in [
            ("auth/people", "login", MountFault.pathInUse("people/")), ("auth/x", "echo", .unknownType("echo")),
            ("x", "login", .unknownType("login")), ("auth/x", "token", .typeNotMountable("token")),
            ("auth/token/x", "login", .reservedPath("token/x/")),
        ] {
            await #expect(throws: fault) { try await house.mounts.mount(Self.wish(path, type)) }
        }
        await #expect(throws: MountFault.tokenMethodStays) { try await house.mounts.unmount("auth/token") }
        await #expect(throws: MountFault.movedAcrossKinds) {
            _ = try await house.mounts.remount(from: "auth/people", to: "people")
        }
        try await house.mounts.unmount("auth/people")
        #expect(await house.ask(.get, "/v1/auth/people/x").reply.status == 404)
    }

    @Test("A mount that cannot take back what it gave out stays and answers")
    func lostLeases() async throws {
        let house = try await House()
        let leases = FakeLeases()
        house.mounts.connect(leases: leases)
        leases.state.withLock { $0.refusal = .unavailable("database is away") }
        await #expect(throws: MountFault.leases("database is away")) { try await house.mounts.unmount("echo") }
        await #expect(throws: MountFault.leases("database is away")) {
            _ = try await house.mounts.remount(from: "echo", to: "other")
        }
        #expect(await house.ask(.get, "/v1/echo/storing").reply.status == 200)
        leases.state.withLock { $0.refusal = nil }
        try await house.mounts.unmount("echo")
        #expect(leases.state.withLock { $0.revoked } == ["echo/", "echo/", "echo/"])
        #expect(await house.ask(.get, "/v1/echo/storing").reply.status == 404)
    }

    @Test("A moved mount keeps its data, accessor and engine, and answers at its new path only")
    func moving() async throws {
        let house = try await House()
        let before = try #require(house.mounts.mounts.first { $0.path == "echo/" })
        let move = try await house.mounts.remount(from: "echo", to: "team/b/")
        #expect(move.source == "echo/" && move.target == "team/b/" && house.mounts.migration(move.id) == move)
        let after = try #require(house.mounts.mounts.first { $0.path == "team/b/" })
        #expect(after.accessor == before.accessor && after.uuid == before.uuid)
        #expect(await house.ask(.get, "/v1/echo/a").reply.status == 404)
        #expect(await house.ask(.get, "/v1/team/b/storing").reply.status == 200)
        await #expect(throws: MountFault.nothingToMove("echo/")) {
            _ = try await house.mounts.remount(from: "echo", to: "x")
        }
        try await house.mounts.mount(Self.wish("c"))
        await #expect(throws: MountFault.existingMount("team/b/")) {
            _ = try await house.mounts.remount(from: "c", to: "team")
        }
        #expect(house.engines.all.map(\.closed) == [0, 0])
    }

    @Test("Tuning changes what is given and nothing else, and is stored")
    func tuning() async throws {
        let house = try await House()
        var change = MountTuning()
        (change.maxLeaseSeconds, change.defaultLeaseSeconds, change.about) = (9_999_999, 60, "new")
        (change.options, change.listingVisibility, change.plainRequestKeys) = (["version": "2"], "unauth", ["a", "b"])
        _ = try await house.mounts.tune("echo", change)
        let tuned = try #require(house.mounts.point(at: "echo/"))
        #expect(tuned.maxLeaseSeconds == 9_999_999 && tuned.defaultLeaseSeconds == 60)
        #expect(tuned.description.about == "new" && tuned.description.plainRequestKeys == ["a", "b"])
        change = MountTuning()
        change.options = ["other": "x"]
        _ = try await house.mounts.tune("echo/", change)
        #expect(house.mounts.point(at: "echo/")?.description.options == ["version": "2", "other": "x"])
        for (fault, wrong) in [
            (MountFault.cannotDowngrade, { $0.options = ["version": "1"] }),
            (.defaultLeaseAboveMax, { $0.defaultLeaseSeconds = 10_000_000 }),
            (.unknownVisibility, { $0.listingVisibility = "zz" }),
            (.tokenTypeOfSecrets, { $0.tokenType = "batch" }), (.unknownTokenType, { $0.tokenType = "zz" }),
        ] as [(MountFault, (inout MountTuning) -> Void)] {
            var change = MountTuning()
            wrong(&change)
            await #expect(throws: fault) { _ = try await house.mounts.tune("echo", change) }
        }
        await #expect(throws: MountFault.nothingToTune("none/")) {
            _ = try await house.mounts.tune("none", MountTuning())
        }
        let again = MountTable(storage: house.storage, factories: ["echo": { _, view in EchoEngine(view) }])
        try await again.load()
        #expect(again.point(at: "echo/")?.description.listingVisibility == "unauth")
        #expect(again.point(at: "echo/")?.maxLeaseSeconds == 9_999_999)
    }

    @Test("What the house mounts keeps its accessor and its tuning over a restart")
    func houseMounts() async throws {
        let house = try await House()
        try await house.mounts.load()
        let accessor = house.mounts.point(at: "sys/")?.description.accessor
        var change = MountTuning()
        change.maxLeaseSeconds = 5000
        _ = try await house.mounts.tune("sys", change)
        let again = MountTable(storage: house.storage, factories: ["echo": { _, view in EchoEngine(view) }])
        try again.install(house.engines.all[0], at: "echo2/", about: "")
        try again.install(FakeSystem(), at: "sys/", about: "")
        #expect(again.point(at: "sys/")?.description.accessor != accessor)
        try await again.load()
        #expect(again.point(at: "sys/")?.description.accessor == accessor)
        #expect(again.point(at: "sys/")?.maxLeaseSeconds == 5000)
    }

    @Test("Requests that store are waited for before a mount goes, and later ones find nothing")
    func draining() async throws {
        let house = try await House()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let status = await house.ask(.post, "/v1/echo/storing", body: "{}").reply.status
                    #expect(status == 200 || status == 404)
                }
            }
            group.addTask { try await house.mounts.unmount("echo") }
            try await group.waitForAll()
        }
        #expect(try await house.storage.list(under: "mount/", after: nil, limit: 10).isEmpty)
    }
}

/// Stands for the engine of `sys/`.
private final class FakeSystem: SecretsEngine {
    let typeName = "system"
    func resolve(_ request: EngineRequest) throws(EchoFault) -> Int { 0 }
    func capability(for command: Int) -> Capability { .read }
    func perform(_ command: Int, into body: inout ByteWriter) throws(EchoFault) -> Handling { .done(.noContent) }
    func performStoring(_ command: Int, into body: inout ByteWriter) async throws(EchoFault) -> EngineReply {
        .noContent
    }
}
