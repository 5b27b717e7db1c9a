/// Why a stored record cannot be read: it is cut, too long, or of a format that this version does not know.
package struct RecordFault: Error, Equatable {
    /// Offset in the record up to which it could be read.
    package let offset: Int

    /// A fault at `offset`.
    package init(offset: Int = 0) { self.offset = offset }
}

/// Writes stored records.
///
/// **Layout** `format(1) ‖ fields…`; integers are 8 bytes little-endian, byte strings `length(8) ‖ bytes`.
package struct RecordWriter: ~Copyable {
    private var bytes: ByteWriter

    /// A record of the given format number.
    package init(format: UInt8) {
        bytes = ByteWriter(capacity: 128)
        bytes.append(format)
    }

    /// Adds an integer.
    package mutating func put(_ value: Int) {
        let bits = UInt64(bitPattern: Int64(value))
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * shift))) }
    }

    /// Adds a boolean, as the integer 0 or 1.
    package mutating func put(_ value: Bool) { put(value ? 1 : 0) }

    /// Adds a byte string.
    package mutating func put(_ value: ByteView) {
        put(value.count)
        bytes.append(value)
    }

    /// The record so far, lent: for records of secrets, which must not be copied about.
    package var view: ByteView { bytes.view }

    /// Adds a text.
    package mutating func put(text: String) {
        var text = text
        text.withUTF8 { put(ByteView(UnsafeRawBufferPointer($0))) }
    }

    /// Adds bytes.
    package mutating func put(bytes: [UInt8]) { bytes.withUnsafeBytes { put(ByteView($0)) } }

    /// The record so far.
    package var record: [UInt8] { bytes.view.array }
}

/// Reads what `RecordWriter` wrote. Total: any bytes at all give fields or a `RecordFault`.
package struct RecordReader: Sendable {
    /// The format number.
    package let format: UInt8
    private let bytes: ByteView
    private var position = 1

    /// A reader of `bytes`, which stay alive while it is used.
    package init(_ bytes: ByteView) throws(RecordFault) {
        guard bytes.count > 0 else { throw RecordFault() }
        self.bytes = bytes
        format = bytes[0]
    }

    /// The next integer.
    package mutating func int() throws(RecordFault) -> Int {
        guard bytes.count - position >= 8 else { throw RecordFault(offset: position) }
        var bits: UInt64 = 0
        for shift in 0..<8 { bits |= UInt64(bytes[position + shift]) << UInt64(8 * shift) }
        position += 8
        return Int(Int64(bitPattern: bits))
    }

    /// The next boolean.
    package mutating func bool() throws(RecordFault) -> Bool {
        switch try int() {
        case 0: return false
        case 1: return true
        default: throw RecordFault()
        }
    }

    /// The next byte string, lent out of the record.
    package mutating func view() throws(RecordFault) -> ByteView {
        let length = try int()
        guard length >= 0, length <= bytes.count - position else { throw RecordFault() }
        position += length
        return bytes.slice(position - length, length)
    }

    /// Bytes that are not read yet.
    package var remaining: Int { bytes.count - position }

    /// Throws unless everything has been read.
    package func finish() throws(RecordFault) {
        guard position == bytes.count else { throw RecordFault() }
    }
}
