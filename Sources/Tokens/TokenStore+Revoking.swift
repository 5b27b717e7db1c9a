internal import Bytes
internal import EngineKit
internal import Storage
internal import Synchronization

/// Tokens come to their end.
extension TokenStore {
    /// Ends a token and all that descends from it, and what belongs to them. When this returns, none of them can be
    /// used any more, also after a crash; what belongs to them is gone, or in the queue that `tick` works on.
    /// False when there was no such token.
    @discardableResult
    package func revoke(_ digest: TokenDigest) async throws(TokenError) -> Bool {
        guard try await bury(digest, keepingChildren: false) else { return false }
        try await buryDescendants(of: digest.hex)
        return true
    }

    /// Ends a token alone: its children have no parent from now on. False when there was no such token.
    package func revokeOrphaning(_ digest: TokenDigest) async throws(TokenError) -> Bool {
        guard try await bury(digest, keepingChildren: true) else { return false }
        try await release(childrenOf: digest.hex)
        await finish(digest.hex)
        return true
    }

    /// Ends all tokens that were made by paths below `prefix`, which ends with a slash. The leases' revocation by
    /// prefix and the end of an auth mount.
    package func revoke(pathsBelow prefix: String) async throws(TokenError) {
        // Always from the start: what was ended is no longer listed.
        var cursor: String?
        while true {
            let found = try await listed(under: Self.paths + prefix, after: cursor, limit: 256)
            guard let last = found.last else { return }
            for path in found {
                if let digest = Self.leaseDigest(path) { try await revoke(digest) }
            }
            cursor = last
        }
    }

    /// Takes the token out of use: in one commit its entry moves to where tokens wait for their end.
    private func bury(_ digest: TokenDigest, keepingChildren: Bool) async throws(TokenError) -> Bool {
        let id = digest.hex
        return try await locks.holding(digest) { () async throws(TokenError) in
            for _ in 0..<16 {
                guard let (entry, revision) = try await readEntry(digest) else { return false }
                var batch = WriteBatch()
                batch.require(.revision(revision), at: StorageKey(Self.ids + id))
                batch.delete(StorageKey(Self.ids + id))
                if let filed = openKeys()?.digest(ofAccessor: entry.accessor) {
                    batch.delete(StorageKey(Self.accessors + filed.hex))
                }
                if entry.hasLease { batch.delete(StorageKey(Self.listing(entry.path, id))) }
                if !entry.parentID.isEmpty { batch.delete(StorageKey(Self.parents + entry.parentID + "/" + id)) }
                if entry.policies == [Self.wrappingPolicy] { batch.delete(StorageKey(Self.wrapped + id)) }
                batch.put(StorageKey(Self.ending + id), [keepingChildren ? 2 : 1])
                guard try await commitForgetting(digest, batch) else { continue }
                shelves.remove(digest)
                return true
            }
            throw .contended
        }
    }

    /// Takes all that descends from `id` out of use, from the top down, then finishes them.
    func buryDescendants(of id: String) async throws(TokenError) {
        var ended = [id]
        var at = 0
        while at < ended.count {
            var cursor: String?
            let folder = Self.parents + ended[at] + "/"
            while true {
                let found = try await listed(under: folder, after: cursor, limit: 1000)
                guard let last = found.last else { break }
                for path in found {
                    let child = String(path.dropFirst(folder.count))
                    guard let digest = TokenDigest(hex: child) else { continue }
                    _ = try await bury(digest, keepingChildren: false)
                    // One whose entry was gone already may have left children behind.
                    ended.append(child)
                }
                cursor = last
            }
            at += 1
        }
        for id in ended.reversed() { await finish(id) }
    }

    /// Lets the children of a token live on without it.
    func release(childrenOf id: String) async throws(TokenError) {
        let folder = Self.parents + id + "/"
        while true {
            let found = try await listed(under: folder, after: nil, limit: 1000)
            if found.isEmpty { return }
            for path in found {
                if let digest = TokenDigest(hex: String(path.dropFirst(folder.count))) {
                    _ = try await change(digest) { (entry) throws(TokenError) in
                        if entry.parentID == id { entry.parentID = "" }
                        return true
                    }
                }
                var batch = WriteBatch()
                batch.delete(StorageKey(path))
                try await commit(batch)
            }
        }
    }

    /// Ends what belongs to a token that is out of use; what fails waits in the queue.
    func finish(_ id: String) async {
        for ending in endings {
            do throws(LeaseFault) { try await ending.tokenEnded(id) } catch {
                retries.withLock { $0.add(id) }
                return
            }
        }
        var batch = WriteBatch()
        batch.delete(StorageKey(Self.ending + id))
        do throws(TokenError) {
            try await commit(batch)
            retries.withLock { $0.remove(id) }
        } catch {
            retries.withLock { $0.add(id) }
        }
    }

    /// At the opening: goes on where a crash left off, so that no child of a revoked token is alive; what belongs to
    /// them is ended later.
    func resumeEndings() async throws(TokenError) {
        var cursor: String?
        while true {
            let found = try await entries(under: Self.ending, after: cursor, limit: 1000)
            guard let last = found.last else { return }
            for stored in found {
                let id = String(stored.key.path.dropFirst(Self.ending.count))
                if stored.entry.value.first == 2 {
                    try await release(childrenOf: id)
                } else {
                    try await markDescendants(of: id)
                }
                retries.withLock { $0.add(id) }
            }
            cursor = last.key.path
        }
    }

    private func markDescendants(of id: String) async throws(TokenError) {
        var ended = [id]
        while let next = ended.popLast() {
            let folder = Self.parents + next + "/"
            for path in try await listed(under: folder, after: nil, limit: .max) {
                let child = String(path.dropFirst(folder.count))
                guard let digest = TokenDigest(hex: child) else { continue }
                if try await bury(digest, keepingChildren: false) { retries.withLock { $0.add(child) } }
                ended.append(child)
            }
        }
    }
}
