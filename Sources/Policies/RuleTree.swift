internal import Bytes

/// All patterns of a set of rules in one tree over their bytes, in which `+` is an edge that eats one segment of the
/// path. A rule is known by its rank: its place in ascending order of priority, so that the highest rank that matches
/// decides.
///
/// **Layout** nodes in the order of breadth; the children of a node stand side by side, each below a byte of its own.
/// **Cost** of a look-up: one walk down the tree, and one for each `+` on the way that leads to something higher than
/// what is found already. No allocation. **Concurrency** does not change.
struct RuleTree: Sendable {
    private struct Node: Sendable {
        /// The bytes between the parent and this node, in `labels`.
        var label = 0
        var labelCount: Int32 = 0
        var firstChild: Int32 = 0
        var childCount: Int32 = 0
        /// Rank of the rule that ends here; of the one that goes on with any rest. -1 for none.
        var exact: Int32 = -1
        var star: Int32 = -1
        /// The node behind a `+`; -1 for none. The highest rank in that part of the tree.
        var plus: Int32 = -1
        var highestBehindPlus: Int32 = -1
        /// The nearest node above, this one included, that has a `+`, since the last `+`; -1 for none.
        var nearestPlus: Int32 = -1
        /// The same without this one.
        var upperPlus: Int32 = -1
        /// Bytes from the last `+`, or from the beginning.
        var depth: Int32 = 0
    }

    private var nodes: ContiguousArray<Node> = [Node()]
    private var labels: ContiguousArray<UInt8> = []
    /// For each node the byte that leads to it.
    private var leads: ContiguousArray<UInt8> = [0]
    /// Ranks from this one on are of exact patterns.
    private let firstExact: Int32
    /// By rank: whether the rule denies.
    private let denies: ContiguousArray<Bool>

    /// A tree of patterns in ascending order of priority, each different from the others; at most 2^31.
    init(_ patterns: [PathPattern], denies: [Bool]) {
        self.denies = ContiguousArray(denies)
        firstExact = Int32(truncatingIfNeeded: patterns.firstIndex { $0.isExact } ?? patterns.count)
        let order = patterns.indices.sorted { patterns[$0].key.lexicographicallyPrecedes(patterns[$1].key) }
        var work = [Work(node: 0, range: order.indices, from: 0)]
        var next = 0
        while next < work.count {
            let item = work[next]
            next += 1
            build(item, order, patterns, &work)
        }
        linkPluses()
    }

    // MARK: - Building

    private struct Work {
        let node: Int
        let range: Range<Int>
        let from: Int
    }

    private mutating func build(_ item: Work, _ order: [Int], _ patterns: [PathPattern], _ work: inout [Work]) {
        guard let first = item.range.first, let last = item.range.last else { return }
        let (low, high) = (patterns[order[first]].key, patterns[order[last]].key)
        var end = item.from
        while end < low.count, end < high.count, low[end] == high[end], low[end] != PathPattern.plus { end += 1 }
        nodes[item.node].label = labels.count
        nodes[item.node].labelCount = Int32(truncatingIfNeeded: end - item.from)
        nodes[item.node].depth &+= nodes[item.node].labelCount
        labels += low[item.from..<end]
        var at = item.range.lowerBound
        while at < item.range.upperBound, patterns[order[at]].key.count == end {
            let rank = Int32(truncatingIfNeeded: order[at])
            if patterns[order[at]].isPrefix { nodes[item.node].star = rank } else { nodes[item.node].exact = rank }
            at += 1
        }
        while at < item.range.upperBound {
            let byte = patterns[order[at]].key[end]
            var upper = at + 1
            while upper < item.range.upperBound, patterns[order[upper]].key[end] == byte { upper += 1 }
            let node = nodes.count
            nodes.append(Node())
            leads.append(byte)
            // A `+` sorts before all other bytes, so that the children proper stand side by side behind it.
            if byte == PathPattern.plus {
                nodes[item.node].plus = Int32(truncatingIfNeeded: node)
                work.append(Work(node: node, range: at..<upper, from: end + 1))
            } else {
                if nodes[item.node].childCount == 0 { nodes[item.node].firstChild = Int32(truncatingIfNeeded: node) }
                nodes[item.node].childCount &+= 1
                nodes[node].depth = nodes[item.node].depth
                work.append(Work(node: node, range: at..<upper, from: end))
            }
            at = upper
        }
    }

