internal import Bytes

/// Where a text of the request stands. **Layout** 8 bytes; requests are far below 2 GiB.
struct TextRef: Sendable {
    private let offset: UInt32
    private let length: UInt32
    private static let missing = UInt32.max
    private static let unescapedBit: UInt32 = 1 << 31

    /// No text, as when the member is not there.
    static let absent = TextRef(offset: 0, length: missing)
    /// The empty text.
    static let empty = TextRef(offset: 0, length: 0)

    private init(offset: UInt32, length: UInt32) {
        self.offset = offset
        self.length = length
    }

    /// A run of the body, or, when `isUnescaped`, of the texts whose escapes were resolved.
    init(offset: Int, count: Int, isUnescaped: Bool) {
        self.offset = UInt32(truncatingIfNeeded: offset) & ~Self.unescapedBit | (isUnescaped ? Self.unescapedBit : 0)
        length = UInt32(truncatingIfNeeded: count)
    }

    var isAbsent: Bool { length == Self.missing }
    /// Absent or empty: for most members the same.
    var isBlank: Bool { length == Self.missing || length == 0 }

    /// Whether the text stands in the side store and not in the body.
    @inline(__always)
    var isUnescaped: Bool { offset & Self.unescapedBit != 0 }

    /// The text out of the store that it stands in.
    @inline(__always)
    func view(in store: ByteView) -> ByteView { store.slice(Int(offset & ~Self.unescapedBit), Int(length)) }
}

/// The texts of one request: the body itself, and a side store for the few strings that had to be unescaped.
///
/// **Concurrency** written while the request is resolved, by one thread; only read afterwards.
// The guard of this unchecked conformance is that order: the store is complete before the command is handed on.
final class RequestTexts: @unchecked Sendable {
    private let body: ByteView
    private var unescaped = ByteWriter(capacity: 64)

    init(body: ByteView) { self.body = body }

    /// A reference to the text that a JSON value means to a string field: numbers as spelled, booleans `1` and `0`,
    /// null empty; nil for arrays and objects.
    func reference(_ value: JSONValue) -> TextRef? {
        switch value.kind {
        case .absent: return .absent
        case .null: return .empty
        case .string, .number: return TextRef(offset: value.offset, count: value.count, isUnescaped: false)
        case .escapedString:
            let start = unescaped.count
            JSONText.unescape(body.slice(value.offset, value.count), into: &unescaped)
            return TextRef(offset: start, count: unescaped.count - start, isUnescaped: true)
        case .true, .false: return reference(literal: value.kind == .true ? "1" : "0")
        case .array, .object: return nil
        }
    }

    /// A reference to a text that does not come from the body.
    func reference(literal text: StaticString) -> TextRef {
        let start = unescaped.count
        unescaped.append(text)
        return TextRef(offset: start, count: unescaped.count - start, isUnescaped: true)
    }

    /// The text; valid as long as the request and these texts.
    @inline(__always)
    func view(_ reference: TextRef) -> ByteView {
        if reference.isBlank { return .empty }
        return reference.isUnescaped ? unescapedView(reference) : reference.view(in: body)
    }

    /// The text of a reference that is known to stand in the body.
    @inline(__always)
    func bodyText(_ reference: TextRef) -> ByteView { reference.view(in: body) }

    // Apart, so that the usual case does not touch a variable of the class.
    private func unescapedView(_ reference: TextRef) -> ByteView { reference.view(in: unescaped.view) }
}
