/// Which entries are settled: recorded by at least one device, or lost to all of them.
///
/// Entries are told by their tickets, 1, 2, 3 …; they may be recorded in any order but are settled in theirs.
/// **Concurrency** a value; its owner guards it.
struct AuditLedger {
    /// Every ticket up to here is settled.
    private(set) var settled: UInt64 = 0
    /// Recorded, above `settled`.
    private var recorded = RangeSet<UInt64>()
    /// Lost to every device; those at or below `settled` are kept for a while, for who asks after them.
    private(set) var lost = RangeSet<UInt64>()
    /// Losses up to here are not remembered: nothing up to here counts as recorded any more.
    private var forgotten: UInt64 = 0

    private static let rangesRemembered = 256

    /// Notes that a device has the entries. Returns whether more is settled now.
    mutating func record(_ tickets: Range<UInt64>) -> Bool {
        guard tickets.upperBound > settled + 1 else { return false }
        lost.remove(contentsOf: max(tickets.lowerBound, settled + 1)..<tickets.upperBound)
        if tickets.lowerBound <= settled + 1, recorded.isEmpty, lost.isEmpty {
            settled = tickets.upperBound - 1
            return true
        }
        recorded.insert(contentsOf: max(tickets.lowerBound, settled + 1)..<tickets.upperBound)
        return advance()
    }

    /// Notes that no device has the entries or will have them; what was recorded stays so. Returns whether more is
    /// settled now.
    mutating func lose(_ tickets: RangeSet<UInt64>) -> Bool {
        var tickets = tickets.subtracting(recorded)
        tickets.remove(contentsOf: 0..<settled + 1)
        guard !tickets.isEmpty else { return false }
        lost.formUnion(tickets)
        while lost.ranges.count > Self.rangesRemembered, let first = lost.ranges.first,
            first.upperBound <= settled + 1
        {
            lost.remove(contentsOf: first)
            forgotten = first.upperBound - 1
        }
        return advance()
    }

    /// Whether a device has the entry; meant for settled ones.
    func isRecorded(_ ticket: UInt64) -> Bool { ticket > forgotten && ticket <= settled && !lost.contains(ticket) }

    private mutating func advance() -> Bool {
        let before = settled
        while true {
            if let first = recorded.ranges.first, first.lowerBound <= settled + 1 {
                settled = max(settled, first.upperBound - 1)
                recorded.remove(contentsOf: first)
            } else if !skipLost() {
                return settled > before
            }
        }
    }

    private mutating func skipLost() -> Bool {
        guard !lost.isEmpty, lost.contains(settled + 1),
            let range = lost.ranges.first(where: { $0.contains(settled + 1) })
        else { return false }
        settled = range.upperBound - 1
        return true
    }
}
