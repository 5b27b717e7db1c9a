internal import Primitives

/// Unsealing by shares, as events and actions.
struct UnsealProcess: Sendable {
    enum Action {
        /// Tell how far it is.
        case report
        /// Try to open the database with these.
        case attempt([KeyShare])
    }

    private var collection = ShareCollection()
    /// Names the round of shares under way; empty when there is none.
    private(set) var nonce = ""

    /// Shares given in this round.
    var progress: Int { collection.progress }

    /// A share was given; `freshNonce` names a round that it begins.
    mutating func submit(_ share: KeyShare, threshold: Int, freshNonce: String) -> Action {
        if progress == 0 { nonce = freshNonce }
        switch collection.add(share, threshold: threshold) {
        case .repeated, .more: return .report
        case .enough(let shares):
            nonce = ""
            return .attempt(shares)
        }
    }

    /// The round was given up.
    mutating func reset() { self = UnsealProcess() }
}
