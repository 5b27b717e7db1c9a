internal import Bytes
internal import Primitives
internal import Synchronization

/// Why a witness gave no answer.
package enum WitnessFault: Error, Equatable, Sendable {
    /// It cannot be read or written; the system's error number, or 0.
    case inaccessible(systemError: Int32)
}

/// A small memory outside the database that holds its latest epoch, so that an old copy of the whole database shows.
///
/// It may lag behind the database, never be ahead. There are two slots, so that a write that is cut leaves the other.
package protocol EpochWitness: Sendable {
    /// The records of the slots that were ever written.
    func load() async throws(WitnessFault) -> [[UInt8]]
    /// Replaces the record of a slot, 0 or 1.
    func store(_ record: [UInt8], slot: Int) async throws(WitnessFault)
    /// Makes what was stored durable.
    func flush() async throws(WitnessFault)
    /// Forgets both slots: the database is another from now on.
    func forget() async throws(WitnessFault)
}

/// What a witness holds.
///
/// **Layout** `epoch(8, little-endian) ‖ HMAC-SHA256(key, epoch ‖ database id)(32)`.
enum WitnessRecord {
    static let length = 40

    static func make(_ epoch: UInt64, databaseID: [UInt8], _ key: HMACKey) throws(CryptoError) -> [UInt8] {
        let number = (0..<8).map { UInt8(truncatingIfNeeded: epoch >> UInt64(8 * $0)) }
        var code = [32 of UInt8](repeating: 0)
        try lending(number + databaseID) { (text) throws(CryptoError) in
            try code.fill { (out) throws(CryptoError) in try key.authenticate(text, into: out) }
        }
        return number + code.lend { $0.array }
    }

    /// The epoch of a genuine record of this database.
    static func epoch(_ record: [UInt8], databaseID: [UInt8], _ key: HMACKey) -> UInt64? {
        guard record.count == length else { return nil }
        let epoch = lending(record) { UInt64(littleEndian: $0, at: 0) }
        guard let genuine = try? make(epoch, databaseID: databaseID, key) else { return nil }
        return lending(record) { record in lending(genuine) { ConstantTime.equal(record, $0) } } ? epoch : nil
    }
}

extension SealedStorage {
    /// Tells the witness the epoch; that it fails does not undo a commit, and is told by `isWitnessFailing`.
    func testify(_ epoch: UInt64, _ terms: KeyTerms) async {
        guard let witness else { return }
        do {
            let record = try WitnessRecord.make(epoch, databaseID: terms.databaseID, terms.witnessKey)
            try await witness.store(record, slot: Int(epoch & 1))
            witnessFailed.store(false, ordering: .relaxed)
        } catch {
            witnessFailed.store(true, ordering: .relaxed)
        }
    }

    /// Asks the witness whether this is an old copy of the database.
    func hear(_ manifest: Manifest, _ terms: KeyTerms) async throws(BarrierError) {
        guard let witness else { return }
        let records: [[UInt8]]
        do throws(WitnessFault) { records = try await witness.load() } catch { throw .witnessUnreadable }
        let epochs = records.compactMap {
            WitnessRecord.epoch($0, databaseID: terms.databaseID, terms.witnessKey)
        }
        if let latest = epochs.max() {
            guard manifest.epoch >= latest else {
                throw .rolledBack(databaseEpoch: manifest.epoch, witnessedEpoch: latest)
            }
        } else if !records.isEmpty {
            throw .witnessUnreadable
        } else if manifest.isWitnessed, !acceptsNewWitness,
            !forgivesWitness.exchange(false, ordering: .acquiringAndReleasing)
        {
            throw .witnessMissing
        }
    }
}
