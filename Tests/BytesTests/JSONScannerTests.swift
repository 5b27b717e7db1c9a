import Bytes
import TestAids
import Testing

/// Scans the text as one value with nothing but white space after it.
func scan(_ text: ByteView, depthLimit: Int = 300) throws(JSONFault) -> JSONValue {
    var scanner = JSONScanner(text, depthLimit: depthLimit)
    let value = try scanner.scanValue()
    _ = scanner.peek()
    guard scanner.position == text.count else { throw .syntax(offset: scanner.position) }
    return value
}

func accepts(_ text: [UInt8]) -> Bool { withView(text) { (try? scan($0)) != nil } }

@Suite("JSON scanner")
struct JSONScannerTests {
    @Test(
        "Texts of the grammar are accepted",
        arguments: [
            "null", "true", "false", "0", "-0", "10", "-1.5", "0.25", "1e3", "1E+3", "1.0e-30", "1e999", "\"\"",
            "\"a\"",
            #""\"\\\/\b\f\n\r\tA""#, #""\ud83d\ude00 \ud800""#, "[]", "[ ]", "{}", "{ }", "[1]", "[1,2 , 3]",
            "[[],{},[{}]]", #"{"a":1}"#, #"{ "a" : [ { "b" : null } ] , "a" : 2 }"#, " \t\r\n[ \t\r\n1 ] \t\r\n",
            "\"ü😀\"",
            "\"\u{7f}\"", "\"\u{2028}\"", #"{"":""}"#, "\"" + String(repeating: "x", count: 1000) + "\"",
        ])
    func good(_ text: String) {
        #expect(accepts(Array(text.utf8)))
    }

