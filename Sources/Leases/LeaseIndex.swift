/// All leases in memory, by name, by path, by token and, within each mount, by due time.
///
/// Pure: it neither reads a clock nor storage. **Cost** see `LeaseSlot`; a change is logarithmic in the leases of its
/// mount.
struct LeaseIndex {
    struct Path {
        let text: String
        let lane: UInt32
        var first = LeaseSlot.none
        var count = 0
        /// Leases of the path that somebody works on.
        var busy = 0
        /// Its leases by due time.
        var heap = DueHeap()
        /// Where it is in its lane; `none` when nothing of it may be taken.
        var lanePosition = LeaseSlot.none
    }

    /// The leases of one mount.
    struct Lane {
        /// The paths of which something may be taken, by their first due time: a binary heap of path numbers.
        var paths: [UInt32] = []
        var count = 0
    }

    struct Token {
        let key: TokenKey
        var first = LeaseSlot.none
        var count = 0
    }

    var slots: [LeaseSlot] = []
    private var free: [UInt32] = []
    private var finder = SlotFinder()
    var paths: [Path] = []
    private var pathNumbers: [String: UInt32] = [:]
    private var freePaths: [UInt32] = []
    private var tokens: [Token] = []
    private var tokenNumbers: [TokenKey: UInt32] = [:]
    private var freeTokens: [UInt32] = []
    // One for each mount that had leases since the start.
    var lanes: [Lane] = []
    /// Leases of one path that somebody may work on at once.
    var pathBudget = Int.max

    var count: Int { finder.count }

    /// Room for so many leases at once.
    mutating func reserve(_ leases: Int) { slots.reserveCapacity(leases) }

    /// A new lane, for a mount that had no lease yet.
    mutating func addLane() -> UInt32 {
        lanes.append(Lane())
        return UInt32(lanes.count - 1)
    }

    // MARK: - Changes

    mutating func insert(
        _ id: LeaseIdentifier, lane: UInt32, token: TokenKey, due: Int, page: UInt32
    ) -> UInt32 {
        let path = pathNumber(id.path, lane: lane)
        let tokenNumber = tokenNumber(token)
        let slot = LeaseSlot(suffix: id.suffix, path: path, token: tokenNumber, due: due, page: page)
        let number: UInt32
        if let reused = free.popLast() {
            slots[Int(reused)] = slot
            number = reused
        } else {
            slots.append(slot)
            number = UInt32(slots.count - 1)
        }
        finder.insert(number, in: slots)
        link(number)
        enqueue(number)
        lanes[Int(paths[Int(path)].lane)].count += 1
        return number
    }

    mutating func remove(_ number: UInt32) {
        let slot = slots[Int(number)]
        dequeue(number)
        lanes[lane(number)].count -= 1
        finder.remove(number, in: slots)
        unlink(number)
        if paths[Int(slot.path)].count == 0 {
            pathNumbers[paths[Int(slot.path)].text] = nil
            freePaths.append(slot.path)
        }
        if tokens[Int(slot.token)].count == 0 {
            tokenNumbers[tokens[Int(slot.token)].key] = nil
            freeTokens.append(slot.token)
        }
        slots[Int(number)].path = LeaseSlot.none
        free.append(number)
    }

    /// Takes the lease out of its heap: somebody works on it. False when somebody already does.
    mutating func take(_ number: UInt32) -> Bool {
        guard slots[Int(number)].heapPosition != LeaseSlot.none else { return false }
        paths[Int(slots[Int(number)].path)].busy += 1
        dequeue(number)
        return true
    }

    /// Puts a taken lease back, due at `due`.
    mutating func put(_ number: UInt32, due: Int) {
        slots[Int(number)].due = due
        enqueue(number)
    }

    /// A taken lease no longer counts among those of its path that somebody works on.
    mutating func release(_ number: UInt32) {
        paths[Int(slots[Int(number)].path)].busy -= 1
        refresh(slots[Int(number)].path)
    }

    /// Changes the due time of a lease that nobody works on.
    mutating func move(_ number: UInt32, due: Int) {
        guard slots[Int(number)].heapPosition != LeaseSlot.none else { return }
        dequeue(number)
        slots[Int(number)].due = due
        enqueue(number)
    }

    mutating func setPage(_ number: UInt32, _ page: UInt32) { slots[Int(number)].page = page }

