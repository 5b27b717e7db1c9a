import HCL
import TestAids

/// Trees as text, in a form made for comparing.
enum Tree {
    static func parse(
        _ text: String, limits: HCLLimits = HCLLimits()
    ) throws(HCLError) -> HCLDocument {
        try parse(Array(text.utf8), limits: limits)
    }

    static func parse(
        _ text: [UInt8], limits: HCLLimits = HCLLimits()
    ) throws(HCLError) -> HCLDocument {
        try withView(text) { (view) throws(HCLError) in try HCLDocument.parse(view, file: "t.hcl", limits: limits) }
    }

    /// `a=1 listener "tcp"{address="x"}`.
    static func render(_ body: HCLBody) -> String {
        body.items.map { item in
            switch item {
            case .attribute(let attribute): "\(key(attribute.key))=\(render(attribute.value))"
            case .block(let block):
                key(block.type) + block.labels.map { " " + $0.debugDescription }.joined() + "{\(render(block.body))}"
            }
        }.joined(separator: " ")
    }

    private static func key(_ key: String) -> String {
        key.contains(where: { !$0.isLetter && $0 != "_" }) || key.isEmpty ? key.debugDescription : key
    }

    static func render(_ node: HCLNode) -> String {
        switch node.kind {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .float(let value): "\(value)f"
        case .string(let value): value.debugDescription
        case .list(let elements): "[\(elements.map(render).joined(separator: ","))]"
        case .object(let body): "{\(render(body))}"
        }
    }

    /// The body as JSON writes it: a block is an object in an object.
    static func flattened(_ body: HCLBody) -> String {
        body.items.map { item in
            switch item {
            case .attribute(let attribute): "\(key(attribute.key))=\(flattened(attribute.value))"
            case .block(let block):
                ([block.type] + block.labels).map { key($0) + "=" }.joined(separator: "{")
                    + "{\(flattened(block.body))}" + String(repeating: "}", count: block.labels.count)
            }
        }.joined(separator: " ")
    }

    private static func flattened(_ node: HCLNode) -> String {
        switch node.kind {
        case .list(let elements): "[\(elements.map(flattened).joined(separator: ","))]"
        case .object(let body): "{\(flattened(body))}"
        case .null, .bool, .integer, .float, .string: render(node)
        }
    }
}