    @Test(
        "An object is read by the shape of another exactly when it is taken apart to the same members",
        arguments: Seeds.all)
    func shapes(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let names = ["a", "b_1", "é", "", "a b"]
        let values = [#""""#, #""x""#, #""a\u0041""#, "0", "7", "12", "01", "-1", "1.5", "null", "[]", #""unended"#]
        func object() -> String {
            let members = (0..<random.int(0...5)).map { _ in
                let name = random.int(0...9) == 0 ? random.pick(names) : random.pick(["a", "b_1"])
                return "\"\(name)\":"
                    + (random.int(0...5) == 0 ? random.pick(values) : random.pick(["\"x\"", "\"\"", "7"]))
            }
            return "{" + members.joined(separator: random.int(0...20) == 0 ? " ," : ",")
                + random.pick(["}", "}", "}", "", " }"])
        }
        var alike = 0
        for _ in 0..<4000 {
            let (first, second) = (object(), random.int(0...3) == 0 ? nil : object())
            let pair = first + (second ?? first.replacing("7", with: "123"))
            withView(pair) { text in
                let shape = JSONObjectShape(text, at: 0)
                var (both, values) = (JSONScanner(text, depthLimit: 5), [4 of JSONValue](repeating: .absent))
                guard shape.count > 0 else { return }
                #expect(both.scanObject(like: shape, &values) && both.position == first.utf8.count)
                guard both.scanObject(like: shape, &values) else {
                    #expect(both.position == first.utf8.count)
                    return
                }
                alike += 1
                var scanner = JSONScanner(text.dropFirst(first.utf8.count), depthLimit: 5)
                var isFirst = true
                do throws(JSONFault) {
                    try scanner.enter()
                    for member in 0..<shape.count {
                        let name = try scanner.nextMember(&isFirst)
                        let value = try scanner.scanValue()
                        #expect(name != nil && value.kind == values[member].kind && value.count == values[member].count)
                        #expect(value.offset + first.utf8.count == values[member].offset)
                    }
                    #expect(try scanner.nextMember(&isFirst) == nil)
                } catch {
                    Issue.record("\(pair): \(error)")
                }
                #expect(both.position == first.utf8.count + scanner.position)
            }
        }
        #expect(alike > 100)
    }

    @Test("Names that are written otherwise than they stand make no shape, and a shape serves no other text")
    func noShape() {
        for name in ["a<b", "a&b", "a>b", "é", "a b", #"a\u0041"#, "\u{2028}", "\u{7f}", "\u{1}", "a-b", "a/b"] {
            #expect(withView("{\"\(name)\":\"x\"}") { JSONObjectShape($0, at: 0).count } == 0)
        }
        #expect(withView([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D]) { JSONObjectShape($0, at: 0).count } == 0)
        for text in [
            "", "{", "{}", #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":"x"#, #"{"a":"x""#, #"{"a":1,"#, #"[{"a":1}]"#,
        ] {
            #expect(withView(text) { JSONObjectShape($0, at: 0).count } == 0, "\(text)")
        }
        #expect(withView(#"{"a":1}"#) { JSONObjectShape($0, at: 0).count } == 1)
        let isRead = withView(#"{"a":1}"#) { first in
            withView(#"{"a":2}"#) { second in
                var values = [4 of JSONValue](repeating: .absent)
                var scanner = JSONScanner(second, depthLimit: 5)
                return scanner.scanObject(like: JSONObjectShape(first, at: 0), &values)
            }
        }
        #expect(!isRead)
    }

    @Test(
        "Texts outside the grammar are refused",
        arguments: [
            "", " ", "nul", "nullx", "True", "NULL", "+1", "01", "-", "-a", ".5", "1.", "1.e3", "1e", "1e+", "0x10",
            "1_0",
            "NaN", "Infinity", "\"", "\"a", #""\""#, #""\x""#, #""\u12""#, #""\u12g4""#, #""\U0041""#, "\"\n\"",
            "\"\t\"",
            "\"\u{0}\"", "'a'", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1}", "{", "}", "{]", "{\"a\"}",
            "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":2}", "{a:1}", "{1:2}", "{\"a\",1}", "{\"a\":1,\"b\"}",
            "[1]]",
            "{}{}", "1 1", "// c\n1", "[1/* */]", "\u{feff}1", "\u{a0}1", "[\u{0}]", "{\"a\":1\u{0}}",
            "[\"a\",\n4\n,1,",
            "{\"a\":[}", "[{\"a\":1]", "[[[", "{\"a\":{\"b\":", "\u{b}1", "\u{c}1",
        ])
    func bad(_ text: String) {
        #expect(!accepts(Array(text.utf8)))
    }

    @Test("The offset of a syntax fault is that of the first byte that cannot be there")
    func offsets() {
        for (text, offset) in [
            ("[1,]", 3), ("{\"a\" 1}", 5), ("nulx", 0), ("\"a\\x\"", 2), ("[01]", 2), ("", 0), ("[1", 2),
        ] {
            let fault = withView(text) { view in #expect(throws: JSONFault.self) { try scan(view) } }
            #expect(fault == .syntax(offset: offset), "\(text)")
        }
    }

    @Test("A value's place holds its raw text, of a string what stands between the quotes")
    func places() throws {
        let cases: [(String, JSONValue.Kind, String)] = [
            (" null ", .null, "null"), (" -1.5e3 ", .number, "-1.5e3"), (#" "ab" "#, .string, "ab"),
            (#" "a\n" "#, .escapedString, #"a\n"#), (" [1, {}] ", .array, "[1, {}]"),
            (#" {"a":1} "#, .object, #"{"a":1}"#),
            ("true", .true, "true"), ("false", .false, "false"),
        ]
        for (text, kind, raw) in cases {
            try withView(text) { view in
                let value = try scan(view)
                #expect(value.kind == kind)
                #expect(view.slice(value.offset, value.count).string == raw)
            }
        }
    }

    @Test("Members and elements are pulled one by one")
    func pulling() throws {
        try withView(#"{"a":[1,"two",[3]],"b\u0021":{},"a":null}"#) { view in
            var scanner = JSONScanner(view, depthLimit: 3)
            let isDocument = try scanner.openDocument()
            #expect(isDocument)
            var isFirst = true
            var seen: [String] = []
            while let key = try scanner.nextMember(&isFirst) {
                seen.append(JSONText.string(key, in: view))
                guard scanner.peek() == UInt8(ascii: "[") else {
                    seen.append("\(try scanner.scanValue().kind)")
                    continue
                }
                try scanner.enter()
                var isFirstElement = true
                while try scanner.nextElement(&isFirstElement) { seen.append("\(try scanner.scanValue().kind)") }
            }
            #expect(seen == ["a", "number", "string", "array", "b!", "object", "a", "null"])
        }
    }

    @Test("An empty text and null are documents without members, other values are no documents")
    func documents() throws {
        for (text, expected) in [("", false), (" \n", false), ("null", false), (" null ", false), ("{}", true)] {
            try withView(text) { view in
                var scanner = JSONScanner(view, depthLimit: 10)
                let isDocument = try scanner.openDocument()
                #expect(isDocument == expected, "\(text)")
            }
        }
        for text in ["[]", "1", "\"a\"", "true"] {
            withView(text) { view in
                var scanner = JSONScanner(view, depthLimit: 10)
                #expect(throws: JSONFault.notAnObject) { _ = try scanner.openDocument() }
            }
        }
    }

    @Test(
        "Nesting up to the limit is accepted and one level more is refused", arguments: [1, 2, 63, 64, 65, 300, 1024])
    func depth(_ limit: Int) throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let good = String(repeating: open, count: limit - 1) + "[]" + String(repeating: close, count: limit - 1)
            let deep = String(repeating: open, count: limit) + "[]" + String(repeating: close, count: limit)
            try withView(good) { view in _ = try scan(view, depthLimit: limit) }
            withView(deep) { view in
                #expect(throws: JSONFault.tooDeep(limit: limit)) { _ = try scan(view, depthLimit: limit) }
            }
        }
    }

    @Test("CVE_2025_6203 ten thousand open brackets are refused at the limit, whatever limit is asked for")
    func deepNesting() {
        for opening in ["[", "{\"a\":", "[{\"a\":"] {
            let text = String(repeating: opening, count: 10_000)
            for (asked, limit) in [(300, 300), (1 << 40, JSONScanner.deepestLimit), (0, 1), (-5, 1)] {
                withView(text) { view in
                    #expect(throws: JSONFault.tooDeep(limit: limit)) { _ = try scan(view, depthLimit: asked) }
                }
            }
        }
    }

    @Test("Brackets of both kinds are told apart at every depth", arguments: Seeds.all)
    func mixedBrackets(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let kinds = (0..<random.int(1...400)).map { _ in random.oneIn(2) }
            let opening = kinds.map { $0 ? "{\"k\":" : "[" }.joined()
            var closing = kinds.reversed().map { $0 ? "}" : "]" }
            #expect(withView(opening + "0" + closing.joined()) { (try? scan($0, depthLimit: 1024)) != nil })
            let wrong = random.int(0...closing.count - 1)
            closing[wrong] = closing[wrong] == "}" ? "]" : "}"
            #expect(withView(opening + "0" + closing.joined()) { (try? scan($0, depthLimit: 1024)) == nil })
        }
    }
}
