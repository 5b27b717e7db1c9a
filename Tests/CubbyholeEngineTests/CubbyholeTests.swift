import Bytes
import EngineKit
import Storage
import TestAids
import Testing
import Vocabulary

@testable import CubbyholeEngine

@Suite("Cubbyholes")
struct CubbyholeTests {
    private static let one = Caller(tokenID: "1")

    private static func ask(
        _ engine: Cubbyhole, _ operation: Vocabulary.Operation, _ path: StaticString, _ body: StaticString = "",
        as caller: Caller = one
    ) async throws -> String {
        var request = EngineRequest(
            operation: operation, path: ByteView(path), body: ByteView(body), maxJSONDepth: 20)
        request.caller = caller
        var answer = ByteWriter()
        let reply = try await engine.performStoring(try engine.resolve(request), into: &answer)
        return reply.status == 204 ? "" : answer.view.string
    }

    @Test("What is kept comes back as it was written, to its token alone, and goes with it")
    func keeping() async throws {
        let storage = InMemoryStorage()
        let engine = Cubbyhole(storage: StorageView(storage, prefix: "c/"))
        _ = try await Self.ask(engine, .write, "a/b", "{\"n\":12345678901234567890,\"x\":1.10}")
        #expect(try await Self.ask(engine, .read, "a/b") == "{\"n\":12345678901234567890,\"x\":1.10}")
        #expect(try await Self.ask(engine, .list, "") == "{\"keys\":[\"a/\"]}")
        #expect(try await Self.ask(engine, .list, "a") == "{\"keys\":[\"b\"]}")
        let other = Caller(tokenID: "11")
        await #expect(throws: CubbyholeError.nothingThere) { try await Self.ask(engine, .read, "a/b", as: other) }
        await #expect(throws: CubbyholeError.nothingThere) { try await Self.ask(engine, .list, "", as: other) }
        _ = try await Self.ask(engine, .write, "z", "{\"a\":1}", as: other)
        try await engine.tokenEnded("1")
        await #expect(throws: CubbyholeError.nothingThere) { try await Self.ask(engine, .read, "a/b") }
        #expect(try await Self.ask(engine, .read, "z", as: other) == "{\"a\":1}")
        // What a request of the ended token still writes does not stay.
        _ = try await Self.ask(engine, .write, "late", "{\"a\":1}")
        #expect(try await storage.list(under: "c/1/", after: nil, limit: 10).isEmpty)
    }

    @Test("Nothing, lists and garbage are not kept; batch tokens have no cubbyhole", arguments: ["", "{}", "[1]", "{"])
    func refused(body: String) async throws {
        let engine = Cubbyhole(storage: StorageView(InMemoryStorage(), prefix: "c/"))
        var text = ByteWriter()
        text.append(text: body)
        var request = EngineRequest(operation: .write, path: ByteView("a"), body: text.view, maxJSONDepth: 20)
        request.caller = Self.one
        #expect(throws: CubbyholeError.self) { try engine.resolve(request) }
        request.caller = Caller(tokenID: "b", kind: .batch)
        #expect(throws: CubbyholeError.serviceTokensOnly) { try engine.resolve(request) }
        request.caller = nil
        #expect(throws: CubbyholeError.permissionDenied) { try engine.resolve(request) }
    }
}
