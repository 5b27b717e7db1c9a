internal import Primitives

/// What a rekey is to make.
package struct RekeyRequest: Sendable, Equatable {
    /// The new shares.
    package var count: ShareCount
    /// Whether the new shares have to be shown to be in good hands before they take effect.
    package var requiresVerification: Bool
    /// Whether a backup was asked for; it is told back, and there is none without PGP keys.
    package var backup: Bool

    /// A request.
    package init(count: ShareCount, requiresVerification: Bool = false, backup: Bool = false) {
        self.count = count
        self.requiresVerification = requiresVerification
        self.backup = backup
    }
}

/// A change of keys that is ready to be stored.
struct RekeyOutcome: Sendable {
    /// The new shares' key; nil where only the root key changes, under an automatic seal.
    let seal: ShamirSeal?
    let shares: [KeyShare]
    let root: RootKey
    let record: SealRecord
}

/// New keys by old shares, as events and actions: one each for the barrier's and for the recovery shares.
struct RekeyProcess: Sendable {
    enum Action {
        /// Tell how far it is.
        case report
        /// See whether these old shares authorise.
        case authorize([KeyShare])
        /// See whether these are the new shares.
        case verify([KeyShare])
    }

    let operation: ShareOperation
    private var collection = ShareCollection()
    /// Names the operation; empty when there is none.
    private(set) var nonce = ""
    private(set) var request: RekeyRequest?
    /// The seal's record when it began: later shares are held to it.
    private(set) var record: SealRecord?
    /// Made, and not yet known to be stored.
    private(set) var outcome: RekeyOutcome?
    /// Names the verification; empty when there is none.
    private(set) var verificationNonce = ""

    init(_ operation: ShareOperation) { self.operation = operation }

    var isStarted: Bool { request != nil }
    var isVerifying: Bool { !verificationNonce.isEmpty }

    /// Shares given so far, of the old ones or, while verifying, of the new ones.
    var progress: Int { collection.progress }

    /// Begins. **Throws** `.alreadyRunning`, `.invalidRekeyShares`.
    mutating func start(_ request: RekeyRequest, record: SealRecord, nonce: String) throws(SealFault) {
        if isStarted { throw .alreadyRunning(operation) }
        if let fault = request.count.fault { throw .invalidRekeyShares(fault) }
        // Sealing may have left a part of another one behind.
        self = RekeyProcess(operation)
        (self.request, self.record, self.nonce) = (request, record, nonce)
    }

    /// An old share was given.
    mutating func submit(_ share: KeyShare, nonce: String) throws(SealFault) -> Action {
        guard let record else { throw .notRunning(operation) }
        if isVerifying { throw .verificationUnderWay(nonce: verificationNonce) }
        guard nonce == self.nonce else { throw .wrongNonce(operation, nonce: self.nonce) }
        switch collection.add(share, threshold: record.count.threshold) {
        case .repeated: throw .repeatedKey(operation)
        case .more: return .report
        case .enough(let shares): return .authorize(shares)
        }
    }

    /// The old shares authorised, and these new keys were made; they are kept until it is known that they are stored.
    mutating func made(_ outcome: RekeyOutcome) { self.outcome = outcome }

    /// The new shares are out, and are to be shown.
    mutating func beginVerification(nonce: String) { verificationNonce = nonce }

    /// A new share was given.
    mutating func submitVerification(_ share: KeyShare, nonce: String) throws(SealFault) -> Action {
        guard let request, isVerifying else { throw .noVerification }
        guard nonce == verificationNonce else { throw .wrongNonce(operation, nonce: verificationNonce) }
        switch collection.add(share, threshold: request.count.threshold) {
        case .repeated: throw .repeatedKey(operation)
        case .more: return .report
        case .enough(let shares): return .verify(shares)
        }
    }

    /// The verification starts over under another nonce; the new keys stay.
    mutating func restartVerification(nonce: String) throws(SealFault) {
        guard isVerifying else { throw .noVerification }
        collection.reset()
        verificationNonce = nonce
    }

    /// It was given up, or is done.
    mutating func end() { self = RekeyProcess(operation) }
}
