internal import Foundation
internal import StrongroomClient

/// Values as people read them.
enum Shown {
    /// `768h`, `1h30m`, `45s`; 0 is `0s`.
    static func duration(seconds: Int) -> String {
        guard seconds > 0 else { return "\(seconds)s" }
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        return (hours > 0 ? "\(hours)h" : "") + (minutes > 0 ? "\(minutes)m" : "") + (rest > 0 ? "\(rest)s" : "")
    }

    /// `1.5 MiB`.
    static func bytes(_ count: Double) -> String {
        var (value, unit) = (count, 0)
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024 && unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return unit == 0 ? "\(Int(value)) B" : decimal(value, 1) + " " + units[unit]
    }

    /// `1,234,567`.
    static func count(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// A number with that many places.
    static func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

    /// A value in the cell of a table: text as it is, the rest as JSON; a missing value is `n/a`.
    static func cell(_ node: JSONNode?) -> String {
        switch node {
        case nil, .null: "n/a"
        case .string(let text): text.isEmpty ? "n/a" : text
        case .some(let node): node.compact
        }
    }

    /// Text that cannot move the cursor or change the terminal.
    static func harmless(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    scalar == "\n" || scalar == "\t" || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                        ? scalar : "\u{FFFD}"
                }))
    }
}
