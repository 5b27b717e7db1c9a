package import EngineKit
internal import Synchronization
package import Vocabulary

/// A token as memory knows it: made from its stored entry, replaced as a whole when the entry changes.
///
/// **Concurrency** does not change, but for the caller that is kept for the next request.
package final class KnownToken: Sendable {
    /// The digest that stands for the token.
    package let digest: TokenDigest
    /// The digest in hex.
    package let id: String
    /// What is known of it.
    package let entry: TokenEntry
    /// The token that a batch token dies with; nil for orphans and for service tokens.
    let batchParent: TokenDigest?
    private let ranges: [AddressRange]
    private let kept = Mutex<(generation: UInt64, caller: Caller?)>((0, nil))

    init(_ digest: TokenDigest, _ entry: TokenEntry) {
        self.digest = digest
        self.entry = entry
        id = digest.hex
        batchParent = entry.kind == .batch && !entry.parentID.isEmpty ? TokenDigest(hex: entry.parentID) : nil
        ranges = entry.boundCIDRs.compactMap(AddressRange.init(text:))
    }

    /// Whether it works from there. Root tokens work from everywhere.
    package func isBound(to client: PeerAddress) -> Bool {
        if entry.boundCIDRs.isEmpty || entry.isRoot { return true }
        return ranges.contains { $0.contains(client) }
    }

    /// Whether this request is the last one that the token may make: it is to be revoked at its end.
    package var isLastUse: Bool { entry.numUses < 0 }

    /// The bearer, with the policies that the entity has now; nil when the entity is gone or disabled. The same object
    /// as long as nothing changed.
    package func caller(by identity: some IdentityDirectory) -> Caller? {
        let generation = identity.generation
        return kept.withLock { kept in
            if let caller = kept.caller, kept.generation == generation { return caller }
            var policies: [String] = []
            if !entry.entityID.isEmpty {
                guard case .active(let rights) = identity.standing(of: entry.entityID) else { return nil }
                policies = rights.policies
            }
            let caller = caller(identityPolicies: policies)
            kept = (generation, caller)
            return caller
        }
    }

    /// The bearer, with policies of an entity.
    package func caller(identityPolicies: [String] = []) -> Caller {
        Caller(
            tokenID: id, accessor: entry.accessor, displayName: entry.displayName, tokenPolicies: entry.policies,
            identityPolicies: identityPolicies, entityID: entry.entityID, kind: entry.kind,
            isRoot: entry.isRoot, metadata: entry.metadata, path: entry.path, issuedUnixSeconds: entry.issued,
            expiresUnixSeconds: entry.expires, namespace: entry.namespace)
    }
}
