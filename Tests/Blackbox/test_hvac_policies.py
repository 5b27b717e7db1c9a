"""Policies by hvac: written, read, listed; which rule decides; capabilities, explanations, password policies."""

import base64

import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

from blackbox_client import unique
from logins import bearer, policy, root


@pytest.fixture
def vault(server):
    return root(server)


@pytest.fixture
def kv(vault):
    path = unique("kv")
    vault.sys.enable_secrets_engine("kv", path=path, options={"version": "1"})
    yield path
    vault.sys.disable_secrets_engine(path)


@pytest.fixture
def holder(server, vault):
    """Makes a client whose token has the policies of the given texts."""

    def make(*texts):
        names = [policy(vault, text) for text in texts]
        client = bearer(server, vault.auth.token.create(policies=names, no_default_policy=True)["auth"]["client_token"])
        client.names = names
        return client

    return make


def rule(path, *capabilities, **more):
    words = ", ".join(f'"{word}"' for word in capabilities)
    lines = "".join(f"\n  {key} = {value}" for key, value in more.items())
    return f'path "{path}" {{\n  capabilities = [{words}]{lines}\n}}\n'


def reads(client, path):
    try:
        client.read(path)
        return True
    except Forbidden:
        return False


def lists(client, path):
    try:
        client.list(path)
        return True
    except Forbidden:
        return False


def status(client, method, path, body=None):
    try:
        answer = client.adapter.request(method, f"/v1/{path}", json=body)
        return answer.status_code if hasattr(answer, "status_code") else 200
    except Forbidden:
        return 403


# Texts


def test_every_call_of_hvac(vault):
    name, text = unique("Policy"), rule("secret/*", "read") + "# a comment\n"
    assert vault.sys.create_or_update_policy(name, text, pretty_print=False).status_code == 204
    low = name.lower()
    listed = vault.sys.list_policies()
    assert low in listed["keys"] == listed["data"]["keys"] and listed["data"]["policies"] == listed["keys"]
    answer = vault.sys.read_policy(name)
    assert answer["rules"] == text == answer["data"]["rules"] and answer["data"]["name"] == low
    data = vault.read(f"sys/policies/acl/{name}")["data"]
    assert data == {"name": low, "policy": text}
    keys = vault.list("sys/policies/acl")["data"]["keys"]
    assert keys[-1] == "root" and keys[:-1] == sorted(keys[:-1]) and {"default", low} < set(keys)
    assert vault.sys.delete_policy(name).status_code == 204 and vault.sys.delete_policy(name).status_code == 204
    with pytest.raises(InvalidPath):
        vault.sys.read_policy(name)


def test_a_text_may_be_json_or_base64(vault):
    name = unique("policy")
    vault.sys.create_or_update_policy(name, {"path": {"kv/*": {"capabilities": ["read"]}}})
    assert '"kv/*"' in vault.sys.read_policy(name)["data"]["rules"]
    text = rule("kv/*", "read")
    vault.write_data(f"sys/policies/acl/{name}", data={"policy": base64.b64encode(text.encode()).decode()})
    assert vault.sys.read_policy(name)["data"]["rules"] == text


@pytest.mark.parametrize("text, sentence", [
    ("", "'policy' parameter not supplied or empty"),
    (rule("x", "bogus"), 'failed to parse policy: path "x": invalid capability "bogus"'),
    ('path "x" { foo = 1 }', 'invalid key "foo"'),
    ('path "x" {', "failed to parse policy"),
    (rule("a/+*", "read"), "failed to parse policy"),
    (rule("x", "read", min_wrapping_ttl='"5m"', max_wrapping_ttl='"1m"'), "failed to parse policy"),
    ("path " * 10, "failed to parse policy"),
])
def test_texts_that_are_none(api, text, sentence):
    reply = api.request("POST", f"sys/policies/acl/{unique()}", {"policy": text})
    assert reply.status == 400 and sentence in reply.json["errors"][0], reply


def test_what_the_house_needs_stays(api, vault):
    for method, name, sentence in (
        ("POST", "root", 'cannot update "root" policy'), ("DELETE", "root", 'cannot delete "root" policy'),
        ("POST", "ROOT", 'cannot update "root" policy'), ("POST", "%20root", 'cannot update "root" policy'),
        ("DELETE", "default", "cannot delete default policy"),
    ):
        reply = api.request(method, f"sys/policies/acl/{name}", {"policy": rule("*", "read")} if method == "POST" else None)
        assert reply.status == 400 and sentence in reply.json["errors"][0], reply
    assert vault.sys.read_policy("root")["data"]["rules"] == ""
    assert "sys/capabilities-self" in vault.sys.read_policy("default")["data"]["rules"]
    assert api.request("POST", "sys/policies/acl/response-wrapping", {"policy": "x"}).status == 400
    assert api.request("GET", "sys/policies/rgp/x").status == 404


