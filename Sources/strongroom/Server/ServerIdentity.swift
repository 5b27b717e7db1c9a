internal import Bytes
internal import EngineKit
internal import Foundation
internal import Storage
internal import Synchronization

/// What the cluster is called inside, and which releases have opened its storage. Read and completed at each unsealing.
///
/// **Layout** of storage: `core/cluster`, the id; `core/version/<release>`, the second of its first unsealing; both
/// are records of format 1.
final class ServerIdentity: Sendable {
    private struct State {
        var clusterID: String?
        var versions: [InstalledVersion] = []
    }

    private let state = Mutex(State())

    var clusterID: String? { state.withLock { $0.clusterID } }
    var versions: [InstalledVersion] { state.withLock { $0.versions } }

    /// Reads what is stored, and stores what is new.
    func load(from storage: any StorageBackend) async throws(StorageError) {
        let cluster = StorageKey("core/cluster")
        var batch = WriteBatch()
        var id = Self.text(try await storage.read(cluster))
        if id == nil {
            let fresh = UUID().uuidString.lowercased()
            batch.put(cluster, Self.record { $0.put(text: fresh) })
            id = fresh
        }
        var versions: [InstalledVersion] = []
        for stored in try await storage.entries(under: "core/version/", after: nil, limit: 1000) {
            let seconds = stored.entry.value.withUnsafeBytes { bytes -> Int in
                guard var reader = try? RecordReader(ByteView(bytes)) else { return 0 }
                return (try? reader.int()) ?? 0
            }
            let name = String(stored.key.path.dropFirst("core/version/".count))
            versions.append(InstalledVersion(version: name, installedUnixSeconds: seconds))
        }
        if !versions.contains(where: { $0.version == Strongroom.release }) {
            let now = ServerProcess.now()
            batch.put(StorageKey("core/version/" + Strongroom.release), Self.record { $0.put(now) })
            versions.append(InstalledVersion(version: Strongroom.release, installedUnixSeconds: now))
        }
        if !batch.changes.isEmpty { try await storage.commit(batch) }
        state.withLock { [id, versions] state in (state.clusterID, state.versions) = (id, versions) }
    }

    private static func record(_ fill: (inout RecordWriter) -> Void) -> [UInt8] {
        var writer = RecordWriter(format: 1)
        fill(&writer)
        return writer.record
    }

    private static func text(_ entry: StorageEntry?) -> String? {
        guard let entry else { return nil }
        return entry.value.withUnsafeBytes { bytes in
            guard var reader = try? RecordReader(ByteView(bytes)) else { return nil }
            return (try? reader.view())?.string
        }
    }
}
