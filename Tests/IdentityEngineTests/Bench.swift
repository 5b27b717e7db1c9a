import Bytes
import EngineKit
import Foundation
import Identity
import IdentityEngine
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

/// What the engine answered.
struct Reply {
    let status: Int
    let text: String
    let form: EngineReply.Form
    let warnings: [String]

    var members: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    subscript(_ name: String) -> String { members[name] as? String ?? "" }
}

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let second = Mutex(1_700_000_000)
    var now: Int { second.withLock { $0 } }
    func advance(_ seconds: Int) { second.withLock { $0 += seconds } }
}

/// `identity/` over storage, driven as the dispatcher drives it.
struct Bench {
    static let people = MountDescription(
        path: "auth/people/", type: "userpass", accessor: "auth_userpass_1", uuid: "1", about: "")

    let storage: any StorageBackend
    let clock: TestClock
    let store: IdentityStore
    let engine: IdentityPaths

    init(_ storage: any StorageBackend = InMemoryStorage(), clock: TestClock = TestClock()) async throws {
        self.storage = storage
        self.clock = clock
        store = IdentityStore(storage: StorageView(storage, prefix: "core/identity/")) {
            $0 == Self.people.accessor ? Self.people : nil
        }
        engine = IdentityPaths(
            store: store, storage: StorageView(storage, prefix: "house/identity/"),
            defaultIssuer: { "https://h:8200" }, now: { clock.now })
        try await store.load()
        try await engine.open()
    }

    func restarted() async throws -> Bench { try await Bench(storage, clock: clock) }

    @discardableResult
    func call(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String = "", as entityID: String? = nil
    ) async throws -> Reply {
        let (pathBytes, bodyBytes) = (Lent(Array(path.utf8)), Lent(Array(body.utf8)))
        defer { withExtendedLifetime((pathBytes, bodyBytes)) {} }
        var request = EngineRequest(operation: operation, path: pathBytes.view, body: bodyBytes.view, maxJSONDepth: 64)
        request.caller = entityID.map { Caller(tokenID: "t", entityID: $0) }
        let command = try engine.resolve(request)
        var output = ByteWriter()
        let reply: EngineReply
        switch try engine.perform(command, into: &output) {
        case .done(let done): reply = done
        case .needsStorage: reply = try await engine.performStoring(command, into: &output)
        }
        return Reply(
            status: reply.status, text: output.view.string, form: reply.form, warnings: reply.warnings)
    }

    /// The sentence that a call is refused with.
    func refusal(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String = "", as entityID: String? = nil
    ) async -> String? {
        do {
            try await call(operation, path, body, as: entityID)
            return nil
        } catch {
            return (error as? IdentityPathError)?.wireText ?? "\(error)"
        }
    }

    /// Somebody who has logged in.
    func somebody(_ name: String = "bob") async throws -> String {
        try #require(try await store.admit(Login(aliasName: name, displayName: name), at: Self.people))
    }

    func isActive(_ token: String, client: String = "") async throws -> Bool {
        let reply = try await call(.write, "oidc/introspect", #"{"token":"\#(token)","client_id":"\#(client)"}"#)
        return reply.members["active"] as? Bool ?? false
    }
}
