/// What memory keeps of one lease.
///
/// **Layout** 72 bytes: a million leases take 72 MB, and their look-up table 8 to 16 MB.
struct LeaseSlot {
    static let none = UInt32.max

    var suffix: LeaseIdentifier.Suffix
    /// Index of the path; `none` in a free slot.
    var path: UInt32
    /// Index of the token.
    var token: UInt32
    /// When it is to be revoked or tried again. **Units** Unix seconds.
    var due: Int
    /// The page that it is stored in.
    var page: UInt32
    /// Where it is in its lane's heap; `none` while somebody works on it.
    var heapPosition = none
    /// Neighbours among the leases of the same path.
    var nextInPath = none, previousInPath = none
    /// Neighbours among the leases of the same token.
    var nextInToken = none, previousInToken = none
}

/// Finds slots by name: open addressing over slot numbers, so that nothing is kept twice.
struct SlotFinder {
    private var table: [UInt32]
    private(set) var count = 0

    init() { table = Array(repeating: LeaseSlot.none, count: 64) }

    private static func hash(_ path: UInt32, _ suffix: LeaseIdentifier.Suffix) -> Int {
        // The suffix is random; the multiplications spread what little structure letters have.
        var bits = suffix.first &* 0x9E37_79B9_7F4A_7C15 ^ suffix.second &* 0xC2B2_AE3D_27D4_EB4F
        bits ^= suffix.third &* 0x1656_67B1_9E37_79F9 ^ UInt64(path) &* 0xD6E8_FEB8_6659_FD93
        bits ^= bits >> 32
        return Int(truncatingIfNeeded: bits &* 0x9E37_79B9_7F4A_7C15 >> 16) & Int.max
    }

    func find(_ path: UInt32, _ suffix: LeaseIdentifier.Suffix, in slots: [LeaseSlot]) -> UInt32? {
        let mask = table.count - 1
        var at = Self.hash(path, suffix) & mask
        while table[at] != LeaseSlot.none {
            let slot = slots[Int(table[at])]
            if slot.path == path, slot.suffix == suffix { return table[at] }
            at = (at + 1) & mask
        }
        return nil
    }

    mutating func insert(_ number: UInt32, in slots: [LeaseSlot]) {
        if (count + 1) * 4 > table.count * 3 { grow(slots) }
        place(number, slots[Int(number)])
        count += 1
    }

    private mutating func place(_ number: UInt32, _ slot: LeaseSlot) {
        let mask = table.count - 1
        var at = Self.hash(slot.path, slot.suffix) & mask
        while table[at] != LeaseSlot.none { at = (at + 1) & mask }
        table[at] = number
    }

    private mutating func grow(_ slots: [LeaseSlot]) {
        let old = table
        table = Array(repeating: LeaseSlot.none, count: old.count * 2)
        for number in old where number != LeaseSlot.none { place(number, slots[Int(number)]) }
    }

    /// Takes a slot out whose path and suffix still stand in `slots`.
    mutating func remove(_ number: UInt32, in slots: [LeaseSlot]) {
        let mask = table.count - 1
        var hole = Self.hash(slots[Int(number)].path, slots[Int(number)].suffix) & mask
        while table[hole] != number {
            if table[hole] == LeaseSlot.none { return }
            hole = (hole + 1) & mask
        }
        // What follows moves up unless it is at home behind the hole.
        var at = hole
        while true {
            at = (at + 1) & mask
            guard table[at] != LeaseSlot.none else { break }
            let slot = slots[Int(table[at])]
            let home = Self.hash(slot.path, slot.suffix) & mask
            if (at - home) & mask >= (at - hole) & mask {
                table[hole] = table[at]
                hole = at
            }
        }
        table[hole] = LeaseSlot.none
        count -= 1
    }
}

/// The leases of one mount by due time: a binary heap over slot numbers.
struct DueHeap {
    private var heap: [UInt32] = []

    var count: Int { heap.count }
    var first: UInt32? { heap.first }

    mutating func insert(_ number: UInt32, _ slots: inout [LeaseSlot]) {
        heap.append(number)
        slots[Int(number)].heapPosition = UInt32(heap.count - 1)
        rise(heap.count - 1, &slots)
    }

    mutating func remove(_ number: UInt32, _ slots: inout [LeaseSlot]) {
        let position = slots[Int(number)].heapPosition
        guard position != LeaseSlot.none else { return }
        slots[Int(number)].heapPosition = LeaseSlot.none
        let at = Int(position)
        let last = heap.removeLast()
        guard at < heap.count else { return }
        heap[at] = last
        slots[Int(last)].heapPosition = position
        rise(at, &slots)
        sink(Int(slots[Int(last)].heapPosition), &slots)
    }

    private mutating func rise(_ start: Int, _ slots: inout [LeaseSlot]) {
        var at = start
        while at > 0 {
            let parent = (at - 1) / 2
            guard slots[Int(heap[at])].due < slots[Int(heap[parent])].due else { return }
            swap(at, parent, &slots)
            at = parent
        }
    }

    private mutating func sink(_ start: Int, _ slots: inout [LeaseSlot]) {
        var at = start
        while true {
            var least = at
            for child in [at * 2 + 1, at * 2 + 2] where child < heap.count {
                if slots[Int(heap[child])].due < slots[Int(heap[least])].due { least = child }
            }
            if least == at { return }
            swap(at, least, &slots)
            at = least
        }
    }

    private mutating func swap(_ left: Int, _ right: Int, _ slots: inout [LeaseSlot]) {
        heap.swapAt(left, right)
        slots[Int(heap[left])].heapPosition = UInt32(left)
        slots[Int(heap[right])].heapPosition = UInt32(right)
    }
}

/// A token in 128 bits: what the index keeps instead of the text.
struct TokenKey: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(_ tokenID: String) {
        // FNV-1a twice, from different starts: token ids are digests, nobody chooses them.
        var (high, low): (UInt64, UInt64) = (0xCBF2_9CE4_8422_2325, 0x8422_2325_CBF2_9CE4)
        for byte in tokenID.utf8 {
            high = (high ^ UInt64(byte)) &* 0x100_0000_01B3
            low = (low ^ UInt64(byte) &+ 0x5B) &* 0x100_0000_01B3
        }
        (self.high, self.low) = (high, low)
    }
}