def test_a_writer_is_warned_of_rules_that_say_nothing(api):
    name = unique("policy")
    text = rule("kv/*/x", "read") + rule("kv/a", "deny", "read")
    reply = api.request("POST", f"sys/policies/acl/{name}", {"policy": text})
    assert reply.status == 200 and reply.json["warnings"], reply


# Which rule decides: the examples of the wire facts, and their advisories


def test_CVE_2021_42135_the_most_specific_rule_decides(vault, holder, kv):
    for texts, outcomes in (
        ((rule(f"{kv}/a", "deny"), rule(f"{kv}/*", "read")), {"a": False, "b": True}),
        ((rule(f"{kv}/+/x/cfg", "read"), rule(f"{kv}/team/*", "deny")), {"team/x/cfg": False, "other/x/cfg": True}),
        ((rule(f"{kv}/team/+/cfg", "read"), rule(f"{kv}/+/x/cfg", "deny")), {"team/x/cfg": True, "other/x/cfg": False}),
        ((rule(f"{kv}/+/+/cfg", "deny"), rule(f"{kv}/team/+/*", "read")), {"team/x/cfg": True, "other/x/cfg": False}),
        ((rule(f"{kv}/+/*", "read"),), {"a": False, "foo/bar": True, "foo/bar/baz": True}),
        ((rule(f"{kv}/foo*", "read"),), {"foo": True, "foobar": True, "foo/bar": True, "fo": False}),
        ((rule(f"{kv}/te+/x", "read"),), {"te+/x": True, "test/x": False}),
        ((rule(f"{kv}/x", "read"), rule(f"{kv}/x", "deny")), {"x": False}),
        ((rule(f"{kv}/long*", "deny"), rule(f"{kv}/*", "read")), {"longer": False, "lon": True}),
    ):
        client = holder(*texts)
        for path, expected in outcomes.items():
            assert reads(client, f"{kv}/{path}") is expected, (texts, path)


def test_lists_are_of_folders(vault, holder, kv):
    vault.write_data(f"{kv}/foo/bar", data={"v": "1"})
    for text, list_granted, read_granted in (
        (rule(f"{kv}/foo/", "list"), True, False), (rule(f"{kv}/foo", "list"), True, False),
        (rule(f"{kv}/foo", "read"), False, True), (rule(f"{kv}/foo/*", "read", "list"), True, False),
    ):
        client = holder(text)
        assert (lists(client, f"{kv}/foo"), reads(client, f"{kv}/foo")) == (list_granted, read_granted), text


def test_rules_of_one_path_unite(holder, kv):
    client = holder(rule(f"{kv}/a", "read"), rule(f"{kv}/a", "create"))
    assert reads(client, f"{kv}/a") and status(client, "POST", f"{kv}/a", {"v": "1"}) == 204
    assert status(client, "POST", f"{kv}/a", {"v": "2"}) == 403, "what is there takes update"
    client = holder(rule(f"{kv}/p", "create", "update"), rule(f"{kv}/p", "read", allowed_parameters='{ "x" = [] }'))
    assert status(client, "POST", f"{kv}/p", {"x": 1}) == 204 and status(client, "POST", f"{kv}/p", {"y": 1}) == 403


def test_a_change_of_a_policy_holds_for_the_next_request(vault, holder, kv):
    client = holder(rule(f"{kv}/a", "read"))
    assert reads(client, f"{kv}/a")
    vault.sys.create_or_update_policy(client.names[0], rule(f"{kv}/b", "read"))
    assert not reads(client, f"{kv}/a") and reads(client, f"{kv}/b")
    vault.sys.delete_policy(client.names[0])
    assert not reads(client, f"{kv}/b")


