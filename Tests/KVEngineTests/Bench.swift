import Bytes
import EngineKit
import Foundation
import KVEngine
import Storage
import Synchronization
import TestAids
import Testing
import Vocabulary

/// What an engine answered.
struct Reply {
    let status: Int
    let warnings: [String]
    let keepSeconds: Int
    let text: String

    var members: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    subscript(_ name: String) -> [String: Any] { members[name] as? [String: Any] ?? [:] }

    var keys: [String] { members["keys"] as? [String] ?? [] }
}

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let second = Mutex(1_700_000_000)
    var now: Timestamp { Timestamp(seconds: second.withLock { $0 }, nanoseconds: 5) }
    func advance(_ seconds: Int) { second.withLock { $0 += seconds } }
}

/// An engine over storage, driven as the dispatcher drives it.
final class Bench: Sendable {
    let engine: KeyValue
    let clock: TestClock
    let storage: any StorageBackend
    private let version: Mutex<String>

    init(
        _ storage: any StorageBackend = InMemoryStorage(), version: String = "2", clock: TestClock = TestClock()
    ) async throws {
        self.storage = storage
        self.clock = clock
        self.version = Mutex(version)
        engine = KeyValue(storage: StorageView(storage, prefix: "mount/1/"), now: { clock.now })
        try await engine.open()
    }

    var mount: MountPoint {
        let options = ["version": version.withLock { $0 }]
        let description = MountDescription(
            path: "kv/", type: "kv", accessor: "kv_1", uuid: "1", about: "", options: options)
        return MountPoint(description, systemDefaultSeconds: 3600, systemMaxSeconds: 7200)
    }

    /// Tunes the mount.
    func tune(version: String) async throws -> [String] {
        self.version.withLock { $0 = version }
        return try await engine.adopt(mount.description)
    }

    /// Resolves and performs, first from memory, then with storage.
    @discardableResult
    func call(_ operation: Vocabulary.Operation, _ path: String, _ body: String = "") async throws -> Reply {
        try await call(operation, Array(path.utf8), Array(body.utf8))
    }

    @discardableResult
    func call(_ operation: Vocabulary.Operation, _ path: [UInt8], _ body: [UInt8]) async throws -> Reply {
        // Both have to stay in place across the suspension.
        let (path, body) = (Lent(path), Lent(body))
        defer { withExtendedLifetime((path, body)) {} }
        let command = try engine.resolve(request(operation, path, body))
        var output = ByteWriter()
        let reply: EngineReply
        switch try engine.perform(command, into: &output) {
        case .done(let done): reply = done
        case .needsStorage: reply = try await engine.performStoring(command, into: &output)
        }
        return Reply(
            status: reply.status, warnings: reply.warnings, keepSeconds: reply.keepSeconds,
            text: output.view.string)
    }

    /// The right that a request needs.
    func right(_ operation: Vocabulary.Operation, _ path: String, _ body: String = "") async throws -> Capability {
        let (path, body) = (Lent(Array(path.utf8)), Lent(Array(body.utf8)))
        defer { withExtendedLifetime((path, body)) {} }
        let command = try engine.resolve(request(operation, path, body))
        return try await engine.storedCapability(for: command)
    }

    private func request(_ operation: Vocabulary.Operation, _ path: Lent, _ body: Lent) -> EngineRequest {
        var request = EngineRequest(operation: operation, path: path.view, body: body.view, maxJSONDepth: 300)
        request.mount = mount
        return request
    }

    /// What a call throws.
    func fault(_ operation: Vocabulary.Operation, _ path: String, _ body: String = "") async -> KVError? {
        do {
            try await call(operation, path, body)
            return nil
        } catch {
            return error as? KVError
        }
    }
}
