/// Names of policies as tokens carry them. **Source** system wire facts §8.1, §10; CVE-2025-5999.
package enum PolicyNames {
    /// The name that policies are known by: lower case, without white space around it.
    package static func canonical(_ name: String) -> String {
        var name = Substring(name)
        while let first = name.first, first.isWhitespace { name = name.dropFirst() }
        while let last = name.last, last.isWhitespace { name = name.dropLast() }
        return name.lowercased()
    }

    /// The names in canonical spelling, sorted, each once. A list with `root` is `root` alone.
    package static func canonical(_ names: [String], addingDefault: Bool) -> [String] {
        var names = Set(names.map(canonical)).subtracting([""])
        if names.contains("root") { return ["root"] }
        if addingDefault { names.insert("default") }
        return names.sorted()
    }
}

extension PolicyNames {
    /// The names in canonical spelling, sorted, each once, none taken for another.
    package static func canonicalList(_ names: [String]) -> [String] {
        Set(names.map { canonical($0) }).subtracting([""]).sorted()
    }
}
