/// Which `package` declarations lack their sentence.
enum Documentation {
    /// Declarations up to one brace deep with no `///` above; attributes and plain comments may stand between. A member
    /// that a protocol of the house asks for has its sentence there: `requirements` gives their names by protocol.
    static func missing(in file: SourceFile, requirements: [String: Set<String>]) -> [Finding] {
        zip(file.code.indices, file.depths()).compactMap { index, depth in
            guard depth <= 1, let name = packageDeclaration(file.code[index]), !explainsItself.contains(name),
                !isDocumented(index, in: file)
            else { return nil }
            if depth == 1, asksFor(name, around: index, in: file, requirements) { return nil }
            return file.finding(index + 1, "package \(name) has no /// sentence")
        }
    }

    /// The names of what each protocol in the files asks for.
    static func requirements(in files: [SourceFile]) -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for file in files {
            var current: String?
            for (line, depth) in zip(file.code, file.depths()) {
                if depth == 0 { current = line.firstMatch(of: #/\bprotocol\s+(\w+)/#).map { String($0.1) } }
                let requirement = #/^\s*(?:@\w+\s+)*(?:[a-z]+\s+)*?(?:func|var|typealias|associatedtype)\s+(\w+)/#
                guard depth == 1, let current, let match = line.firstMatch(of: requirement) else { continue }
                found[current, default: []].insert(String(match.1))
            }
        }
        return found
    }

    /// Whether the type or extension that holds the line names a protocol in its head that asks for `name`.
    private static func asksFor(
        _ name: String, around index: Int, in file: SourceFile, _ requirements: [String: Set<String>]
    ) -> Bool {
        let depths = file.depths()
        guard let last = depths[..<index].lastIndex(of: 0) else { return false }
        // A head may span lines: it starts after the last line that is blank or closes another body.
        let first = file.code[..<last].lastIndex { $0.trimmed.isEmpty || $0.hasPrefix("}") }.map { $0 + 1 } ?? 0
        let head = file.code[min(first, last)...last].joined(separator: " ")
        guard let conformances = head.firstRange(of: ":").map({ head[$0.upperBound...] }) else { return false }
        return conformances.matches(of: #/\w+/#).contains { requirements[String($0.0)]?.contains(name) == true }
    }

    /// Requirements of the standard library's protocols, whose meaning is given there.
    private static let explainsItself: Set<String> = ["==", "hash", "description"]

    /// The declared name, or the keyword where there is none; nil for a line that declares nothing `package`.
    private static func packageDeclaration(_ line: Substring) -> String? {
        guard line.contains("package ") else { return nil }
        let declaration =
            #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]+(?:\([a-z]+\))?\s+)*?package\s+(.*)$/#
        guard let rest = line.firstMatch(of: declaration)?.1 else { return nil }
        let named =
            #/^(?:[a-z]+(?:\([a-z]+\))?\s+)*?(?:func|struct|enum|class|protocol|actor|let|var|typealias)\s+(\S+)/#
        if let name = rest.firstMatch(of: named)?.1 {
            return String(name.prefix { !"(<:{,".contains($0) || name.hasPrefix("<") })
        }
        return rest.firstMatch(of: #/^(?:[a-z]+\s+)*?(init|subscript)\b/#).map { String($0.1) }
    }

    private static func isDocumented(_ index: Int, in file: SourceFile) -> Bool {
        let above = file.text[..<index].map(\.trimmed).last { line in
            !line.hasPrefix("@") && (!line.hasPrefix("//") || line.hasPrefix("///"))
        }
        return above?.hasPrefix("///") == true
    }
}
