import Bytes
import Foundation
import TestAids
import Testing

@Suite("JSON strings")
struct JSONTextTests {
    private static func unescaped(_ raw: String) -> [UInt8] {
        withView(raw) { view in
            var writer = ByteWriter()
            JSONText.unescape(view, into: &writer)
            return writer.view.array
        }
    }

    @Test(
        "Escapes mean what RFC 8259 says",
        arguments: [
            (#"plain"#, "plain"), (#"\"\\\/"#, "\"\\/"), (#"\b\f\n\r\t"#, "\u{8}\u{c}\n\r\t"),
            (#"\u0041\u00e9\u20AC"#, "Aé€"),
            (#"\u0000"#, "\u{0}"), (#"\uD83D\uDE00"#, "😀"), (#"a\ud83d\ude00b"#, "a😀b"), (#"\uFFFF"#, "\u{ffff}"),
            ("", ""),
            (#"\ud800\udc00\udbff\udfff"#, "\u{10000}\u{10ffff}"),
        ])
    func escapes(_ raw: String, _ meaning: String) {
        #expect(Self.unescaped(raw) == Array(meaning.utf8))
    }

    @Test(
        "A surrogate without its partner becomes U+FFFD and swallows nothing",
        arguments: [
            (#"\ud800"#, "\u{fffd}"), (#"\udc00"#, "\u{fffd}"), (#"\ud800x"#, "\u{fffd}x"),
            (#"\ud800\n"#, "\u{fffd}\n"),
            (#"\ud800\u0041"#, "\u{fffd}A"), (#"\ud800\ud800\udc00"#, "\u{fffd}\u{10000}"),
            (#"\udc00\ud800"#, "\u{fffd}\u{fffd}"), (#"\ud83d\ude0"#, "\u{fffd}ude0"),
        ])
    func loneSurrogates(_ raw: String, _ meaning: String) {
        #expect(Self.unescaped(raw) == Array(meaning.utf8))
    }

    @Test("Unescaping passes bytes that are not UTF-8, and a string made of them has U+FFFD")
    func notUTF8() {
        let raw: [UInt8] = [0x61, 0xFF, 0x5C, 0x6E, 0xC3]
        withView(raw) { view in
            var writer = ByteWriter()
            JSONText.unescape(view, into: &writer)
            #expect(writer.view.array == [0x61, 0xFF, 0x0A, 0xC3])
            let value = JSONValue(kind: .escapedString, offset: 0, count: 5)
            #expect(JSONText.string(value, in: view) == "a\u{fffd}\n\u{fffd}")
        }
    }

    @Test("Raw text that no scanner has passed, a lone backslash included, is unescaped without a trap")
    func unscanned() {
        for raw in [#"\"#, #"a\"#, #"\u"#, #"\u00"#, #"\ud83d\"#, #"\ud83d\u"#] {
            #expect(Self.unescaped(raw).count <= 8)
        }
    }

    private static func written(_ bytes: [UInt8]) -> String {
        withView(bytes) { view in
            var writer = ByteWriter()
            writer.append(jsonString: view)
            return writer.view.string
        }
    }

    @Test(
        "Written strings escape what the wire escapes, in its spelling",
        arguments: [
            ("", #""""#), ("abc", #""abc""#), ("\"\\/", #""\"\\/""#), ("\n\r\t", #""\n\r\t""#),
            ("<>&", #""\u003c\u003e\u0026""#),
            ("\u{2028}\u{2029}", #""\u2028\u2029""#), ("\u{0}\u{1f}\u{8}\u{c}", #""\u0000\u001f\u0008\u000c""#),
            ("\u{7f}", "\"\u{7f}\""), ("é€😀", "\"é€😀\""), ("a<é", #""a\u003cé""#),
        ])
    func writing(_ text: String, _ expected: String) {
        #expect(Self.written(Array(text.utf8)) == expected)
        var writer = ByteWriter()
        writer.append(jsonString: text)
        #expect(writer.view.string == expected)
    }

    @Test("Bytes that are not UTF-8 are written as U+FFFD")
    func invalidUTF8() {
        #expect(Self.written([0xFF]) == "\"\u{fffd}\"")
        #expect(Self.written([0x61, 0xC3, 0x62]) == "\"a\u{fffd}b\"")
        #expect(Self.written([0xED, 0xA0, 0x80]).contains("\u{fffd}"))
    }

    @Test("What is written reads back as the same text, for random bytes of every length", arguments: Seeds.all)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for length in 0..<400 {
            let isASCII = random.oneIn(2)
            let bytes = random.bytes(length).map { isASCII ? $0 & 0x7F : $0 }
            let text = Self.written(bytes)
            let meaning = String(decoding: bytes, as: UTF8.self)
            let ours = try withView(text) { view in JSONText.string(try scan(view), in: view) }
            #expect(ours == meaning)
            let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            #expect(theirs as? String == meaning)
            #expect(!text.utf8.contains { $0 < 0x20 })
        }
    }

    @Test("Documents are written with their members in byte order")
    func documents() {
        let document = JSON.object([
            "b": .int(-7), "a": .array([.null, .bool(true), .bool(false), .string("<")]), "10": .int(10), "2": .int(2),
            "Z": .raw("{\"x\":1}"), "é": .object([:]), "": .array([]),
        ])
        let expected = #"{"":[],"10":10,"2":2,"Z":{"x":1},"a":[null,true,false,"\u003c"],"b":-7,"é":{}}"#
        #expect(document.text == expected)
    }
}