def test_parameters_as_they_were_captured(holder, kv):
    client = holder(rule(f"{kv}/p*", "create", "update", allowed_parameters='{ "x" = ["1", "a*"]\n "y" = [] }'))
    for number, (body, expected) in enumerate([
        ({"x": "1"}, 204), ({"x": "abc"}, 204), ({"x": "2"}, 403), ({"y": "q"}, 204), ({"x": "1", "z": 1}, 403),
        ({"X": "1"}, 204), ({"x": 1}, 403), ({"x": ["1"]}, 403), ({"x": {"1": "1"}}, 403), ({"y": {"deep": [1]}}, 204),
        ({"x": None}, 403), ({"x": True}, 403),
    ]):
        assert status(client, "POST", f"{kv}/p{number}", body) == expected, body
    client = holder(rule(f"{kv}/d*", "create", denied_parameters='{ "bad" = []\n "some" = ["x*"] }'))
    for number, (body, expected) in enumerate([
        ({"bad": 1}, 403), ({"BAD": None}, 403), ({"some": "xyz"}, 403), ({"some": "abc"}, 204), ({"other": 1}, 204)]):
        assert status(client, "POST", f"{kv}/d{number}", body) == expected, body
    client = holder(rule(f"{kv}/r*", "create", "read", required_parameters='["reason"]'))
    assert status(client, "POST", f"{kv}/r1", {"v": 1}) == 403 and status(client, "GET", f"{kv}/r1") == 403
    assert status(client, "POST", f"{kv}/r1", {"v": 1, "reason": "x"}) == 204


def test_rules_reach_every_item_of_a_batch(vault, holder, api):
    key = api.new_key(derived=True)
    text = rule(f"transit/encrypt/{key}", "update", allowed_fields='{ "batch_input.*.context" = ["YWJj"] }',
                required_fields='["batch_input.*.context"]')
    client = holder(text)
    item = {"plaintext": "aGVsbG8=", "context": "YWJj"}
    path = f"transit/encrypt/{key}"
    assert status(client, "POST", path, {"batch_input": [item, item]}) == 200
    for bad in ([item, item | {"context": "eHl6"}], [item | {"context": "eHl6"}, item], [item | {"context": 5}],
                [item, {"plaintext": "aGVsbG8="}], {"context": "eHl6"}):
        assert status(client, "POST", path, {"batch_input": bad}) == 403, bad


def test_encrypt_under_a_rule_of_update_alone_makes_no_key(vault, holder, api):
    known, unknown = api.new_key(), unique("k")
    client = holder(rule("transit/encrypt/*", "update"))
    assert status(client, "POST", f"transit/encrypt/{known}", {"plaintext": "aGVsbG8="}) == 200
    assert status(client, "POST", f"transit/encrypt/{unknown}", {"plaintext": "aGVsbG8="}) == 403
    api.get(f"keys/{unknown}").is_not_found()
    maker = holder(rule("transit/encrypt/*", "create"))
    assert status(maker, "POST", f"transit/encrypt/{unknown}", {"plaintext": "aGVsbG8="}) == 200
    assert status(maker, "POST", f"transit/encrypt/{unknown}", {"plaintext": "aGVsbG8="}) == 403


# Capabilities and explanations


def test_capabilities_of_self_token_and_accessor(vault, holder, kv):
    client = holder(rule(f"{kv}/a", "read", "list"), rule(f"{kv}/d", "deny"), rule("sys/capabilities-self", "update"))
    paths = [f"{kv}/a", f"{kv}/d", f"{kv}/none"]
    expected = {f"{kv}/a": ["list", "read"], f"{kv}/d": ["deny"], f"{kv}/none": ["deny"]}
    # hvac asks for its own token at capabilities-self.
    own = client.sys.get_capabilities(paths)
    assert {path: own[path] for path in paths} == expected
    other = vault.sys.get_capabilities(paths, token=client.token)
    assert {path: other["data"][path] for path in paths} == expected
    accessor = vault.auth.token.lookup(client.token)["data"]["accessor"]
    third = vault.sys.get_capabilities(paths, accessor=accessor)
    assert {path: third["data"][path] for path in paths} == expected
    assert vault.sys.get_capabilities([f"{kv}/a"])["data"]["capabilities"] == ["root"]


def test_capabilities_refuse(api):
    assert api.request("POST", "sys/capabilities-self", {}).error == "paths must be supplied"
    assert api.request("POST", "sys/capabilities", {"token": "hvs.no", "path": "a"}).error == "invalid token"
    assert api.request("POST", "sys/capabilities-accessor", {"accessor": "no", "path": "a"}).error == "invalid accessor"


