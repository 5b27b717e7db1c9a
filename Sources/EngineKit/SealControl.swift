package import Vocabulary

/// Why the seal did not do what was asked.
package struct SealControlFault: WireFault, Equatable {
    package let faultClass: FaultClass
    /// The sentence for everybody.
    package let text: String
    /// What follows the sentence for callers with a token: the nonce of an operation, which would let a stranger take
    /// part in it.
    package let insiderText: String

    package var wireText: String { text + insiderText }

    /// The same without what only callers with a token are told.
    package var forStrangers: SealControlFault { SealControlFault(faultClass, text) }

    /// A fault of that class and text.
    package init(_ faultClass: FaultClass, _ text: String, insiderText: String = "") {
        self.faultClass = faultClass
        self.text = text
        self.insiderText = insiderText
    }
}

/// What `sys/` may do with the seal and with the keys of the database; supplied by the composition root.
///
/// **Concurrency** every method may be called from many threads at once.
package protocol SealControl: Sendable {
    /// Whether the keys are not in memory. **Cost** no suspension, no storage: asked for every request.
    var isSealed: Bool { get }
    /// How the seal is.
    func status() async throws(SealControlFault) -> SealReport
    /// Makes the database, its shares and the first root token.
    func initialize(_ wish: InitializationWish) async throws(SealControlFault) -> InitializationReport
    /// Takes a share in hex or base64 towards opening the database. An open one takes no notice.
    func unseal(keyText: SealSecret, migrate: Bool) async throws(SealControlFault) -> SealReport
    /// Forgets the shares given so far.
    func resetUnseal() async throws(SealControlFault) -> SealReport
    /// Drops the keys and everything that was under way.
    func seal() async throws(SealControlFault)

    /// How far a rekey is.
    func rekeyStatus(_ kind: ShareKind) async throws(SealControlFault) -> RekeyReport
    /// Begins a rekey.
    func startRekey(_ kind: ShareKind, _ wish: RekeyWish) async throws(SealControlFault) -> RekeyReport
    /// Gives up a rekey, if there is one, with its verification.
    func cancelRekey(_ kind: ShareKind) async throws(SealControlFault)
    /// Takes an old share in hex or base64 towards a rekey.
    func updateRekey(_ kind: ShareKind, keyText: SealSecret, nonce: String) async throws(SealControlFault) -> RekeyStep
    /// How far a verification is.
    func verificationStatus(_ kind: ShareKind) async throws(SealControlFault) -> VerificationReport
    /// Starts a verification over, under another nonce.
    func restartVerification(_ kind: ShareKind) async throws(SealControlFault) -> VerificationReport
    /// Takes a new share in hex or base64 towards a verification.
    func verifyRekey(
        _ kind: ShareKind, keyText: SealSecret, nonce: String
    ) async throws(SealControlFault) -> VerificationReport

    /// How far a root generation is.
    func rootGenerationStatus() async throws(SealControlFault) -> RootGenerationReport
    /// Begins a root generation, with the caller's pad or one that the answer tells. It takes the place of an attempt
    /// without progress, which nobody may occupy the operation with.
    func startRootGeneration(otp: SealSecret?) async throws(SealControlFault) -> RootGenerationReport
    /// Takes a share in hex or base64 towards a root token.
    func updateRootGeneration(
        keyText: SealSecret, nonce: String
    ) async throws(SealControlFault) -> RootGenerationReport
    /// Gives up the attempt under way, if there is one. With a nonce, only the attempt that it names: another one is
    /// `.permissionDenied`, and stays.
    func cancelRootGeneration(nonce: String?) async throws(SealControlFault)

    /// The latest key term.
    func keyStatus() async throws(SealControlFault) -> KeyTermReport
    /// Begins a new key term.
    func rotate() async throws(SealControlFault)
    /// When key terms end.
    func rotationConfiguration() async throws(SealControlFault) -> RotationConfiguration
    /// Sets when key terms end.
    func setRotationConfiguration(_ configuration: RotationConfiguration) async throws(SealControlFault)
}
