internal import Bytes
internal import Primitives
package import Storage
internal import Synchronization

extension SealedStorage {
    // So many rows a page, and so many scans against others who keep writing.
    private static let pageLimit = 1000
    private static let scans = 5

    /// The seal's record, which is readable while sealed; nil when nothing was initialised. Only an open database can
    /// tell whether it is genuine: then an altered or old one is refused. **Throws** `.tampered`, `.storage`.
    package func sealRecord() async throws(BarrierError) -> [UInt8]? {
        var before = state.withLock { $0?.expectation(at: Self.sealKey) }
        while true {
            let record = try await reading(Self.sealKey)?.value
            guard let after = state.withLock({ $0?.expectation(at: Self.sealKey) }) else { return record }
            let mark: RowMark?
            do throws(CryptoError) {
                mark = try record.map { (record) throws(CryptoError) in
                    try lending(record) { (record) throws(CryptoError) in try RowMark.clear(record) }
                }
            } catch {
                throw .cryptoUnavailable
            }
            if mark == before?.current?.mark || mark == after.current?.mark || after.possible.contains(mark) {
                return record
            }
            guard before != after else { throw .tampered(Self.sealKey) }
            before = after
        }
    }

    /// Makes an empty database: terms under `root`, the seal's record, and the first values, all in one commit. It
    /// stays sealed. **Throws** `.alreadyInitialized`, `.foreignRows`, `.storage`.
    package func initialize(
        root: RootKey, sealRecord: [UInt8], values: [(key: StorageKey, value: [UInt8])] = []
    ) async throws(BarrierError) {
        try await turns.holding { () async throws(BarrierError) in
            for key in [Self.keyringKey, Self.sealKey, Self.manifestKey] where try await reading(key) != nil {
                throw .alreadyInitialized
            }
            guard try await page(after: nil, limit: 1).isEmpty else { throw .foreignRows }
            let first: (batch: WriteBatch, keyring: [UInt8])
            do throws(CryptoError) { first = try firstBatch(root, sealRecord, values) } catch {
                throw .cryptoUnavailable
            }
            do throws(StorageError) { try await backend.commit(first.batch) } catch {
                // It may have gone through all the same.
                if (try? await backend.read(Self.keyringKey))?.value == first.keyring { return }
                if case .conflict = error { throw .alreadyInitialized }
                throw .storage(error)
            }
        }
    }

    private func firstBatch(
        _ root: RootKey, _ sealRecord: [UInt8], _ values: [(key: StorageKey, value: [UInt8])]
    ) throws(CryptoError) -> (WriteBatch, [UInt8]) {
        let terms = try KeyTerms.generate(nowUnixSeconds: now())
        var batch = WriteBatch()
        var manifest = Manifest(databaseID: terms.databaseID)
        let keyring = try terms.sealed(under: root, path: Self.keyringKey.path)
        var rows: [(String, [UInt8], RowMark?)] = [
            (Self.keyringKey.path, keyring, lending(keyring) { SealedRow.mark(of: $0) }),
            (
                Self.sealKey.path, sealRecord,
                try lending(sealRecord) { (row) throws(CryptoError) in try RowMark.clear(row) }
            ),
        ]
        for (key, value) in values {
            let path = Self.stored(key).path
            let row = try lending(value) { (value) throws(CryptoError) in
                try SealedRow.seal(value, terms.latest.cipher, term: 1, path: path)
            }
            rows.append((path, row, lending(row) { SealedRow.mark(of: $0) }))
        }
        for (path, row, mark) in rows {
            guard let mark else { throw .authenticationFailed }
            try manifest.digest.toggle(mark, at: path, terms.digestKey)
            batch.put(StorageKey(path), row)
            batch.require(.absent, at: StorageKey(path))
        }
        (manifest.epoch, manifest.rows) = (1, rows.count)
        (manifest.counted, manifest.isOrderly) = (values.count + 1, true)
        manifest.reserved = manifest.counted + Self.reservationBlock
        let row = try lending(manifest.record) { (record) throws(CryptoError) in
            try SealedRow.seal(record, terms.latest.cipher, term: 1, path: Self.manifestKey.path)
        }
        batch.put(Self.manifestKey, row)
        batch.require(.absent, at: Self.manifestKey)
        return (batch, keyring)
    }

    /// Opens the database with its root key, after every row was checked. Does nothing when it is open already.
    ///
    /// **Throws** `.notInitialized`, `.wrongRootKey`, `.tampered`, `.mismatchedRows`, `.rolledBack`, `.witnessMissing`,
    /// `.witnessUnreadable`, `.storage`. **Cost** reads and opens every row.
    package func unseal(_ root: RootKey) async throws(BarrierError) {
        try await turns.holding { () async throws(BarrierError) in
            if isSealed { try await open(root) }
        }
    }

    /// Reads everything anew, after another server has written to the database. **Throws** as `unseal`, and `.sealed`.
    package func refresh() async throws(BarrierError) {
        try await turns.holding { () async throws(BarrierError) in
            guard let root = state.withLock({ $0?.root }) else { throw .sealed }
            try await open(root)
        }
    }

