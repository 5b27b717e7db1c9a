package import Vocabulary

extension CapabilitySet {
    private static let all: [(CapabilitySet, String)] = [
        (.create, "create"), (.delete, "delete"), (.deny, "deny"), (.list, "list"), (.patch, "patch"),
        (.read, "read"), (.sudo, "sudo"), (.update, "update"),
    ]

    /// The names, sorted; `deny` alone for nothing at all. **Source** system wire facts §10.6.
    package var names: [String] {
        if isEmpty || contains(.deny) { return ["deny"] }
        return Self.all.filter { contains($0.0) }.map(\.1)
    }
}
