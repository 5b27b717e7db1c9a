internal import Glibc

/// A borrowed run of bytes that somebody else keeps alive, with total access: no read traps, none leaves the run.
///
/// Parsers of network input work on it: reading past the end yields NUL, which is legal nowhere in their grammars.
/// **Concurrency** The bytes do not change while a view exists; whoever makes a view guarantees lifetime and stillness.
// The guard of this unchecked conformance is that promise: an immutable pointer and a length, nothing else.
package struct ByteView: @unchecked Sendable {
    @usableFromInline let start: UnsafePointer<UInt8>
    /// Length in bytes.
    package let count: Int

    /// An empty view; it points at an empty literal, so that its address is one.
    @inlinable package static var empty: ByteView { ByteView("") }

    @inlinable
    init(start: UnsafePointer<UInt8>, count: Int) {
        self.start = start
        self.count = count
    }

    /// A view of `buffer`; the caller keeps the memory alive and unchanged for as long as the view is used.
    @inlinable package init(_ buffer: UnsafeRawBufferPointer) {
        if let base = buffer.baseAddress, buffer.count > 0 {
            self.init(start: base.assumingMemoryBound(to: UInt8.self), count: buffer.count)
        } else {
            self = .empty
        }
    }

    /// A view of a literal, which lives for ever.
    @inlinable package init(_ literal: StaticString) {
        self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// True for a view of no bytes.
    @inlinable package var isEmpty: Bool { count == 0 }

    /// The byte at `index`, or NUL where the view has none.
    @inlinable package subscript(index: Int) -> UInt8 {
        UInt(bitPattern: index) < UInt(bitPattern: count) ? start[index] : 0
    }

    /// The part from `offset` of at most `length` bytes, cut to what the view holds.
    @inlinable package func slice(_ offset: Int, _ length: Int) -> ByteView {
        let from = Swift.min(Swift.max(offset, 0), count)
        return ByteView(start: start + from, count: Swift.min(Swift.max(length, 0), count - from))
    }

    /// Everything from `offset` on.
    @inlinable package func dropFirst(_ offset: Int) -> ByteView { slice(offset, count) }

    /// The address and length, for C calls; never empty-pointed, even when the count is 0.
    @inlinable package var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The first byte's address, valid for `count` bytes.
    @inlinable package var pointer: UnsafePointer<UInt8> { start }

    /// The offset of the first `byte`, or nil. **Cost** memchr.
    package func firstIndex(of byte: UInt8, from offset: Int = 0) -> Int? {
        guard offset >= 0, offset < count, let hit = memchr(start + offset, Int32(byte), count - offset) else {
            return nil
        }
        return UnsafeRawPointer(hit) - UnsafeRawPointer(start)
    }

    /// Whether both hold the same bytes, compared in **variable time**: never for secrets (see `ConstantTime`).
    @inlinable package func equalsVariableTime(_ other: ByteView) -> Bool {
        count == other.count && Self.holdSame(start, other.start, count)
    }

    /// Whether these are the literal's bytes, compared in variable time.
    @inlinable package func equals(_ literal: StaticString) -> Bool {
        count == literal.utf8CodeUnitCount && Self.holdSame(start, literal.utf8Start, count)
    }

    /// Whether the view begins with the literal's bytes.
    @inlinable package func hasPrefix(_ literal: StaticString) -> Bool {
        count >= literal.utf8CodeUnitCount && Self.holdSame(start, literal.utf8Start, literal.utf8CodeUnitCount)
    }

    // Inlinable code may only call what needs no C import.
    @usableFromInline
    static func holdSame(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        memcmp(left, right, count) == 0
    }

    /// Equality of ASCII text without regard to case, for header names and values.
    package func equalsIgnoringCase(_ lowercased: StaticString) -> Bool {
        guard count == lowercased.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            let byte = start[index]
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if lower != lowercased.utf8Start[index] { return false }
        }
        return true
    }

    /// The text, with U+FFFD where it is not UTF-8.
    package var string: String { String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) }

    /// A copy of the bytes.
    package var array: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }
}
