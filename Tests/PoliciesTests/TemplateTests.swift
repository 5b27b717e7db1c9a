import EngineKit
import Policies
import TestAids
import Testing

@Suite("Templates in paths")
struct TemplateTests {
    private var facts: TemplateFacts {
        var facts = TemplateFacts()
        (facts.entityID, facts.entityName) = ("e-1", "bob")
        facts.metadata = ["team": "red", "a.b": "dotted", "empty": ""]
        var alias = TemplateFacts.Alias()
        (alias.id, alias.name) = ("a-1", "bob@userpass")
        (alias.metadata, alias.customMetadata) = (["k": "v"], ["c": "w"])
        facts.aliases = ["userpass_1": alias]
        var group = TemplateFacts.Group()
        (group.id, group.name, group.metadata) = ("g-1", "ops.eu", ["floor": "2"])
        facts.groups = ["g-1": group]
        return facts
    }

    private func path(_ template: String, _ facts: TemplateFacts?) throws -> String? {
        try acl("path \"\(template)\" { policy = \"read\" }", facts: facts).rules.first?.path
    }

    @Test("Every selector is filled")
    func selectors() throws {
        let cases = [
            "identity.entity.id": "e-1", "identity.entity.name": "bob", "identity.entity.metadata.team": "red",
            "identity.entity.metadata.a.b": "dotted", "identity.entity.aliases.userpass_1.id": "a-1",
            "identity.entity.aliases.userpass_1.name": "bob@userpass", " identity.entity.id ": "e-1",
            "identity.entity.aliases.userpass_1.metadata.k": "v",
            "identity.entity.aliases.userpass_1.custom_metadata.c": "w", "identity.groups.ids.g-1.name": "ops.eu",
            "identity.groups.ids.g-1.metadata.floor": "2", "identity.groups.names.ops.eu.id": "g-1",
            "identity.groups.names.ops.eu.metadata.floor": "2",
        ]
        for (selector, value) in cases { #expect(try path("kv/{{\(selector)}}/x*", facts) == "kv/\(value)/x*") }
    }

    @Test("A rule that cannot be filled is left out, the others stay")
    func unfilled() throws {
        for selector in [
            "identity.entity.metadata.none", "identity.entity.metadata.empty", "identity.entity.aliases.other.name",
            "identity.groups.ids.g-2.name", "identity.groups.names.ops.id", "identity.entity", "identity.entity.id.x",
            "x", "", "identity.entity.aliases.userpass_1.metadata.none",
        ] {
            #expect(try path("kv/{{\(selector)}}", facts) == nil, "\(selector)")
        }
        #expect(try path("kv/{{identity.entity.id}}", nil) == nil)
        let two = try acl("path \"a/{{x}}\" { policy = \"read\" } path \"b\" { policy = \"read\" }", facts: facts)
        #expect(two.rules.map(\.path) == ["b"])
    }

    @Test(
        "GHSA-59w7: values that could reach over their segment or become a pattern drop the rule",
        arguments: [
            "*", "a*", "+", "a+b", "a/b", "/", "..", ".", "a\n", "\u{0}", "a\u{7F}", "\u{85}", "{{identity.entity.id}}",
        ])
    func ghsa59W7(_ value: String) throws {
        var facts = facts
        facts.entityName = value
        facts.metadata["team"] = value
        #expect(try path("kv/{{identity.entity.name}}", facts) == nil)
        #expect(try path("kv/x-{{identity.entity.metadata.team}}/*", facts) == nil)
    }

    @Test("CVE-2021-43998: an alias of another mount fills nothing, whatever its name")
    func cve202143998() throws {
        #expect(try path("kv/{{identity.entity.aliases.ldap_2.name}}", facts) == nil)
    }
}
