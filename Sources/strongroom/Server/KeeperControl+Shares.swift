internal import Barrier
internal import Bytes
internal import EngineKit
internal import Primitives
internal import Storage
internal import Vocabulary

/// What shares authorise: new shares, and root tokens.
extension KeeperControl {
    func rekeyStatus(_ kind: ShareKind) async throws(SealControlFault) -> RekeyReport {
        RekeyReport(try await carry { () async throws(SealFault) in try await keeper.rekeyStatus(RekeyKind(kind)) })
    }

    func startRekey(_ kind: ShareKind, _ wish: RekeyWish) async throws(SealControlFault) -> RekeyReport {
        let request = RekeyRequest(
            count: ShareCount(shares: wish.shares, threshold: wish.threshold),
            requiresVerification: wish.requiresVerification)
        return RekeyReport(
            try await carry { () async throws(SealFault) in try await keeper.startRekey(RekeyKind(kind), request) })
    }

    func cancelRekey(_ kind: ShareKind) async { await keeper.cancelRekey(RekeyKind(kind)) }

    func updateRekey(
        _ kind: ShareKind, keyText: SealSecret, nonce: String
    ) async throws(SealControlFault) -> RekeyStep {
        let answer = try await carry { () async throws(SealFault) in
            try await keeper.updateRekey(RekeyKind(kind), try Self.share(keyText), nonce: nonce)
        }
        switch answer {
        case .progress(let status): return .progress(RekeyReport(status))
        case .complete(let nonce, let shares, _, let verification):
            return .complete(
                nonce: nonce, shares: shares.map { SealSecret($0) }, verificationNonce: verification)
        }
    }

    func verificationStatus(_ kind: ShareKind) async throws(SealControlFault) -> VerificationReport {
        VerificationReport(
            try await carry { () async throws(SealFault) in try await keeper.verificationStatus(RekeyKind(kind)) })
    }

    func restartVerification(_ kind: ShareKind) async throws(SealControlFault) -> VerificationReport {
        VerificationReport(
            try await carry { () async throws(SealFault) in try await keeper.restartVerification(RekeyKind(kind)) })
    }

    func verifyRekey(
        _ kind: ShareKind, keyText: SealSecret, nonce: String
    ) async throws(SealControlFault) -> VerificationReport {
        VerificationReport(
            try await carry { () async throws(SealFault) in
                try await keeper.verifyRekey(RekeyKind(kind), try Self.share(keyText), nonce: nonce)
            })
    }

    func rootGenerationStatus() async throws(SealControlFault) -> RootGenerationReport {
        RootGenerationReport(
            try await carry { () async throws(SealFault) in try await keeper.rootGenerationStatus() })
    }

    func startRootGeneration(otp: SealSecret?) async throws(SealControlFault) -> RootGenerationReport {
        let pad = otp.map { $0.exposing { $0.string } }
        return RootGenerationReport(
            try await carry { () async throws(SealFault) in
                try await keeper.startRootGeneration(otp: pad, replacingIdle: true)
            })
    }

    func updateRootGeneration(
        keyText: SealSecret, nonce: String
    ) async throws(SealControlFault) -> RootGenerationReport {
        RootGenerationReport(
            try await carry { () async throws(SealFault) in
                let share = try Self.share(keyText)
                return try await keeper.updateRootGeneration(share, nonce: nonce) {
                    [open, keeper] () async throws(SealFault) in
                    let length = try await keeper.rootGenerationStatus().otpLength
                    do throws(StorageError) {
                        return try await open.makeRootToken(in: open.storage, length: length)
                    } catch {
                        throw .storage(error)
                    }
                }
            })
    }

    func cancelRootGeneration(nonce: String?) async throws(SealControlFault) {
        guard await keeper.cancelRootGeneration(nonce: nonce) else {
            throw SealControlFault(.permissionDenied, "incorrect nonce supplied")
        }
    }
}

extension RekeyKind {
    fileprivate init(_ kind: ShareKind) {
        switch kind {
        case .barrier: self = .barrier
        case .recovery: self = .recovery
        }
    }
}

extension RekeyReport {
    fileprivate init(_ status: RekeyStatus) {
        self.init(
            nonce: status.nonce, isStarted: status.isStarted, threshold: status.count.threshold,
            shares: status.count.shares, progress: status.progress, required: status.required,
            requiresVerification: status.requiresVerification, verificationNonce: status.verificationNonce)
    }
}

extension VerificationReport {
    fileprivate init(_ status: VerificationStatus) {
        self.init(
            nonce: status.nonce, threshold: status.count.threshold, shares: status.count.shares,
            progress: status.progress, isComplete: status.isComplete)
    }
}

extension RootGenerationReport {
    fileprivate init(_ status: RootGenerationStatus) {
        self.init(
            nonce: status.nonce, isStarted: status.isStarted, progress: status.progress, required: status.required,
            otpLength: status.otpLength)
        if status.isComplete { encodedToken = SealSecret(exposing: status.encodedToken) }
        if !status.otp.isEmpty { otp = SealSecret(exposing: status.otp) }
    }
}
