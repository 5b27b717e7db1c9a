internal import Synchronization

/// How many messages one key version has sealed: exact while the process lives, never too low after a crash.
///
/// A count may only be used up to a reservation that storage already holds. After a crash counting goes on from the
/// reservation; after an orderly end, the exact count was written back.
/// **Concurrency** lock-free; any number of threads. **Cost** one atomic exchange per request, not per item.
package final class KeyUsage: Sendable {
    private static let closedBit: UInt64 = 1 << 63
    // Messages sealed; the top bit says that this object is retired and its number is final.
    private let count: Atomic<UInt64>
    private let reservation: Atomic<UInt64>

    /// How an attempt to count ended.
    package enum Outcome: Equatable, Sendable {
        /// Counted; the number of messages including these.
        case counted(UInt64)
        /// Storage has to hold a larger reservation first.
        case needsReservation
        /// The limit would be passed.
        case exhausted
    }

    /// Goes on from the stored number; nothing is reserved yet.
    package init(stored: UInt64) {
        count = Atomic(stored)
        reservation = Atomic(stored)
    }

    /// Messages sealed so far.
    package var messages: UInt64 { count.load(ordering: .acquiring) & ~Self.closedBit }

    /// What storage holds.
    package var reserved: UInt64 { reservation.load(ordering: .acquiring) }

    /// Counts `messages` more, unless that would pass the reservation or `limit`.
    package func take(_ messages: UInt64, limit: UInt64) -> Outcome {
        var current = count.load(ordering: .acquiring)
        while true {
            let (sum, overflow) = current.addingReportingOverflow(messages)
            if overflow || current & Self.closedBit != 0 { return .needsReservation }
            if sum > limit { return .exhausted }
            if sum > reservation.load(ordering: .acquiring) { return .needsReservation }
            let (exchanged, original) = count.weakCompareExchange(
                expected: current, desired: sum, ordering: .acquiringAndReleasing)
            if exchanged { return .counted(sum) }
            current = original
        }
    }

    /// Takes back messages that were counted and then not sealed.
    package func giveBack(_ messages: UInt64) {
        if messages > 0 { count.wrappingSubtract(messages, ordering: .acquiringAndReleasing) }
    }

    /// The reservation to store next so that `messages` more fit. Blocks grow with use, from 4,096 to about a
    /// million, but
    /// a crash must not eat what a small `limit` allows: a block is at most a 64th of what is left, and ends at the
    /// limit.
    package func nextReservation(for messages: UInt64, limit: UInt64) -> UInt64 {
        let needed = self.messages + messages
        let left = limit > needed ? limit - needed : 0
        return needed + min(min(max(needed, 4096), 1 << 20), left / 64)
    }

    /// Says that storage now holds `reservation`.
    package func extend(to newReservation: UInt64) {
        var current = reservation.load(ordering: .acquiring)
        while current < newReservation {
            let (exchanged, original) = reservation.weakCompareExchange(
                expected: current, desired: newReservation, ordering: .acquiringAndReleasing)
            if exchanged { return }
            current = original
        }
    }

    /// Makes the count, not yet shared, at least `messages`: of a key that comes back from a backup, the larger
    /// count holds.
    package func raise(to messages: UInt64) {
        if messages > self.messages {
            count.store(messages, ordering: .releasing)
            reservation.store(messages, ordering: .releasing)
        }
    }

    /// Ends counting here: whoever tries afterwards is told to reserve, and so looks up the ring anew.
    /// Returns the final number, to be written back.
    package func close() -> UInt64 {
        var current = count.load(ordering: .acquiring)
        while current & Self.closedBit == 0 {
            let (exchanged, original) = count.weakCompareExchange(
                expected: current, desired: current | Self.closedBit, ordering: .acquiringAndReleasing)
            if exchanged { return current }
            current = original
        }
        return current & ~Self.closedBit
    }

    /// Whether `close` was called.
    package var isClosed: Bool { count.load(ordering: .acquiring) & Self.closedBit != 0 }
}
