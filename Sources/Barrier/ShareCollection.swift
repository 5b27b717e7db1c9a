internal import Primitives

/// The shares given so far for one purpose. Events in, outcomes out; nothing else happens here.
struct ShareCollection: Sendable {
    enum Outcome {
        /// This share was given before.
        case repeated
        /// Counted; more are needed.
        case more
        /// Enough: these are handed over, and the collection is empty again.
        case enough([KeyShare])
    }

    private var shares: [KeyShare] = []

    /// How many there are.
    var progress: Int { shares.count }

    /// Takes a share towards the threshold.
    mutating func add(_ share: KeyShare, threshold: Int) -> Outcome {
        // All are compared, so that the time tells only their number.
        let isKnown = shares.reduce(false) { known, other in
            let isSame = share.isSame(as: other)
            return known || isSame
        }
        if isKnown { return .repeated }
        shares.append(share)
        if shares.count < threshold { return .more }
        defer { shares = [] }
        return .enough(shares)
    }

    /// Forgets them all.
    mutating func reset() { shares = [] }
}
