import Bytes
import EngineKit
import Foundation
import KeyRings
import Storage
import Synchronization
import TestAids
import Testing
import TransitEngine
import Vocabulary

/// What an engine answered.
struct Reply {
    let status: Int
    let warnings: [String]
    let text: String

    /// The members of the data.
    let members: [String: Any]

    /// Reads the text once: batches are looked into item by item.
    init(status: Int, warnings: [String], text: String) {
        (self.status, self.warnings, self.text) = (status, warnings, text)
        members = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
        results = members["batch_results"] as? [[String: Any]] ?? []
    }

    /// A member that is a text.
    subscript(_ name: String) -> String { members[name] as? String ?? "" }

    /// A member that is a number.
    func int(_ name: String) -> Int { members[name] as? Int ?? -1 }

    /// The items of a batch.
    let results: [[String: Any]]
}

/// A clock that stands still until it is moved.
final class TestClock: Sendable {
    private let second = Mutex(1_700_000_000)
    var now: Int { second.withLock { $0 } }
    func advance(_ seconds: Int) { second.withLock { $0 += seconds } }
}

/// An engine over storage, driven as the dispatcher drives it.
final class Bench: Sendable {
    let engine: Transit
    let clock: TestClock

    /// An engine over what the storage holds.
    init(_ storage: any StorageBackend = InMemoryStorage(), clock: TestClock = TestClock()) async throws {
        self.clock = clock
        engine = Transit(storage: StorageView(storage, prefix: "mount/1/")) { clock.now }
        try await engine.open()
    }

    /// Resolves and performs, first from memory, then with storage.
    @discardableResult
    func call(
        _ operation: Vocabulary.Operation, _ path: String, _ body: String = "", fansOut: Bool = false
    ) async throws -> Reply {
        // Both texts have to stay in place across the suspension.
        let (pathBytes, bodyBytes) = (Lent(path), Lent(body))
        defer { withExtendedLifetime((pathBytes, bodyBytes)) {} }
        let request = EngineRequest(
            operation: operation, path: pathBytes.view, body: bodyBytes.view, maxJSONDepth: 300, mayFanOut: fansOut)
        var output = ByteWriter()
        if !fansOut {
            switch try engine.perform(try engine.resolve(request), into: &output) {
            case .done(let reply):
                return Reply(status: reply.status, warnings: reply.warnings, text: output.view.string)
            case .needsStorage:
                #expect(output.count == 0, "something was written although storage is needed")
            }
        }
        let reply = try await engine.performStoring(try engine.resolve(request), into: &output)
        return Reply(status: reply.status, warnings: reply.warnings, text: output.view.string)
    }

    /// A write.
    @discardableResult
    func write(_ path: String, _ body: String = "") async throws -> Reply { try await call(.write, path, body) }

    /// Encrypts `hello`.
    @discardableResult
    func encrypt(_ key: String, _ more: String = "") async throws -> String {
        try await write("encrypt/\(key)", #"{"plaintext":"aGVsbG8="\#(more)}"#)["ciphertext"]
    }

    /// Decrypts; the plaintext in base64.
    @discardableResult
    func decrypt(_ key: String, _ ciphertext: String) async throws -> String {
        try await write("decrypt/\(key)", #"{"ciphertext":"\#(ciphertext)"}"#)["plaintext"]
    }

    /// The key object.
    @discardableResult
    func read(_ key: String) async throws -> Reply { try await call(.read, "keys/\(key)") }

    /// Messages that a version has sealed, as its key shows them.
    func usage(_ key: String, _ version: Int = 1) async throws -> Int {
        let usage = try await read(key).members["usage"] as? [String: Int]
        return usage?["\(version)"] ?? -1
    }
}

/// The wire's sentence of the error that the call throws, or nil.
func fault(_ call: () async throws -> Void) async -> String? {
    do {
        try await call()
        return nil
    } catch {
        return (error as? TransitError)?.wireText ?? "\(error)"
    }
}
