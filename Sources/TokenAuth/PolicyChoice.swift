internal import EngineKit
internal import Tokens
internal import Vocabulary

/// Which policies a new token gets: pure. **Source** system wire facts §8.1, §8.2.
struct PolicyChoice {
    /// Policies that only the house gives to tokens.
    private static let unassignable = ["response-wrapping", "control-group"]

    let asked: [String]
    let parent: [String]
    let isParentRoot: Bool
    let isSudo: Bool
    let wantsDefault: Bool
    let role: TokenRole?

    func policies() throws(TokenAuthError) -> [String] {
        let names = PolicyName.canonical(asked)
        if let name = names.first(where: { Self.unassignable.contains($0) }) { throw .unassignable(name) }
        let chosen = try choose(names)
        if chosen == ["root"] && !isParentRoot { throw .needsRootParent }
        return chosen
    }

    private func choose(_ names: [String]) throws(TokenAuthError) -> [String] {
        let wantsDefault = wantsDefault && !(role?.hasNoDefaultPolicy ?? false)
        guard let role, role.hasAllowed || role.hasDisallowed else {
            if names.isEmpty { return inherited(wantsDefault) }
            if isSudo { return PolicyNames.canonical(names, addingDefault: wantsDefault) }
            guard Set(names).isSubset(of: parent) else { throw .notSubsetOfParent }
            return PolicyNames.canonical(names, addingDefault: wantsDefault && parent.contains("default"))
        }
        var wanted = names
        if wanted.isEmpty { wanted = role.allowed.isEmpty ? parent : role.allowed }
        if role.hasAllowed {
            let refused = wanted.filter { $0 != "default" && !role.allows($0) }
            guard refused.isEmpty else {
                throw .notSubsetOfRole(asked: wanted, allowed: role.allowed + role.allowedGlobs)
            }
        }
        if let name = wanted.first(where: { role.disallows($0) }) { throw .disallowedByRole(name) }
        return PolicyNames.canonical(wanted, addingDefault: wantsDefault && !role.disallows("default"))
    }

    /// The parent's policies; `default` only when it has it.
    private func inherited(_ wantsDefault: Bool) -> [String] {
        if isParentRoot { return ["root"] }
        return PolicyNames.canonical(wantsDefault ? parent : parent.filter { $0 != "default" }, addingDefault: false)
    }
}
