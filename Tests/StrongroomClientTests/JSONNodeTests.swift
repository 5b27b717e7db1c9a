import Bytes
import StrongroomClient
import Testing

@Suite struct JSONNodeTests {
    @Test func `numbers keep their digits and members their order`() throws {
        let text = #"{"z":12345678901234567890,"a":1.10,"m":[1e3,-0,null,true,"é\n\u0001"]}"#
        #expect(try JSONNode(parsing: text).compact == text)
    }

    @Test(arguments: ["", "{", "[1,]", "{\"a\":1} x", "01", "nul", "\"\u{1}\"", String(repeating: "[", count: 300)])
    func `what is no JSON is refused`(text: String) {
        #expect(throws: JSONFault.self) { try JSONNode(parsing: text) }
    }

    @Test func `pretty text has two spaces a level and reads as the same document`() throws {
        let node: JSONNode = ["a": [1, ["b": .null]], "c": [:], "d": []]
        #expect(
            node.pretty == "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}")
        #expect(try JSONNode(parsing: node.pretty) == node)
    }

    @Test func `of members with one name the last one counts`() throws {
        #expect(try JSONNode(parsing: #"{"a":1,"a":2}"#)["a"]?.integer == 2)
    }
}
