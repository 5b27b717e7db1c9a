/// Package.swift's table of who may import whom, and what the imports of a file make of it.
struct Floors {
    /// In the order of the table, low floor to high.
    private(set) var order: [String] = []
    private var rows: [String: [String]] = [:]

    /// Modules from outside that only the named targets may import; `NIO*` stands for all that start with `NIO`.
    static let reserved: [(module: String, targets: Set<String>)] = [
        ("NIO*", ["HTTPAPI", "StrongroomClient"]),
        ("GRDB*", ["SQLiteStorage"]),
        ("COpenSSL", ["Primitives"]),
        ("CGcrypt", ["Primitives"]),
        ("Crypto", ["Primitives"]),
    ]

    /// Reads the dictionary literal between `// floors:begin` and `// floors:end`; a row may span lines.
    init(manifest: String) {
        guard let begin = manifest.firstRange(of: "// floors:begin"),
            let end = manifest.firstRange(of: "// floors:end"), begin.upperBound < end.lowerBound
        else { return }
        let table = manifest[begin.upperBound..<end.lowerBound]
        for match in table.matches(of: #/"(\w+)"\s*:\s*\[([^\]]*)\]/#) {
            let name = String(match.1)
            order.append(name)
            rows[name, default: []] += match.2.matches(of: #/"(\w+)"/#).map { String($0.1) }
        }
    }

    /// Faults of the table itself: rows given twice, arrows that do not point down, engines that know each other.
    func faults() -> [String] {
        var faults: [String] = order.isEmpty ? ["Package.swift has no rows between floors:begin and floors:end"] : []
        var below: Set<String> = []
        for name in order {
            if below.contains(name) { faults.append("\(name) has two rows") }
            for other in rows[name] ?? [] where !below.contains(other) {
                faults.append("\(name) -> \(other): a row may name only rows above it in the table")
            }
            let isEngine = name.hasSuffix("Engine")
            for other in rows[name] ?? [] where isEngine && other.hasSuffix("Engine") {
                faults.append("\(name) -> \(other): engines never import each other")
            }
            below.insert(name)
        }
        return faults
    }

    /// Imports of a file under Sources that its target's row, or the reservations, do not allow.
    func forbiddenImports(in file: SourceFile) -> [Finding] {
        guard let row = rows[file.target] else {
            return [file.finding(1, "target \(file.target) has no row in Package.swift's table")]
        }
        return file.findings { line in
            guard let module = Self.importedModule(line) else { return nil }
            if rows[module] != nil, module != file.target, !row.contains(module) {
                return "\(file.target) may not import \(module): the arrow is not in Package.swift's table"
            }
            return Self.reservation(against: module, in: file.target)
        }
    }

    /// `Foundation` for `internal import struct Foundation.URL`, nil for a line that imports nothing.
    static func importedModule(_ line: Substring) -> String? {
        line.firstMatch(of: #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]+\s+)?import\s+(?:[a-z]+\s+)?(\w+)/#)
            .map { String($0.1) }
    }

    private static func reservation(against module: String, in target: String) -> String? {
        for (pattern, targets) in reserved where !targets.contains(target) {
            let isMatch = pattern.hasSuffix("*") ? module.hasPrefix(pattern.dropLast()) : module == pattern
            if isMatch { return "only \(targets.sorted().joined(separator: ", ")) may import \(module)" }
        }
        return nil
    }
}
