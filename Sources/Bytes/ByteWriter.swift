internal import CSIMD
internal import Glibc

/// A growing run of bytes that is written once, front to back: response bodies, records, scratch.
///
/// **Layout** one malloc'd block; `count` bytes are written, the rest is room. The written part is zeroed before the
/// block is given back, because bodies carry plaintext and data keys.
/// **Cost** amortised one allocation per doubling; none per append once the block is large enough.
// Unchecked: the block is owned alone, and a noncopyable value is in one place at a time.
package struct ByteWriter: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var written = 0
    // The furthest that was ever written, so that a truncated writer still zeroes everything it held.
    @usableFromInline var highWater = 0

    /// A writer with room for `capacity` bytes; with 0, the first append makes the block.
    @inlinable package init(capacity: Int = 0) {
        self.capacity = max(capacity, 0)
        // Without a block it points at an empty literal, which is never written and never freed.
        base = capacity > 0 ? .allocate(capacity: capacity) : UnsafeMutablePointer(mutating: ByteView.empty.start)
    }

    @inlinable deinit { if capacity > 0 { release() } }

    /// Bytes written so far.
    @inlinable package var count: Int { written }

    @inline(never)
    @usableFromInline
    func release() {
        guard capacity > 0 else { return }
        explicit_bzero(base, max(written, highWater))
        base.deallocate()
    }

    /// Makes sure that `extra` more bytes fit.
    @inlinable @inline(__always)
    package mutating func reserve(_ extra: Int) {
        if capacity - written < extra { grow(extra) }
    }

    @inline(never)
    @usableFromInline
    mutating func grow(_ extra: Int) {
        let larger = max(capacity * 2, written + extra, 64)
        let block = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        memcpy(block, base, written)
        release()
        (base, capacity, highWater) = (block, larger, written)
    }

    /// Lets `fill` write up to `room` bytes at the end; it returns how many it wrote.
    /// The address given has `room` writable bytes; a result outside 0...room is cut to that.
    @inlinable @inline(__always)
    package mutating func append<E: Error>(
        room: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws(E) -> Int
    ) throws(E) {
        reserve(room)
        // Whatever was written counts as held, also when the filler throws half-way.
        highWater = max(highWater, written + room)
        written += min(max(try fill(base + written), 0), room)
    }

    /// Appends one byte.
    @inlinable @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        base[written] = byte
        written += 1
    }

    /// Appends a literal.
    @inlinable @inline(__always)
    package mutating func append(_ literal: StaticString) {
        append(pointer: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// Appends the bytes of a view.
    @inlinable @inline(__always)
    package mutating func append(_ bytes: ByteView) { append(pointer: bytes.start, count: bytes.count) }

    /// Appends the UTF-8 of a string.
    package mutating func append(text: String) {
        var text = text
        text.withUTF8 { utf8 in
            if let start = utf8.baseAddress { append(pointer: start, count: utf8.count) }
        }
    }

    /// Appends `count` bytes at `pointer`.
    @inlinable @inline(__always)
    package mutating func append(pointer: UnsafePointer<UInt8>, count length: Int) {
        reserve(length)
        (base + written).update(from: pointer, count: length)
        written += length
    }

    /// Appends an integer in decimal.
    package mutating func append(decimal value: Int) {
        if value < 0 { append(0x2D) }
        append(decimal: UInt64(value.magnitude))
    }

    /// Appends an unsigned integer in decimal.
    package mutating func append(decimal value: UInt64) {
        append(room: 20) { out in
            if value < 10 {
                out[0] = 0x30 + UInt8(value)
                return 1
            }
            var rest = value
            var digits = 0
            while rest > 0 { (rest, digits) = (rest / 10, digits + 1) }
            rest = value
            for index in stride(from: digits - 1, through: 0, by: -1) {
                out[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return digits
        }
    }

    /// Appends standard padded base64 of the bytes. **Cost** SIMD, see CSIMD. **Source** RFC 4648 §4.
    @inlinable @inline(__always)
    package mutating func append(base64 bytes: ByteView) {
        // The codec stores whole vectors and asks for 64 bytes of slack past its output.
        append(room: (bytes.count + 2) / 3 * 4 + 64) { Base64.encode(bytes, into: $0) }
    }

    /// Forgets what was written after `length`, which must not lie past the end.
    @inlinable package mutating func truncate(to length: Int) {
        highWater = max(highWater, written)
        written = min(max(length, 0), written)
    }

    /// Empties the writer for reuse: zeroes what was written and, past `keeping` bytes of room, gives the block back.
    package mutating func reset(keeping limit: Int) {
        if capacity > limit {
            release()
            (base, capacity) = (UnsafeMutablePointer(mutating: ByteView.empty.start), 0)
        } else if capacity > 0 {
            explicit_bzero(base, max(written, highWater))
        }
        (written, highWater) = (0, 0)
    }

    /// What has been written; valid until the next change or the end of the writer.
    @inlinable package var view: ByteView { ByteView(start: base, count: written) }
}
