internal import Bytes
package import Primitives
internal import Synchronization

/// Which shares a rekey replaces.
package enum RekeyKind: Sendable, CaseIterable {
    /// The unseal shares, and the root key with them; with an automatic seal the root key alone.
    case barrier
    /// The recovery shares.
    case recovery
}

extension SealKeeper.Processes {
    fileprivate subscript(kind: RekeyKind) -> RekeyProcess {
        get {
            switch kind {
            case .barrier: barrierRekey
            case .recovery: recoveryRekey
            }
        }
        set {
            switch kind {
            case .barrier: barrierRekey = newValue
            case .recovery: recoveryRekey = newValue
            }
        }
    }
}

extension SealKeeper {
    /// How far a rekey is. **Throws** `.sealed`, `.notInitialized`, `.recoveryUnsupported`.
    package func rekeyStatus(_ kind: RekeyKind) async throws(SealFault) -> RekeyStatus {
        rekeyStatus(kind, try await rekeyRecord(kind))
    }

    private func rekeyRecord(_ kind: RekeyKind) async throws(SealFault) -> SealRecord {
        let record = try await openRecord()
        if kind == .recovery, !record.isAutomatic { throw .recoveryUnsupported }
        return record
    }

    private func rekeyStatus(_ kind: RekeyKind, _ record: SealRecord) -> RekeyStatus {
        let process = processes.withLock { $0[kind] }
        let request = process.request
        return RekeyStatus(
            nonce: process.nonce, isStarted: process.isStarted,
            count: request?.count ?? ShareCount(shares: 0, threshold: 0),
            progress: process.isVerifying ? 0 : process.progress,
            required: (process.record ?? record).count.threshold, backup: request?.backup ?? false,
            requiresVerification: request?.requiresVerification ?? false,
            verificationNonce: process.verificationNonce)
    }

    /// Begins a rekey. **Throws** `.alreadyRunning`, `.invalidRekeyShares`, `.noRecoveryKeys`, `.recoveryUnsupported`,
    /// `.sealed`.
    package func startRekey(_ kind: RekeyKind, _ request: RekeyRequest) async throws(SealFault) -> RekeyStatus {
        try await turns.holding { () async throws(SealFault) in
            let record = try await rekeyRecord(kind)
            guard record.underShares != nil else { throw .noRecoveryKeys }
            let nonce = try Self.uuid()
            try processes.withLock { (processes) throws(SealFault) in
                try processes[kind].start(request, record: record, nonce: nonce)
            }
            return rekeyStatus(kind, record)
        }
    }

    /// Gives up a rekey, if there is one, with its verification.
    package func cancelRekey(_ kind: RekeyKind) async {
        await turns.holding { () async in processes.withLock { $0[kind].end() } }
    }

    /// Takes an old share towards a rekey. At the threshold the new shares are told, and take effect, unless they have
    /// to be verified first.
    ///
    /// **Throws** `.notRunning`, `.wrongNonce`, `.repeatedKey`, `.notAuthorized`, `.verificationUnderWay`, `.sealed`,
    /// `.seal`, `.database`. When storage fails, the new keys are kept and told once the old shares are given again.
    package func updateRekey(
        _ kind: RekeyKind, _ share: KeyShare, nonce: String
    ) async throws(SealFault) -> RekeyAnswer {
        try await turns.holding { () async throws(SealFault) in
            let current = try await rekeyRecord(kind)
            let action = try processes.withLock { (processes) throws(SealFault) in
                try processes[kind].submit(share, nonce: nonce)
            }
            let process = processes.withLock { $0[kind] }
            guard case .authorize(let shares) = action, let record = process.record, let request = process.request
            else { return .progress(rekeyStatus(kind, current)) }
            guard let (root, seal) = try opened(by: shares, record) else { throw .notAuthorized(process.operation) }
            let outcome: RekeyOutcome
            if let made = process.outcome {
                outcome = made
            } else {
                // The record may be one that was brought back, with the shares of the past: its root key must be ours.
                guard storage.isRoot(root) else { throw .notAuthorized(process.operation) }
                outcome = try await makeOutcome(kind, request, record, root: root, seal: seal)
                processes.withLock { $0[kind].made(outcome) }
            }
            if request.requiresVerification, outcome.seal != nil {
                let nonce = try Self.uuid()
                processes.withLock { $0[kind].beginVerification(nonce: nonce) }
                return .complete(
                    nonce: process.nonce, shares: outcome.shares, backup: request.backup, verificationNonce: nonce)
            }
            try await store(outcome, kind, current)
            return .complete(
                nonce: process.nonce, shares: outcome.shares, backup: request.backup, verificationNonce: nil)
        }
    }

