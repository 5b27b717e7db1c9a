internal import Vocabulary

/// Names of policies as tokens carry them. **Source** system wire facts §8.1, §10; CVE-2025-5999.
package enum PolicyNames {
    /// The names in canonical spelling, in byte order, each once. A list with `root` is `root` alone.
    package static func canonical(_ names: [String], addingDefault: Bool) -> [String] {
        let names = PolicyName.canonical(names)
        if names.contains(PolicyName.root) { return [PolicyName.root] }
        return addingDefault ? PolicyName.canonical(names + [PolicyName.standard]) : names
    }
}
