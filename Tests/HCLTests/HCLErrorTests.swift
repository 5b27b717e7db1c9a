import HCL
import Testing

@Suite("Errors of the configuration language")
struct HCLErrorTests {
    private static let value =
        "expected a value: a string in quotes, a number, true, false, a list in \"[\" or an object in \"{\", found "

    @Test(
        "Native texts that are wrong are refused with the place and what was expected",
        arguments: [
            ("= 1", #"t.hcl:1:1: expected the name of a setting or block, found "=""#),
            ("a = 1\n}", #"t.hcl:2:1: expected the name of a setting or block, found "}""#),
            ("a", #"t.hcl:1:2: expected "=" and a value, or a block in "{" and "}", found the end of the file"#),
            ("a\nb = 1", #"t.hcl:1:2: expected "=" and a value, or a block in "{" and "}", found the end of the line"#),
            ("a ]", #"t.hcl:1:3: expected "=" and a value, or a block in "{" and "}", found "]""#),
            ("a \"b\" = 1", #"t.hcl:1:7: expected "{" after the labels of a block, found "=""#),
            ("a b\n", #"t.hcl:1:4: expected "{" after the labels of a block, found the end of the line"#),
            ("a =", "t.hcl:1:4: \(value)the end of the file"), ("a = b", "t.hcl:1:5: \(value)\"b\""),
            ("a =\nb = 1", "t.hcl:2:1: \(value)\"b\""), ("a = <EOF", "t.hcl:1:6: \(value)\"E\""),
            ("a = “b”", "t.hcl:1:5: \(value)a typographic quote (use \")"),
            ("a = \u{A0}1", "t.hcl:1:5: \(value)U+00A0"),
            ("a = \u{1}", "t.hcl:1:5: \(value)U+0001"), ("é = ]", "t.hcl:1:5: \(value)\"]\""),
            ("a = [1 2]", #"t.hcl:1:8: expected "," or "]" in the list, found "2""#),
            ("a = [1", #"t.hcl:1:7: the "[" of line 1, column 5 is not closed; found the end of the file"#),
            ("a {\n b = 1\n", #"t.hcl:3:1: the "{" of line 1, column 3 is not closed; found the end of the file"#),
            ("a = \"b", "t.hcl:1:7: the quote of line 1, column 5 is not closed; found the end of the file"),
            ("a = \"b\nc\"", "t.hcl:1:7: expected a quote that ends the string on its line, found the end of the line"),
            ("a = \"${b\"\n", #"t.hcl:2:1: the "${" of line 1, column 6 is not closed; found the end of the file"#),
            ("/* a", #"t.hcl:1:5: the "/*" of line 1, column 1 is not closed; found the end of the file"#),
            (
                "a = <<EOF\nx\n",
                #"t.hcl:3:1: the text after "<<" of line 1, column 5 is not closed; found the end of the file"#
            ),
            ("a = << EOF", #"t.hcl:1:7: expected a word after "<<" that ends the text, found a space"#),
            ("a = <<EOF x\nEOF", "t.hcl:1:10: expected the end of the line, found a space"),
            (#"a = "\q""#, #"t.hcl:1:7: expected one of \" \\ \a \b \f \n \r \t \v \uXXXX \UXXXXXXXX, found "q""#),
            (#"a = "\u12g4""#, #"t.hcl:1:10: expected 4 hexadecimal digits that name a character, found "g""#),
            (#"a = "\ud800""#, #"t.hcl:1:6: expected 4 hexadecimal digits that name a character, found "\""#),
            (#"a = "\U00110000""#, #"t.hcl:1:6: expected 8 hexadecimal digits that name a character, found "\""#),
            ("a = 30s", #"t.hcl:1:7: expected a digit, found "s""#),
            ("a = 1.", "t.hcl:1:7: expected a digit, found the end of the file"),
            ("a = -", "t.hcl:1:6: expected a digit, found the end of the file"),
            ("a = 0x", "t.hcl:1:7: expected a digit, found the end of the file"),
            ("a = 1e", "t.hcl:1:7: expected a digit, found the end of the file"),
            ("a = 9223372036854775808", "t.hcl:1:5: expected a number of at most 64 bits"),
            ("a = 08", "t.hcl:1:5: expected a number of at most 64 bits"),
            ("a = 1e999", "t.hcl:1:5: expected a number of at most 64 bits"),
        ])
    func native(_ text: String, _ message: String) {
        #expect(Self.message(text) == message)
    }

    @Test(
        "JSON texts that are wrong are refused with the place and what was expected",
        arguments: [
            ("{", #"t.hcl:1:2: the "{" of line 1, column 1 is not closed; found the end of the file"#),
            ("{a: 1}", #"t.hcl:1:2: expected a name in quotes, found "a""#),
            ("{\"a\" 1}", #"t.hcl:1:6: expected ":" after the name, found "1""#),
            ("{\"a\":1,}", #"t.hcl:1:8: expected a name in quotes, found "}""#),
            ("{\"a\":1 \"b\":2}", #"t.hcl:1:8: expected "," or "}" in the object, found a quote"#),
            ("{\"a\":[1,]}", "t.hcl:1:9: \(value)\"]\""), ("{\"a\":nul}", "t.hcl:1:6: \(value)\"n\""),
            ("{\"a\":[1;2]}", #"t.hcl:1:8: expected "," or "]" in the list, found ";""#),
            ("{\"a\":01}", #"t.hcl:1:7: expected "," or "}" in the object, found "1""#),
            ("{} x", #"t.hcl:1:4: expected the end of the file, found "x""#),
            ("{\"a\":\"\t\"}", "t.hcl:1:7: expected no control character in the string, found a tab"),
            (
                "{\"a\":\"\n\"}",
                "t.hcl:1:7: expected a quote that ends the string on its line, found the end of the line"
            ),
            (#"{"a":"\a"}"#, #"t.hcl:1:8: expected one of \" \\ \/ \b \f \n \r \t \uXXXX, found "a""#),
            ("{\"a\":1}#", "t.hcl:1:8: expected the end of the file, found \"#\""),
            ("{\"a\":-}", #"t.hcl:1:7: expected a digit, found "}""#),
            ("{\"a\":[", #"t.hcl:1:7: the "[" of line 1, column 6 is not closed; found the end of the file"#),
        ])
    func json(_ text: String, _ message: String) {
        #expect(Self.message(text) == message)
    }

    private static func message(_ text: String, limits: HCLLimits = HCLLimits()) -> String {
        do throws(HCLError) {
            return "no error: " + Tree.render(try Tree.parse(text, limits: limits).body)
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "Bytes that are not UTF-8 are refused where they stand",
        arguments: [
            ([0x61, 0x3D, 0xFF], "1:3"), ([0xC3, 0xA9, 0x0A, 0xC0, 0x80], "2:1"), ([0xED, 0xA0, 0x80], "1:1"),
            ([0x23, 0xF4, 0x90, 0x80, 0x80], "1:2"), ([0x23, 0xE2, 0x82], "1:2"), ([0x23, 0xF0, 0x9F, 0x98], "1:2"),
        ] as [([UInt8], String)])
    func encoding(_ bytes: [UInt8], _ place: String) {
        #expect {
            _ = try Tree.parse(bytes)
        } throws: {
            "\($0)" == "t.hcl:\(place): expected text in UTF-8, found other bytes"
        }
    }

    @Test("What is too large, too deep or too much is refused")
    func limits() throws {
        var limits = HCLLimits()
        limits.maxBytes = 10
        #expect(Self.message("a = 123456", limits: limits) == "no error: a=123456")
        #expect(
            Self.message("a = 1234567", limits: limits) == "t.hcl:1:1: the file is longer than the limit of 10 bytes")
        for (open, close) in [("a {", "}"), ("a = {", "}")] {
            let deepest = String(repeating: open, count: 64) + String(repeating: close, count: 64)
            _ = try Tree.parse(deepest)
            let message = Self.message(open + deepest + close)
            #expect(message == "t.hcl:1:\(65 * open.count): nested deeper than the limit of 64 levels")
        }
        let lists = "a = " + String(repeating: "[", count: 1_000_000)
        #expect(Self.message(lists) == "t.hcl:1:69: nested deeper than the limit of 64 levels")
        let objects = String(repeating: "{\"a\":", count: 200_000)
        #expect(Self.message(objects) == "t.hcl:1:321: nested deeper than the limit of 64 levels")
        let labels = "a" + String(repeating: " b", count: 100_000) + " {}"
        #expect(Self.message(labels) == "t.hcl:1:200001: more than the limit of 100000 settings and values")
        _ = try Tree.parse(String(repeating: "a=1\n", count: 50_000))
        let many = String(repeating: "a=1\n", count: 50_001)
        #expect(Self.message(many) == "t.hcl:50001:1: more than the limit of 100000 settings and values")
    }
}
