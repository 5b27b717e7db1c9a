/// The path of a rule, ready to be compared: literal bytes, `+` for one whole segment, and whether any rest may follow.
///
/// **Source** system wire facts §10.2.
package struct PathPattern: Sendable, Hashable {
    /// Most `+` segments in one path: matching walks one step deeper for each.
    package static let maxPluses = 64
    /// Longest path in bytes.
    package static let maxBytes = 8192
    /// Stands for a `+` in `key`; paths of requests never hold it.
    static let plus: UInt8 = 0

    /// The bytes with `plus` for each `+` that is a whole segment, and without the star at the end.
    let key: [UInt8]
    /// Whether any rest may follow, none included.
    let isPrefix: Bool
    /// How many `+` there are.
    let pluses: Int
    /// Where the first `+` or the star at the end stands; the length when there is neither.
    let firstWildcard: Int

    /// Reads a path without its leading slash; nil when it holds what no request's path holds, so that it matches
    /// nothing.
    init?(_ text: String) {
        var bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        isPrefix = bytes.last == UInt8(ascii: "*")
        if isPrefix { bytes.removeLast() }
        var (count, first) = (0, bytes.count)
        for index in bytes.indices where bytes[index] == UInt8(ascii: "+") {
            let opens = index == 0 || bytes[index - 1] == UInt8(ascii: "/")
            let closes = index + 1 == bytes.count ? !isPrefix : bytes[index + 1] == UInt8(ascii: "/")
            guard opens, closes else { continue }
            if count == 0 { first = index }
            count += 1
            bytes[index] = Self.plus
        }
        (key, pluses, firstWildcard) = (bytes, count, first)
    }

    /// Whether it is neither a prefix nor has `+`: then it is more specific than every other.
    var isExact: Bool { !isPrefix && pluses == 0 }

    private var length: Int { key.count + (isPrefix ? 1 : 0) }

    /// Whether this pattern has to give way to the other where both match; of equals, neither does.
    static func isLower(_ left: PathPattern, _ right: PathPattern) -> Bool {
        if left.isExact != right.isExact { return right.isExact }
        if left.firstWildcard != right.firstWildcard { return left.firstWildcard < right.firstWildcard }
        if left.isPrefix != right.isPrefix { return left.isPrefix }
        if left.pluses != right.pluses { return left.pluses > right.pluses }
        if left.length != right.length { return left.length < right.length }
        return left.text.lexicographicallyPrecedes(right.text)
    }

    private var text: some Sequence<UInt8> { key.lazy.map { $0 == Self.plus ? UInt8(ascii: "+") : $0 } }
}