    /// How far a verification is. **Throws** `.noVerification`, `.sealed`, `.recoveryUnsupported`.
    package func verificationStatus(_ kind: RekeyKind) async throws(SealFault) -> VerificationStatus {
        _ = try await rekeyRecord(kind)
        return try verification(kind)
    }

    private func verification(_ kind: RekeyKind) throws(SealFault) -> VerificationStatus {
        let process = processes.withLock { $0[kind] }
        guard process.isVerifying, let request = process.request else { throw .noVerification }
        return VerificationStatus(nonce: process.verificationNonce, count: request.count, progress: process.progress)
    }

    /// Starts a verification over, under another nonce. **Throws** `.noVerification`, `.sealed`.
    package func restartVerification(_ kind: RekeyKind) async throws(SealFault) -> VerificationStatus {
        try await turns.holding { () async throws(SealFault) in
            _ = try await rekeyRecord(kind)
            let nonce = try Self.uuid()
            try processes.withLock { (processes) throws(SealFault) in
                try processes[kind].restartVerification(nonce: nonce)
            }
            return try verification(kind)
        }
    }

    /// Takes a new share; at the threshold the new shares take effect.
    ///
    /// **Throws** `.noVerification`, `.wrongNonce`, `.repeatedKey`, `.verificationFailed`, `.sealed`, `.database`.
    package func verifyRekey(
        _ kind: RekeyKind, _ share: KeyShare, nonce: String
    ) async throws(SealFault) -> VerificationStatus {
        try await turns.holding { () async throws(SealFault) in
            let current = try await rekeyRecord(kind)
            let action = try processes.withLock { (processes) throws(SealFault) in
                try processes[kind].submitVerification(share, nonce: nonce)
            }
            guard case .verify(let shares) = action else { return try verification(kind) }
            guard let outcome = processes.withLock({ $0[kind].outcome }),
                let expected = outcome.seal, let shown = try? ShamirSeal(combining: shares),
                shown.isSame(as: expected)
            else { throw .verificationFailed }
            var status = try verification(kind)
            try await store(outcome, kind, current)
            status.isComplete = true
            return status
        }
    }

    private func makeOutcome(
        _ kind: RekeyKind, _ request: RekeyRequest, _ record: SealRecord, root: RootKey, seal: ShamirSeal
    ) async throws(SealFault) -> RekeyOutcome {
        var next = record
        let isRootAlone = kind == .barrier && record.isAutomatic
        let newRoot = kind == .barrier ? try Self.newRoot() : root
        return try await Self.sealing { () async throws(SealError) in
            let newSeal = isRootAlone ? seal : try ShamirSeal.generate()
            next.underShares = try newSeal.wrap(newRoot)
            if !isRootAlone { next.count = request.count }
            if kind == .barrier, let automatic, record.isAutomatic {
                next.provider = (automatic.type, try await automatic.wrap(newRoot))
            }
            let shares =
                isRootAlone
                ? [] : try newSeal.split(shares: request.count.shares, threshold: request.count.threshold)
            return RekeyOutcome(seal: isRootAlone ? nil : newSeal, shares: shares, root: newRoot, record: next)
        }
    }

    /// Stores the new keys, which ends the rekey.
    private func store(_ outcome: RekeyOutcome, _ kind: RekeyKind, _ current: SealRecord) async throws(SealFault) {
        let process = processes.withLock { $0[kind] }
        // Another rekey may have been faster; keys that were made from the record before it would undo it.
        guard current == process.record || current == outcome.record else {
            processes.withLock { $0[kind].end() }
            throw .notAuthorized(process.operation)
        }
        try await Self.storing { () async throws(BarrierError) in
            try await storage.replaceRoot(by: outcome.root, sealRecord: outcome.record.bytes)
        }
        processes.withLock { $0[kind].end() }
    }
}
