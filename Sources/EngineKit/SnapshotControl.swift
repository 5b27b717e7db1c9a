package import Bytes
package import Vocabulary

/// Why a snapshot was not taken or not restored.
package struct SnapshotControlFault: WireFault, Equatable {
    package let faultClass: FaultClass
    package let wireText: String

    /// A fault of that class and text.
    package init(_ faultClass: FaultClass, _ text: String) {
        self.faultClass = faultClass
        wireText = text
    }
}

/// What `sys/storage/snapshot` may do with the database as a whole; supplied by the composition root.
package protocol SnapshotControl: Sendable {
    /// A copy of the database as it is stored, of one moment.
    func takeSnapshot() async throws(SnapshotControlFault) -> MappedFile
    /// Replaces the database by a copy, after a trial of its keys. With `isForced` it may be another database's.
    func restore(_ snapshot: ByteView, isForced: Bool) async throws(SnapshotControlFault)
}
