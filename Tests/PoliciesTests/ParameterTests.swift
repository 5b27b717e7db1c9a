import Policies
import TestAids
import Testing

@Suite("Parameters that a rule allows")
struct ParameterTests {
    private func rule(_ body: String) throws -> CompiledACL { try acl("path \"k\" { policy = \"write\"\n\(body) }") }

    @Test("The captured choices of the field's server")
    func captured() throws {
        let rules = try rule("allowed_parameters = { \"x\" = [\"1\", \"a*\"] \"y\" = [] }")
        for body in [#"{"x":"1"}"#, #"{"x":"abc"}"#, #"{"y":"q"}"#, #"{"X":"1"}"#, "", "{}", "null"] {
            #expect(rules.allows("k", body), "\(body)")
        }
        for body in [#"{"x":"2"}"#, #"{"x":"1","z":1}"#, #"{"x":1}"#, #"{"x":["1"]}"#, #"{"x":"1","x":"2"}"#] {
            #expect(!rules.allows("k", body), "\(body)")
        }
    }

    @Test("A star alone allows everything, beside others it allows the others")
    func star() throws {
        let alone = try rule("allowed_parameters = { \"*\" = [\"1\"] }")
        #expect(alone.allows("k", #"{"x":"2","y":[]}"#))
        let beside = try rule("allowed_parameters = { \"*\" = [] x = [\"1\"] }")
        #expect(beside.allows("k", #"{"x":"1","y":2}"#))
        #expect(!beside.allows("k", #"{"x":"2"}"#))
    }

    @Test("Denied parameters go before allowed ones")
    func denied() throws {
        let rules = try rule("denied_parameters = { a = [] b = [\"x*\", 1, true] }")
        for body in [#"{"b":"y"}"#, #"{"b":2}"#, #"{"b":"1"}"#, #"{"c":{}}"#, "{}"] {
            #expect(rules.allows("k", body), "\(body)")
        }
        for body in [
            #"{"a":null}"#, #"{"A":1}"#, #"{"b":"xy"}"#, #"{"b":1}"#, #"{"b":1.0}"#, #"{"b":10e-1}"#, #"{"b":true}"#,
            #"{"\u0061":1}"#, #"{"b":"\u0078y"}"#,
        ] {
            #expect(!rules.allows("k", body), "\(body)")
        }
        let all = try rule("denied_parameters = { \"*\" = [] }")
        #expect(all.allows("k", ""))
        #expect(!all.allows("k", #"{"a":1}"#))
    }

