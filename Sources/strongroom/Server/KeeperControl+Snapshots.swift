internal import Barrier
internal import Bytes
internal import EngineKit
internal import Synchronization
internal import Vocabulary

/// The whole database out and in.
extension KeeperControl: SnapshotControl {
    func takeSnapshot() async throws(SnapshotControlFault) -> MappedFile {
        do throws(SnapshotFault) { return try await storage.snapshot(folder: spoolFolder) } catch {
            throw SnapshotControlFault(error)
        }
    }

    func restore(_ bytes: ByteView, isForced: Bool) async throws(SnapshotControlFault) {
        do throws(SnapshotFault) {
            let snapshot = try Snapshot(bytes)
            // The trial comes before anything is closed.
            let verified = try await keeper.verify(snapshot, isForced: isForced)
            // An automatic seal keeps its hands off until it is done.
            let wasClosed = isClosedOnPurpose.exchange(true, ordering: .acquiringAndReleasing)
            defer { isClosedOnPurpose.store(wasClosed, ordering: .releasing) }
            await open.close()
            // When this fails nothing was replaced, and the storage is sealed: an automatic seal opens it again.
            try await keeper.restore(snapshot, verified)
            note(trouble: verified == nil ? "a snapshot of other keys was restored; unseal with its shares" : nil)
            if !storage.isSealed { try? await open.open() }
        } catch {
            throw SnapshotControlFault(error)
        }
    }
}

extension SnapshotControlFault {
    init(_ fault: SnapshotFault) {
        switch fault {
        case .malformed: self.init(.invalidRequest, "the body is not a whole snapshot")
        case .unsupported: self.init(.invalidRequest, "this storage has no snapshots")
        case .noRoom: self.init(.unavailable, "there is no room on the disk for the snapshot")
        case .otherKeys:
            self.init(
                .invalidRequest,
                "the snapshot is of another set of keys; snapshot-force restores it all the same")
        case .keysDoNotOpen: self.init(.invalidRequest, "the keys do not open the snapshot")
        case .tampered: self.init(.invalidRequest, "the snapshot was altered, or is not of one moment")
        case .sealed: self.init(.unavailable, "Vault is sealed")
        case .storage: self.init(.unavailable, "storage is not available; try again")
        case .seal: self.init(.unavailable, "the seal's provider is not available; try again")
        }
    }
}
