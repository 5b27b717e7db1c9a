/// What `HCLBody.blocks` found.
package struct HCLBlocks: Sendable {
    /// The blocks, in the order of the text, each with as many labels as were asked for.
    package fileprivate(set) var found: [HCLBlock] = []
    /// Where something of that name stands that is no such block: no object, or too few labels.
    package fileprivate(set) var misshapen: [HCLPosition] = []
}

extension HCLBody {
    /// The blocks of a type, however they are written.
    ///
    /// `listener "tcp" { … }`, `listener { tcp { … } }`, `listener = { tcp = { … } }`, `listener = [{ tcp = { … } }]`
    /// and the like in JSON are the same block of type `listener` with the label `tcp`. Labels above `labels` become
    /// nested blocks again. **Cost** linear in what is walked.
    package func blocks(_ type: String, labels: Int) -> HCLBlocks {
        var result = HCLBlocks()
        for item in items where item.name == type { Self.collect(item, type, labels, &result) }
        return result
    }

    /// One item of this body as blocks of its own name; see `blocks(_:labels:)`.
    package static func blocks(of item: HCLItem, labels: Int) -> HCLBlocks {
        var result = HCLBlocks()
        collect(item, item.name, labels, &result)
        return result
    }

    private static func collect(_ item: HCLItem, _ type: String, _ count: Int, _ result: inout HCLBlocks) {
        let wanted = max(count, 0)
        switch item {
        case .attribute(let attribute):
            collect(attribute.value, Heading(type, [], wanted, attribute.position), &result)
        case .block(let block):
            let kept = Array(block.labels.prefix(wanted))
            var body = block.body
            if block.labels.count > wanted {
                let inner = HCLBlock(
                    type: block.labels[wanted], labels: Array(block.labels.dropFirst(wanted + 1)), body: body,
                    position: block.position)
                body = HCLBody([.block(inner)])
            }
            collect(body, Heading(type, kept, wanted, block.position), &result)
        }
    }

    /// What is known of a block before its body.
    private struct Heading {
        let type: String
        var labels: [String]
        let wanted: Int
        var position: HCLPosition

        init(_ type: String, _ labels: [String], _ wanted: Int, _ position: HCLPosition) {
            (self.type, self.labels, self.wanted, self.position) = (type, labels, wanted, position)
        }

        func labelled(_ label: String, _ position: HCLPosition) -> Heading {
            Heading(type, labels + [label], wanted, position)
        }
    }

    private static func collect(_ node: HCLNode, _ heading: Heading, _ result: inout HCLBlocks) {
        switch node.kind {
        case .object(let body): collect(body, heading, &result)
        case .list(let elements):
            for element in elements {
                var heading = heading
                heading.position = element.position
                guard case .object(let body) = element.kind else {
                    result.misshapen.append(element.position)
                    continue
                }
                collect(body, heading, &result)
            }
        case .null, .bool, .integer, .float, .string: result.misshapen.append(heading.position)
        }
    }

    private static func collect(_ body: HCLBody, _ heading: Heading, _ result: inout HCLBlocks) {
        if heading.labels.count == heading.wanted {
            result.found.append(
                HCLBlock(type: heading.type, labels: heading.labels, body: body, position: heading.position))
            return
        }
        if body.items.isEmpty { result.misshapen.append(heading.position) }
        for item in body.items {
            switch item {
            case .attribute(let attribute):
                collect(attribute.value, heading.labelled(attribute.key, attribute.position), &result)
            case .block(let block):
                let missing = heading.wanted - heading.labels.count - 1
                var nested = HCLBlocks()
                collect(item, block.type, missing, &nested)
                result.misshapen += nested.misshapen
                for inner in nested.found {
                    result.found.append(
                        HCLBlock(
                            type: heading.type, labels: heading.labels + [block.type] + inner.labels,
                            body: inner.body, position: inner.position))
                }
            }
        }
    }
}
