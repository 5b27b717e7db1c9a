internal import Bytes
package import EngineKit
internal import Storage

/// Mounts outlive the process: each is a record below `core/mounts/`, its data lies below `mount/<uuid>/`.
extension MountTable {
    private static let folder = "core/mounts/"

    static func key(_ uuid: String) -> StorageKey { StorageKey(folder + uuid) }

    /// Mounts everything that is stored, and finishes the removals that were cut short. Called after each unsealing.
    package func load() async throws(MountFault) {
        do {
            try await loadHouse()
            var cursor: StorageKey?
            while true {
                let keys = try await storage.list(under: Self.folder, after: cursor, limit: 1000)
                if keys.isEmpty { return }
                for key in keys {
                    guard let entry = try await storage.read(key) else { continue }
                    let record = try entry.value.withUnsafeBytes { try MountRecord(record: ByteView($0)) }
                    try await open(record)
                }
                cursor = keys.last
            }
        } catch let fault as MountFault {
            throw fault
        } catch {
            throw .storage
        }
    }

    private func open(_ record: MountRecord) async throws {
        let description = record.description
        let view = StorageView(storage, prefix: Self.prefix(description.uuid))
        if record.isEnding {
            try await view.removeAll()
            try await storage.commit(Self.removal(of: description.uuid))
            return
        }
        guard let factory = (description.isAuth ? authFactories : factories)[description.type] else {
            throw MountFault.unknownType(description.type)
        }
        publish(Mount(resolve(description), try await factory(description, view), view))
    }

    /// Ends every mount but those of the house, without touching what is stored. Called before each sealing.
    package func unload() async {
        for mount in withdrawAll() { await mount.engine.close() }
    }

    static func prefix(_ uuid: String) -> String { "mount/\(uuid)/" }

    static func removal(of uuid: String) -> WriteBatch {
        var batch = WriteBatch()
        batch.delete(key(uuid))
        return batch
    }

    /// Stores a mount's record.
    func store(_ record: MountRecord) async throws(MountFault) {
        var batch = WriteBatch()
        let description = record.description
        batch.put(
            record.isHouse ? Self.houseKey(description.path) : Self.key(description.uuid), record.record)
        do throws(StorageError) { try await storage.commit(batch) } catch { throw .storage }
    }
}
