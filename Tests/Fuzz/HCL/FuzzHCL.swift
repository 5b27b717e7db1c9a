import Bytes
import FuzzDriver
import HCL

/// Configuration texts, native or JSON.
///
/// What is read holds the limits; an error lies inside of the text and shows at most one character of it.
@main
enum FuzzHCL {
    private static let texts = [
        "# c\n// d\n/* e */\nui = true\nlistener \"tcp\" {\n  address = \"127.0.0.1:8200\"\n  a = [1, 0x1F, 010, "
            + "-2.5e3,]\n}\n",
        "path \"secret/*\" { capabilities = [\"read\", \"list\"] }\n\"quoted\" : { a = 1, b : 2 }\n",
        "a = <<EOF\nx\n  EOF\nb = <<-EOF\n  y\n\n    z\n  EOF\nc = \"\\u00e9\\U0001F600\\n${f(\"x\")} {{y}}\"\n",
        #"{"storage":{"inmem":{}},"listener":[{"tcp":{"address":":8200"}}],"a":[null,true,1e3,-0,"\ud83d\ude00"]}"#,
        "\u{FEFF}a b \"c\" {}\n", "",
    ]

    static func main() {
        fuzz(seeds: texts.map { Array($0.utf8) }) { start, count in
            FuzzHCL.run(ByteView(input(start, count)))
            return 0
        }
    }

    private static func run(_ text: ByteView) {
        var limits = HCLLimits()
        limits.maxNodes = 200
        limits.maxDepth = 10
        do throws(HCLError) {
            let document = try HCLDocument.parse(text, file: "f", limits: limits)
            var nodes = 0
            precondition(depth(document.body, &nodes) <= limits.maxDepth + 1, "deeper than the limit")
            precondition(nodes <= limits.maxNodes, "more than the limit")
            for item in document.body.items { _ = document.body.blocks(item.name, labels: 2) }
        } catch {
            let lines = (0..<text.count).count { text[$0] == 0x0A } + 1
            precondition((1...lines).contains(error.position.line), "a line that is not there")
            precondition((1...text.count + 1).contains(error.position.column), "a column that is not there")
            precondition(error.description.utf8.count < 200, "a long message")
        }
    }

    private static func depth(_ body: HCLBody, _ nodes: inout Int) -> Int {
        var deepest = 0
        for item in body.items {
            nodes += 1
            switch item {
            case .attribute(let attribute): deepest = max(deepest, depth(attribute.value, &nodes))
            case .block(let block):
                nodes += block.labels.count
                deepest = max(deepest, depth(block.body, &nodes))
            }
        }
        return deepest + 1
    }

    private static func depth(_ node: HCLNode, _ nodes: inout Int) -> Int {
        nodes += 1
        switch node.kind {
        case .object(let body): return depth(body, &nodes)
        case .list(let elements): return (elements.map { depth($0, &nodes) }.max() ?? 0) + 1
        case .null, .bool, .integer, .float, .string: return 0
        }
    }
}