def test_explain_names_the_rule_that_decides(vault, holder, kv, api):
    client = holder(rule(f"{kv}/team/*", "read") + rule(f"{kv}/+/x/*", "deny"))
    ask = lambda **question: api.request("POST", "sys/policies/explain", question).json["data"]
    answer = ask(token=client.token, path=f"{kv}/team/a", capability="read")
    assert answer["allowed"] is True and answer["reason"] == "the rule grants it" and answer["missing"] == []
    assert client.names[0] in answer["decides"]
    assert [r["path"] for r in answer["rules"] if r["decides"]] == [f"{kv}/team/*"]
    assert answer["rules"][0]["written"][0] == {"policy": client.names[0], "path": f"{kv}/team/*", "line": 1}
    answer = ask(token=client.token, path=f"{kv}/team/a", capability="delete")
    assert (answer["allowed"], answer["missing"]) == (False, ["delete"])
    answer = ask(policies=client.names, path=f"{kv}/b/x/y", capability="read")
    assert (answer["allowed"], answer["reason"]) == (False, "the rule denies")
    answer = ask(policies=client.names, path=f"{kv}/elsewhere", capability="update")
    assert (answer["allowed"], answer["decides"], answer["rules"]) == (False, None, [])
    assert answer["reason"] == "no rule matches the path" and answer["missing"] == ["update"]
    answer = ask(policies=["nosuch", "default"], path="sys/tools/hash", capability="update")
    assert answer["unknown_policies"] == ["nosuch"] and answer["allowed"] is True
    assert ask(path="anything", capability="sudo")["reason"] == "the policy root allows everything"


def test_explain_says_the_same_as_the_server_does(vault, holder, kv, api):
    texts = [rule(f"{kv}/a*", "read", "create"), rule(f"{kv}/+/b", "update", "list"), rule(f"{kv}/a/b", "deny"),
             rule(f"{kv}/p", "create", "update", allowed_parameters='{ "x" = [] }')]
    client = holder(*texts)
    for path in ("a", "ab", "a/b", "c/b", "c", "p", "a/b/c"):
        for method, capability in (("GET", "read"), ("DELETE", "delete"), ("LIST", "list")):
            answer = api.request(
                "POST", "sys/policies/explain", {"token": client.token, "path": f"{kv}/{path}", "capability": capability})
            asked = lists(client, f"{kv}/{path}") if method == "LIST" else status_any(client, method, f"{kv}/{path}") != 403
            assert answer.json["data"]["allowed"] is asked, (path, capability, answer)
    body = {"token": client.token, "path": f"{kv}/p", "capability": "create"}
    for parameters, expected in (({"x": 1}, True), ({"y": 1}, False)):
        answer = api.request("POST", "sys/policies/explain", body | {"parameters": parameters}).json["data"]
        assert answer["allowed"] is expected, answer


def status_any(client, method, path):
    try:
        return status(client, method, path)
    except InvalidPath:
        return 404


def test_explain_refuses(api, holder):
    for body in ({}, {"path": "a", "capability": "bogus"}, {"path": "a", "parameters": [1]}, {"path": "a", "token": "hvs.no"},
                 {"path": 5, "capability": {}}):
        assert api.request("POST", "sys/policies/explain", body).status in (400, 403), body
    assert status(holder(rule("a", "read")), "POST", "sys/policies/explain", {"path": "a"}) == 403


# Password policies


def test_password_policies_make_passwords(vault, api):
    name = unique("password")
    text = 'length = 24\nrule "charset" { charset = "abc" min-chars = 2 }\nrule "charset" { charset = "0123456789" min-chars = 3 }'
    assert api.request("POST", f"sys/policies/password/{name}", {"policy": text}).status == 204
    assert vault.read(f"sys/policies/password/{name}")["data"]["policy"] == text
    assert name in vault.list("sys/policies/password")["data"]["keys"]
    made = {vault.read(f"sys/policies/password/{name}/generate")["data"]["password"] for _ in range(20)}
    assert len(made) == 20
    for word in made:
        assert len(word) == 24 and set(word) <= set("abc0123456789")
        assert sum(c in "abc" for c in word) >= 2 and sum(c.isdigit() for c in word) >= 3
    vault.delete(f"sys/policies/password/{name}")
    assert vault.read(f"sys/policies/password/{name}") is None
    for bad in ("", "length = 0", "length = -5", "length = 99999999999", "nonsense {"):
        assert api.request("POST", f"sys/policies/password/{name}", {"policy": bad}).status == 400, bad