    @Test("Required parameters have to be there, also when nothing comes at all")
    func required() throws {
        let rules = try rule("required_parameters = [\"Reason\"]")
        #expect(rules.allows("k", #"{"reason":"x","y":1}"#))
        for body in ["", "{}", #"{"y":1}"#] { #expect(!rules.allows("k", body)) }
    }

    @Test("Values are compared as they are: globs for strings, deep equality for the rest")
    func values() throws {
        let rules = try rule(
            "allowed_parameters = { v = [\"*end\", \"*mid*\", [1, \"a*\"], { a = 1, b = [true] }, 1.5] }")
        for value in [#""the end""#, #""a mid b""#, #"[1,"a*"]"#, #"{"b":[true],"a":1}"#, "1.5", "15e-1"] {
            #expect(rules.allows("k", "{\"v\":\(value)}"), "\(value)")
        }
        for value in [
            #""ending""#, #"[1,"abc"]"#, #"[1]"#, #"[1,"a*",2]"#, #"{"a":1}"#, #"{"a":1,"b":[true],"c":0}"#,
            #"{"A":1,"b":[true]}"#, #""1.5""#, "1.4", "null", "{}", "[]",
        ] {
            #expect(!rules.allows("k", "{\"v\":\(value)}"), "\(value)")
        }
        #expect(try rule("allowed_parameters = { v = [\"*\"] }").allows("k", #"{"v":""}"#))
    }

    @Test("Parameters of several policies: names unite, values add up, an empty list wins")
    func merged() throws {
        let rules = try acl(
            "path \"k\" { allowed_parameters = { a = [\"1\"] b = [\"1\"] } }",
            "path \"k\" { allowed_parameters = { a = [\"2\"] b = [] } required_parameters = [\"a\"] }")
        #expect(rules.allows("k", #"{"a":"2","b":"9"}"#))
        #expect(rules.allows("k", #"{"a":"1"}"#))
        #expect(!rules.allows("k", #"{"a":"3"}"#))
        #expect(!rules.allows("k", #"{"b":"1"}"#))
        #expect(!rules.allows("k", #"{"a":"1","c":"1"}"#))
    }

    @Test("Broken bodies are refused where parameters matter, in bounded time")
    func broken() throws {
        let rules = try rule("denied_parameters = { a = [] }")
        let deep = String(repeating: "[", count: 8000)
        for body in ["[]", "{", "x", #"{"b":1"#, #"{"b":"# + deep, deep] { #expect(!rules.allows("k", body)) }
    }
}

@Suite("Rules on fields inside of parameters")
struct FieldRuleTests {
    private func rule(_ body: String) throws -> CompiledACL { try acl("path \"k\" { policy = \"write\"\n\(body) }") }

    @Test("Every batch item's context has to be one of the allowed ones")
    func batches() throws {
        let rules = try rule(
            """
            allowed_fields = { "context" = ["team-a*"] "batch_input.*.context" = ["team-a*"] }
            required_fields = ["batch_input.*.context"]
            """)
        for body in [
            #"{"plaintext":"x"}"#, #"{"context":"team-a/1"}"#,
            #"{"batch_input":[{"context":"team-a"},{"context":"team-a2"}]}"#,
            #"{"batch_input":[]}"#, "", #"{"batch_input":null}"#,
        ] {
            #expect(rules.allows("k", body), "\(body)")
        }
        for body in [
            #"{"context":"team-b"}"#, #"{"batch_input":[{"context":"team-a"},{"context":"team-b"}]}"#,
            #"{"batch_input":[{"context":"team-a"},{}]}"#,
            #"{"batch_input":[{"Context":"team-b","context":"team-a"}]}"#,
            #"{"batch_input":[{"Context":"team-a"}]}"#, #"{"batch_input":[{"context":"team-a","context":null}]}"#,
            #"{"batch_input":[{"context":"team-a","context":"team-b"}]}"#, #"{"batch_input":{"context":"team-b"}}"#,
            #"{"batch_input":"[{}]"}"#, #"{"batch_input":[[{"context":"team-b"}]]}"#, #"{"batch_input":[null]}"#,
            #"{"batch_input":[{"conte\u0078t":"team-b"}]}"#, #"{"batch_input":[{"context":["team-a"]}]}"#,
            #"{"batch_input":[{"context":"team-a"}],"BATCH_INPUT":[{"context":"team-b"}]}"#,
        ] {
            #expect(!rules.allows("k", body), "\(body)")
        }
    }

    @Test("Fields may be denied, with and without values, and names may hold dots")
    func denied() throws {
        let rules = try rule(#"denied_fields = { "options.cas" = [], "a\\.b" = ["x"], "m.*" = [1] }"#)
        for body in [#"{"options":{"x":1}}"#, #"{"a":{"b":"x"}}"#, #"{"m":{"k":2}}"#, #"{"options":{"cas":null}}"#] {
            #expect(rules.allows("k", body), "\(body)")
        }
        for body in [
            #"{"options":{"cas":0}}"#, #"{"a.b":"x"}"#, #"{"m":{"k":2,"l":1}}"#, #"{"m":[2,1]}"#, #"{"options":7}"#,
        ] {
            #expect(!rules.allows("k", body), "\(body)")
        }
    }

    @Test("The field's own keys keep their meaning: a dot there belongs to the name")
    func oldMeaning() throws {
        let rules = try rule(#"denied_parameters = { "a.b" = [] }"#)
        #expect(rules.allows("k", #"{"a":{"b":1}}"#))
        #expect(!rules.allows("k", #"{"a.b":1}"#))
    }

    @Test("Required fields of objects have to be there")
    func required() throws {
        let rules = try rule(#"required_fields = ["data.owner"]"#)
        #expect(rules.allows("k", #"{"data":{"owner":"x"}}"#))
        for body in ["", "{}", #"{"data":{}}"#, #"{"data":{"owner":null}}"#, #"{"data":{"OWNER":1}}"#, #"{"data":1}"#] {
            #expect(!rules.allows("k", body), "\(body)")
        }
    }
}
