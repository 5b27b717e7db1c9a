internal import Synchronization

/// What memory knows of all tokens: that they are there and when they end, and of those used lately, everything.
///
/// **Concurrency** 64 shelves, chosen by the digest, each behind a short lock. **Cost** a look-up takes one lock.
final class TokenShelves: Sendable {
    private struct Shelf {
        var table = DigestTable()
        var places: [UInt64: Int] = [:]
        // A clock: the hand passes by those that were used since it came by last.
        var kept: [(token: KnownToken, isUsed: Bool)] = []
        var hand = 0
        // Rises with every change of a token of the shelf.
        var changes: UInt64 = 0
    }

    private final class Locked: Sendable {
        let shelf = Mutex(Shelf())
    }

    /// What a look-up in memory can tell.
    enum Finding {
        case known(KnownToken)
        /// It exists; the rest is in storage.
        case stored
        case absent
    }

    private static let count = 64
    private let shelves: [Locked]
    private let capacity: Int

    /// Shelves that keep at most `capacity` tokens in full.
    init(capacity: Int) {
        shelves = (0..<Self.count).map { _ in Locked() }
        self.capacity = max(capacity / Self.count, 1)
    }

    private func shelf(_ digest: UInt64) -> Locked { shelves[Int(digest >> 58)] }

    func find(_ digest: TokenDigest) -> Finding {
        let short = digest.short
        return shelf(short).shelf.withLock { shelf in
            if let place = shelf.places[short], shelf.kept[place].token.digest == digest {
                shelf.kept[place].isUsed = true
                return .known(shelf.kept[place].token)
            }
            return shelf.table.due(of: short) == nil ? .absent : .stored
        }
    }

    /// The end of the token; nil when there is none.
    func due(of digest: TokenDigest) -> UInt32? {
        let short = digest.short
        return shelf(short).shelf.withLock { $0.table.due(of: short) }
    }

    /// The stamp of the shelf: `keep` refuses what was read from storage before the latest change.
    func stamp(_ digest: TokenDigest) -> UInt64 { shelf(digest.short).shelf.withLock { $0.changes } }

    /// Keeps a stored token that was read after `stamp` was taken.
    func keep(_ token: KnownToken, stamp: UInt64) {
        let short = token.digest.short
        shelf(short).shelf.withLock { shelf in
            guard shelf.changes == stamp, shelf.table.due(of: short) != nil else { return }
            Self.keep(token, short, in: &shelf, capacity)
        }
    }

    /// Keeps a batch token, which storage does not know.
    func keepBatch(_ token: KnownToken) {
        let short = token.digest.short
        shelf(short).shelf.withLock { Self.keep(token, short, in: &$0, capacity) }
    }

    /// Says that a token is new or has changed, after storage has it.
    func put(_ token: KnownToken) {
        let short = token.digest.short
        shelf(short).shelf.withLock { shelf in
            shelf.changes &+= 1
            shelf.table.set(short, due: DigestTable.due(token.entry.expires))
            Self.keep(token, short, in: &shelf, capacity)
        }
    }

    /// Says that a token is gone.
    func remove(_ digest: TokenDigest) {
        let short = digest.short
        shelf(short).shelf.withLock { shelf in
            shelf.changes &+= 1
            shelf.table.remove(short)
            Self.drop(short, in: &shelf)
        }
    }

    /// Forgets what is known of a token but that it is there.
    func forget(_ digest: TokenDigest) {
        let short = digest.short
        shelf(short).shelf.withLock { shelf in
            shelf.changes &+= 1
            Self.drop(short, in: &shelf)
        }
    }

    /// Adds a token of which only the digest is known yet.
    func add(unread short: UInt64) {
        shelf(short).shelf.withLock { shelf in
            if shelf.table.due(of: short) == nil { shelf.table.set(short, due: DigestTable.unread) }
        }
    }

    /// Fills in when a token ends, unless somebody has done so since.
    func fill(_ short: UInt64, due: UInt32) {
        shelf(short).shelf.withLock { shelf in
            if shelf.table.due(of: short) == DigestTable.unread { shelf.table.set(short, due: due) }
        }
    }

    /// Changes only when the table thinks that the token ends.
    func set(_ digest: TokenDigest, due: UInt32) {
        let short = digest.short
        shelf(short).shelf.withLock { shelf in
            if shelf.table.due(of: short) != nil { shelf.table.set(short, due: due) }
        }
    }

    /// At most `limit` tokens whose end has come.
    func due(at now: Int, limit: Int) -> [UInt64] {
        var result: [UInt64] = []
        for locked in shelves where result.count < limit {
            result += locked.shelf.withLock { $0.table.dueDigests(at: now, limit: limit - result.count) }
        }
        return result
    }

    /// Forgets everything.
    func clear() {
        for locked in shelves {
            locked.shelf.withLock { shelf in
                let changes = shelf.changes
                shelf = Shelf()
                shelf.changes = changes &+ 1
            }
        }
    }

    /// How many tokens storage has.
    var count: Int { shelves.reduce(0) { $0 + $1.shelf.withLock { $0.table.count } } }
    /// Bytes of the tables of all tokens.
    var tableBytes: Int { shelves.reduce(0) { $0 + $1.shelf.withLock { $0.table.bytes } } }

    private static func keep(_ token: KnownToken, _ short: UInt64, in shelf: inout Shelf, _ capacity: Int) {
        if let place = shelf.places[short] {
            shelf.kept[place] = (token, true)
            return
        }
        guard shelf.kept.count >= capacity else {
            shelf.places[short] = shelf.kept.count
            shelf.kept.append((token, false))
            return
        }
        while shelf.kept[shelf.hand].isUsed {
            shelf.kept[shelf.hand].isUsed = false
            shelf.hand = (shelf.hand + 1) % capacity
        }
        shelf.places[shelf.kept[shelf.hand].token.digest.short] = nil
        shelf.kept[shelf.hand] = (token, false)
        shelf.places[short] = shelf.hand
        shelf.hand = (shelf.hand + 1) % capacity
    }

    private static func drop(_ short: UInt64, in shelf: inout Shelf) {
        guard let place = shelf.places.removeValue(forKey: short) else { return }
        let last = shelf.kept.removeLast()
        if place < shelf.kept.count {
            shelf.kept[place] = last
            shelf.places[last.token.digest.short] = place
        }
        if shelf.hand >= shelf.kept.count { shelf.hand = 0 }
    }
}
