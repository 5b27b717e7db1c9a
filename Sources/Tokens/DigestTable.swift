/// A set of short digests, each with the second at which its token ends: 12 bytes a place, at most 85 in 100 taken.
///
/// **Layout** open addressing with linear probing; a removal shifts back what probed past it, so there are no graves.
struct DigestTable {
    /// The end of a token that never ends.
    static let never: UInt32 = 0
    /// Not yet read from storage.
    static let unread: UInt32 = .max

    private(set) var count = 0
    private var digests = [UInt64](repeating: 0, count: 16)
    private var dues = [UInt32](repeating: 0, count: 16)
    private var mask: Int { digests.count - 1 }

    /// The end that goes with Unix seconds; what is too far away for 32 bits is looked at again then.
    static func due(_ expires: Int) -> UInt32 {
        expires <= 0 ? never : UInt32(clamping: min(expires, Int(unread) - 1))
    }

    private func place(_ digest: UInt64) -> Int {
        // The upper bits choose the shelf.
        var at = Int(truncatingIfNeeded: digest) & mask
        while digests[at] != 0 && digests[at] != digest { at = (at + 1) & mask }
        return at
    }

    /// The token's end, or nil when there is no such token.
    func due(of digest: UInt64) -> UInt32? {
        let at = place(digest)
        return digests[at] == digest ? dues[at] : nil
    }

    /// Adds or changes.
    mutating func set(_ digest: UInt64, due: UInt32) {
        let at = place(digest)
        if digests[at] == digest {
            dues[at] = due
            return
        }
        digests[at] = digest
        dues[at] = due
        count += 1
        if count * 20 > digests.count * 17 { grow() }
    }

    /// Removes, if it is there.
    mutating func remove(_ digest: UInt64) {
        var hole = place(digest)
        guard digests[hole] == digest else { return }
        count -= 1
        var at = hole
        while true {
            at = (at + 1) & mask
            if digests[at] == 0 { break }
            let home = Int(truncatingIfNeeded: digests[at]) & mask
            // May it move to the hole? Only when its home does not lie between the hole and where it is.
            if (at - home) & mask >= (at - hole) & mask {
                digests[hole] = digests[at]
                dues[hole] = dues[at]
                hole = at
            }
        }
        digests[hole] = 0
        dues[hole] = 0
    }

    /// At most `limit` of those that end at `now` or before.
    func dueDigests(at now: Int, limit: Int) -> [UInt64] {
        let now = UInt32(clamping: now)
        var result: [UInt64] = []
        for at in 0..<dues.count where dues[at] != Self.never && dues[at] != Self.unread && dues[at] <= now {
            if result.count >= limit { break }
            result.append(digests[at])
        }
        return result
    }

    /// Bytes of memory.
    var bytes: Int { digests.count * 12 }

    private mutating func grow() {
        let old = (digests, dues)
        digests = [UInt64](repeating: 0, count: old.0.count * 2)
        dues = [UInt32](repeating: 0, count: old.0.count * 2)
        for at in 0..<old.0.count where old.0[at] != 0 {
            let place = place(old.0[at])
            digests[place] = old.0[at]
            dues[place] = old.1[at]
        }
    }
}
