internal import KeyRings
internal import Synchronization

/// A bounded set of rings with second-chance eviction: a ring that was used since the hand last passed stays.
final class KeyCache: Sendable {
    /// What size 0, "unlimited" on the wire, means: memory is bounded all the same, and nobody can see the difference.
    static let defaultLimit = 65_536

    private struct Slot {
        var ring: KeyRing
        var wasUsed: Bool
    }

    private struct State {
        var slots: [KeyName: Slot] = [:]
        // The names in the order in which the hand visits them; names that were removed are skipped and dropped.
        var order: [KeyName] = []
        var hand = 0
        var limit = KeyCache.defaultLimit
        // Rings that have to leave and whose counts are not written back yet.
        var leaving: [KeyName: KeyRing] = [:]
    }

    private let state = Mutex(State())

    /// The ring of that name; being asked for counts as use.
    subscript(name: KeyName) -> KeyRing? {
        state.withLock { state in
            guard let index = state.slots.index(forKey: name) else { return nil }
            if !state.slots.values[index].wasUsed { state.slots.values[index].wasUsed = true }
            return state.slots.values[index].ring
        }
    }

    /// Puts the ring in, unless a later picture of it is there; returns the rings that had to leave.
    func insert(_ ring: KeyRing) -> [KeyRing] {
        state.withLock { state in
            if let known = state.slots[ring.name] {
                if known.ring.revision < ring.revision { state.slots[ring.name] = Slot(ring: ring, wasUsed: true) }
                return []
            }
            let evicted = Self.makeRoom(&state, for: 1)
            if state.order.count > 2 * state.slots.count + 64 { state.order = Array(state.slots.keys) }
            state.slots[ring.name] = Slot(ring: ring, wasUsed: false)
            state.order.append(ring.name)
            return evicted
        }
    }

    /// The ring of that name if it is on its way out; it is not any more then.
    func takeBack(_ name: KeyName) -> KeyRing? { state.withLock { $0.leaving.removeValue(forKey: name) } }

    /// Whether exactly this picture is on its way out.
    func isLeaving(_ ring: KeyRing) -> Bool { state.withLock { $0.leaving[ring.name] === ring } }

    /// The ring is written back and gone.
    func left(_ ring: KeyRing) { state.withLock { $0.leaving[ring.name] = nil } }

    /// Drops exactly this picture, if it is the one held.
    func remove(_ ring: KeyRing) {
        state.withLock { state in
            guard state.slots[ring.name]?.ring === ring else { return }
            // The name stays in the order; the hand drops it when it comes by.
            state.slots[ring.name] = nil
        }
    }

    /// Sets the bound, 0 for the default; returns the rings that had to leave.
    func limit(to size: Int) -> [KeyRing] {
        state.withLock { state in
            state.limit = size > 0 ? size : Self.defaultLimit
            return Self.makeRoom(&state, for: 0)
        }
    }

    /// Empties the cache; returns what was in it, and what was on its way out.
    func removeAll() -> [KeyRing] {
        state.withLock { state in
            let rings = state.slots.values.map(\.ring)
            (state.slots, state.order, state.hand) = ([:], [], 0)
            for ring in rings { state.leaving[ring.name] = ring }
            return Array(state.leaving.values)
        }
    }

    /// What is in it.
    var rings: [KeyRing] { state.withLock { $0.slots.values.map(\.ring) } }

    private static func makeRoom(_ state: inout State, for wanted: Int) -> [KeyRing] {
        var evicted: [KeyRing] = []
        while state.slots.count + wanted > state.limit, !state.order.isEmpty {
            if state.hand >= state.order.count { state.hand = 0 }
            let name = state.order[state.hand]
            if state.slots[name]?.wasUsed == true {
                state.slots[name]?.wasUsed = false
                state.hand += 1
                continue
            }
            if let slot = state.slots.removeValue(forKey: name) {
                state.leaving[name] = slot.ring
                evicted.append(slot.ring)
            }
            // The last name takes the free place: order matters little, moving a long tail would.
            state.order.swapAt(state.hand, state.order.count - 1)
            state.order.removeLast()
        }
        return evicted
    }
}
