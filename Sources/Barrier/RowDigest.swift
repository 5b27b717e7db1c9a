internal import Bytes
internal import Primitives

/// A digest of a set of rows that is brought up to date row by row: the sum without carry of one keyed code per row.
///
/// Nobody without the key can tell the codes, and the digest itself is only stored sealed, so that a set of rows with
/// the same digest can only be guessed, at 2^-256 a try. The order of rows does not matter, and a path occurs once.
/// **Layout** of a code: HMAC-SHA256(key, mark(16) ‖ path).
struct RowDigest: Equatable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The digest of no rows.
    init() {}

    /// A stored digest; nil unless it is 32 bytes.
    init?(_ bytes: ByteView) {
        guard bytes.count == 32 else { return nil }
        words = Self.words(bytes)
    }

    /// Adds a row that is not in the set, or takes one out that is.
    mutating func toggle(_ mark: RowMark, at path: String, _ key: HMACKey) throws(CryptoError) {
        var code = [32 of UInt8](repeating: 0)
        var text = ByteWriter(capacity: 16 + path.utf8.count)
        mark.bytes.lend { text.append($0) }
        text.append(text: path)
        try code.fill { (out) throws(CryptoError) in try key.authenticate(text.view, into: out) }
        let other = code.lend { Self.words($0) }
        words = (words.0 ^ other.0, words.1 ^ other.1, words.2 ^ other.2, words.3 ^ other.3)
    }

    /// Writes the 32 bytes.
    var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
    }

    static func == (left: RowDigest, right: RowDigest) -> Bool { left.words == right.words }

    private static func words(_ bytes: ByteView) -> (UInt64, UInt64, UInt64, UInt64) {
        (
            UInt64(littleEndian: bytes, at: 0), UInt64(littleEndian: bytes, at: 8),
            UInt64(littleEndian: bytes, at: 16), UInt64(littleEndian: bytes, at: 24)
        )
    }
}