    /// The lease of a lane that is due first, among the paths that are within their budget.
    func first(inLane lane: Int) -> UInt32? {
        lanes[lane].paths.first.flatMap { paths[Int($0)].heap.first }
    }

    // MARK: - Questions

    func lane(_ number: UInt32) -> Int { Int(paths[Int(slots[Int(number)].path)].lane) }

    func path(_ number: UInt32) -> Path { paths[Int(slots[Int(number)].path)] }

    func isTaken(_ number: UInt32) -> Bool { slots[Int(number)].heapPosition == LeaseSlot.none }

    func id(_ number: UInt32) -> String { path(number).text + "/" + slots[Int(number)].suffix.text }

    func find(_ id: LeaseIdentifier) -> UInt32? {
        guard let path = pathNumbers[id.path] else { return nil }
        return finder.find(path, id.suffix, in: slots)
    }

    /// The leases of a path.
    func leases(ofPath path: Path) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(path.count)
        var number = path.first
        while number != LeaseSlot.none {
            result.append(number)
            number = slots[Int(number)].nextInPath
        }
        return result
    }

    /// The leases of a token.
    func leases(of token: TokenKey) -> [UInt32] {
        guard let at = tokenNumbers[token] else { return [] }
        var result: [UInt32] = []
        var number = tokens[Int(at)].first
        while number != LeaseSlot.none {
            result.append(number)
            number = slots[Int(number)].nextInToken
        }
        return result
    }

    /// The paths that begin with `prefix`, or are it without the slash at its end.
    func paths(below prefix: String) -> [Path] {
        // One path is the common question: that of a role.
        let exact = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        return pathNumbers.values.map { paths[Int($0)] }.filter {
            $0.text.utf8.starts(with: prefix.utf8) || $0.text == exact
        }
    }

    /// How many leases the path has.
    func count(ofPath path: String) -> Int { pathNumbers[path].map { paths[Int($0)].count } ?? 0 }

    // MARK: - Chains

    private mutating func pathNumber(_ text: String, lane: UInt32) -> UInt32 {
        if let known = pathNumbers[text] { return known }
        let number: UInt32
        if let reused = freePaths.popLast() {
            paths[Int(reused)] = Path(text: text, lane: lane)
            number = reused
        } else {
            paths.append(Path(text: text, lane: lane))
            number = UInt32(paths.count - 1)
        }
        pathNumbers[text] = number
        return number
    }

    private mutating func tokenNumber(_ key: TokenKey) -> UInt32 {
        if let known = tokenNumbers[key] { return known }
        let number: UInt32
        if let reused = freeTokens.popLast() {
            tokens[Int(reused)] = Token(key: key)
            number = reused
        } else {
            tokens.append(Token(key: key))
            number = UInt32(tokens.count - 1)
        }
        tokenNumbers[key] = number
        return number
    }

    private mutating func link(_ number: UInt32) {
        let (path, token) = (Int(slots[Int(number)].path), Int(slots[Int(number)].token))
        let (nextInPath, nextInToken) = (paths[path].first, tokens[token].first)
        slots[Int(number)].nextInPath = nextInPath
        slots[Int(number)].nextInToken = nextInToken
        if nextInPath != LeaseSlot.none { slots[Int(nextInPath)].previousInPath = number }
        if nextInToken != LeaseSlot.none { slots[Int(nextInToken)].previousInToken = number }
        paths[path].first = number
        paths[path].count += 1
        tokens[token].first = number
        tokens[token].count += 1
    }

    private mutating func unlink(_ number: UInt32) {
        let slot = slots[Int(number)]
        if slot.previousInPath != LeaseSlot.none {
            slots[Int(slot.previousInPath)].nextInPath = slot.nextInPath
        } else {
            paths[Int(slot.path)].first = slot.nextInPath
        }
        if slot.nextInPath != LeaseSlot.none { slots[Int(slot.nextInPath)].previousInPath = slot.previousInPath }
        if slot.previousInToken != LeaseSlot.none {
            slots[Int(slot.previousInToken)].nextInToken = slot.nextInToken
        } else {
            tokens[Int(slot.token)].first = slot.nextInToken
        }
        if slot.nextInToken != LeaseSlot.none { slots[Int(slot.nextInToken)].previousInToken = slot.previousInToken }
        paths[Int(slot.path)].count -= 1
        tokens[Int(slot.token)].count -= 1
    }
}
