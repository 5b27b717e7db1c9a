import Auditing
import Bytes
import EngineKit
import Foundation
import Storage
import Testing
import Vocabulary

/// Enabling, listing, disabling; what is stored.
@Suite struct DeviceTests {
    private func fault(_ wish: DeviceWish, folder: String? = nil) async -> String? {
        do throws(AuditFault) { try await AuditBroker(folder: folder).enable(wish) } catch { return error.wireText }
        return nil
    }

    @Test func `wishes that cannot be granted are refused with the wire's sentences`() async throws {
        let folder = try Folder()
        func file(_ options: [String: String]) -> DeviceWish { fileWish(folder, "f", options) }
        let cases: [(DeviceWish, String)] = [
            (DeviceWish(path: "f", type: "nosuch", options: [:]), "unknown backend type: \"nosuch\""),
            (DeviceWish(path: "f", type: "", options: [:]), "backend type must be specified as a string"),
            (DeviceWish(path: "f", type: "file", options: [:]), "file_path is required"),
            (DeviceWish(path: "", type: "file", options: [:]), "device paths are made of"),
            (DeviceWish(path: "../f", type: "file", options: [:]), "device paths are made of"),
            (DeviceWish(path: "s", type: "socket", options: [:]), "address is required"),
            (DeviceWish(path: "s", type: "socket", options: ["address": "h"]), "address must have a port"),
            (file(["file_path": "audit.log"]), "file_path must be absolute"),
            (file(["file_path": folder.path("x/../y")]), "file_path must be absolute"),
            (file(["format": "jsonx"]), "format must be \"json\""),
            (file(["nosuch": "1"]), "unknown options: nosuch"),
            (file(["log_raw": "perhaps"]), "log_raw must be a boolean"),
            (file(["file_path": folder.url.path]), "sanity check failed"),
            (file(["file_path": "/proc/nosuch/audit.log"]), "sanity check failed"),
        ]
        for (wish, text) in cases {
            let found = await fault(wish)
            #expect(found?.contains(text) == true, "\(wish) gave \(found ?? "nothing")")
        }
    }

    @Test(arguments: ["0700", "0611", "777", "0601", "4600", "rwx", "-1", "0400"])
    func `CVE_2025_6000: a mode that allows execution, or no mode at all, is refused`(mode: String) async throws {
        let folder = try Folder()
        #expect(await fault(fileWish(folder, "f", ["mode": mode]))?.contains("mode must") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.path("f")))
    }

    @Test func `CVE_2025_6000: no prefix, no executable file, no link, nothing but an audit log is written to`()
        async throws
    {
        let folder = try Folder()
        #expect(
            await fault(fileWish(folder, "f", ["prefix": "#!/bin/sh\n"]))?.contains("prefix is not offered") == true)
        try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: folder.path("script")))
        #expect(await fault(fileWish(folder, "script"))?.contains("something other than an audit log") == true)
        try Data().write(to: URL(fileURLWithPath: folder.path("plugin")))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path("plugin"))
        #expect(await fault(fileWish(folder, "plugin"))?.contains("execute permission") == true)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path("there"))
        #expect(await fault(fileWish(folder, "link")) != nil)
        #expect(!FileManager.default.fileExists(atPath: folder.path("there")))
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        #expect(await fault(fileWish(folder, "pipe")) != nil)
        #expect(
            await fault(fileWish(folder, "f"), folder: "/var/log/strongroom")?.contains("must lie in the folder")
                == true)
    }

    @Test func `folders are made, and the file's mode is the one asked for`() async throws {
        let folder = try Folder()
        try await AuditBroker().enable(fileWish(folder, "f", ["file_path": folder.path("a/b/c.log"), "mode": "0640"]))
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("a/b/c.log"))
        #expect(attributes[.posixPermissions] as? Int == 0o640)
    }

    @Test func `a path and a file are taken once`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "a"))
        await #expect(throws: AuditFault.pathInUse) { try await broker.enable(fileWish(folder, "a")) }
        await #expect(throws: AuditFault.pathInUse) {
            try await broker.enable(fileWish(folder, "b", ["file_path": folder.path("z")]).at("a/b"))
        }
        await #expect(throws: AuditFault.self) {
            try await broker.enable(fileWish(folder, "a").at("other"))
        }
        #expect(broker.devices.map(\.wish.path) == ["a/"])
        try await broker.disable("a")
        #expect(!broker.isEnabled)
        try await broker.disable("nosuch")
    }

    @Test func `devices, their salts and headers come back after a restart`() async throws {
        let folder = try Folder()
        let storage = InMemoryStorage()
        let first = AuditBroker()
        try await first.load(from: storage)
        try await first.enable(fileWish(folder, "f", ["hmac_accessor": "false"]))
        try await first.setHeader(AuditedHeader(name: "X-Foo", isHashed: true))
        let hash = try first.hash(lasting("abc"), for: "f")
        #expect(hash.hasPrefix("hmac-sha256:") && hash.utf8.count == 76)
        await first.unload()
        #expect(first.record(entry()) == 0, "nothing passes unrecorded while the devices are put away")
        let second = AuditBroker()
        try await second.load(from: storage)
        #expect(try second.hash(lasting("abc"), for: "f/") == hash)
        #expect(second.devices.first?.wish.options["hmac_accessor"] == "false")
        #expect(second.auditedHeaders == [AuditedHeader(name: "x-foo", isHashed: true)])
        #expect(await second.isRecorded(second.record(entry())))
        try await second.disable("f")
        try await second.removeHeader("X-FOO")
        await #expect(throws: AuditFault.unknownHeader) { try await second.removeHeader("x-foo") }
        let third = AuditBroker()
        try await third.load(from: storage)
        #expect(!third.isEnabled && third.auditedHeaders.isEmpty)
    }

    @Test func `stored devices that cannot be used, all of them, keep the server shut`() async throws {
        let folder = try Folder()
        let storage = InMemoryStorage()
        var batch = WriteBatch()
        batch.put(StorageKey("core/audit/broken/"), [1, 2, 3])
        try await storage.commit(batch)
        await #expect(throws: AuditFault.storage) { try await AuditBroker().load(from: storage) }
        let other = InMemoryStorage()
        let first = AuditBroker()
        try await first.load(from: other)
        try await first.enable(fileWish(folder, "f"))
        try await other.commit(batch)
        await first.unload()
        let second = AuditBroker()
        try await second.load(from: other)
        #expect(second.devices.map(\.wish.path) == ["f/"])
        #expect(await second.isRecorded(second.record(entry())))
    }

    @Test func `salts differ from device to device, and unknown devices are told`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "a"))
        try await broker.enable(fileWish(folder, "b"))
        #expect(try broker.hash(lasting("x"), for: "a") != (try broker.hash(lasting("x"), for: "b")))
        #expect(throws: AuditFault.unknownDevice("c/")) { try broker.hash(lasting("x"), for: "c") }
        #expect(throws: AuditFault.inputMissing) { try broker.hash(lasting(""), for: "a") }
    }

    @Test func `a request that disables the last device is answered`() async throws {
        let folder = try Folder()
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "a"))
        #expect(await broker.isRecorded(broker.record(entry(lines: .request))))
        try await broker.disable("a")
        let ticket = broker.record(entry(lines: .response))
        #expect(await broker.isRecorded(ticket))
    }
}

extension DeviceWish {
    func at(_ path: String) -> DeviceWish {
        var copy = self
        copy.path = path
        return copy
    }
}
