import EngineKit
import Identity
import IdentityEngine
import Storage
import TestAids
import Testing
import Vocabulary

@Suite struct PathTests {
    @Test func `no path and no body ends the engine`() async throws {
        let bench = try await Bench()
        _ = try await bench.somebody()
        var random = SeededGenerator(seed: 20_261_127)
        let words = [
            "entity", "entity-alias", "group", "group-alias", "lookup", "oidc", "id", "name", "merge", "key", "role",
            "token", "config", "introspect", ".well-known", "keys", "rotate", "", "x", "é", "batch-delete",
        ]
        let names = [
            "name", "id", "policies", "metadata", "disabled", "type", "member_entity_ids", "member_group_ids",
            "mount_accessor", "canonical_id", "from_entity_ids", "to_entity_id", "algorithm", "rotation_period",
            "verification_ttl", "template", "ttl", "key", "token", "issuer", "alias_name", "entity_ids",
        ]
        let values = [
            "null", "true", "-1", "9223372036854775808", "1e400", "\"\"", "\"x\"", "[]", "[[]]", "{}", "[null]",
            "\"{{\"", "\"-1h\"", "[\"root\"]", "{\"a\":{}}", "\"auth_userpass_1\"", "\"EdDSA\"", "\"external\"",
        ]
        let operations: [Vocabulary.Operation] = [.read, .write, .delete, .list, .patch]
        for _ in 0..<20_000 {
            let path = (0...random.int(0...3)).map { _ in random.pick(words) }.joined(separator: "/")
            let fields = (0..<random.int(0...3)).map { _ in "\"\(random.pick(names))\":\(random.pick(values))" }
            _ = await bench.refusal(random.pick(operations), path, "{\(fields.joined(separator: ","))}")
        }
        // Whatever was stored by it can be read again.
        let before = bench.store.read { ($0.entities.count, $0.groups.count) }
        let after = try await bench.restarted().store.read { ($0.entities.count, $0.groups.count) }
        #expect(before == after)
        #expect(bench.store.read { picture in !picture.entities.values.contains { $0.policies.contains("root") } })
    }

    @Test func `a second write of the same name changes the first`() async throws {
        let bench = try await Bench()
        let made = try await bench.call(.write, "entity", #"{"name":"a","policies":"p,q"}"#)
        #expect(made.status == 200 && made["name"] == "a")
        #expect(try await bench.call(.write, "entity", #"{"name":"a","metadata":{"k":"v"}}"#).status == 204)
        let read = try await bench.call(.read, "entity/id/\(made["id"])")
        #expect(read.members["policies"] as? [String] == ["p", "q"])
        #expect(read.members["metadata"] as? [String: String] == ["k": "v"])
        #expect(try await bench.call(.read, "entity/name/a").text == read.text)
    }

    @Test func `lists are in the order of making`() async throws {
        let bench = try await Bench()
        #expect(await bench.refusal(.list, "entity/name/") == "")
        for name in ["z", "a", "m"] { try await bench.call(.write, "entity", #"{"name":"\#(name)"}"#) }
        let keys = try await bench.call(.list, "entity/name").members["keys"] as? [String]
        #expect(Set(keys ?? []) == ["z", "a", "m"])
        #expect((try await bench.call(.list, "entity/id").members["key_info"] as? [String: Any])?.count == 3)
    }

    @Test func `what is not there is told by its kind`() async throws {
        let bench = try await Bench()
        #expect(await bench.refusal(.read, "entity/id/x") == "")
        #expect(await bench.refusal(.read, "nosuch") == "unsupported path")
        #expect(await bench.refusal(.read, "entity") == "unsupported operation")
        #expect(await bench.refusal(.list, "oidc/key/k") == "unsupported operation")
        #expect(await bench.refusal(.write, "oidc/role/r", "{}") == "the key parameter is required")
        #expect(await bench.refusal(.write, "lookup/entity", "{}") == "query parameter not supplied")
        #expect(try await bench.call(.write, "lookup/entity", #"{"name":"x"}"#).status == 204)
    }
}
