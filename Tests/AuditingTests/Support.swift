import Auditing
import Bytes
import EngineKit
import Foundation
import Synchronization
import Testing
import Vocabulary

/// Bytes that live as long as the test.
func lasting(_ text: String) -> ByteView {
    let bytes = Array(text.utf8)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
    block.copyBytes(from: bytes)
    return ByteView(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(block)[0..<bytes.count]))
}

/// A folder of its own, removed at the end.
final class Folder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("audit-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// The entries of a file; a line that is no JSON is left out.
    func entries(_ name: String) -> [[String: Any]] {
        let text = (try? String(contentsOfFile: path(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
    }

    /// Request ids that have as many lines of the type as they should: one.
    func ids(_ name: String, _ type: String) -> [String] {
        entries(name).filter { $0["type"] as? String == type }
            .compactMap { ($0["request"] as? [String: Any])?["id"] as? String }
    }
}

/// Lines for operators.
final class Notices: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    @Sendable func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// An entry with the usual fields filled.
func entry(
    _ id: String = "8f54c0de-0000-4000-8000-000000000001", lines: AuditEntry.Lines = .both, data: String = "",
    answer: String = ""
) -> AuditEntry {
    var entry = AuditEntry(
        requestID: lasting(id), operation: .update, path: lasting("kv/audited"),
        remote: PeerAddress(text: "127.0.0.1:4711") ?? .unknown)
    entry.lines = lines
    entry.caller = Caller(
        tokenID: "aa", accessor: "the-accessor", displayName: "bob", tokenPolicies: ["default", "team-a"],
        issuedUnixSeconds: 1_700_000_000, expiresUnixSeconds: 1_700_003_600)
    entry.token = lasting("hvs.secret-token")
    entry.data = lasting(data)
    entry.answer = lasting(answer)
    entry.status = 200
    return entry
}

/// Waits until the condition holds, at most so long.
func eventually(_ seconds: Double = 3, _ condition: () -> Bool) async throws -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}

func fileWish(_ folder: Folder, _ name: String, _ options: [String: String] = [:]) -> DeviceWish {
    DeviceWish(
        path: name, type: "file", options: ["file_path": folder.path(name)].merging(options) { $1 })
}
