/// The name that a mistyped one may mean.
package enum Suggestion {
    /// The closest of the names, when it is close enough to be meant.
    package static func nearest(to word: String, among names: some Sequence<String>) -> String? {
        let typed = Array(word.lowercased().utf8)
        guard (3...64).contains(typed.count) else { return nil }
        let allowance = max(typed.count / 4, 1)
        var best: (name: String, distance: Int)?
        for name in names.sorted() {
            let distance = distance(typed, Array(name.utf8))
            if distance <= allowance, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// How many bytes have to be changed, put in, left out or swapped with their neighbour.
    static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        if first.isEmpty || second.isEmpty { return max(first.count, second.count) }
        var before: [Int] = []
        var above = Array(0...second.count)
        for (row, byte) in first.enumerated() {
            var current = [row + 1]
            for (column, other) in second.enumerated() {
                var least = min(above[column] + (byte == other ? 0 : 1), above[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, byte == second[column - 1], first[row - 1] == other {
                    least = min(least, before[column - 1] + 1)
                }
                current.append(least)
            }
            (before, above) = (above, current)
        }
        return above[second.count]
    }

    /// A list as it may be shown.
    static func shownList(_ texts: [String]) -> String { shown(texts.joined(separator: ",")) }

    /// Permission bits as they are written.
    static func shownOctal(_ bits: Int) -> String { "0" + String(bits, radix: 8) }

    /// A name as it may be shown: without control characters, and not longer than 64 characters.
    static func shown(_ name: String) -> String {
        let scalars = name.unicodeScalars.prefix(65).map { scalar -> Character in
            scalar.value < 0x20 || scalar.value == 0x7F ? "?" : Character(scalar)
        }
        return scalars.count > 64 ? String(scalars.prefix(64)) + "…" : String(scalars)
    }
}
