import AppRoleAuth
import Bytes
import EngineKit
import Foundation
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

/// What an engine answered.
struct Reply {
    let status: Int
    let grant: Grant?
    let text: String

    var members: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    subscript(_ name: String) -> String { members[name] as? String ?? "" }

    var login: Login? { if case .login(let login) = grant { login } else { nil } }
}

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let second = Mutex(1_700_000_000)
    var now: Timestamp { Timestamp(seconds: second.withLock { $0 }) }
    func advance(_ seconds: Int) { second.withLock { $0 += seconds } }
}

/// An engine over storage, driven as the dispatcher drives it.
final class Bench: Sendable {
    let engine: AppRole
    let clock: TestClock
    let storage: any StorageBackend

    init(_ storage: any StorageBackend = InMemoryStorage(), clock: TestClock = TestClock()) async throws {
        self.storage = storage
        self.clock = clock
        engine = try await AppRole.open(storage: StorageView(storage, prefix: "mount/1/"), now: { clock.now })
    }

    @discardableResult
    func call(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String = "", from address: String = "192.0.2.1"
    ) async throws -> Reply {
        let (pathBytes, bodyBytes) = (Lent(Array(path.utf8)), Lent(Array(body.utf8)))
        defer { withExtendedLifetime((pathBytes, bodyBytes)) {} }
        var request = EngineRequest(
            operation: operation, path: pathBytes.view, body: bodyBytes.view, maxJSONDepth: 300)
        request.client = ClientFacts(address: PeerAddress(text: address) ?? .unknown)
        let command = try engine.resolve(request)
        var output = ByteWriter()
        let reply: EngineReply
        switch try engine.perform(command, into: &output) {
        case .done(let done): reply = done
        case .needsStorage: reply = try await engine.performStoring(command, into: &output)
        }
        return Reply(status: reply.status, grant: reply.grant, text: output.view.string)
    }

    func fault(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String = "", from address: String = "192.0.2.1"
    ) async -> AppRoleError? {
        do {
            try await call(operation, path, body, from: address)
            return nil
        } catch {
            return error as? AppRoleError
        }
    }

    /// A role's id and a new secret id of it.
    func credentials(_ role: String, _ wish: String = "") async throws -> (roleID: String, secretID: String) {
        let roleID = try await call(.read, "role/\(role)/role-id")["role_id"]
        return (roleID, try await call(.write, "role/\(role)/secret-id", wish)["secret_id"])
    }

    func loginFault(
        _ credentials: (roleID: String, secretID: String), from address: String = "192.0.2.1"
    ) async -> AppRoleError? {
        let body = #"{"role_id":"\#(credentials.roleID)","secret_id":"\#(credentials.secretID)"}"#
        return await fault(.write, "login", body, from: address)
    }
}
