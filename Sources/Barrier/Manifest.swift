internal import Bytes

/// What the database as a whole looks like: one sealed row that every commit replaces.
///
/// **Layout** of the sealed record: format 1 ‖ database id ‖ epoch ‖ digest(32) ‖ rows ‖ counted ‖ reserved ‖ orderly
/// ‖ witnessed. Written by `RecordWriter`.
struct Manifest: Equatable, Sendable {
    var databaseID: [UInt8]
    /// Rises with every commit.
    var epoch: UInt64 = 0
    /// Of all rows but the manifest's.
    var digest = RowDigest()
    /// How many those are.
    var rows = 0
    /// Messages sealed under the latest term, as of this commit.
    var counted = 0
    /// Messages that may be sealed before the next manifest is stored; after a crash counting goes on from here.
    var reserved = 0
    /// Whether this was written by an orderly end, after which `counted` is exact.
    var isOrderly = false
    /// Whether a witness outside the database is kept.
    var isWitnessed = false

    var record: [UInt8] {
        var record = RecordWriter(format: 1)
        lending(databaseID) { record.put($0) }
        record.put(Int(truncatingIfNeeded: epoch))
        lending(digest.bytes) { record.put($0) }
        record.put(rows)
        record.put(counted)
        record.put(reserved)
        record.put(isOrderly)
        record.put(isWitnessed)
        return record.record
    }

    init(databaseID: [UInt8]) { self.databaseID = databaseID }

    init(record: ByteView) throws(RecordFault) {
        var reader = try RecordReader(record)
        guard reader.format == 1 else { throw RecordFault() }
        databaseID = try reader.view().array
        epoch = UInt64(bitPattern: Int64(try reader.int()))
        guard let digest = RowDigest(try reader.view()) else { throw RecordFault() }
        self.digest = digest
        rows = try reader.int()
        counted = try reader.int()
        reserved = try reader.int()
        isOrderly = try reader.bool()
        isWitnessed = try reader.bool()
        try reader.finish()
        guard rows >= 0, counted >= 0, reserved >= counted else { throw RecordFault() }
    }
}
