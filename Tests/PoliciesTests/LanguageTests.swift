import Policies
import TestAids
import Testing

@Suite("The language of policies")
struct LanguageTests {
    @Test("What cannot be read is told in the words that clients know")
    func texts() {
        #expect(
            message("path \"x\" { capabilities = [\"bogus\"] }")
                == "failed to parse policy: path \"x\": invalid capability \"bogus\"")
        #expect(
            message("path \"x\" { foo = 1 }")
                == "failed to parse policy: 1 error occurred:\n\t* path \"x\": invalid key \"foo\" on line 1\n\n")
        #expect(
            message("bar = 1\npath \"x\" {\n foo = 1\n}")
                == "failed to parse policy: 2 errors occurred:\n\t* invalid key \"bar\" on line 1\n"
                + "\t* path \"x\": invalid key \"foo\" on line 3\n\n")
        #expect(message("path \"a/+*\" {}").contains("path \"a/+*\": invalid use of wildcards"))
        #expect(
            message("path \"/a\" { policy = \"all\" }") == "failed to parse policy: path \"/a\": invalid policy \"all\""
        )
        #expect(
            message("path \"x\" { min_wrapping_ttl = \"2m\" max_wrapping_ttl = 60 }")
                == "failed to parse policy: path \"x\": max_wrapping_ttl cannot be less than min_wrapping_ttl")
        #expect(message("path \"x\" {").hasPrefix("failed to parse policy: policy:1:"))
        #expect(message("path").hasPrefix("failed to parse policy: "))
        #expect(message("path \"{{identity.entity.id\" {}").contains("unbalanced templating characters"))
        #expect(message("path \"a}}\" {}").contains("unbalanced templating characters"))
    }

    @Test(
        "Values of a wrong kind are refused, with their line",
        arguments: [
            "capabilities = 3", "capabilities = [3]", "allowed_parameters = 1", "allowed_parameters = { a = 1 }",
            "required_parameters = { a = [] }", "min_wrapping_ttl = -1", "min_wrapping_ttl = \"-1s\"",
            "max_wrapping_ttl = \"soon\"", "policy = 1", "allowed_fields = { \"a..b\" = [] }",
            "required_fields = [\"\"]", "denied_fields = { \"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q\" = [] }",
        ])
    func wrongKinds(_ body: String) {
        #expect(message("path \"x\" {\n\(body)\n}").hasPrefix("failed to parse policy: path \"x\":"), "\(body)")
    }

    @Test("The JSON form says the same")
    func json() throws {
        let compiled = try acl(
            """
            {"name": "n", "path": {"kv/a": {"capabilities": ["read"], "allowed_parameters": {"x": ["1"]}},
              "kv/b": {"policy": "sudo", "comment": "c"}}}
            """)
        #expect(compiled.granted("kv/a") == ["read"])
        #expect(compiled.granted("kv/b") == ["create", "delete", "list", "read", "sudo", "update"])
        #expect(!compiled.allows("kv/a", #"{"x":"2"}"#))
        let list = try acl(#"{"path": [{"kv/a": {"capabilities": ["read"]}}, {"kv/b": {"capabilities": ["list"]}}]}"#)
        #expect(list.granted("kv/b") == ["list"])
    }

    @Test("Names that look alike are one name: CVE-2025-5999")
    func cve20255999() async throws {
        let policies = store()
        for name in ["root", "ROOT", " root", "root ", "\troot\n", "\u{200B}root", "Root\u{0}", "\u{A0}rOOt\u{FEFF}"] {
            await #expect(throws: PolicyFault.cannotUpdate("root")) {
                try await policies.put(name, text: "path \"a\" {}")
            }
            await #expect(throws: PolicyFault.cannotDelete("root")) { try await policies.delete(name) }
            #expect(policies.text(of: name)?.isEmpty == true)
            // Whoever gets such a name by an entity or a group has no rule of it.
            #expect(policies.acl(of: [name], nil).rules.isEmpty)
        }
        _ = try await policies.put(" Team A ", text: "path \"a\" { capabilities = [\"read\"] }")
        #expect(policies.names == ["default", "response-wrapping", "team a"])
        #expect(policies.acl(of: ["TEAM A"], nil).granted("a") == ["read"])
    }

    @Test("What the linter tells")
    func linter() throws {
        let cases: [(String, String)] = [
            ("path \"a*b\" { capabilities = [\"read\"] }", "\"*\" that is not the last"),
            ("path \"te+/x\" { capabilities = [\"read\"] }", "\"+\" that is not a whole segment"),
            ("path \"v1/kv/x\" { capabilities = [\"read\"] }", "without \"v1/\""),
            ("path \"kv//x\" { capabilities = [\"read\"] }", "empty segment"),
            ("path \"kv/../x\" { capabilities = [\"read\"] }", "\"..\""),
            ("path \"kv/x\" { capabilities = [] }", "no capabilities"),
            ("path \"kv/x\" { capabilities = [\"sudo\"] }", "sudo"),
            ("path \"kv/x\" { capabilities = [\"read\", \"deny\"] }", "takes away"),
            ("path \"kv/x\" { capabilities = [\"scan\"] }", "grants nothing on this server"),
            ("path \"kv/x\" { policy = \"read\" control_group = { a = 1 } }", "not enforced"),
            ("path \"kv/{{identity.entity.nam}}\" { policy = \"read\" }", "unknown template"),
            ("path \"kv/x\" { policy = \"read\" }\npath \"kv/x\" { policy = \"read\" }", "same path as on line 1"),
            (
                "path \"kv/*\" { policy = \"read\" }\npath \"kv/+/*\" { policy = \"write\" }",
                "unreachable; \"kv/*\" on line 1"
            ),
            (
                "path \"k\" { policy = \"write\" required_parameters = [\"a\"] allowed_parameters = { b = [] } }",
                "required parameter \"a\""
            ),
        ]
        for (text, expected) in cases {
            let told = try warnings(text)
            #expect(told.contains { $0.contains(expected) }, "\(text): \(told)")
        }
        #expect(
            try warnings(
                "path \"kv/*\" { policy = \"read\" }\npath \"kv/a/+/*\" { policy = \"read\" }\n"
                    + "path \"kv/a\" { policy = \"deny\" }"
            ).isEmpty)
    }

    @Test("What the linter calls hidden never decides, and what never decides is called hidden", arguments: Seeds.all)
    func hiddenRules(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let text = (0..<6).map { _ in "path \"\(ACLPropertyTests.pattern(&random))\" { policy = \"read\" }\n" }
                .joined()
            let hidden = try PolicyDocument(reading: text).warnings.filter {
                if case .hidden = $0.kind { true } else { false }
            }
            if hidden.isEmpty { continue }
            let compiled = try acl(text)
            for _ in 0..<200 {
                let path = ACLPropertyTests.path(&random)
                let found = withView(path) { compiled.decidingRule(for: $0, isList: false) }
                #expect(!hidden.contains { $0.path == found?.path }, "seed \(seed): \(path)\n\(text)")
            }
        }
    }

    @Test("Built-in policies say nothing strange and can be read")
    func builtIn() throws {
        let policies = store()
        #expect(try warnings(policies.text(of: "default") ?? "").isEmpty)
        #expect(try warnings(policies.text(of: "response-wrapping") ?? "").isEmpty)
        let granted = policies.acl(of: ["default"], nil)
        #expect(granted.granted("auth/token/lookup-self") == ["read"])
        #expect(granted.granted("cubbyhole/a") == ["create", "delete", "list", "read", "update"])
        #expect(granted.granted("identity/entity/id/x") == ["deny"])
    }
}
