import Dispatching
import EngineKit
import Storage
import TestAids
import Testing
import Vocabulary

@Suite("Mounts that outlive the process")
struct StoredMountTests {
    @Test("A second table over the same storage has the same mounts, with their accessors, options and lease times")
    func reload() async throws {
        let house = try await House()
        var wish = MountDescription(path: "kept", type: "echo", accessor: "", uuid: "", about: "to be kept")
        (wish.defaultLeaseSeconds, wish.maxLeaseSeconds, wish.options) = (5, 10, ["version": "2", "a": ""])
        try await house.mounts.mount(wish)
        let before = house.mounts.mounts
        await house.mounts.unload()
        #expect(house.mounts.mounts.allSatisfy { $0.type == "system" })
        try await house.mounts.load()
        #expect(Self.shown(house.mounts.mounts) == Self.shown(before))
        #expect(await house.ask(.get, "/v1/kept/null").reply.status == 200)
    }

    @Test("A removal that was cut short is finished by the next load")
    func cutShort() async throws {
        let house = try await House()
        try await house.mounts.mount(MountDescription(path: "gone", type: "echo", accessor: "", uuid: "", about: ""))
        _ = await house.ask(.post, "/v1/gone/storing", body: "{}")
        let uuid = try #require(house.mounts.mounts.first { $0.path == "gone/" }?.uuid)
        try await house.mounts.unmount("gone")
        #expect(try await house.storage.list(under: "mount/\(uuid)/", after: nil, limit: 10).isEmpty)
        #expect(try await house.storage.read(StorageKey("core/mounts/\(uuid)")) == nil)
        await house.mounts.unload()
        try await house.mounts.load()
        #expect(!house.mounts.mounts.contains { $0.path == "gone/" })
    }

    private static func shown(_ mounts: [MountDescription]) -> [String] {
        mounts.filter { $0.type != "system" }.map {
            "\($0.path) \($0.type) \($0.accessor) \($0.uuid) \($0.about) \($0.defaultLeaseSeconds) "
                + "\($0.maxLeaseSeconds) "
                + $0.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        }
    }
}
