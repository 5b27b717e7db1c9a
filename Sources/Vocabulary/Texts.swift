/// Integers as the wire spells them.
package enum IntegerText {
    /// The number, or nil when `text` is none or does not fit. With `prefixes`, `0x`, `0o`, `0b` and a leading `0`
    /// (octal) choose the base.
    package static func parse(_ text: String, prefixes: Bool) -> Int? {
        guard prefixes else { return Int(text) }
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if let sign = digits.first, sign == "-" || sign == "+" { digits = digits.dropFirst() }
        guard let first = digits.first, first.isASCII, first.isNumber else { return nil }
        var radix = 10
        if digits.count > 1 && first == "0" {
            digits = digits.dropFirst()
            switch digits.first {
            case "x", "X": (radix, digits) = (16, digits.dropFirst())
            case "b", "B": (radix, digits) = (2, digits.dropFirst())
            case "o", "O": (radix, digits) = (8, digits.dropFirst())
            default: radix = 8
            }
        }
        guard let lead = digits.first, lead != "-", lead != "+" else { return nil }
        return Int((isNegative ? "-" : "") + digits, radix: radix)
    }
}

/// Durations as the wire spells them: whole seconds, or numbers with units as in `1h30m`, `90s`, `250ms`, `2d`.
package enum DurationText {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86400e9),
    ]

    /// The duration in whole seconds, cut towards zero; nil when the text is none or too large.
    package static func seconds(_ text: String) -> Int? {
        if let seconds = Int(text) { return seconds }
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
            guard digits.count <= 30, let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !($0.isNumber || $0 == ".") }
            guard let scale = units.first(where: { $0.name == unit })?.nanoseconds else { return nil }
            rest = rest.dropFirst(unit.count)
            total += number * scale
        }
        guard total < 9e18 else { return nil }
        return Int(isNegative ? -total / 1e9 : total / 1e9)
    }
    /// The duration as the field's servers spell it in sentences, without parts that are zero: `768h`, `1h30m`, `90s`
    /// as `1m30s`, `0s`.
    package static func spelled(seconds: Int) -> String {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        var text = hours > 0 ? "\(hours)h" : ""
        if minutes > 0 { text += "\(minutes)m" }
        if rest > 0 || text.isEmpty { text += "\(rest)s" }
        return text
    }
}
