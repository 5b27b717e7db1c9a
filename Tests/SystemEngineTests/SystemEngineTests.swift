import Bytes
import EngineKit
import Foundation
import Synchronization
import SystemEngine
import TestAids
import Testing
import Vocabulary

/// Mounts without engines.
private final class FakeMounts: MountControl {
    private let list = Mutex<[MountDescription]>([])
    private let refusal: MountFault?

    init(refusal: MountFault? = nil) {
        self.refusal = refusal
        for (path, type) in [("sys/", "system"), ("transit/", "transit")] {
            var mount = MountDescription(
                path: path, type: type, accessor: "\(type)_0", uuid: "u-\(type)", about: "about <it>")
            mount.options = type == "transit" ? ["version": "1"] : [:]
            list.withLock { $0.append(mount) }
        }
    }

    var mounts: [MountDescription] { list.withLock { $0 } }

    func mount(_ wish: MountDescription) async throws(MountFault) {
        if let refusal { throw refusal }
        list.withLock { $0.append(wish) }
    }

    func unmount(_ path: String) async throws(MountFault) {
        if let refusal { throw refusal }
        list.withLock { list in list.removeAll { $0.path == path } }
    }

    func point(at path: String) -> MountPoint? {
        mounts.first { $0.path == path }.map {
            MountPoint($0, systemDefaultSeconds: 1000, systemMaxSeconds: 2000)
        }
    }

    func holder(of path: String) -> MountDescription? { mounts.first { path.hasPrefix($0.path) } }

    func tune(_ path: String, _ change: MountTuning) async throws(MountFault) -> [String] {
        if let refusal { throw refusal }
        return change.options == nil ? [] : ["tuned \(path)"]
    }

    func remount(from source: String, to target: String) async throws(MountFault) -> MountMigration {
        if let refusal { throw refusal }
        return MountMigration(id: "m-1", source: source, target: target, status: "success")
    }

    func migration(_ id: String) -> MountMigration? {
        id == "m-1" ? MountMigration(id: id, source: "a/", target: "b/", status: "success") : nil
    }
}

