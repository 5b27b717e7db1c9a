import Bytes
import EngineKit
import Foundation
import Primitives
import Storage
import Synchronization
import TestAids
import Testing
import UserpassAuth
import Vocabulary

/// What an engine answered.
struct Reply {
    let status: Int
    let grant: Grant?
    let text: String

    var members: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// The login that was granted.
    var login: Login? { if case .login(let login) = grant { login } else { nil } }
}

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let second = Mutex(1_700_000_000)
    var now: Int { second.withLock { $0 } }
    func advance(_ seconds: Int) { second.withLock { $0 += seconds } }
}

/// An engine over storage, driven as the dispatcher drives it. Hashes are cheap here.
final class Bench: Sendable {
    static let cheap = Argon2id.Cost(memoryKiB: 64, passes: 1, lanes: 1)

    let engine: Userpass
    let clock: TestClock
    let storage: any StorageBackend

    init(
        _ storage: any StorageBackend = InMemoryStorage(), clock: TestClock = TestClock(),
        rules: LoginGuard.Rules = LoginGuard.Rules(), cost: Argon2id.Cost = cheap
    ) throws {
        self.storage = storage
        self.clock = clock
        engine = try Userpass(storage: StorageView(storage, prefix: "mount/1/"), cost: cost, rules: rules) { clock.now }
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
        let description = MountDescription(
            path: "auth/people/", type: "userpass", accessor: "auth_userpass_1", uuid: "1", about: "")
        request.mount = MountPoint(description, systemDefaultSeconds: 3600, systemMaxSeconds: 7200)
        let command = try engine.resolve(request)
        var output = ByteWriter()
        let reply: EngineReply
        switch try engine.perform(command, into: &output) {
        case .done(let done): reply = done
        case .needsStorage: reply = try await engine.performStoring(command, into: &output)
        }
        return Reply(status: reply.status, grant: reply.grant, text: output.view.string)
    }

    /// What a call throws.
    func fault(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String = "", from address: String = "192.0.2.1"
    ) async -> UserpassError? {
        do {
            try await call(operation, path, body, from: address)
            return nil
        } catch {
            return error as? UserpassError
        }
    }

    /// A login's fault.
    func loginFault(_ name: String, _ password: String, from address: String = "192.0.2.1") async -> UserpassError? {
        await fault(.write, "login/\(name)", #"{"password":"\#(password)"}"#, from: address)
    }
}
