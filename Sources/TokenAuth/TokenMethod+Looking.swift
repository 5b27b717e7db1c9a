internal import Bytes
internal import EngineKit
internal import Tokens
internal import Vocabulary

/// Tokens looked up. **Source** system wire facts §8.1, §8.2.
extension TokenMethod {
    /// A token that is meant, with its spelling where that may be told.
    struct Found: Sendable {
        let known: KnownToken
        let token: SealSecret
    }

    /// The token that is meant; nil when it is not alive.
    func find(_ subject: Subject, _ command: Command) async throws(TokenAuthError) -> Found? {
        let now = store.now()
        switch subject {
        case .caller:
            guard let caller = command.caller else { throw .permissionDenied }
            let token = command.token
            if caller.kind == .service, let digest = TokenDigest(hex: caller.tokenID) {
                return try await asking { () async throws(TokenError) in
                    try await store.live(digest, now: now).map { Found(known: $0, token: token) }
                }
            }
            return try await find(.token(token), command)
        case .token(let token):
            return try await asking { () async throws(TokenError) in
                try await store.inspect(token, now: now).map { Found(known: $0, token: token) }
            }
        case .accessor(let accessor):
            let found = try await asking { () async throws(TokenError) in
                try await store.token(ofAccessor: accessor, now: now)
            }
            guard let found else { throw .invalidAccessor }
            // An accessor must not lead to the token.
            return Found(known: found, token: SealSecret(exposing: ""))
        }
    }

    func lookup(
        _ subject: Subject, _ command: Command, into body: inout ByteWriter
    ) async throws(TokenAuthError) -> EngineReply {
        guard let found = try await find(subject, command) else { throw .badToken }
        describe(found).write(into: &body)
        return EngineReply()
    }

    private func describe(_ found: Found) -> JSON {
        let (entry, now) = (found.known.entry, store.now())
        var members: [String: JSON] = [
            "id": .string(found.token.exposing { $0.string }), "accessor": .string(entry.accessor),
            "creation_time": .int(entry.issued), "creation_ttl": .int(entry.ttlSeconds),
            "display_name": .string(entry.displayName), "entity_id": .string(entry.entityID),
            "expire_time": entry.expires == 0 ? .null : Self.time(entry.expires),
            "explicit_max_ttl": .int(entry.explicitMaxSeconds),
            "meta": entry.metadata.isEmpty ? .null : .object(entry.metadata.mapValues { .string($0) }),
            "num_uses": .int(entry.numUses), "orphan": .bool(entry.parentID.isEmpty), "path": .string(entry.path),
            "policies": .array(entry.policies.map { .string($0) }), "ttl": .int(entry.secondsLeft(at: now)),
            "type": .string(entry.kind.rawValue),
        ]
        if entry.expires != 0 {
            members["issue_time"] = Self.time(entry.issued)
            members["renewable"] = .bool(entry.isRenewable)
        }
        if entry.periodSeconds > 0 { members["period"] = .int(entry.periodSeconds) }
        if !entry.role.isEmpty { members["role"] = .string(entry.role) }
        if !entry.boundCIDRs.isEmpty {
            members["bound_cidrs"] = .array(entry.boundCIDRs.map { .string(TokenRole.shown($0)) })
        }
        if entry.renewed > 0 {
            members["last_renewal"] = Self.time(entry.renewed)
            members["last_renewal_time"] = .int(entry.renewed)
        }
        if !entry.entityID.isEmpty {
            let policies = found.known.caller(by: identity)?.identityPolicies ?? []
            members["identity_policies"] = .array(policies.map { .string($0) })
            members["external_namespace_policies"] = .object([:])
        }
        return .object(members)
    }

    private static func time(_ seconds: Int) -> JSON {
        var text = ByteWriter(capacity: 32)
        return TimestampText.append(seconds: seconds, nanoseconds: 0, to: &text) ? .string(text.view.string) : .null
    }

    func listAccessors(into body: inout ByteWriter) async throws(TokenAuthError) -> EngineReply {
        let accessors = try await asking { () async throws(TokenError) in try await store.allAccessors() }
        guard !accessors.isEmpty else { throw .nothingThere }
        JSON.object(["keys": .array(accessors.map { .string($0) })]).write(into: &body)
        return EngineReply()
    }
}
