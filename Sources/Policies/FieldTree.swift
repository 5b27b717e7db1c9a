internal import Bytes

/// The rules on fields of one path, as a tree that is walked along with the body.
///
/// What stands in the way of a rule and cannot be walked (a text where a list is to be) is refused: a body that is
/// built differently must not get past the rule.
struct FieldTree: Sendable {
    private struct Node: Sendable {
        var members: [String: Int] = [:]
        var each: Int?
        var allowed: [ValueMatcher]?
        var denied: [ValueMatcher]?
        var isRequired = false
    }

    private var nodes = [Node()]

    init(_ rules: [FieldRule]) {
        for rule in rules {
            var at = 0
            for step in rule.steps { at = child(of: at, step) }
            switch rule.demand {
            case .allowed(let values): Self.merge(values, into: &nodes[at].allowed)
            case .denied(let values): Self.merge(values, into: &nodes[at].denied)
            case .required: nodes[at].isRequired = true
            }
        }
    }

    /// An empty list, which stands for every value, on either side wins.
    private static func merge(_ values: [RuleValue], into list: inout [ValueMatcher]?) {
        let more = values.map { ValueMatcher($0) }
        guard let known = list else {
            list = more
            return
        }
        list = known.isEmpty || more.isEmpty ? [] : known + more
    }

    private mutating func child(of node: Int, _ step: FieldRule.Step) -> Int {
        switch step {
        case .each:
            if let known = nodes[node].each { return known }
            nodes[node].each = nodes.count
        case .member(let name):
            let name = name.lowercased()
            if let known = nodes[node].members[name] { return known }
            nodes[node].members[name] = nodes.count
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// Whether a request without parameters passes.
    var isSatisfiedByNothing: Bool { !isMissing(0) }

    /// Whether something is required at the node, or below it on a way of members alone: a list that is not there has
    /// no element that could lack something.
    private func isMissing(_ node: Int) -> Bool {
        nodes[node].isRequired || nodes[node].members.values.contains { isMissing($0) }
    }

    /// Whether the body, which is an object, passes.
    func allow(_ body: ByteView, maxJSONDepth: Int) throws(JSONFault) -> Bool {
        var scanner = JSONScanner(body, depthLimit: maxJSONDepth)
        return try check(0, &scanner)
    }

    // Recursion follows the rules, which have at most `FieldRule.maxSteps` steps.
    private func check(_ index: Int, _ scanner: inout JSONScanner) throws(JSONFault) -> Bool {
        let node = nodes[index]
        let start = scanner.peek()
        let isObject = start == UInt8(ascii: "{")
        let isLeaf = node.members.isEmpty && node.each == nil
        if isLeaf || (!isObject && start != UInt8(ascii: "[")) {
            let value = try scanner.scanValue()
            if value.kind == .null { return !isMissing(index) && permits(node, value, scanner.text) }
            return isLeaf && permits(node, value, scanner.text)
        }
        if node.allowed != nil || node.denied != nil {
            var copy = scanner
            guard try permits(node, copy.scanValue(), scanner.text) else { return false }
        }
        if isObject { return try checkObject(node, &scanner) }
        guard node.members.isEmpty, let each = node.each else { return false }
        try scanner.enter()
        var isFirst = true
        while try scanner.nextElement(&isFirst) {
            guard try check(each, &scanner) else { return false }
        }
        return true
    }

    private func checkObject(_ node: Node, _ scanner: inout JSONScanner) throws(JSONFault) -> Bool {
        var missing = Set(node.members.filter { isMissing($0.value) }.keys)
        try scanner.enter()
        var isFirst = true
        while let key = try scanner.nextMember(&isFirst) {
            let name = JSONText.string(key, in: scanner.text)
            let lower = name.lowercased()
            var isLast = false
            if let member = node.members[lower] {
                var copy = scanner
                let isNull = copy.peek() == UInt8(ascii: "n")
                // The engine reads names with their case, and the last of equal ones.
                if name == lower { if isNull && isMissing(member) { return false } else { missing.remove(lower) } }
                isLast = node.each == nil
                guard try isLast ? check(member, &scanner) : check(member, &copy) else { return false }
            }
            if let each = node.each {
                guard try check(each, &scanner) else { return false }
            } else if !isLast {
                _ = try scanner.scanValue()
            }
        }
        return missing.isEmpty
    }

    private func permits(_ node: Node, _ value: JSONValue, _ text: ByteView) -> Bool {
        let isNull = value.kind == .null
        if let denied = node.denied {
            if denied.isEmpty ? !isNull : denied.contains(where: { $0.matches(value, in: text) }) { return false }
        }
        guard !isNull, let allowed = node.allowed, !allowed.isEmpty else { return true }
        return allowed.contains { $0.matches(value, in: text) }
    }
}
