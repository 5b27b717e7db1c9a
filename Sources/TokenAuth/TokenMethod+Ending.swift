internal import EngineKit
internal import Tokens

/// Tokens renewed and revoked. **Source** system wire facts §8.2.
extension TokenMethod {
    func renew(
        _ subject: Subject, _ increment: Int?, _ warnings: [String], _ command: Command
    ) async throws(TokenAuthError) -> EngineReply {
        guard let found = try await find(subject, command) else { throw .store(.unknown) }
        guard found.known.entry.kind == .service else { throw .store(.isBatch) }
        let renewal = try await asking { () async throws(TokenError) in
            try await store.renew(found.known.digest, increment: increment, clock: store.now)
        }
        var reply = EngineReply(warnings: warnings + renewal.warnings)
        reply.grant = .token(renewal.known.issued(as: found.token, by: identity, now: store.now()))
        return reply
    }

    func revoke(_ subject: Subject, _ command: Command) async throws(TokenAuthError) -> EngineReply {
        guard let found = try await find(subject, command) else { return .noContent }
        guard found.known.entry.kind == .service else { throw .batchRevoked }
        try await asking { () async throws(TokenError) in _ = try await store.revoke(found.known.digest) }
        return .noContent
    }

    func revokeOrphan(_ token: SealSecret) async throws(TokenAuthError) -> EngineReply {
        let now = store.now()
        let known = try await asking { () async throws(TokenError) in try await store.inspect(token, now: now) }
        guard let known else { throw .nothingToRevoke }
        guard known.entry.kind == .service else { throw .batchRevoked }
        let isRevoked = try await asking { () async throws(TokenError) in
            try await store.revokeOrphaning(known.digest)
        }
        guard isRevoked else { throw .nothingToRevoke }
        return .noContent
    }
}
