internal import Bytes
internal import Primitives

/// Making a root token by shares, as events and actions.
struct RootGeneration: Sendable {
    enum Action {
        /// Tell how far it is.
        case report
        /// See whether these authorise.
        case authorize([KeyShare])
    }

    private var collection = ShareCollection()
    /// Names the operation; empty when there is none.
    private(set) var nonce = ""
    private(set) var otp: [UInt8] = []

    var isStarted: Bool { !nonce.isEmpty }

    /// Shares given so far.
    var progress: Int { collection.progress }

    /// Begins, with the pad over which the token will be told.
    mutating func start(
        nonce: String, otp: [UInt8], lengths: [Int], replacingIdle: Bool = false
    ) throws(SealFault) {
        if isStarted, progress > 0 || !replacingIdle { throw .alreadyRunning(.rootGeneration) }
        guard lengths.contains(otp.count) else { throw .wrongOTPLength }
        self = RootGeneration()
        (self.nonce, self.otp) = (nonce, otp)
    }

    /// A share was given.
    mutating func submit(_ share: KeyShare, nonce: String, threshold: Int) throws(SealFault) -> Action {
        guard isStarted else { throw .notRunning(.rootGeneration) }
        guard nonce == self.nonce else { throw .wrongNonce(.rootGeneration, nonce: self.nonce) }
        switch collection.add(share, threshold: threshold) {
        case .repeated: throw .repeatedKey(.rootGeneration)
        case .more: return .report
        case .enough(let shares): return .authorize(shares)
        }
    }

    /// The token was made: the operation ends. **Layout** of the text: base64 without padding of token XOR pad.
    mutating func finish(token: [UInt8]) throws(SealFault) -> String {
        guard token.count == otp.count else { throw .wrongTokenLength }
        let masked = zip(token, otp).map { $0 ^ $1 }
        self = RootGeneration()
        var text = ByteWriter(capacity: 128)
        lending(masked) { text.append(base64: $0) }
        return String(text.view.string.prefix { $0 != "=" })
    }

    /// It was given up.
    mutating func cancel() { self = RootGeneration() }
}
