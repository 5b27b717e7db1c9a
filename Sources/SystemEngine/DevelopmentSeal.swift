internal import EngineKit
internal import Vocabulary

/// The seal of a development server: there is none. Everything is in memory, and gone at the end.
struct DevelopmentSeal: SealControl {
    private static let status = SealReport(
        type: "shamir", isInitialized: true, isSealed: false, threshold: 1, shares: 1)

    private func absent(_ what: String) -> SealControlFault {
        SealControlFault(.invalidRequest, "a development server keeps everything in memory and has no \(what)")
    }

    let isSealed = false
    func status() -> SealReport { Self.status }
    func unseal(keyText: SealSecret, migrate: Bool) -> SealReport { Self.status }
    func resetUnseal() -> SealReport { Self.status }
    func seal() throws(SealControlFault) { throw absent("seal") }

    func initialize(_ wish: InitializationWish) throws(SealControlFault) -> InitializationReport {
        throw SealControlFault(.invalidRequest, "Vault is already initialized")
    }

    func rekeyStatus(_ kind: ShareKind) throws(SealControlFault) -> RekeyReport { throw absent("shares") }
    func startRekey(_ kind: ShareKind, _ wish: RekeyWish) throws(SealControlFault) -> RekeyReport {
        throw absent("shares")
    }
    func cancelRekey(_ kind: ShareKind) {}
    func updateRekey(_ kind: ShareKind, keyText: SealSecret, nonce: String) throws(SealControlFault) -> RekeyStep {
        throw absent("shares")
    }
    func verificationStatus(_ kind: ShareKind) throws(SealControlFault) -> VerificationReport {
        throw absent("shares")
    }
    func restartVerification(_ kind: ShareKind) throws(SealControlFault) -> VerificationReport {
        throw absent("shares")
    }
    func verifyRekey(
        _ kind: ShareKind, keyText: SealSecret, nonce: String
    ) throws(SealControlFault) -> VerificationReport {
        throw absent("shares")
    }

    func rootGenerationStatus() throws(SealControlFault) -> RootGenerationReport { throw absent("shares") }
    func startRootGeneration(otp: SealSecret?) throws(SealControlFault) -> RootGenerationReport {
        throw absent("shares")
    }
    func updateRootGeneration(keyText: SealSecret, nonce: String) throws(SealControlFault) -> RootGenerationReport {
        throw absent("shares")
    }
    func cancelRootGeneration(nonce: String?) {}

    func keyStatus() throws(SealControlFault) -> KeyTermReport { throw absent("key terms") }
    func rotate() throws(SealControlFault) { throw absent("key terms") }
    func rotationConfiguration() throws(SealControlFault) -> RotationConfiguration { throw absent("key terms") }
    func setRotationConfiguration(_ configuration: RotationConfiguration) throws(SealControlFault) {
        throw absent("key terms")
    }
}
