import Policies
import TestAids
import Testing

@Suite("Which rule decides")
struct MatchingTests {
    private func rule(_ path: String, _ capabilities: String...) -> String {
        "path \"\(path)\" { capabilities = [\(capabilities.map { "\"\($0)\"" }.joined(separator: ", "))] }\n"
    }

    @Test("The captured choices of the field's server")
    func captured() throws {
        let exact = try acl(rule("kv/a", "deny") + rule("kv/*", "read"))
        #expect(exact.granted("kv/a") == ["deny"])
        #expect(exact.granted("kv/b") == ["read"])
        #expect(try acl(rule("kv/+/x/cfg", "read") + rule("kv/team/*", "deny")).granted("kv/team/x/cfg") == ["deny"])
        #expect(
            try acl(rule("kv/team/+/cfg", "read") + rule("kv/+/x/cfg", "deny")).granted("kv/team/x/cfg") == ["read"])
        #expect(try acl(rule("kv/+/+/cfg", "deny") + rule("kv/team/+/*", "read")).granted("kv/team/x/cfg") == ["read"])
        let plus = try acl(rule("kv/+/*", "read"))
        #expect(plus.granted("kv/a") == ["deny"])
        #expect(plus.granted("kv/foo/bar") == ["read"])
        let prefix = try acl(rule("kv/foo*", "read"))
        for path in ["kv/foo", "kv/foobar", "kv/foo/bar"] { #expect(prefix.granted(path) == ["read"]) }
        #expect(prefix.granted("kv/fo") == ["deny"])
    }

    @Test("Lists take an exact rule without the slash, and nothing else does")
    func lists() throws {
        let folder = try acl(rule("kv/foo/", "list"))
        #expect(folder.granted("kv/foo/", isList: true) == ["list"])
        #expect(folder.granted("kv/foo") == ["deny"])
        #expect(try acl(rule("kv/foo", "read")).granted("kv/foo/", isList: true) == ["read"])
        let below = try acl(rule("kv/foo/*", "read", "list"))
        #expect(below.granted("kv/foo/", isList: true) == ["list", "read"])
        #expect(below.granted("kv/foo") == ["deny"])
        // The one with the slash is the more specific.
        let both = try acl(rule("kv/foo/", "list") + rule("kv/foo", "deny"))
        #expect(both.granted("kv/foo/", isList: true) == ["list"])
        #expect(both.granted("kv/foo") == ["deny"])
    }

    @Test("GHSA-xp3c: a list obeys the more specific denial, also where that has no slash at its end")
    func ghsaXP3C() throws {
        #expect(try acl(rule("kv/*", "list") + rule("kv/foo", "deny")).granted("kv/foo/", isList: true) == ["deny"])
        #expect(try acl(rule("kv/*", "list") + rule("kv/foo/*", "deny")).granted("kv/foo/", isList: true) == ["deny"])
        #expect(try acl(rule("kv/*", "list") + rule("kv/+", "deny")).granted("kv/foo/", isList: true) == ["deny"])
        #expect(try acl(rule("kv/*", "list") + rule("+/foo", "deny")).granted("kv/foo/", isList: true) == ["list"])
        #expect(try acl(rule("kv/+/*", "list") + rule("kv/+/x", "deny")).granted("kv/a/x/", isList: true) == ["deny"])
    }

    @Test("CVE-2021-42135: of two globs the more specific decides, in whatever order and policies they come")
    func cve202142135() throws {
        let (wide, narrow) = (rule("kv/team*", "read", "delete"), rule("kv/team-a/*", "deny"))
        for texts in [[wide + narrow], [narrow + wide], [wide, narrow], [narrow, wide]] {
            let compiled = try texts.count == 1 ? acl(texts[0]) : acl(texts[0], texts[1])
            #expect(compiled.granted("kv/team-a/x") == ["deny"])
            #expect(compiled.granted("kv/team-b") == ["delete", "read"])
        }
        // A `+` does not go before a longer literal prefix, nor a glob before the exact path.
        #expect(try acl(rule("+/team-a/x", "read") + rule("kv/*", "deny")).granted("kv/team-a/x") == ["deny"])
        #expect(try acl(rule("kv/team-a/+", "deny") + rule("kv/team-a/x", "read")).granted("kv/team-a/x") == ["read"])
    }

    @Test("A denial on the same path in any policy takes the rest away")
    func merged() throws {
        #expect(
            try acl(rule("kv/a", "read"), rule("kv/a", "update", "sudo")).granted("kv/a") == ["read", "sudo", "update"])
        #expect(try acl(rule("kv/a", "read"), rule("kv/a", "deny"), rule("kv/a", "list")).granted("kv/a") == ["deny"])
        #expect(try acl(rule("kv/a", "read", "deny", "list")).granted("kv/a") == ["deny"])
        let rules = try acl("path \"k\" { policy = \"write\" }", "path \"/k\" { policy = \"read\" }")
        #expect(rules.rules.count == 1)
        #expect(rules.granted("k") == ["create", "delete", "list", "read", "update"])
    }

    @Test("Of wrapping times the smaller of the given ones holds")
    func wrapping() throws {
        let compiled = try acl(
            "path \"k\" { min_wrapping_ttl = \"1m\" max_wrapping_ttl = 300 }", "path \"k\" { min_wrapping_ttl = 30 }",
            "path \"k\" { max_wrapping_ttl = \"1h\" }", "path \"k\" { capabilities = [\"read\"] }")
        let found = withView("k") { compiled.decidingRule(for: $0, isList: false) }
        #expect(found?.minWrapSeconds == 30)
        #expect(found?.maxWrapSeconds == 300)
        #expect(found?.origin == "p0,p1,p2,p3: k")
        #expect(found?.origins.map(\.line) == [1, 1, 1, 1])
    }

    @Test("A mount is shown to those who may do something in it")
    func touching() throws {
        let compiled = try acl(
            rule("kv/team/*", "read") + rule("deep/+/x", "list") + rule("shut/*", "deny") + rule("exact", "read")
                + rule("none/*") + rule("+/any", "deny"))
        let cases = [
            ("kv/", true), ("kv/team/", true), ("kv/team/a/", true), ("kv/other/", false), ("deep/", true),
            ("deep/a/", true), ("shut/", false), ("exact/", true), ("none/", false), ("else/", false),
        ]
        for (path, expected) in cases {
            #expect(withView(path) { compiled.touches(below: $0) } == expected, "\(path)")
        }
    }

    @Test("Paths that end in the middle of a pattern, and empty ones, match nothing")
    func edges() throws {
        let compiled = try acl(rule("kv/+/x/y", "read") + rule("kv/aaa", "read") + rule("+", "list"))
        for path in ["", "k", "kv/", "kv/a/", "kv/a/x", "kv/a/x/", "kv/aa", "kv/aaaa", "kv/a/x/y/", "/kv/aaa"] {
            let expected = path.contains("/") ? ["deny"] : ["list"]
            #expect(compiled.granted(path) == expected, "\(path)")
        }
        #expect(try acl(rule("*", "read")).granted("") == ["read"])
        #expect(try acl("").granted("a") == ["deny"])
    }

    @Test("Many rules below one node, and a pattern of many segments, are found in bounded time")
    func wide() throws {
        var text = ""
        for index in 0..<2000 { text += rule("kv/+/app-\(index)/*", "read") + rule("kv/+/+/app-\(index)", "list") }
        text += rule((0..<64).map { _ in "+" }.joined(separator: "/"), "delete")
        let compiled = try acl(text)
        #expect(compiled.granted("kv/x/app-1999/y") == ["read"])
        #expect(compiled.granted("kv/x/y/app-1999") == ["list"])
        #expect(compiled.granted((0..<64).map { "\($0)" }.joined(separator: "/")) == ["delete"])
    }
}