@Suite("System engine")
struct SystemEngineTests {
    private struct Reply {
        let reply: EngineReply
        let text: String
        var members: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
        }
    }

    private static func engine(_ mounts: any MountControl = FakeMounts()) -> SystemPaths {
        let facts = ServerFacts(version: "9.9", storageType: "inmem", clusterName: "here", clusterID: "c-1")
        return SystemPaths(facts: facts, mounts: mounts) { 1_700_000_000 }
    }

    private static func request(
        _ operation: Vocabulary.Operation, _ path: StaticString, _ body: StaticString, _ isKnown: Bool
    ) -> EngineRequest {
        // Literals live for ever, so the request may be kept across suspensions.
        var request = EngineRequest(
            operation: operation, path: ByteView(path), body: ByteView(body), maxJSONDepth: 20)
        request.caller = isKnown ? .root : nil
        return request
    }

    private static func call(
        _ engine: SystemPaths, _ operation: Vocabulary.Operation, _ path: StaticString, _ body: StaticString = "",
        isKnown: Bool = true
    ) async throws -> Reply {
        let command = try engine.resolve(request(operation, path, body, isKnown))
        var output = ByteWriter()
        switch try engine.perform(command, into: &output) {
        case .done(let reply): return Reply(reply: reply, text: output.view.string)
        case .needsStorage:
            let reply = try await engine.performStoring(command, into: &output)
            return Reply(reply: reply, text: output.view.string)
        }
    }

    @Test("Health says that the server is up, in the field's words, at the status asked for")
    func health() async throws {
        let engine = Self.engine()
        let health = try await Self.call(engine, .read, "health")
        #expect(health.reply.status == 200 && health.reply.form == .bare)
        #expect(health.members["initialized"] as? Bool == true && health.members["sealed"] as? Bool == false)
        #expect(health.members["standby"] as? Bool == false)
        #expect(health.members["server_time_utc"] as? Int == 1_700_000_000)
        #expect(
            health.members["version"] as? String == "1.18.0" && health.members["strongroom_version"] as? String == "9.9"
        )
        #expect(health.members["cluster_id"] as? String == "c-1")
        #expect(try await Self.call(engine, .read, "health", #"{"activecode":"299"}"#).reply.status == 299)
        #expect(try await Self.call(engine, .read, "health", #"{"activecode":"700"}"#).reply.status == 200)
        #expect(try await Self.call(engine, .read, "health", #"{"activecode":"99"}"#).reply.status == 200)
        await #expect(throws: SystemError.self) { try await Self.call(engine, .read, "health", #"{"activecode":"x"}"#) }
    }

    @Test("Seal status has the members that clients decide by")
    func sealStatus() async throws {
        let status = try await Self.call(Self.engine(), .read, "seal-status")
        #expect(status.reply.form == .bare)
        #expect(status.members["sealed"] as? Bool == false && status.members["initialized"] as? Bool == true)
        #expect(status.members["type"] as? String == "shamir" && status.members["storage_type"] as? String == "inmem")
        for name in ["t", "n", "progress", "nonce", "version", "cluster_name", "migration", "recovery_seal"] {
            #expect(status.members[name] != nil, "\(name)")
        }
    }

    @Test("Mounts are listed by path, with everything that clients look at")
    func mounts() async throws {
        let engine = Self.engine()
        let list = try await Self.call(engine, .read, "mounts")
        #expect(list.reply.form == .mirrored)
        #expect(Set(list.members.keys) == ["sys/", "transit/"])
        let transit = try #require(list.members["transit/"] as? [String: Any])
        #expect(transit["type"] as? String == "transit" && transit["accessor"] as? String == "transit_0")
        #expect(transit["uuid"] as? String == "u-transit" && transit["description"] as? String == "about <it>")
        #expect(transit["options"] as? [String: String] == ["version": "1"])
        #expect((transit["config"] as? [String: Any])?["default_lease_ttl"] as? Int == 0)
        #expect((list.members["sys/"] as? [String: Any])?["options"] is NSNull)
        #expect(list.text.contains(#"about \u003cit\u003e"#))
        for path in ["mounts/transit", "mounts/transit/"] as [StaticString] {
            #expect(try await Self.call(engine, .read, path).members["type"] as? String == "transit")
        }
        await #expect(throws: SystemError.noMount("none/")) { try await Self.call(engine, .read, "mounts/none") }
        #expect(SystemError.noMount("none/").wireText == "No secret engine mount at none/")
    }

    @Test("The UI's list of mounts is open to all, and empty for those without a token")
    func uiMounts() async throws {
        let engine = Self.engine()
        let open = try await Self.call(engine, .read, "internal/ui/mounts", isKnown: false)
        #expect(open.text == #"{"auth":{},"secret":{}}"#)
        let known = try await Self.call(engine, .read, "internal/ui/mounts")
        #expect(Set((known.members["secret"] as? [String: Any])?.keys.map { $0 } ?? []) == ["sys/", "transit/"])
        let one = try await Self.call(engine, .read, "internal/ui/mounts/transit/keys/k")
        #expect(one.members["path"] as? String == "transit/" && one.members["type"] as? String == "transit")
        await #expect(throws: SystemError.preflight("none/x/")) {
            try await Self.call(engine, .read, "internal/ui/mounts/none/x")
        }
        #expect(SystemError.preflight("none/").faultClass == .permissionDenied)
        await #expect(throws: SystemError.permissionDenied) {
            try await Self.call(engine, .read, "internal/ui/mounts/transit", isKnown: false)
        }
    }

    @Test("Only reading health, seal status and the UI's list is open to all")
    func open() {
        let engine = Self.engine()
        let paths: [(StaticString, Bool)] = [
            ("health", true), ("seal-status", true), ("internal/ui/mounts", true),
            ("internal/ui/mounts/transit", true), ("internal/ui/resultant-acl", false),
            ("mounts", false), ("mounts/transit", false), ("health/", false), ("", false), ("healthz", false),
        ]
        for (path, isOpen) in paths {
            #expect(engine.isOpenToAll(Self.request(.read, path, "", false)) == isOpen, "\(path)")
            for operation in [Vocabulary.Operation.write, .delete, .list] {
                #expect(!engine.isOpenToAll(Self.request(operation, path, "", false)), "\(path)")
            }
        }
    }

    @Test("Enabling hands the wish on as it was said, and warns of what is unknown")
    func enabling() async throws {
        let mounts = FakeMounts()
        let engine = Self.engine(mounts)
        let body: StaticString = #"""
            {"type":"transit","description":"d","local":true,
             "config":{"default_lease_ttl":"1h","max_lease_ttl":7200}}
            """#
        #expect(try await Self.call(engine, .write, "mounts/team/a", body).reply.status == 204)
        let wish = try #require(mounts.mounts.last)
        #expect(wish.path == "team/a" && wish.type == "transit" && wish.about == "d" && wish.isLocal)
        #expect(wish.defaultLeaseSeconds == 3600 && wish.maxLeaseSeconds == 7200)
        let warned = try await Self.call(engine, .write, "mounts/b", #"{"type":"transit","path":"x","odd":1}"#)
        #expect(warned.reply.status == 200 && warned.reply.warnings.count == 2)
        #expect(try await Self.call(engine, .delete, "mounts/b").reply.status == 204)
        #expect(!mounts.mounts.contains { $0.path == "b" })
        await #expect(throws: SystemError.self) { try await Self.call(engine, .write, "mounts/c", #"{"config":[1]}"#) }
    }

    @Test("What the mounts refuse is told as they say it")
    func refusals() async throws {
        for fault in [
            MountFault.pathInUse("a/"), .reservedPath("sys/"), .storage, .unknownType("x"), .cannotUnmount("sys/"),
        ] {
            let engine = Self.engine(FakeMounts(refusal: fault))
            await #expect(throws: SystemError.mount(fault)) { try await Self.call(engine, .write, "mounts/a", "{}") }
            await #expect(throws: SystemError.mount(fault)) { try await Self.call(engine, .delete, "mounts/a") }
            #expect(SystemError.mount(fault).faultClass == fault.faultClass)
            #expect(SystemError.mount(fault).wireText == fault.wireText)
        }
        #expect(
            MountFault.storage.faultClass == .unavailable && MountFault.pathInUse("a/").faultClass == .invalidRequest)
        #expect(MountFault.pathInUse("a/").wireText == "path is already in use at a/")
    }

    @Test("Tuning and moving are handed on, and told as the mounts say it")
    func tuning() async throws {
        let engine = Self.engine()
        let read = try await Self.call(engine, .read, "mounts/transit/tune")
        #expect(read.members["default_lease_ttl"] as? Int == 1000 && read.members["max_lease_ttl"] as? Int == 2000)
        let system = try await Self.call(engine, .write, "mounts/a/tune", #"{"max_lease_ttl":"system"}"#)
        #expect(system.reply.status == 204)
        let warned = try await Self.call(engine, .write, "auth/a/tune", #"{"options":{"version":2}}"#)
        #expect(warned.reply.warnings == ["tuned auth/a"])
        await #expect(throws: SystemError.mount(.nothingToTune("none/"))) {
            try await Self.call(engine, .read, "mounts/none/tune")
        }
        let moved = try await Self.call(engine, .write, "remount", #"{"from":"a","to":"b"}"#)
        #expect(moved.members["migration_id"] as? String == "m-1")
        #expect(try await Self.call(engine, .read, "remount/status/m-1").members["migration_id"] as? String == "m-1")
        await #expect(throws: SystemError.nothingThere) { try await Self.call(engine, .read, "remount/status/m-2") }
        for body in ["", #"{"from":"a"}"#, #"{"from":["a"],"to":"b"}"#] as [StaticString] {
            await #expect(throws: SystemError.moveIncomplete) { try await Self.call(engine, .write, "remount", body) }
        }
    }

    @Test("Other paths and other operations are unsupported")
    func unsupported() async throws {
        let engine = Self.engine()
        for path in ["", "nothing", "mounts/", "health/", "internal/ui", "auth/"] as [StaticString] {
            await #expect(throws: SystemError.unsupportedPath, "\(path)") { try await Self.call(engine, .read, path) }
        }
        for (operation, path) in [
            (.write, "health"), (.delete, "seal-status"), (.write, "mounts"), (.list, "mounts/transit"),
            (.delete, "internal/ui/mounts"),
        ] as [(Vocabulary.Operation, StaticString)] {
            await #expect(throws: SystemError.unsupportedOperation, "\(path)") {
                try await Self.call(engine, operation, path)
            }
        }
    }

    @Test("Every command needs the right that its verb stands for")
    func capabilities() throws {
        let engine = Self.engine()
        for (operation, path, capability) in [
            (.read, "mounts", .read), (.read, "mounts/a", .read), (.write, "mounts/a", .update),
            (.delete, "mounts/a", .delete),
            (.read, "health", .read),
        ] as [(Vocabulary.Operation, StaticString, Capability)] {
            let command = try engine.resolve(Self.request(operation, path, "{}", true))
            #expect(engine.capability(for: command) == capability)
        }
    }
}
