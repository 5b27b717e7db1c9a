/// The name of a policy in the one form that is stored and compared everywhere (CVE-2025-5999): without white space and
/// invisible characters around it, in lower case.
package enum PolicyName {
    /// Longest name in bytes.
    package static let maxBytes = 512
    /// The policy that allows everything. Only tokens have it: not entities, groups, nor rules.
    package static let root = "root"
    /// The policy that tokens get unless they are made without it.
    package static let standard = "default"

    /// The canonical form, which is empty for names of nothing.
    package static func canonical(_ name: String) -> String {
        // Lower case can bring out nothing that is invisible, but it costs nothing to be sure.
        trimmed(trimmed(name).lowercased())
    }

    /// The canonical forms, in byte order, each once, without empty ones.
    package static func canonical(_ names: [String]) -> [String] {
        var result = Set(names.map { canonical($0) })
        result.remove("")
        return result.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether the name, which is canonical, can be stored.
    package static func isStorable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= maxBytes && !name.unicodeScalars.contains { isControl($0) }
    }

    private static func trimmed(_ name: String) -> String {
        let scalars = name.unicodeScalars
        guard let first = scalars.firstIndex(where: { !isInvisible($0) }),
            let last = scalars.lastIndex(where: { !isInvisible($0) })
        else { return "" }
        return String(scalars[first...last])
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value <= 0x20 || scalar.value == 0x7F }
        switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
            return true
        default: return scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
