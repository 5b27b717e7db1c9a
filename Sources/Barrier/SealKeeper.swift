internal import Bytes
internal import Primitives
internal import Storage
internal import Synchronization

/// Opens and closes the database, and changes what opens it: initialisation, unsealing, rekeying, root generation and
/// the move from one seal to another.
///
/// **Concurrency** one operation at a time; the status of the seal can be asked at any time. Each is a pure process of
/// events and actions, which this carries out. Whatever fails half-way leaves the old state or the new one in the
/// database, since every change of it is one commit.
package final class SealKeeper: Sendable {
    struct Processes: Sendable {
        var unseal = UnsealProcess()
        var barrierRekey = RekeyProcess(.barrierRekey)
        var recoveryRekey = RekeyProcess(.recoveryRekey)
        var generation = RootGeneration()
        // An initialisation of which it is not known whether it was stored.
        var initialization: PendingInitialization?
    }

    struct PendingInitialization: Sendable {
        let request: InitializationRequest
        let root: RootKey
        let record: SealRecord
        let result: InitializationResult
    }

    let storage: SealedStorage
    // The automatic seal that is configured; nil for shares.
    let automatic: (any Seal)?
    /// Length in bytes of root tokens, and so of the pads they are told over.
    package let tokenLength: Int
    // Lengths of pads that are taken as well; the token then has that length.
    let otherTokenLengths: [Int]
    let turns = TurnQueue()
    let processes = Mutex(Processes())

    /// A keeper of the storage. `seal` is the configured automatic seal; nil says that people hold the shares. A
    /// database of another seal is moved to this one when it is unsealed for migration.
    package init(
        _ storage: SealedStorage, seal: (any Seal)? = nil, tokenLength: Int = 26, otherTokenLengths: [Int] = []
    ) {
        self.otherTokenLengths = otherTokenLengths
        self.storage = storage
        automatic = seal
        self.tokenLength = tokenLength
    }

    /// Whether the configured seal opens the database by itself.
    package var hasAutomaticSeal: Bool { automatic != nil }

    /// How the seal is. **Throws** `.database`, `.badSealRecord`.
    package func status() async throws(SealFault) -> SealStatus {
        let record = try await record()
        return status(record)
    }

    /// How the configured seal is; shares have no trouble.
    package func health() async -> SealHealth { await automatic?.health() ?? .healthy }

    /// Drops the keys and everything that was under way. It does not wait for its turn: a provider that does not answer
    /// must not keep the keys in memory.
    package func seal() async {
        await storage.seal()
        processes.withLock { $0 = Processes() }
    }

    func status(_ record: SealRecord?) -> SealStatus {
        let (progress, nonce) = processes.withLock { ($0.unseal.progress, $0.unseal.nonce) }
        return SealStatus(
            type: record?.type ?? automatic?.type ?? ShamirSeal.type, isInitialized: record != nil,
            isSealed: storage.isSealed, count: record?.count ?? ShareCount(shares: 0, threshold: 0),
            progress: progress, nonce: nonce, isMigrating: record.map(isMigrating) ?? false,
            isRecoverySeal: record?.isAutomatic ?? (automatic != nil))
    }

    /// Whether the configured seal is another than the database's.
    func isMigrating(_ record: SealRecord) -> Bool { record.type != (automatic?.type ?? ShamirSeal.type) }

    func record() async throws(SealFault) -> SealRecord? {
        let bytes: [UInt8]?
        do throws(BarrierError) { bytes = try await storage.sealRecord() } catch { throw .database(error) }
        guard let bytes else { return nil }
        do throws(RecordFault) { return try SealRecord(bytes: bytes) } catch { throw .badSealRecord }
    }

    /// The record of an open database. **Throws** `.sealed`, `.notInitialized`.
    func openRecord() async throws(SealFault) -> SealRecord {
        guard let record = try await record() else { throw .notInitialized }
        if storage.isSealed { throw .sealed }
        return record
    }

    /// The root key that the shares open, and the shares' own seal; nil when they do not fit.
    func opened(by shares: [KeyShare], _ record: SealRecord) throws(SealFault) -> (RootKey, ShamirSeal)? {
        guard let wrapped = record.underShares else { throw .noRecoveryKeys }
        do throws(SealError) {
            let seal = try ShamirSeal(combining: shares)
            return (try seal.unwrap(wrapped), seal)
        } catch {
            if error == .refused { return nil }
            throw .seal(error)
        }
    }

    static func uuid() throws(SealFault) -> String {
        var text = [36 of UInt8](repeating: 0)
        do throws(CryptoError) {
            try text.fill { (out) throws(CryptoError) in try RandomSource.uuid(into: out) }
        } catch {
            throw .randomUnavailable
        }
        return text.lend { $0.string }
    }

    static func sealing<R>(_ body: () async throws(SealError) -> R) async throws(SealFault) -> R {
        do throws(SealError) { return try await body() } catch { throw .seal(error) }
    }

    static func storing(_ body: () async throws(BarrierError) -> Void) async throws(SealFault) {
        do throws(BarrierError) { try await body() } catch {
            switch error {
            case .sealed: throw .sealed
            case .alreadyInitialized: throw .alreadyInitialized
            case .notInitialized: throw .notInitialized
            case .wrongRootKey: throw .invalidKey
            default: throw .database(error)
            }
        }
    }
}
