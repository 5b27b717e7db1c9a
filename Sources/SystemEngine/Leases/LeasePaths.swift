package import Bytes
package import EngineKit
package import Leases
package import Vocabulary

/// `sys/leases`, and the old spellings `sys/renew`, `sys/revoke`, `sys/revoke-prefix` and `sys/revoke-force`.
///
/// Leases of tokens appear beside those of secrets. Our own: `sys/leases/queue` tells which leases are due and could
/// not be ended yet, and why. **Source** system wire facts §11.
package final class LeasePaths: SecretsEngine {
    /// The first segments below `sys/` that this section answers for.
    package static let heads = ["leases", "renew", "revoke", "revoke-prefix", "revoke-force"]

    let leases: LeaseManager
    var tokens: (any TokenLeases)? { leases.tokens }
    let now: @Sendable () -> Int

    package let typeName = "system"
    /// Prefixes are given with and without their slash.
    package let takesFolderWrites = true

    /// The section; `now` gives Unix seconds.
    package init(leases: LeaseManager, now: @escaping @Sendable () -> Int) {
        self.leases = leases
        self.now = now
    }

    /// A resolved request.
    package enum Command: Sendable, Equatable {
        case lookUp(String)
        case list(prefix: String, after: String, limit: Int)
        case renew(String, incrementSeconds: Int?)
        case revoke(String, waits: Bool)
        case revokePrefix(String, waits: Bool)
        case revokeForce(String)
        case tidy
        case count
        case queue(limit: Int)
    }

    package func capability(for command: Command) -> Capability {
        switch command {
        case .lookUp, .renew, .revoke, .tidy: .update
        case .count, .queue: .read
        case .revokePrefix, .revokeForce: .update
        case .list: .list
        }
    }

    package func perform(_ command: Command, into body: inout ByteWriter) throws(LeasePathError) -> Handling {
        .needsStorage
    }

    package func performStoring(
        _ command: Command, into body: inout ByteWriter
    ) async throws(LeasePathError) -> EngineReply {
        do throws(LeaseError) {
            switch command {
            case .lookUp(let id): return try await lookUp(id, into: &body)
            case .list(let prefix, let after, let limit): return try await list(prefix, after, limit, into: &body)
            case .renew(let id, let seconds): return try await renew(id, seconds)
            case .revoke(let id, let waits):
                if try await !isTokenRevoked(id) { try await leases.revoke(id, waits: waits) }
                return .noContent
            case .revokePrefix(let prefix, let waits):
                try await endTokens(below: prefix)
                try await leases.revoke(below: prefix, waits: waits)
                return .noContent
            case .revokeForce(let prefix):
                try await endTokens(below: prefix)
                try await leases.revokeByForce(below: prefix)
                return .noContent
            case .tidy:
                // Nothing is ever left to be tidied: what memory and storage differ in is settled as it arises.
                return EngineReply(
                    status: 202,
                    warnings: [
                        "Tidy operation successfully started. Any information from the operation will be printed to "
                            + "the server logs."
                    ])
            case .count: return count(into: &body)
            case .queue(let limit): return queue(limit, into: &body)
            }
        } catch {
            throw .lease(error)
        }
    }
}
