package import EngineKit
internal import Synchronization

/// How secrets come under a lease.
extension LeaseManager {
    /// Records a secret that an engine has made, and names it. When this throws, the secret must be taken back by
    /// its engine and not leave. `settling` is the engine's write-ahead entry, which ends in the same commit.
    package func register(
        _ grant: SecretGrant, path: String, mount: MountPoint, caller: Caller, settling: SettledEntry? = nil
    ) async throws(LeaseError) -> LeaseTicket {
        let store = try store()
        guard path.utf8.count <= LeaseIdentifier.longestPath, !path.isEmpty else { throw .pathTooLong }
        let now = now()
        var span = LeaseSpan.issue(
            grant.terms, defaultSeconds: mount.defaultLeaseSeconds, mountMaxSeconds: mount.maxLeaseSeconds)
        // Nobody hears of the end of a batch token: its leases end no later by themselves.
        if caller.kind == .batch, caller.expiresUnixSeconds > 0 {
            span.maxSeconds = min(span.maxSeconds, max(caller.expiresUnixSeconds &- now, 1))
            span.seconds = min(span.seconds, span.maxSeconds)
        }
        let name = try LeaseIdentifier.random(below: path)
        guard let id = LeaseIdentifier(name) else { throw .pathTooLong }
        let record = LeaseRecord(
            id: name, mount: mount.path, namespace: caller.namespace, tokenID: caller.tokenID,
            ttlSeconds: span.seconds, maxSeconds: span.maxSeconds, isRenewable: grant.terms.isRenewable,
            issuedUnixSeconds: now, expiresUnixSeconds: now &+ span.seconds, engineRecord: grant.record)
        let token = TokenKey(caller.tokenID)
        let isEnded = state.withLock { state in
            if state.endedTokens[token] != nil { return true }
            state.arriving.insert(name)
            return false
        }
        if isEnded { throw .tokenEnded }
        let page: UInt32
        do throws(LeaseError) {
            page = try await store.commit([.add(record, settling: settling)]).first ?? 0
        } catch {
            state.withLock { _ = $0.arriving.remove(name) }
            throw error
        }
        let survives = state.withLock { state in
            state.arriving.remove(name)
            guard state.isReady else { return true }
            let isEnded = state.endedTokens[token] != nil
            let due = isEnded ? now : record.expiresUnixSeconds
            if state.book.index.find(id) == nil {
                _ = state.book.registered(id, mount: record.mount, token: token, due: due, page: page)
            }
            return !isEnded
        }
        guard survives else { throw .tokenEnded }
        return LeaseTicket(
            leaseID: name, seconds: span.seconds, isRenewable: record.isRenewable,
            warnings: span.warning.map { [$0] } ?? [])
    }
}
