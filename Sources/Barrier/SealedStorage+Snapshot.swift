package import Bytes
internal import Primitives
internal import Storage
internal import Synchronization

extension SealedStorage {
    /// Whether a key is one of ours.
    static func owns(_ key: StorageKey) -> Bool {
        key == keyringKey || key == sealKey || key == manifestKey || key.dropping("data/") != nil
    }

    /// A copy of the whole database as it is stored, of one moment, in a file without a name in `folder`. **Throws**
    /// `.unsupported`, `.noRoom`, `.storage`.
    package func snapshot(folder: String) async throws(SnapshotFault) -> MappedFile {
        guard let whole = backend as? any WholeStorage else { throw .unsupported }
        guard let spool = SpoolFile(folder: folder) else { throw .noRoom }
        let writer = Mutex<Result<SnapshotWriter, SnapshotFault>>(.failure(.unsupported))
        let fresh = try SnapshotWriter { spool.append($0) }
        writer.withLock { $0 = .success(fresh) }
        do throws(StorageError) {
            try await whole.readAll { (page) throws(StorageError) in
                let ours = page.filter { Self.owns($0.key) }
                let isDone = writer.withLock { state in
                    guard case .success(var next) = state else { return false }
                    do throws(SnapshotFault) {
                        try next.add(ours) { spool.append($0) }
                        state = .success(next)
                    } catch {
                        state = .failure(error)
                    }
                    return true
                }
                if !isDone { throw .unavailable }
            }
        } catch {
            if case .failure(let fault) = writer.withLock({ $0 }) { throw fault }
            throw .storage(error)
        }
        try writer.withLock { $0 }.get().finish { spool.append($0) }
        guard let file = spool.finish() else { throw .noRoom }
        return file
    }

    /// Makes sure that the key opens the snapshot, and that all of it is genuine and of one moment. **Throws**
    /// `.otherKeys`, `.tampered`.
    package func verify(_ snapshot: Snapshot, under root: RootKey) throws(SnapshotFault) -> VerifiedSnapshot {
        guard let keyring = snapshot.value(at: Self.keyringKey), let row = snapshot.value(at: Self.manifestKey),
            snapshot.value(at: Self.sealKey) != nil
        else { throw .malformed }
        guard let terms = KeyTerms.open(keyring, under: root, path: Self.keyringKey.path) else { throw .otherKeys }
        guard let manifest = Self.openManifest(row, terms), manifest.databaseID == terms.databaseID else {
            throw .tampered
        }
        var found = ScannedRows()
        _ = try snapshot.visit { (key, value) throws(SnapshotFault) in
            if key == Self.manifestKey { return true }
            let entry = StorageEntry(value: value.array, revision: 0)
            do throws(BarrierError) {
                try found.add(StoredEntry(key: key, entry: entry), terms, isKept: false)
            } catch {
                throw .tampered
            }
            return true
        }
        guard found.digest == manifest.digest, found.count == manifest.rows else { throw .tampered }
        return VerifiedSnapshot(snapshot: snapshot, root: root, terms: terms, epoch: manifest.epoch)
    }

    /// Replaces the database by the snapshot; it is sealed afterwards. A witness begins anew with the snapshot's epoch,
    /// or with whatever the next unsealing finds when that is not known. **Throws** `.unsupported`, `.storage`.
    package func replace(by snapshot: Snapshot, verified: VerifiedSnapshot?) async throws(SnapshotFault) {
        guard let whole = backend as? any WholeStorage else { throw .unsupported }
        try await turns.holding { () async throws(SnapshotFault) in
            state.withLock { $0 = nil }
            try? await witness?.forget()
            if verified == nil { forgivesWitness.store(true, ordering: .releasing) }
            do throws(StorageError) { try await whole.replaceAll(by: snapshot) } catch {
                throw .storage(error)
            }
            if let verified { await testify(verified.epoch, verified.terms) }
        }
    }
}

/// A snapshot that its root key opened, and that was genuine throughout.
package struct VerifiedSnapshot: Sendable {
    let snapshot: Snapshot
    let root: RootKey
    let terms: KeyTerms
    let epoch: UInt64
}
