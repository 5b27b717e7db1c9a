package import EngineKit
internal import Storage

/// Tokens for those who logged in.
extension TokenStore {
    /// What a login came to.
    package struct LoginResult: Sendable {
        /// The token.
        package let issued: IssuedToken
        /// Sentences for the envelope.
        package let warnings: [String]
    }

    /// Makes the token of a login on `mount`: orphan, with the policy `default` unless it is not wanted, of the type
    /// that mount and role agree on.
    /// **Source** system wire facts §7, §8.4.
    package func issue(
        _ login: Login, on mount: MountPoint, path: String, entityID: String = "", now: Int
    ) async throws(TokenError) -> LoginResult {
        let parameters = login.token
        var entry = TokenEntry()
        entry.kind = Self.kind(mount: mount.description.tokenType, role: parameters.type)
        entry.policies = PolicyNames.canonical(
            login.policies + parameters.policies, addingDefault: !parameters.hasNoDefaultPolicy)
        // Nobody becomes root by a login. **Source** CVE-2025-5999.
        if entry.isRoot { throw .rootLogin }
        entry.path = path
        entry.metadata = login.metadata
        entry.displayName = login.displayName
        entry.entityID = entityID
        entry.boundCIDRs = parameters.boundCIDRs
        entry.numUses = entry.kind == .batch ? 0 : max(parameters.numUses, 0)
        entry.maxSeconds = parameters.maxSeconds
        entry.periodSeconds = entry.kind == .batch ? 0 : parameters.periodSeconds
        entry.explicitMaxSeconds = parameters.explicitMaxSeconds
        entry.isRenewable = login.isRenewable && entry.kind == .service
        entry.login = entry.kind == .batch ? nil : login
        entry.ttlSeconds = parameters.ttlSeconds
        var warnings: [String] = []
        do throws(LifeRules.PastMax) {
            let span = try entry.rules(on: mount).span(increment: nil, issued: now, now: now)
            if let warning = span.warning { warnings.append(warning) }
            entry.ttlSeconds = span.seconds
        } catch {
            throw .pastMax
        }
        let made = try await make(entry, now: now)
        return LoginResult(issued: made.known.issued(as: made.token, by: identity, now: now), warnings: warnings)
    }

    /// `service` and `batch` of the mount force; else the role's say counts, else the mount's default.
    package static func kind(mount: String, role: String) -> Caller.Kind {
        switch (mount, role) {
        case ("batch", _): .batch
        case ("service", _): .service
        case (_, "batch"), ("default-batch", "default"), ("default-batch", ""), ("default-batch", "default-batch"),
            ("", "default-batch"):
            .batch
        default: .service
        }
    }
}
