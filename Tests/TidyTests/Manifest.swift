/// What Package.swift promises about dependencies and names.
enum Manifest {
    /// Dependencies that are not pinned to one version.
    static func unpinned(in manifest: SourceFile) -> [Finding] {
        let dependencies = zip(1..., manifest.code).filter { $1.contains(#/\.package\s*\(/#) }.map(\.0)
        return dependencies.compactMap { number in
            isPinned(manifest.code[(number - 1)...])
                ? nil : manifest.finding(number, "a dependency not pinned with exact:")
        }
    }

    /// Names that say nothing about what lives there.
    static func vagueNames(_ names: [String]) -> [String] {
        names.filter { name in
            ["Core", "Common", "Utils", "Helpers", "Manager"].contains { name == $0 || name == "\($0)Tests" }
        }
    }

    /// Looks for `exact:` up to the parenthesis that closes `.package(`.
    private static func isPinned(_ lines: ArraySlice<Substring>) -> Bool {
        let text = lines.joined(separator: "\n")
        guard let start = text.firstRange(of: #/\.package\s*\(/#) else { return false }
        var open = 1
        let call = text[start.upperBound...].prefix { character in
            if character == "(" { open += 1 }
            if character == ")" { open -= 1 }
            return open > 0
        }
        return call.contains(#/\bexact\s*:/#)
    }
}
