internal import Bytes
package import EngineKit
internal import Storage

/// Tokens come into being.
extension TokenStore {
    /// Makes a token from a draft, whose accessor, times of making and end are filled in here: `ttlSeconds` of 0 lives
    /// for ever. With a parent, which must be alive at the moment of the commit, it dies with it.
    ///
    /// **Throws** `.unknown` for a parent that is over, `.duplicate` for a custom id that exists.
    package func make(
        _ draft: TokenEntry, customID: SealSecret? = nil, parent: String? = nil, now: Int
    ) async throws(TokenError) -> MadeToken {
        try await make(draft, customID: customID, parent: parent, now: now) { _ in nil }
    }

    /// The same, with an entry that becomes durable together with the token and is kept under its id.
    func make(
        _ draft: TokenEntry, customID: SealSecret? = nil, parent: String? = nil, now: Int,
        with beside: (_ id: String) -> StoredBeside?
    ) async throws(TokenError) -> MadeToken {
        guard let keys = openKeys() else { throw .closed }
        var entry = draft
        entry.parentID = parent ?? ""
        entry.issued = now
        entry.expires = draft.ttlSeconds == 0 ? 0 : now + min(max(draft.ttlSeconds, 1), LifeRules.longestSeconds)
        if entry.kind == .batch {
            if let parent { _ = try await liveParent(parent, now) }
            entry.accessor = ""
            let token = try keys.sealBatch(entry)
            guard let digest = token.exposing({ keys.digest(of: $0) }) else { throw .noRandomness }
            return MadeToken(token: token, known: KnownToken(digest, entry))
        }
        guard let accessor = TokenSpelling.makeAccessor(), let filed = keys.digest(ofAccessor: accessor),
            let token = customID ?? TokenSpelling.makeService(),
            let digest = token.exposing({ keys.digest(of: $0) })
        else { throw .noRandomness }
        entry.accessor = accessor
        let id = digest.hex
        for _ in 0..<16 {
            var batch = WriteBatch()
            batch.put(StorageKey(Self.ids + id), entry.record)
            batch.require(.absent, at: StorageKey(Self.ids + id))
            // What is still being ended must not come back to life.
            batch.require(.absent, at: StorageKey(Self.ending + id))
            batch.put(StorageKey(Self.accessors + filed.hex), Self.accessorRecord(id, accessor))
            if let beside = beside(id) { batch.put(StorageKey(beside.path), beside.value) }
            if entry.hasLease { batch.put(StorageKey(Self.listing(entry.path, id)), [1]) }
            if let parent {
                batch.put(StorageKey(Self.parents + parent + "/" + id), [1])
                batch.require(.revision(try await liveParent(parent, now)), at: StorageKey(Self.ids + parent))
            }
            do throws(StorageError) { try await storage.commit(batch) } catch {
                guard case .conflict(let key) = error else { throw .storage(error) }
                if key.path.hasSuffix(id) { throw .duplicate }
                continue
            }
            let known = KnownToken(digest, entry)
            shelves.put(known)
            return MadeToken(token: token, known: known)
        }
        throw .contended
    }

    /// The revision of the parent's entry.
    private func liveParent(_ id: String, _ now: Int) async throws(TokenError) -> UInt64 {
        guard let digest = TokenDigest(hex: id), let (entry, revision) = try await readEntry(digest),
            !entry.isOver(at: now)
        else { throw .unknown }
        return revision
    }

    /// Makes a root token: orphan, without an end. With `spelled`, it is that token, and one that exists is kept.
    /// **Source** system wire facts §3.
    package func makeRoot(spelled: SealSecret? = nil, now: Int) async throws(TokenError) -> SealSecret {
        var entry = TokenEntry()
        entry.policies = ["root"]
        entry.path = "auth/token/root"
        entry.displayName = "root"
        do throws(TokenError) {
            return try await make(entry, customID: spelled, now: now).token
        } catch {
            if error == .duplicate, let spelled { return spelled }
            throw error
        }
    }
}

/// An entry that is stored in the same commit as a token.
struct StoredBeside {
    let path: String
    let value: [UInt8]

    init(_ path: String, _ value: [UInt8]) { (self.path, self.value) = (path, value) }
}
