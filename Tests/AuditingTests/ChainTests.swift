import Auditing
import EngineKit
import Foundation
import Testing

/// The hash chain and its verifier.
@Suite struct ChainTests {
    private func write(_ broker: AuditBroker, _ count: Int) async {
        for _ in 0..<count {
            #expect(await broker.isRecorded(broker.record(entry(UUID().uuidString, data: #"{"v":"abc"}"#))))
        }
    }

    private func verify(_ paths: String...) throws -> ChainReport {
        var verifier = ChainVerifier()
        for path in paths {
            let isRead = verifier.read(path)
            try #require(isRead)
        }
        return verifier.finish()
    }

    private func chained(_ folder: Folder) async throws -> AuditBroker {
        let broker = AuditBroker()
        try await broker.enable(fileWish(folder, "f", ["hash_chain": "true"]))
        return broker
    }

    @Test func `every line is linked, and the head is what the device says`() async throws {
        let folder = try Folder()
        let broker = try await chained(folder)
        await write(broker, 10)
        let report = try verify(folder.path("f"))
        #expect(report.chained == 20 && report.firstBreak == nil && report.torn == 0)
        #expect(report.head == broker.devices.first?.status.chainHead)
        #expect(folder.entries("f").count == 20)
    }

    @Test func `the chain survives restarts, interrupted writes, and rotation`() async throws {
        let folder = try Folder()
        for round in 0..<4 {
            let broker = try await chained(folder)
            await write(broker, 3)
            await broker.unload()
            if round == 1 { try append(folder.path("f"), "{\"prev\":\"12") }
            if round == 2 {
                let head = try verify(folder.path("f")).head
                try append(folder.path("f"), "{\"prev\":\"\(head)\",\"time\":\"2026-")
            }
        }
        let report = try verify(folder.path("f"))
        #expect(report.firstBreak == nil && report.torn >= 1)
        let broker = try await chained(folder)
        try FileManager.default.moveItem(atPath: folder.path("f"), toPath: folder.path("f.1"))
        broker.reopen()
        #expect(try await eventually { FileManager.default.fileExists(atPath: folder.path("f")) })
        await write(broker, 2)
        #expect(try verify(folder.path("f.1"), folder.path("f")).firstBreak == nil)
        #expect(try verify(folder.path("f"), folder.path("f.1")).firstBreak != nil)
    }

    @Test func `changing, removing, adding or moving any line is found where it was done`() async throws {
        let folder = try Folder()
        await write(try await chained(folder), 4)
        let text = try String(contentsOfFile: folder.path("f"), encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        func broken(_ lines: [String]) throws -> ChainReport.Break? {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: folder.path("x")))
            return try verify(folder.path("x")).firstBreak
        }
        #expect(try broken(lines) == nil)
        for index in 0..<lines.count - 1 {
            var changed = lines
            changed[index] = changed[index].replacingOccurrences(of: "\"update\"", with: "\"read\"")
            #expect(try broken(changed)?.line == index + 2)
            var added = lines
            added.insert("{\"time\":\"x\"}", at: index + 1)
            #expect(try broken(added)?.line == index + 2)
            var torn = lines
            torn.insert("garbage", at: index + 1)
            #expect(try broken(torn)?.line == index + 3)
            if index > 0 {
                var removed = lines
                removed.remove(at: index)
                #expect(try broken(removed)?.line == index + 1)
                var moved = lines
                moved.swapAt(index, index + 1)
                #expect(try broken(moved)?.line == index + 1)
            }
        }
    }

    @Test func `a chain is begun behind lines that have none`() async throws {
        let folder = try Folder()
        let plain = AuditBroker()
        try await plain.enable(fileWish(folder, "f"))
        await write(plain, 2)
        await plain.unload()
        await write(try await chained(folder), 2)
        let report = try verify(folder.path("f"))
        #expect(report.firstBreak == nil && report.unchained == 4 && report.chained == 4)
    }

    private func append(_ path: String, _ text: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        handle.seekToEndOfFile()
        handle.write(Data(text.utf8))
        try handle.close()
    }
}
