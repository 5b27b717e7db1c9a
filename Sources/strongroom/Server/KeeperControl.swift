internal import Barrier
internal import Bytes
internal import EngineKit
internal import Logging
internal import Primitives
internal import Storage
internal import Synchronization
internal import Vocabulary

/// The seal as `sys/` sees it: the keeper, and the mounts and tokens that come and go with the keys.
///
/// **Concurrency** the keeper and the open server take turns; a sealing that somebody asked for is remembered in an
/// atomic, so that an automatic seal does not open at once what was closed on purpose.
final class KeeperControl: SealControl {
    let keeper: SealKeeper
    let storage: SealedStorage
    let open: OpenServer
    /// Where copies of the database lie while they are told: beside it.
    let spoolFolder: String
    private let trouble = Mutex<String?>(nil)
    let isClosedOnPurpose = Atomic<Bool>(false)

    init(keeper: SealKeeper, storage: SealedStorage, open: OpenServer, spoolFolder: String) {
        self.spoolFolder = spoolFolder
        self.keeper = keeper
        self.storage = storage
        self.open = open
    }

    var isSealed: Bool { open.isSealed }

    /// Whether an automatic seal should try to open the storage.
    var wantsUnsealing: Bool { keeper.hasAutomaticSeal && !isClosedOnPurpose.load(ordering: .acquiring) }

    /// Remembers why the server is sealed although it should not be; `seal-status` tells it.
    func note(trouble reason: String?) { trouble.withLock { $0 = reason } }

    func status() async throws(SealControlFault) -> SealReport {
        report(try await carry { () async throws(SealFault) in try await keeper.status() })
    }

    func initialize(_ wish: InitializationWish) async throws(SealControlFault) -> InitializationReport {
        let request = InitializationRequest(
            count: ShareCount(shares: wish.shares, threshold: wish.threshold),
            recovery: ShareCount(shares: wish.recoveryShares, threshold: wish.recoveryThreshold))
        let result = try await carry { () async throws(SealFault) in
            try await keeper.initialize(request) { [open] (staging) async throws(StorageError) in
                try await open.makeRootToken(in: staging)
            }
        }
        // With an automatic seal the storage is open now. The status tells a failure; the shares must be told here.
        if keeper.hasAutomaticSeal { try? await open.open() }
        return InitializationReport(
            rootToken: SealSecret(exposing: result.rootToken), shares: result.shares.map { SealSecret($0) },
            recoveryShares: result.recoveryShares.map { SealSecret($0) })
    }

    func unseal(keyText: SealSecret, migrate: Bool) async throws(SealControlFault) -> SealReport {
        let status = try await carry { () async throws(SealFault) in
            let share = try Self.share(keyText)
            return try await keeper.unseal(share, migrate: migrate)
        }
        if !status.isSealed { try await openUp() }
        return report(status)
    }

    /// Opens what the storage holds; what cannot be opened is sealed again.
    private func openUp() async throws(SealControlFault) {
        do { try await open.open() } catch {
            await keeper.seal()
            throw SealControlFault(.internal, "the storage is unsealed, but what it holds cannot be opened")
        }
        isClosedOnPurpose.store(false, ordering: .releasing)
        note(trouble: nil)
    }

    /// One try of the automatic seal. **Throws** why it did not open; nothing is thrown when there is nothing to do.
    func unsealAutomatically() async throws(SealControlFault) {
        let status = try await carry { () async throws(SealFault) in
            let status = try await keeper.status()
            if status.isInitialized, status.isSealed { try await keeper.unsealAutomatically() }
            return status
        }
        if status.isInitialized, open.isSealed { try await openUp() }
    }

    func resetUnseal() async throws(SealControlFault) -> SealReport {
        report(try await carry { () async throws(SealFault) in try await keeper.resetUnseal() })
    }

    func seal() async {
        isClosedOnPurpose.store(true, ordering: .releasing)
        note(trouble: keeper.hasAutomaticSeal ? "sealed by request; it unseals at the next start" : nil)
        await open.close()
        await keeper.seal()
    }

    // MARK: - Key terms

    func keyStatus() async throws(SealControlFault) -> KeyTermReport {
        try await carryBarrier { () async throws(BarrierError) in
            let status = try storage.keyStatus()
            return KeyTermReport(
                term: status.term, installedUnixSeconds: status.installedUnixSeconds, encryptions: status.encryptions)
        }
    }

    func rotate() async throws(SealControlFault) {
        try await carryBarrier { () async throws(BarrierError) in try await storage.rotate() }
    }

    func rotationConfiguration() async throws(SealControlFault) -> RotationConfiguration {
        try await carryBarrier { () async throws(BarrierError) in
            let policy = try storage.rotationPolicy()
            return RotationConfiguration(
                isEnabled: policy.isEnabled, maxOperations: policy.maxOperations,
                intervalSeconds: policy.intervalSeconds)
        }
    }

    func setRotationConfiguration(_ configuration: RotationConfiguration) async throws(SealControlFault) {
        var policy = RotationPolicy()
        policy.isEnabled = configuration.isEnabled
        policy.maxOperations = configuration.maxOperations
        policy.intervalSeconds = configuration.intervalSeconds
        try await carryBarrier { [policy] () async throws(BarrierError) in try await storage.setRotationPolicy(policy) }
    }

    // MARK: - Helpers

    private func report(_ status: SealStatus) -> SealReport {
        var report = SealReport(
            type: status.type, isInitialized: status.isInitialized, isSealed: status.isSealed || open.isSealed,
            threshold: status.count.threshold, shares: status.count.shares, progress: status.progress,
            nonce: status.nonce, isMigrating: status.isMigrating, isRecoverySeal: status.isRecoverySeal)
        if report.isSealed, report.isInitialized { report.reason = trouble.withLock { $0 } }
        return report
    }

    static func share(_ text: SealSecret) throws(SealFault) -> KeyShare {
        try text.exposing { (text) throws(SealFault) in try ShareText.share(text) }
    }

    func carry<R>(_ body: () async throws(SealFault) -> R) async throws(SealControlFault) -> R {
        do throws(SealFault) { return try await body() } catch { throw SealControlFault(error) }
    }

    private func carryBarrier<R>(_ body: () async throws(BarrierError) -> R) async throws(SealControlFault) -> R {
        do throws(BarrierError) { return try await body() } catch {
            switch error {
            case .sealed: throw SealControlFault(SealFault.sealed)
            case .invalidRotationPolicy:
                throw SealControlFault(
                    .invalidRequest,
                    "max_operations must be between \(RotationPolicy.limits.lowerBound) and "
                        + "\(RotationPolicy.limits.upperBound), and interval 0 or at least 24h")
            default: throw SealControlFault(SealFault.database(error))
            }
        }
    }
}

extension SealSecret {
    /// The bytes of a share.
    convenience init(_ share: KeyShare) {
        let copy = share.exposing { SecretBytes(copying: $0) }
        self.init(copy)
    }
}

extension SealControlFault {
    /// The fault for the wire. Nonces are for insiders: whoever has one takes part in the operation.
    init(_ fault: SealFault) {
        switch fault {
        case .wrongNonce(_, let nonce):
            let text = fault.wireText
            let open = text.firstRange(of: nonce)?.lowerBound ?? text.endIndex
            let plain = text[..<open].split(separator: ";").first.map(String.init) ?? text
            self.init(fault.faultClass, plain, insiderText: String(text.dropFirst(plain.count)))
        default: self.init(fault.faultClass, fault.wireText)
        }
    }
}
