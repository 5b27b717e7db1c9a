/// The order in which leases of a mount are taken: paths by their first lease, leases by their due time.
extension LeaseIndex {
    mutating func enqueue(_ number: UInt32) {
        let path = slots[Int(number)].path
        paths[Int(path)].heap.insert(number, &slots)
        refresh(path)
    }

    mutating func dequeue(_ number: UInt32) {
        let path = slots[Int(number)].path
        paths[Int(path)].heap.remove(number, &slots)
        refresh(path)
    }

    /// Puts a path where it belongs after its first lease or its budget have changed.
    mutating func refresh(_ path: UInt32) {
        let entry = paths[Int(path)]
        let belongs = entry.heap.first != nil && entry.busy < pathBudget
        if entry.lanePosition == LeaseSlot.none {
            guard belongs else { return }
            lanes[Int(entry.lane)].paths.append(path)
            let last = lanes[Int(entry.lane)].paths.count - 1
            paths[Int(path)].lanePosition = UInt32(last)
            rise(last, Int(entry.lane))
        } else if belongs {
            rise(Int(entry.lanePosition), Int(entry.lane))
            sink(Int(paths[Int(path)].lanePosition), Int(entry.lane))
        } else {
            remove(Int(entry.lanePosition), Int(entry.lane))
        }
    }

    private mutating func remove(_ at: Int, _ lane: Int) {
        paths[Int(lanes[lane].paths[at])].lanePosition = LeaseSlot.none
        let last = lanes[lane].paths.removeLast()
        guard at < lanes[lane].paths.count else { return }
        lanes[lane].paths[at] = last
        paths[Int(last)].lanePosition = UInt32(at)
        rise(at, lane)
        sink(Int(paths[Int(last)].lanePosition), lane)
    }

    private func due(_ at: Int, _ lane: Int) -> Int {
        paths[Int(lanes[lane].paths[at])].heap.first.map { slots[Int($0)].due } ?? .max
    }

    private mutating func rise(_ start: Int, _ lane: Int) {
        var at = start
        while at > 0 {
            let parent = (at - 1) / 2
            guard due(at, lane) < due(parent, lane) else { return }
            swap(at, parent, lane)
            at = parent
        }
    }

    private mutating func sink(_ start: Int, _ lane: Int) {
        var at = start
        while true {
            var least = at
            for child in [at * 2 + 1, at * 2 + 2] where child < lanes[lane].paths.count {
                if due(child, lane) < due(least, lane) { least = child }
            }
            if least == at { return }
            swap(at, least, lane)
            at = least
        }
    }

    private mutating func swap(_ left: Int, _ right: Int, _ lane: Int) {
        lanes[lane].paths.swapAt(left, right)
        paths[Int(lanes[lane].paths[left])].lanePosition = UInt32(left)
        paths[Int(lanes[lane].paths[right])].lanePosition = UInt32(right)
    }
}
