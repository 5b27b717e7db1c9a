internal import Bytes
package import Primitives
package import Storage
internal import Synchronization

extension SealKeeper {
    /// Makes a database. `populate` makes the root token, and writes it and other first values into storage of its own;
    /// they are committed along with everything else, so that there is never a database without them. With an automatic
    /// seal the database is open afterwards, else sealed. When storage fails so that nobody knows whether the database
    /// was made, and it was, the same request gets the answer that the first one should have had.
    ///
    /// **Throws** `.alreadyInitialized`, `.invalidShares`, `.invalidRecoveryShares`, `.seal`, `.storage`, `.database`.
    package func initialize(
        _ request: InitializationRequest,
        populate: @Sendable (any StorageBackend) async throws(StorageError) -> String = { _ in "" }
    ) async throws(SealFault) -> InitializationResult {
        try await turns.holding { () async throws(SealFault) in
            let existing = try await record()
            var pending = processes.withLock { $0.initialization }
            if let existing {
                guard let made = pending, made.record == existing, made.request == request else {
                    throw .alreadyInitialized
                }
            } else {
                let made = try await prepare(request, populate)
                pending = made.pending
                processes.withLock { $0.initialization = made.pending }
                try await Self.storing { () async throws(BarrierError) in
                    try await storage.initialize(
                        root: made.pending.root, sealRecord: made.pending.record.bytes, values: made.values)
                }
            }
            guard let pending else { throw .alreadyInitialized }
            if automatic != nil {
                try await Self.storing { () async throws(BarrierError) in try await storage.unseal(pending.root) }
            }
            processes.withLock { $0.initialization = nil }
            return pending.result
        }
    }

    private func prepare(
        _ request: InitializationRequest,
        _ populate: @Sendable (any StorageBackend) async throws(StorageError) -> String
    ) async throws(SealFault) -> (pending: PendingInitialization, values: [(key: StorageKey, value: [UInt8])]) {
        try check(request)
        let count = automatic == nil ? request.count : request.recovery
        let root = try Self.newRoot()
        let made = try await Self.sealing { () async throws(SealError) in try await makeRecord(root, count) }
        let (token, values) = try await Self.staged(populate)
        let result = InitializationResult(
            rootToken: token, shares: automatic == nil ? made.shares : [],
            recoveryShares: automatic == nil ? [] : made.shares)
        return (PendingInitialization(request: request, root: root, record: made.record, result: result), values)
    }

    private func check(_ request: InitializationRequest) throws(SealFault) {
        if automatic == nil {
            if let fault = request.count.fault { throw .invalidShares(fault) }
        } else if request.recovery != ShareCount(shares: 0, threshold: 0), let fault = request.recovery.fault {
            throw .invalidRecoveryShares(fault)
        }
    }

    private func makeRecord(
        _ root: RootKey, _ count: ShareCount
    ) async throws(SealError) -> (record: SealRecord, shares: [KeyShare]) {
        var provider: (type: String, key: WrappedKey)?
        if let automatic { provider = (automatic.type, try await automatic.wrap(root)) }
        guard count.shares > 0 else {
            return (SealRecord(count: count, underShares: nil, provider: provider), [])
        }
        let seal = try ShamirSeal.generate()
        let record = SealRecord(count: count, underShares: try seal.wrap(root), provider: provider)
        return (record, try seal.split(shares: count.shares, threshold: count.threshold))
    }

    static func newRoot() throws(SealFault) -> RootKey {
        do throws(CryptoError) { return try RootKey.generate() } catch { throw .randomUnavailable }
    }

    private static func staged(
        _ populate: @Sendable (any StorageBackend) async throws(StorageError) -> String
    ) async throws(SealFault) -> (String, [(key: StorageKey, value: [UInt8])]) {
        do throws(StorageError) {
            let staging = InMemoryStorage()
            let token = try await populate(staging)
            var values: [(key: StorageKey, value: [UInt8])] = []
            for key in try await staging.list(under: "", after: nil, limit: .max) {
                if let entry = try await staging.read(key) { values.append((key, entry.value)) }
            }
            return (token, values)
        } catch {
            throw .storage(error)
        }
    }

    /// Takes an unseal share, or with `migrate` a share of the seal that is left. At the threshold the database opens;
    /// shares that do not fit together fail as a whole, and the round begins anew. An open database takes no notice.
    ///
    /// **Throws** `.notInitialized`, `.invalidKey`, `.automaticSeal`, `.migrationNeeded`, `.noMigration`, `.seal`,
    /// `.database`.
    package func unseal(_ share: KeyShare, migrate: Bool = false) async throws(SealFault) -> SealStatus {
        try await turns.holding { () async throws(SealFault) in
            guard let record = try await record() else { throw .notInitialized }
            if !storage.isSealed { return status(record) }
            if isMigrating(record) {
                guard migrate else { throw .migrationNeeded }
                guard record.underShares != nil else { throw .noRecoveryKeys }
            } else {
                if migrate { throw .noMigration }
                if record.isAutomatic { throw .automaticSeal }
            }
            let nonce = try Self.uuid()
            let action = processes.withLock {
                $0.unseal.submit(share, threshold: record.count.threshold, freshNonce: nonce)
            }
            guard case .attempt(let shares) = action else { return status(record) }
            guard let (root, _) = try opened(by: shares, record) else { throw .invalidKey }
            return status(try await open(root, record))
        }
    }

    /// Forgets the shares given so far.
    package func resetUnseal() async throws(SealFault) -> SealStatus {
        try await turns.holding { () async throws(SealFault) in
            guard let record = try await record() else { throw .notInitialized }
            processes.withLock { $0.unseal.reset() }
            return status(record)
        }
    }

    /// Unseals by the automatic seal; to be tried again while the provider is not available. A root key that a previous
    /// key of the seal wrapped is wrapped anew. Does nothing when the database is open.
    ///
    /// **Throws** `.notInitialized`, `.migrationNeeded`, `.seal`, `.database`.
    package func unsealAutomatically() async throws(SealFault) {
        try await turns.holding { () async throws(SealFault) in
            guard var record = try await record() else { throw .notInitialized }
            if !storage.isSealed { return }
            guard !isMigrating(record), let automatic, let provider = record.provider else { throw .migrationNeeded }
            let root = try await Self.sealing { () async throws(SealError) in
                try await automatic.unwrap(provider.key)
            }
            try await Self.storing { () async throws(BarrierError) in try await storage.unseal(root) }
            if automatic.isCurrent(provider.key) { return }
            // That it fails does no harm: the previous key still opens it, and the next start tries again.
            guard let wrapped = try? await automatic.wrap(root) else { return }
            record.provider = (automatic.type, wrapped)
            try? await storage.replaceSealRecord(record.bytes)
        }
    }

    /// Opens the database, and moves it to the configured seal when that is another. Shares stay what they are: unseal
    /// shares become recovery shares of an automatic seal, and the other way round.
    private func open(_ root: RootKey, _ record: SealRecord) async throws(SealFault) -> SealRecord {
        var next = record
        if isMigrating(record) {
            // Before anything is opened: the new provider may fail.
            next.provider = nil
            if let automatic {
                let wrapped = try await Self.sealing { () async throws(SealError) in try await automatic.wrap(root) }
                next.provider = (automatic.type, wrapped)
            }
        }
        try await Self.storing { () async throws(BarrierError) in
            try await storage.unseal(root)
            guard next != record else { return }
            do throws(BarrierError) { try await storage.replaceSealRecord(next.bytes) } catch {
                await storage.seal()
                throw error
            }
        }
        return next
    }
}