    private func open(_ root: RootKey) async throws(BarrierError) {
        for _ in 0..<Self.scans {
            guard let keyring = try await reading(Self.keyringKey) else { throw .notInitialized }
            guard let terms = KeyTerms.open(keyring.value, under: root, path: Self.keyringKey.path) else {
                throw .wrongRootKey
            }
            guard let entry = try await reading(Self.manifestKey) else { throw .tampered(Self.manifestKey) }
            guard let manifest = Self.openManifest(entry.value, terms), manifest.databaseID == terms.databaseID,
                let mark = lending(entry.value, { SealedRow.mark(of: $0) })
            else {
                if try await reading(Self.keyringKey) != keyring { continue }
                throw .tampered(Self.manifestKey)
            }
            let scanned: ScannedRows
            do throws(BarrierError) { scanned = try await scan(terms) } catch {
                // A row that does not open may be half of somebody else's commit.
                if try await reading(Self.manifestKey) != entry { continue }
                throw error
            }
            guard try await reading(Self.manifestKey) == entry else { continue }
            guard scanned.digest == manifest.digest, scanned.rows.count == manifest.rows else {
                throw .mismatchedRows
            }
            try await hear(manifest, terms)
            let counted = manifest.isOrderly ? manifest.counted : manifest.reserved
            state.withLock { state in
                state = OpenDatabase(
                    root: root, terms: terms, rows: scanned.rows, manifest: manifest, manifestMark: mark,
                    manifestRevision: entry.revision, counted: counted)
            }
            await testify(manifest.epoch, terms)
            return
        }
        throw .contention
    }

    /// Drops the keys; they are zeroed once the operations under way have ended. The exact message count is written
    /// back before, but storage that does not answer within `patience` does not keep the keys in memory.
    package func seal(patience: Duration = .seconds(3)) async {
        if isSealed { return }
        let signal = SealSignal()
        Task { [self] in
            await turns.holding { () async in
                if !isSealed { _ = try? await commit(RowChanges(), isOrderly: true) }
                state.withLock { $0 = nil }
            }
            await signal.send()
        }
        let timer = Task { [self] in
            try? await Task.sleep(for: patience)
            if Task.isCancelled { return }
            state.withLock { $0 = nil }
            await signal.send()
        }
        await signal.wait()
        timer.cancel()
        try? await witness?.flush()
    }

    private func scan(_ terms: KeyTerms) async throws(BarrierError) -> ScannedRows {
        var found = ScannedRows()
        for key in [Self.keyringKey, Self.sealKey] {
            guard let entry = try await reading(key) else { throw .tampered(key) }
            try found.add(StoredEntry(key: key, entry: entry), terms)
        }
        var cursor: StorageKey?
        while true {
            let page = try await page(after: cursor, limit: Self.pageLimit)
            guard let last = page.last else { return found }
            for row in page { try found.add(row, terms) }
            cursor = last.key
        }
    }

    func reading(_ key: StorageKey) async throws(BarrierError) -> StorageEntry? {
        do throws(StorageError) { return try await backend.read(key) } catch { throw .storage(error) }
    }

    /// Rows of values, as they are stored.
    private func page(after cursor: StorageKey?, limit: Int) async throws(BarrierError) -> [StoredEntry] {
        do throws(StorageError) {
            return try await backend.entries(under: Self.stored(StorageKey("")).path, after: cursor, limit: limit)
        } catch {
            throw .storage(error)
        }
    }
}

/// Said once, heard by one who waits.
private actor SealSignal {
    private var isSent = false
    private var waiter: CheckedContinuation<Void, Never>?

    func send() {
        isSent = true
        waiter?.resume()
        waiter = nil
    }

    func wait() async {
        if isSent { return }
        await withCheckedContinuation { waiter = $0 }
    }
}

/// The rows that were found, each genuine for itself.
struct ScannedRows: Sendable {
    var rows: [StorageKey: KnownRow] = [:]
    var digest = RowDigest()
    var count = 0

    /// Adds a row; without `isKept` it counts, and is not remembered.
    mutating func add(_ row: StoredEntry, _ terms: KeyTerms, isKept: Bool = true) throws(BarrierError) {
        let key = row.key
        do throws(CryptoError) {
            let mark = try lending(row.entry.value) { (row) throws(CryptoError) -> RowMark in
                if key == SealedStorage.sealKey { return try RowMark.clear(row) }
                guard let number = SealedRow.term(of: row), let mark = SealedRow.mark(of: row) else {
                    throw .authenticationFailed
                }
                if key != SealedStorage.keyringKey {
                    guard let term = terms.term(number) else { throw .authenticationFailed }
                    _ = try SealedRow.open(row, term.cipher, path: key.path)
                }
                return mark
            }
            try digest.toggle(mark, at: key.path, terms.digestKey)
            count += 1
            if isKept { rows[key] = KnownRow(mark: mark, revision: row.entry.revision) }
        } catch {
            throw error == .authenticationFailed ? .tampered(SealedStorage.visible(key)) : .cryptoUnavailable
        }
    }
}
