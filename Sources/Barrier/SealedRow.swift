internal import Bytes
internal import Primitives

/// The stored form of a value.
///
/// **Layout** `format(1) ‖ term(4, big-endian) ‖ nonce(12) ‖ ciphertext(n) ‖ tag(16)`; associated data are the first
/// five bytes and the storage key's path, so that neither the term nor the place can be changed. Rows under the root
/// key have term 0.
enum SealedRow {
    static let format: UInt8 = 1
    static let headerLength = 5
    static let overhead = headerLength + 28

    /// Seals a value under a term's key for its place.
    static func seal(_ value: ByteView, _ key: AEADKey, term: UInt32, path: String) throws(CryptoError) -> [UInt8] {
        var row = ByteWriter(capacity: value.count + overhead)
        row.append(format)
        for shift in [24, 16, 8, 0] as [UInt32] { row.append(UInt8(truncatingIfNeeded: term >> shift)) }
        let data = associated(row.view, path)
        try row.append(room: value.count + overhead - headerLength) { (out) throws(CryptoError) in
            try key.seal(value, authenticating: data.view, into: out)
            return value.count + overhead - headerLength
        }
        return row.view.array
    }

    /// The term under which a row is sealed; nil for what is no row.
    static func term(of row: ByteView) -> UInt32? {
        guard row.count >= overhead, row[0] == format else { return nil }
        return (1...4).reduce(0) { $0 << 8 | UInt32(row[$1]) }
    }

    /// Opens a row at its place, into memory that zeroes itself. **Throws** `.authenticationFailed`.
    static func open(_ row: ByteView, _ key: AEADKey, path: String) throws(CryptoError) -> ByteWriter {
        guard row.count >= overhead else { throw .authenticationFailed }
        let data = associated(row.slice(0, headerLength), path)
        var value = ByteWriter(capacity: row.count - overhead)
        // One byte more, so that there is an address even for an empty value.
        try value.append(room: row.count - overhead + 1) { (out) throws(CryptoError) in
            try key.open(row.dropFirst(headerLength), authenticating: data.view, into: out)
        }
        return value
    }

    /// What tells this row from every other that was ever sealed: its tag.
    static func mark(of row: ByteView) -> RowMark? {
        row.count >= overhead ? RowMark(row.dropFirst(row.count - 16)) : nil
    }

    private static func associated(_ header: ByteView, _ path: String) -> ByteWriter {
        var data = ByteWriter(capacity: headerLength + path.utf8.count)
        data.append(header)
        data.append(text: path)
        return data
    }
}

/// Sixteen bytes that identify one stored row: the tag of a sealed one, the digest of a clear one.
struct RowMark: Hashable, Sendable {
    private let low: UInt64
    private let high: UInt64

    init(_ bytes: ByteView) {
        low = UInt64(littleEndian: bytes, at: 0)
        high = UInt64(littleEndian: bytes, at: 8)
    }

    /// The mark of a row that is not sealed.
    static func clear(_ row: ByteView) throws(CryptoError) -> RowMark {
        var digest = [32 of UInt8](repeating: 0)
        try digest.fill { (out) throws(CryptoError) in try DigestAlgorithm.sha2_256.hash(row, into: out) }
        return digest.lend { RowMark($0) }
    }

    /// The bytes, little-endian.
    var bytes: [16 of UInt8] {
        var result = [16 of UInt8](repeating: 0)
        for index in 0..<8 {
            result[index] = UInt8(truncatingIfNeeded: low >> UInt64(8 * index))
            result[index + 8] = UInt8(truncatingIfNeeded: high >> UInt64(8 * index))
        }
        return result
    }
}

extension UInt64 {
    init(littleEndian bytes: ByteView, at offset: Int) {
        self = (0..<8).reversed().reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) }
    }
}

extension InlineArray where Element == UInt8 {
    /// Lends the address of the bytes for writing.
    mutating func fill(_ body: (UnsafeMutablePointer<UInt8>) throws(CryptoError) -> Void) throws(CryptoError) {
        var failure: CryptoError?
        var span = mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            do throws(CryptoError) { try body(base) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Lends the bytes.
    borrowing func lend<R>(_ body: (ByteView) -> R) -> R {
        span.withUnsafeBytes { body(ByteView($0)) }
    }
}

/// Lends a view of an array.
func lending<R: ~Copyable, E: Error>(_ bytes: [UInt8], _ body: (ByteView) throws(E) -> R) throws(E) -> R {
    try bytes.span.withUnsafeBytes { (buffer) throws(E) in try body(ByteView(buffer)) }
}
