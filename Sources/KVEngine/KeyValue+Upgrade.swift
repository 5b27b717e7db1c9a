internal import Bytes
package import EngineKit
internal import Storage

/// The change of a mount from version 1 to version 2: every secret becomes version 1 of itself.
///
/// It goes on where it stopped after a crash: a secret moves in one commit, and the stage is stored.
extension KeyValue {
    /// Begins the change when the mount is now one of version 2; requests wait for it.
    package func adopt(_ description: MountDescription) async throws(MountFault) -> [String] {
        guard version(of: description) == .versioned, layout.stage != .versioned else { return [] }
        Task { try? await upgrade() }
        return [
            "Upgrading mount from version 0 to version 2. This mount will be unavailable for a brief period and will "
                + "resume service shortly."
        ]
    }

    /// Changes the mount, unless it is changed or being changed; requests of version 2 do the same. Answers when it is
    /// over.
    package func upgrade() async throws(KVError) {
        guard layout.stage != .versioned, layout.begin() else { return }
        defer { layout.end() }
        if layout.stage == .plain { try await storeLayout(.upgrading) }
        while try await moveSome() {}
        try await storeLayout(.versioned)
    }

    /// Lets a request of version 2 through once the change is over; it is waited for, but not for long.
    func requireVersioned() async throws(KVError) {
        if layout.stage == .versioned { return }
        if !layout.isWorking { Task { try? await upgrade() } }
        for _ in 0..<100 {
            if layout.stage == .versioned { return }
            do { try await Task.sleep(for: .milliseconds(10)) } catch { break }
        }
        guard layout.stage == .versioned else { throw .upgrading }
    }

    /// Lets a request of version 1 through before the change has begun.
    func requirePlain() async throws(KVError) {
        guard layout.stage == .plain else { throw .upgrading }
    }

    /// Reads how far the mount has come.
    func loadLayout() async throws(KVError) {
        guard let entry = try await read(LayoutState.path) else { return }
        let stage = try Self.decoding { () throws(RecordFault) in
            try entry.value.withBytes { (view) throws(RecordFault) in
                var reader = try RecordReader(view)
                guard reader.format == 1, let stage = LayoutState.Stage(rawValue: try reader.int()) else {
                    throw RecordFault()
                }
                return stage
            }
        }
        layout.stage = stage
    }

    private func storeLayout(_ stage: LayoutState.Stage) async throws(KVError) {
        var writer = RecordWriter(format: 1)
        writer.put(stage.rawValue)
        var batch = WriteBatch()
        batch.put(StorageKey(LayoutState.path), writer.record)
        guard try await commit(batch) else { throw .contention }
        layout.stage = stage
    }

    /// Moves a page of secrets; false when there is none left.
    private func moveSome() async throws(KVError) -> Bool {
        let page: [StoredEntry]
        do throws(StorageError) { page = try await storage.entries(under: Self.fieldsRoot, limit: 256) } catch {
            throw KVError(error)
        }
        if page.isEmpty { return false }
        var batch = WriteBatch()
        for stored in page {
            guard let path = stored.key.dropping(Self.fieldsRoot)?.path else { continue }
            var secret = SecretRecord(id: try Self.newID(), created: now())
            _ = secret.add(SecretVersion(created: secret.created), keeping: 1)
            let place = StorageKey(Self.metadataRoot + path)
            batch.delete(stored.key)
            batch.require(.revision(stored.entry.revision), at: stored.key)
            batch.require(.absent, at: place)
            batch.put(place, secret.record)
            batch.put(StorageKey(secret.dataPath(1)), stored.entry.value)
        }
        // A conflict: somebody else moves them too. The next page tells.
        _ = try await commit(batch)
        return true
    }
}
