internal import Primitives
internal import Storage
internal import Synchronization

/// What `sys/key-status` tells.
package struct KeyStatus: Sendable, Equatable {
    /// The latest term's number.
    package let term: Int
    /// **Units** Unix seconds.
    package let installedUnixSeconds: Int
    /// Messages sealed under it; after a crash too many, by up to 65,536.
    package let encryptions: Int
}

extension SealedStorage {
    /// The latest term. **Throws** `.sealed`.
    package func keyStatus() throws(BarrierError) -> KeyStatus {
        try opening { database in
            KeyStatus(
                term: Int(database.terms.latest.number),
                installedUnixSeconds: database.terms.latest.installedUnixSeconds, encryptions: database.counted)
        }
    }

    /// When terms end. **Throws** `.sealed`.
    package func rotationPolicy() throws(BarrierError) -> RotationPolicy { try opening { $0.terms.policy } }

    /// Sets when terms end. **Throws** `.invalidRotationPolicy`, `.sealed`, `.storage`.
    package func setRotationPolicy(_ policy: RotationPolicy) async throws(BarrierError) {
        guard policy.isSound else { throw .invalidRotationPolicy }
        try await changing { (database) throws(CryptoError) in (try database.terms.with(policy), nil, nil) }
    }

    /// Begins a new term: later commits are sealed under it. **Throws** `.sealed`, `.storage`.
    package func rotate() async throws(BarrierError) {
        let seconds = now()
        try await changing { (database) throws(CryptoError) in
            (try database.terms.rotated(nowUnixSeconds: seconds), nil, nil)
        }
    }

    /// Puts the terms under another root key, and replaces the seal's record that leads to it, in one commit.
    /// **Throws** `.sealed`, `.storage`.
    package func replaceRoot(by root: RootKey, sealRecord: [UInt8]) async throws(BarrierError) {
        try await changing { (_) throws(CryptoError) in (nil, root, sealRecord) }
    }

    /// Replaces the seal's record: the same root key wrapped otherwise. **Throws** `.sealed`, `.storage`.
    package func replaceSealRecord(_ record: [UInt8]) async throws(BarrierError) {
        try await changing { (_) throws(CryptoError) in (nil, nil, record) }
    }

    /// Whether this is the root key in use; false while sealed. Compared in constant time.
    package func isRoot(_ key: RootKey) -> Bool {
        state.withLock { $0?.root }?.isSame(as: key) ?? false
    }

    /// The root key in use, for a seal that is to wrap it. **Throws** `.sealed`.
    func rootKey() throws(BarrierError) -> RootKey { try opening { $0.root } }

    private func opening<R: Sendable>(_ body: (inout OpenDatabase) -> R) throws(BarrierError) -> R {
        do throws(StorageError) { return try withOpen(body) } catch { throw .sealed }
    }

    private func changing(
        _ change: sending (OpenDatabase) throws(CryptoError) -> (KeyTerms?, RootKey?, [UInt8]?)
    ) async throws(BarrierError) {
        try await turns.holding { () async throws(BarrierError) in
            do throws(StorageError) {
                try await settle()
                var failure: CryptoError?
                let next = try withOpen { database -> (KeyTerms?, RootKey?, [UInt8]?) in
                    do throws(CryptoError) { return try change(database) } catch {
                        failure = error
                        return (nil, nil, nil)
                    }
                }
                if failure != nil { throw StorageError.unavailable }
                let changes = next.2.map { [(Self.sealKey, RowContent.clear($0))] } ?? []
                try await commit(RowChanges(changes: changes), terms: next.0, root: next.1)
            } catch {
                throw error == .sealed ? .sealed : .storage(error)
            }
        }
    }
}