    private mutating func linkPluses() {
        var highest = ContiguousArray(repeating: Int32(-1), count: nodes.count)
        // Children stand behind their parents.
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            var best = max(node.exact, node.star)
            for child in Int(node.firstChild)..<Int(node.firstChild &+ node.childCount) {
                best = max(best, highest[child])
            }
            if node.plus >= 0 {
                nodes[index].highestBehindPlus = highest[Int(node.plus)]
                best = max(best, highest[Int(node.plus)])
            }
            highest[index] = best
        }
        for index in nodes.indices {
            let node = nodes[index]
            let nearest = node.plus >= 0 ? Int32(truncatingIfNeeded: index) : node.upperPlus
            nodes[index].nearestPlus = nearest
            for child in Int(node.firstChild)..<Int(node.firstChild &+ node.childCount) {
                nodes[child].upperPlus = nearest
            }
        }
    }

    // MARK: - Looking up

    /// The rank of the rule that decides on the path; -1 for none. A list, whose path ends with a slash, takes an exact
    /// rule without the slash, too, and obeys a denial for it that has `+` (GHSA-xp3c).
    func rank(for path: ByteView, isList: Bool) -> Int {
        let trimmed = isList && path.count > 0 && path[path.count - 1] == UInt8(ascii: "/") ? path.count - 1 : -1
        return nodes.withUnsafeBufferPointer { nodes in
            leads.withUnsafeBufferPointer { leads in
                labels.withUnsafeBytes { labels in
                    denies.withUnsafeBufferPointer { denies in
                        let walk = Walk(
                            nodes: nodes, leads: leads, labels: ByteView(labels), denies: denies, path: path,
                            trimmed: trimmed, firstExact: firstExact)
                        var best: Int32 = -1
                        walk.run(0, from: 0, &best)
                        return Int(best)
                    }
                }
            }
        }
    }

    private struct Walk {
        let nodes: UnsafeBufferPointer<Node>
        let leads: UnsafeBufferPointer<UInt8>
        let labels: ByteView
        let denies: UnsafeBufferPointer<Bool>
        let path: ByteView
        let trimmed: Int
        let firstExact: Int32

        // Recursion follows the `+` of a pattern, of which there are at most `PathPattern.maxPluses`.
        func run(_ root: Int, from start: Int, _ best: inout Int32) {
            var (index, at, last) = (root, start, -1)
            var withoutSlash: Int32 = -1
            while true {
                let count = Int(nodes[index].labelCount)
                // The byte that leads to a child is the first of its label.
                guard path.count - at >= count,
                    path.slice(at, count).equalsVariableTime(labels.slice(nodes[index].label, count))
                else { break }
                at += count
                last = index
                best = max(best, nodes[index].star)
                if at == path.count {
                    best = max(best, nodes[index].exact)
                    break
                }
                let exact = nodes[index].exact
                if at == trimmed && exact >= 0 && (exact >= firstExact || denies[Int(exact)]) { withoutSlash = exact }
                guard let child = child(of: index, path[at]) else { break }
                index = child
            }
            // With the slash goes before without it; both before all that is not exact.
            if best < firstExact { best = max(best, withoutSlash) }
            var link = last < 0 ? -1 : Int(nodes[last].nearestPlus)
            while link >= 0 {
                if nodes[link].highestBehindPlus > best {
                    let from = start + Int(nodes[link].depth)
                    let end = path.firstIndex(of: UInt8(ascii: "/"), from: from) ?? path.count
                    run(Int(nodes[link].plus), from: end, &best)
                }
                link = Int(nodes[link].upperPlus)
            }
        }

        private func child(of index: Int, _ byte: UInt8) -> Int? {
            let first = Int(nodes[index].firstChild)
            for child in first..<(first + Int(nodes[index].childCount)) where leads[child] == byte { return child }
            return nil
        }
    }
}
