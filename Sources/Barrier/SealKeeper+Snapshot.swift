internal import Bytes
package import Primitives
internal import Storage

extension SealKeeper {
    /// Makes sure that a snapshot can be opened, before anything is replaced: by the root key in use, else by the
    /// configured automatic seal, else by the shares. Without `isForced` only the root key in use will do. Nil says
    /// that
    /// nothing here can tell: it is another database's, whose shares were not given.
    ///
    /// **Throws** `.otherKeys`, `.keysDoNotOpen`, `.tampered`, `.malformed`, `.seal`.
    package func verify(
        _ snapshot: Snapshot, shares: [KeyShare] = [], isForced: Bool
    ) async throws(SnapshotFault) -> VerifiedSnapshot? {
        if let root = try? storage.rootKey() {
            do throws(SnapshotFault) { return try storage.verify(snapshot, under: root) } catch {
                guard error == .otherKeys, isForced else { throw error }
            }
        } else if !isForced {
            throw .sealed
        }
        guard let bytes = snapshot.value(at: SealedStorage.sealKey), let record = try? SealRecord(bytes: bytes) else {
            throw .malformed
        }
        guard let root = try await root(of: record, shares) else { return nil }
        do throws(SnapshotFault) { return try storage.verify(snapshot, under: root) } catch {
            // The seal's record and the terms are not of one moment.
            throw error == .otherKeys ? .tampered : error
        }
    }

    private func root(of record: SealRecord, _ shares: [KeyShare]) async throws(SnapshotFault) -> RootKey? {
        if !shares.isEmpty {
            guard let (root, _) = try? opened(by: shares, record) else { throw .keysDoNotOpen }
            return root
        }
        guard let automatic, let provider = record.provider, provider.type == automatic.type else { return nil }
        do throws(SealError) { return try await automatic.unwrap(provider.key) } catch {
            throw error == .refused ? .keysDoNotOpen : .seal(error)
        }
    }

    /// How many shares open the snapshot; nil when shares do not.
    package static func threshold(of snapshot: Snapshot) -> Int? {
        guard let bytes = snapshot.value(at: SealedStorage.sealKey), let record = try? SealRecord(bytes: bytes),
            record.underShares != nil
        else { return nil }
        return record.count.threshold
    }

    /// Replaces the database by the snapshot, and unseals it where its root key is known. **Throws** `.unsupported`,
    /// `.storage`.
    package func restore(_ snapshot: Snapshot, _ verified: VerifiedSnapshot?) async throws(SnapshotFault) {
        await seal()
        try await storage.replace(by: snapshot, verified: verified)
        guard let verified else { return }
        // What fails here shows in the status: the database is there, and sealed.
        try? await storage.unseal(verified.root)
    }
}
