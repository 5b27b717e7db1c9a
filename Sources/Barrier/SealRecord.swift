internal import Bytes

/// How many shares a key is in and how many of them give it.
package struct ShareCount: Sendable, Equatable {
    /// All of them.
    package var shares: Int
    /// The least that suffice.
    package var threshold: Int

    /// So many shares.
    package init(shares: Int, threshold: Int) {
        self.shares = shares
        self.threshold = threshold
    }

    /// What is wrong with the numbers; nil when nothing is.
    package var fault: ShareCountFault? {
        if shares < 1 { return .noShares }
        if threshold < 1 { return .noThreshold }
        if shares > 1, threshold == 1 { return .thresholdOfOne }
        if shares > 255 { return .tooManyShares }
        if threshold > 255 { return .thresholdTooLarge }
        return threshold > shares ? .thresholdAboveShares : nil
    }
}

/// What can be wrong with numbers of shares.
package enum ShareCountFault: Error, Equatable, Sendable {
    /// Fewer than one share.
    case noShares
    /// A threshold below one.
    case noThreshold
    /// A threshold of one for several shares.
    case thresholdOfOne
    /// More than 255 shares.
    case tooManyShares
    /// A threshold above 255.
    case thresholdTooLarge
    /// A threshold that all shares do not reach.
    case thresholdAboveShares
}

/// What a sealed server must know to unseal: the row `barrier/seal`, in clear.
///
/// The root key is in it up to twice: wrapped under the key whose shares people hold, and wrapped by an automatic seal.
/// So shares open the database also when the automatic seal's provider is gone for good; see the module's notes.
/// **Layout** format 1 ‖ shares ‖ threshold ‖ under shares ‖ provider type ‖ provider key id ‖ provider blob; what is
/// missing is empty. Written by `RecordWriter`.
struct SealRecord: Equatable, Sendable {
    /// Of the unseal shares, or beside an automatic seal of the recovery shares; 0 of 0 for none.
    var count: ShareCount
    /// The root key under the shares' key.
    var underShares: WrappedKey?
    /// The root key under an automatic seal, and that seal's type.
    var provider: (type: String, key: WrappedKey)?

    var isAutomatic: Bool { provider != nil }
    var type: String { provider?.type ?? ShamirSeal.type }

    init(count: ShareCount, underShares: WrappedKey?, provider: (type: String, key: WrappedKey)? = nil) {
        self.count = count
        self.underShares = underShares
        self.provider = provider
    }

    init(bytes: [UInt8]) throws(RecordFault) {
        self = try lending(bytes) { (bytes) throws(RecordFault) in try Self.read(bytes) }
    }

    private static func read(_ bytes: ByteView) throws(RecordFault) -> SealRecord {
        var reader = try RecordReader(bytes)
        guard reader.format == 1 else { throw RecordFault() }
        let count = ShareCount(shares: try reader.int(), threshold: try reader.int())
        let underShares = try reader.view().array
        let type = try reader.view().string
        let key = WrappedKey(keyID: try reader.view().string, blob: try reader.view().array)
        try reader.finish()
        let record = SealRecord(
            count: count, underShares: underShares.isEmpty ? nil : WrappedKey(keyID: "", blob: underShares),
            provider: type.isEmpty ? nil : (type, key))
        // Without shares only an automatic seal can open anything.
        guard record.underShares == nil ? type != "" : count.fault == nil else { throw RecordFault() }
        return record
    }

    var bytes: [UInt8] {
        var record = RecordWriter(format: 1)
        record.put(count.shares)
        record.put(count.threshold)
        for part in [
            underShares?.blob ?? [], Array((provider?.type ?? "").utf8), Array((provider?.key.keyID ?? "").utf8),
            provider?.key.blob ?? [],
        ] {
            lending(part) { record.put($0) }
        }
        return record.record
    }

    static func == (left: SealRecord, right: SealRecord) -> Bool { left.bytes == right.bytes }
}
