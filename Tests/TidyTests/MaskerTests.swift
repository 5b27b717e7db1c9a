import Testing

@Suite struct MaskerTests {
    @Test(arguments: [
        ("a // b", "a     "),
        ("a /* b /* c */ d */ e", "a                   e"),
        (#"f("a // b", c)"#, #"f("      ", c)"#),
        (#"f("a\"b", c)"#, #"f("    ", c)"#),
        (#"f("a\(b("c"))d", e)"#, #"f("  (b(" ")) ", e)"#),
        (##"f(#"a"b\(c)"#, d)"##, ##"f(#"       "#, d)"##),
        (##"f(#"a\#(b)"#, d)"##, ##"f(#"   (b)"#, d)"##),
        ("f(\"\"\"\na\"b\n\"\"\", c)", "f(\"\"\"\n   \n\"\"\", c)"),
        ("let a = \"never closed\nlet b", "let a = \"            \nlet b"),
        ("#if os(Linux)", "#if os(Linux)"),
        ("a / b / c", "a / b / c"),
    ])
    func `comments and literals are blanked, code stays`(text: String, expected: String) {
        #expect(SourceFile(path: "A.swift", text).code.joined(separator: "\n") == expected)
    }

    @Test func `lines with comments are known`() {
        #expect(SourceFile(path: "A.swift", "a // b\n\"// c\"\n/* d\ne */\nf").commented == [1, 3, 4])
    }

    @Test func `depth counts the braces that are open when a line starts`() {
        #expect(SourceFile(path: "A.swift", "a {\n\"{\" // {\n{ b }\n}\n").depths() == [0, 1, 1, 1])
    }
}
