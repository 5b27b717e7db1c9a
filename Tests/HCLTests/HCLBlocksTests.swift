import HCL
import Testing

@Suite("Blocks, however they are written")
struct HCLBlocksTests {
    private func found(_ text: String, _ labels: Int) throws -> [String] {
        let blocks = try Tree.parse(text).body.blocks("b", labels: labels)
        return blocks.found.map { Tree.render(HCLBody([.block($0)])) }
            + blocks.misshapen.map { "misshapen \($0.line):\($0.column)" }
    }

    @Test(
        "The same stanza is found in every spelling",
        arguments: [
            #"b "x" { a = 1 }"#, "b x { a = 1 }", "b { x { a = 1 } }", #"b { "x" { a = 1 } }"#, "b { x = { a = 1 } }",
            "b = { x = { a = 1 } }", "b = [{ x = { a = 1 } }]", "b = { x = [{ a = 1 }] }", #"{"b":{"x":{"a":1}}}"#,
            #"{"b":[{"x":{"a":1}}]}"#, #"{"b":{"x":[{"a":1}]}}"#, #"{"b":[{"x":[{"a":1}]}]}"#,
        ])
    func spellings(_ text: String) throws {
        #expect(try found(text, 1) == [#"b "x"{a=1}"#])
    }

    @Test(
        "Labels are taken from nested blocks, and given back to them",
        arguments: [
            (#"b "x" "y" { a = 1 }"#, 2, [#"b "x" "y"{a=1}"#]), (#"b "x" { y { a = 1 } }"#, 2, [#"b "x" "y"{a=1}"#]),
            (#"b { x "y" { a = 1 } }"#, 2, [#"b "x" "y"{a=1}"#]),
            (#"{"b":{"x":{"y":{"a":1}}}}"#, 2, [#"b "x" "y"{a=1}"#]),
            (#"b "x" "y" { a = 1 }"#, 1, [#"b "x"{y{a=1}}"#]),
            (#"b "x" "y" "z" { a = 1 }"#, 1, [#"b "x"{y "z"{a=1}}"#]),
            (#"b "x" { a = 1 }"#, 0, ["b{x{a=1}}"]), ("b { a = 1 }", 0, ["b{a=1}"]),
            ("b x {}\nb y {}", 1, [#"b "x"{}"#, #"b "y"{}"#]), ("b { x {}\n y {} }", 1, [#"b "x"{}"#, #"b "y"{}"#]),
            (#"{"b":[{"x":{}},{"x":{}}]}"#, 1, [#"b "x"{}"#, #"b "x"{}"#]), ("c {}", 1, []),
            ("b = 1", 1, ["misshapen 1:1"]), ("b {}", 1, ["misshapen 1:1"]), ("b { a = 1 }", 1, ["misshapen 1:5"]),
            ("b = [{}, 1]", 0, ["b{}", "misshapen 1:10"]),
            ("b \"x\" {\n a = 1\n c { } }", 2, [#"b "x" "c"{}"#, "misshapen 2:2"]),
        ] as [(String, Int, [String])])
    func labels(_ text: String, _ count: Int, _ blocks: [String]) throws {
        #expect(try found(text, count) == blocks)
    }
}
