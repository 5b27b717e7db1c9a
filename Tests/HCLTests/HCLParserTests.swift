import HCL
import Testing

@Suite("The configuration language")
struct HCLParserTests {
    @Test(
        "Good texts give the tree that is expected",
        arguments: [
            ("", ""), (" \n\t\r\n", ""), ("# only\n// comments\n/* of \n all */", ""), ("\u{FEFF}a = 1", "a=1"),
            ("a = 1\nb = \"x\"", #"a=1 b="x""#), ("a=1 b=2", "a=1 b=2"), ("a : 1", "a=1"),
            ("a = true\nb = false", "a=true b=false"), ("\"quoted key\" = 1", #""quoted key"=1"#),
            ("a-b.c_d9 = 1", #""a-b.c_d9"=1"#), ("é = 1", "é=1"), ("a = /* b */ 1 # c", "a=1"),
            (#"listener "tcp" { address = "x" }"#, #"listener "tcp"{address="x"}"#),
            ("listener tcp {\n}\n", #"listener "tcp"{}"#), ("telemetry {}", "telemetry{}"), ("a\n{\n}", "a{}"),
            (#"a "b" c "d" { e = 1 f { } }"#, #"a "b" "c" "d"{e=1 f{}}"#),
            (
                #"path "secret/*" { capabilities = ["read", "list",] }"#,
                #"path "secret/*"{capabilities=["read","list"]}"#
            ),
            ("a = { b = 1, c : 2, }", "a={b=1 c=2}"), ("a = {}", "a={}"), ("a = []", "a=[]"),
            ("a = [\n 1, # one\n [2, {b = 3}], \"x\"\n]", #"a=[1,[2,{b=3}],"x"]"#),
            ("a = 1\na = 2\nb {}\nb {}", "a=1 a=2 b{} b{}"),
        ])
    func good(_ text: String, _ tree: String) throws {
        #expect(Tree.render(try Tree.parse(text).body) == tree)
    }

    @Test(
        "Strings have their escapes resolved and keep their templates",
        arguments: [
            (#"a = "\"\\\n\t\r""#, "\"\\\n\t\r"), (#"a = "\a\b\f\v""#, "\u{7}\u{8}\u{C}\u{B}"),
            (#"a = "\u00e9\u20AC""#, "é€"), (#"a = "\U0001F600""#, "😀"), (#"a = "\ud83d\ude00""#, "😀"),
            (#"a = "${b}""#, "${b}"), (#"a = "x ${f("y", "{}")} z""#, #"x ${f("y", "{}")} z"#),
            (#"a = "$5 {b} {{c}}""#, "$5 {b} {{c}}"),
            ("a = \"# no // comment /* here\"", "# no // comment /* here"),
            (#"a = """#, ""), (#"a = "é😀""#, "é😀"),
            ("a = <<EOF\nx\n  y\nEOF\n", "x\n  y\n"), ("a = <<EOF\nEOF", ""), ("a = <<EOF\r\nx\r\nEOF\r\n", "x\n"),
            ("a = <<EOF\nEOFX\n EO\nEOF \n  EOF", "EOFX\n EO\nEOF \n"),
            ("a = <<-EOF\n    x\n\n      y\n    EOF\n", "x\n\n  y\n"),
            ("a = <<-EOF\n  x\n    EOF\n", "  x\n"), ("a = <<-E\n\tx\n\tE\n", "x\n"),
            ("a = <<E\n\\n ${x\n\"\nE", "\\n ${x\n\"\n"),
        ])
    func strings(_ text: String, _ value: String) throws {
        let document = try Tree.parse(text)
        #expect(document.body.items.count == 1)
        guard case .attribute(let attribute) = document.body.items[0] else {
            Issue.record("no attribute")
            return
        }
        #expect(attribute.value.kind == .string(value))
    }

    @Test(
        "Numbers are integers unless they have a fraction or an exponent",
        arguments: [
            ("0", HCLNode.Kind.integer(0)), ("-0", .integer(0)), ("42", .integer(42)), ("-7", .integer(-7)),
            ("0x1F", .integer(31)), ("-0Xff", .integer(-255)), ("0600", .integer(384)), ("00", .integer(0)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("1.5", .float(1.5)), ("-2.5e3", .float(-2500)), ("1e3", .float(1000)), ("1E+2", .float(100)),
            ("25e-1", .float(2.5)), ("0.5", .float(0.5)),
        ])
    func numbers(_ text: String, _ kind: HCLNode.Kind) throws {
        guard case .attribute(let attribute) = try Tree.parse("a = \(text)").body.items.first else {
            Issue.record("no attribute")
            return
        }
        #expect(attribute.value.kind == kind)
    }

    @Test("Positions count lines and characters from 1")
    func positions() throws {
        let document = try Tree.parse("# é\n  a = [\n 1]\nb \"é\" {c = \"x\" }")
        guard case .attribute(let a) = document.body.items[0], case .block(let b) = document.body.items[1],
            case .list(let elements) = a.value.kind, case .attribute(let c) = b.body.items[0]
        else {
            Issue.record("another tree")
            return
        }
        #expect(a.position == HCLPosition(line: 2, column: 3))
        #expect(a.value.position == HCLPosition(line: 2, column: 7))
        #expect(elements[0].position == HCLPosition(line: 3, column: 2))
        #expect(b.position == HCLPosition(line: 4, column: 1))
        #expect(c.position == HCLPosition(line: 4, column: 8))
        #expect(c.value.position == HCLPosition(line: 4, column: 12))
        #expect(document.file == "t.hcl")
        #expect(document.form == .native)
    }

    @Test("Values are never part of what a node prints")
    func printing() throws {
        guard case .attribute(let a) = try Tree.parse("a = \"hunter2\"").body.items[0] else { return }
        #expect("\(a.value)" == "a string")
        #expect(String(reflecting: a.value) == "a string")
    }
}
