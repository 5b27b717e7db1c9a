internal import Bytes
internal import Primitives

/// What stands for a token everywhere but on the wire: HMAC-SHA-256 of it under a salt that storage keeps.
///
/// Whoever reads the digests, in memory or on disk, cannot use the tokens.
package struct TokenDigest: Hashable, Sendable {
    // The 32 bytes, big-endian, so that the hex digits read in order.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(_ bytes: UnsafeRawBufferPointer) {
        func word(_ at: Int) -> UInt64 { UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) }
        words = (word(0), word(8), word(16), word(24))
    }

    /// Reads 64 lower-case hex digits; nil for all else.
    package init?(hex: String) {
        guard hex.utf8.count == 64, let bytes = Hex.decode(hex), !hex.utf8.contains(where: { $0 >= 0x41 && $0 <= 0x46 })
        else { return nil }
        self = bytes.withUnsafeBytes { TokenDigest($0) }
    }

    init?(of text: ByteView, salt: HMACKey) {
        var result: TokenDigest?
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
            guard let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            do throws(CryptoError) { try salt.authenticate(text, into: start) } catch { return }
            result = TokenDigest(UnsafeRawBufferPointer(buffer))
        }
        guard let result else { return nil }
        self = result
    }

    /// The first 64 bits, as the tables in memory know it; never 0, which marks an empty place there.
    var short: UInt64 { Self.short(words.0) }

    static func short(_ word: UInt64) -> UInt64 { word == 0 ? 1 : word }

    /// The token's id: 64 hex digits.
    package var hex: String {
        var text = ByteWriter(capacity: 64)
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { buffer in
            buffer.storeBytes(of: words.0.bigEndian, as: UInt64.self)
            buffer.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
            buffer.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
            buffer.storeBytes(of: words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
            text.append(hex: ByteView(UnsafeRawBufferPointer(buffer)))
        }
        return text.view.string
    }

    /// Equality of all 256 bits.
    package static func == (left: TokenDigest, right: TokenDigest) -> Bool { left.words == right.words }

    /// Hashes the first bits, which are as good as random.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
