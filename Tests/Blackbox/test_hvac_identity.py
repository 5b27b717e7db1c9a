"""Entities, aliases and groups by hvac, and what they do to tokens."""

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

from blackbox_client import unique
from logins import Method, bearer, policy, root


@pytest.fixture
def vault(server):
    return root(server)


@pytest.fixture
def identity(vault):
    return vault.secrets.identity


@pytest.fixture
def method(server, vault):
    made = Method(server, vault)
    yield made
    made.end()


@pytest.fixture
def kv(vault):
    path = unique("kv")
    vault.sys.enable_secrets_engine("kv", path=path, options={"version": "1"})
    yield path
    vault.sys.disable_secrets_engine(path)


def entity(identity, **fields):
    return identity.create_or_update_entity(name=unique("entity"), **fields)["data"]


# Entities


def test_an_entity_is_made_read_changed_and_deleted(identity):
    name = unique("entity")
    made = identity.create_or_update_entity(name=name, metadata={"team": "a"}, policies=["p2", "p1", "P1 "])["data"]
    assert made["name"] == name and made["aliases"] is None
    data = identity.read_entity(made["id"])["data"]
    assert (data["name"], data["metadata"], data["policies"]) == (name, {"team": "a"}, ["p1", "p2"])
    assert data["disabled"] is False and data["aliases"] == [] and data["group_ids"] == []
    assert data["namespace_id"] == "root" and data["merged_entity_ids"] is None
    assert identity.read_entity_by_name(name)["data"] == data
    assert identity.update_entity(made["id"], metadata={"team": "b"}).status_code == 204
    assert identity.create_or_update_entity_by_name(name, disabled=True).status_code == 204
    data = identity.read_entity(made["id"])["data"]
    assert (data["metadata"], data["policies"], data["disabled"]) == ({"team": "b"}, ["p1", "p2"], True)
    listed = identity.list_entities()["data"]
    assert made["id"] in listed["keys"] and listed["key_info"][made["id"]]["name"] == name
    assert name in identity.list_entities_by_name()["data"]["keys"]
    identity.delete_entity(made["id"])
    with pytest.raises(InvalidPath):
        identity.read_entity(made["id"])
    assert identity.delete_entity(made["id"]).status_code == 204


def test_an_entity_without_a_name_gets_one(identity, api):
    made = api.request("POST", "identity/entity", {}).json["data"]
    assert made["name"].startswith("entity_") and len(made["name"]) == len("entity_") + 8
    identity.delete_entity_by_name(made["name"])
    with pytest.raises(InvalidPath):
        identity.read_entity_by_name(made["name"])


def test_metadata_may_be_key_value_texts(api, identity):
    name = unique("entity")
    made = api.request("POST", "identity/entity", {"name": name, "metadata": ["a=b", "c=d=e"]}).json["data"]
    assert identity.read_entity(made["id"])["data"]["metadata"] == {"a": "b", "c": "d=e"}


@pytest.mark.parametrize("spelling", ["root", "ROOT", " root", "root\t", "\u00a0root"])
def test_CVE_2024_9180_and_2025_5999_no_entity_or_group_is_root(identity, spelling):
    for call in (
        lambda: identity.create_or_update_entity(name=unique("entity"), policies=["p", spelling]),
        lambda: identity.create_or_update_group(name=unique("group"), policies=["p", spelling]),
    ):
        with pytest.raises(InvalidRequest, match="policies cannot contain root"):
            call()


def test_what_entities_refuse(identity, api):
    with pytest.raises(InvalidRequest, match="entity not found from id"):
        identity.create_or_update_entity(name="x", entity_id="nosuch")
    with pytest.raises(InvalidPath):
        identity.read_entity("nosuch")
    first, second = entity(identity), entity(identity)
    with pytest.raises(InvalidRequest, match="already in use"):
        identity.update_entity(second["id"], name=first["name"])
    for fields in ({"metadata": {"k" * 129: "v"}}, {"metadata": {"k": "v" * 600}}, {"metadata": {"k": "\x01"}},
                   {"name": "n" * 600}, {"policies": {"a": 1}}, {"disabled": "perhaps"}):
        assert api.request("POST", "identity/entity", fields).status == 400, fields


def test_entities_are_deleted_in_batches(identity, api):
    ids = [entity(identity)["id"] for _ in range(3)]
    assert api.request("POST", "identity/entity/batch-delete", {"entity_ids": ids + ["nosuch"]}).status == 204
    for one in ids:
        with pytest.raises(InvalidPath):
            identity.read_entity(one)


# Aliases


def test_an_alias_is_made_read_moved_and_deleted(identity, method):
    first, second = entity(identity), entity(identity)
    made = identity.create_or_update_entity_alias("bob", first["id"], method.accessor)["data"]
    assert made["canonical_id"] == first["id"]
    again = identity.create_or_update_entity_alias("bob", first["id"], method.accessor)
    assert again.status_code == 204
    data = identity.read_entity_alias(made["id"])["data"]
    assert (data["name"], data["mount_accessor"], data["canonical_id"]) == ("bob", method.accessor, first["id"])
    assert (data["mount_path"], data["mount_type"]) == (f"auth/{method.path}/", "userpass")
    listed = identity.list_entity_aliases()["data"]
    assert listed["key_info"][made["id"]]["name"] == "bob"
    moved = identity.update_entity_alias(made["id"], "bob", second["id"], method.accessor)["data"]
    assert moved == {"canonical_id": second["id"], "id": made["id"]}
    assert identity.read_entity(first["id"])["data"]["aliases"] == []
    assert identity.read_entity(second["id"])["data"]["aliases"][0]["id"] == made["id"]
    identity.delete_entity_alias(made["id"])
    with pytest.raises(InvalidPath):
        identity.read_entity_alias(made["id"])


def test_what_aliases_refuse(identity, method, api):
    with pytest.raises(InvalidRequest, match='invalid mount accessor "nosuch"'):
        identity.create_or_update_entity_alias("bob", entity(identity)["id"], "nosuch")
    with pytest.raises(InvalidRequest, match="invalid canonical ID"):
        identity.create_or_update_entity_alias("bob", "nosuch", method.accessor)
    with pytest.raises(InvalidRequest, match="invalid alias ID provided"):
        identity.update_entity_alias("nosuch", "bob", entity(identity)["id"], method.accessor)
    assert "must be provided" in api.request("POST", "identity/entity-alias", {"name": "x"}).json["errors"][0]


def test_a_login_makes_an_entity_and_finds_it_again(identity, method):
    method.user("bob")
    first = method.login("bob").granted["entity_id"]
    data = identity.read_entity(first)["data"]
    assert data["name"].startswith("entity_") and len(data["aliases"]) == 1
    alias = data["aliases"][0]
    assert (alias["name"], alias["mount_type"]) == ("bob", "userpass")
    assert method.login("BOB", "pass-bob").granted["entity_id"] == first
    method.user("eve")
    assert method.login("eve").granted["entity_id"] != first


def test_an_alias_made_beforehand_is_the_login_s(identity, method):
    known = entity(identity)
    identity.create_or_update_entity_alias("bob", known["id"], method.accessor)
    method.user("bob")
    assert method.login("bob").granted["entity_id"] == known["id"]


def test_CVE_2020_10660_a_method_that_goes_takes_its_aliases_and_memberships_along(server, vault, identity):
    old = Method(server, vault)
    old.user("bob")
    known = old.login("bob").granted["entity_id"]
    group = identity.create_or_update_group(name=unique("group"), group_type="external")["data"]["id"]
    alias = identity.create_or_update_group_alias("staff", mount_accessor=old.accessor, canonical_id=group)["data"]["id"]
    old.end()
    assert identity.read_entity(known)["data"]["aliases"] == []
    data = identity.read_group(group)["data"]
    assert data["alias"] == {} and data["member_entity_ids"] == []
    with pytest.raises(InvalidPath):
        identity.read_group_alias(alias)


# Rights


def test_policies_of_entity_and_groups_count_at_once(server, vault, identity, method, kv):
    vault.write_data(f"{kv}/a", data={"v": "1"})
    names = [policy(vault, f'path "{kv}/{path}" {{ capabilities = ["read"] }}') for path in ("a", "b", "c")]
    method.user("bob", token_policies="default")
    mine = method.login("bob")
    known = mine.granted["entity_id"]
    with pytest.raises(Forbidden):
        mine.read(f"{kv}/a")
    identity.update_entity(known, policies=[names[0]])
    assert mine.read(f"{kv}/a")["data"] == {"v": "1"}
    inner = identity.create_or_update_group(
        name=unique("group"), policies=[names[1]], member_entity_ids=[known])["data"]["id"]
    outer = identity.create_or_update_group(
        name=unique("group"), policies=[names[2]], member_group_ids=[inner])["data"]["id"]
    assert mine.read(f"{kv}/b") is None and mine.read(f"{kv}/c") is None
    data = mine.auth.token.lookup_self()["data"]
    assert (data["policies"], data["identity_policies"]) == (["default"], sorted(names))
    again = method.login("bob").granted
    assert again["policies"] == sorted(["default", *names]) and again["identity_policies"] == sorted(names)
    assert again["token_policies"] == ["default"]
    data = identity.read_entity(known)["data"]
    assert (data["direct_group_ids"], data["inherited_group_ids"]) == ([inner], [outer])
    identity.update_group(inner, member_entity_ids=[], name=None, group_type="internal")
    for path in ("b", "c"):
        with pytest.raises(Forbidden):
            mine.read(f"{kv}/{path}")
    assert mine.sys.get_capabilities([f"{kv}/a"], token=None)[f"{kv}/a"] == ["read"]
    vault.sys.delete_policy(names[0])
    with pytest.raises(Forbidden):
        mine.read(f"{kv}/a")


def test_a_disabled_entity_may_nothing_and_does_not_log_in(identity, method):
    method.user("bob")
    mine = method.login("bob")
    known = mine.granted["entity_id"]
    identity.update_entity(known, disabled=True)
    with pytest.raises(Forbidden):
        mine.auth.token.lookup_self()
    with pytest.raises(Forbidden):
        mine.auth.token.renew_self()
    with pytest.raises(Forbidden):
        method.login("bob")
    identity.update_entity(known, disabled=False)
    assert mine.auth.token.lookup_self()["data"]["entity_id"] == known
    assert method.login("bob").granted["entity_id"] == known


def test_tokens_of_a_deleted_entity_may_nothing(identity, method):
    method.user("bob")
    mine = method.login("bob")
    identity.delete_entity(mine.granted["entity_id"])
    with pytest.raises(Forbidden):
        mine.auth.token.lookup_self()
    assert method.login("bob").granted["entity_id"] != mine.granted["entity_id"]


def test_batch_tokens_have_their_entity_s_rights(identity, method):
    method.user("bob", token_type="batch")
    mine = method.login("bob")
    known = mine.granted["entity_id"]
    assert mine.granted["token_type"] == "batch" and known
    identity.update_entity(known, disabled=True)
    with pytest.raises(Forbidden):
        mine.auth.token.lookup_self()


def test_children_carry_their_parent_s_entity(server, vault, identity, method):
    maker = policy(vault, 'path "auth/token/create" { capabilities = ["update"] }')
    method.user("bob", token_policies=maker)
    mine = method.login("bob")
    child = mine.auth.token.create(policies=["default"])["auth"]
    assert child["entity_id"] == mine.granted["entity_id"]
    identity.update_entity(mine.granted["entity_id"], disabled=True)
    with pytest.raises(Forbidden):
        bearer(server, child["client_token"]).auth.token.lookup_self()


def test_a_token_role_gives_tokens_an_entity_by_alias(server, vault, identity):
    name = unique("role")
    vault.auth.token.create_or_update_role(name, allowed_policies=["default"], allowed_entity_aliases=["robot-*"])
    made = vault.auth.token.create(role_name=name, entity_alias="robot-1", policies=["default"])["auth"]
    data = identity.read_entity(made["entity_id"])["data"]
    assert [alias["name"] for alias in data["aliases"]] == ["robot-1"]
    again = vault.auth.token.create(role_name=name, entity_alias="robot-1", policies=["default"])["auth"]
    assert again["entity_id"] == made["entity_id"]
    with pytest.raises(InvalidRequest):
        vault.auth.token.create(role_name=name, entity_alias="other", policies=["default"])


# Merging


def test_entities_merge_with_aliases_groups_and_tokens(server, vault, identity):
    ways = [Method(server, vault) for _ in range(2)]
    people = []
    for way in ways:
        way.user("bob")
        people.append(way.login("bob"))
    source, target = (one.granted["entity_id"] for one in people)
    group = identity.create_or_update_group(name=unique("group"), member_entity_ids=[source])["data"]["id"]
    assert identity.merge_entities([source], target).status_code == 204
    data = identity.read_entity(target)["data"]
    assert data["merged_entity_ids"] == [source] and len(data["aliases"]) == 2
    assert {alias["mount_path"] for alias in data["aliases"]} == {f"auth/{way.path}/" for way in ways}
    assert identity.read_group(group)["data"]["member_entity_ids"] == [target]
    assert people[0].auth.token.lookup_self()["data"], "tokens of the merged entity go on"
    assert ways[0].login("bob").granted["entity_id"] == target
    identity.update_entity(target, disabled=True)
    with pytest.raises(Forbidden):
        people[0].auth.token.lookup_self()
    for way in ways:
        way.end()


def test_what_merging_refuses(identity):
    one = entity(identity)["id"]
    with pytest.raises(InvalidRequest, match="to_entity_id should not be present in from_entity_ids"):
        identity.merge_entities([one], one)
    with pytest.raises(InvalidRequest, match="entity id to merge to is invalid"):
        identity.merge_entities([one], "nosuch")
    with pytest.raises(InvalidRequest, match="missing entity ids to merge from"):
        identity.merge_entities([], one)


# Groups


def test_a_group_is_made_read_changed_and_deleted(identity):
    name, member = unique("group"), entity(identity)["id"]
    made = identity.create_or_update_group(
        name=name, policies=["p"], metadata={"a": "b"}, member_entity_ids=[member])["data"]
    assert made["name"] == name
    data = identity.read_group(made["id"])["data"]
    assert (data["type"], data["policies"], data["metadata"]) == ("internal", ["p"], {"a": "b"})
    assert data["member_entity_ids"] == [member] and data["member_group_ids"] is None
    assert data["parent_group_ids"] is None and data["alias"] == {} and data["modify_index"] == 1
    assert identity.read_group_by_name(name)["data"] == data
    assert identity.update_group(made["id"], name, policies=["q"], member_entity_ids=[member]).status_code == 204
    assert identity.create_or_update_group_by_name(name, metadata={"c": "d"}).status_code == 204
    data = identity.read_group(made["id"])["data"]
    assert (data["policies"], data["metadata"], data["modify_index"]) == (["q"], {"c": "d"}, 3)
    listed = identity.list_groups()["data"]
    assert listed["key_info"][made["id"]] == {"name": name, "num_member_entities": 1, "num_parent_groups": 0}
    assert name in identity.list_groups_by_name()["data"]["keys"]
    identity.delete_group_by_name(name)
    with pytest.raises(InvalidPath):
        identity.read_group(made["id"])
    identity.delete_group(made["id"])


def test_what_groups_refuse(identity, api):
    with pytest.raises(hvac.exceptions.ParamValidationError):
        identity.create_or_update_group(name="x", group_type="zz")
    reply = api.request("POST", "identity/group", {"name": unique("g"), "type": "zz"})
    reply.fails('invalid group type "zz"')
    body = {"name": unique("g"), "type": "external", "member_entity_ids": ["x"]}
    api.request("POST", "identity/group", body).fails("member entities can't be set manually for external groups")
    with pytest.raises(InvalidRequest, match='invalid entity ID "nosuch"'):
        identity.create_or_update_group(name=unique("g"), member_entity_ids=["nosuch"])
    with pytest.raises(InvalidRequest, match="invalid group ID"):
        identity.create_or_update_group(name="x", group_id="nosuch")
    name = unique("g")
    identity.create_or_update_group(name=name)
    with pytest.raises(InvalidRequest, match="group type cannot be changed"):
        identity.create_or_update_group(name=name, group_type="external")


def test_groups_make_no_circle(identity):
    first = identity.create_or_update_group(name=unique("g"))["data"]["id"]
    second = identity.create_or_update_group(name=unique("g"), member_group_ids=[first])["data"]["id"]
    third = identity.create_or_update_group(name=unique("g"), member_group_ids=[second])["data"]["id"]
    for inner in (first, second, third):
        with pytest.raises(InvalidRequest, match="cyclic"):
            identity.create_or_update_group(name=None, group_id=first, member_group_ids=[inner])
    assert identity.read_group(first)["data"]["parent_group_ids"] == [second]


def test_a_group_alias_is_of_external_groups_only(identity, method):
    group = identity.create_or_update_group(name=unique("g"), group_type="external")["data"]["id"]
    made = identity.create_or_update_group_alias("staff", mount_accessor=method.accessor, canonical_id=group)["data"]
    assert made["canonical_id"] == group
    data = identity.read_group_alias(made["id"])["data"]
    assert (data["name"], data["mount_type"], data["canonical_id"]) == ("staff", "userpass", group)
    assert made["id"] in identity.list_group_aliases()["data"]["keys"]
    assert identity.read_group(group)["data"]["alias"]["id"] == made["id"]
    identity.update_group_alias(made["id"], "crew", mount_accessor=method.accessor, canonical_id=group)
    assert identity.read_group_alias(made["id"])["data"]["name"] == "crew"
    internal = identity.create_or_update_group(name=unique("g"))["data"]["id"]
    with pytest.raises(InvalidRequest, match="alias can't be set on an internal group"):
        identity.create_or_update_group_alias("x", mount_accessor=method.accessor, canonical_id=internal)
    identity.delete_group_alias(made["id"])
    with pytest.raises(InvalidPath):
        identity.read_group_alias(made["id"])


# Look-ups


def test_entities_and_groups_are_looked_up(identity, method, api):
    known = entity(identity)
    alias = identity.create_or_update_entity_alias("bob", known["id"], method.accessor)["data"]["id"]
    for asked in (
        {"name": known["name"]}, {"entity_id": known["id"]}, {"alias_id": alias},
        {"alias_name": "bob", "alias_mount_accessor": method.accessor},
    ):
        assert identity.lookup_entity(**asked)["data"]["id"] == known["id"], asked
    group = identity.create_or_update_group(name=unique("g"), group_type="external")["data"]
    alias = identity.create_or_update_group_alias("staff", mount_accessor=method.accessor, canonical_id=group["id"])
    for asked in (
        {"name": group["name"]}, {"group_id": group["id"]}, {"alias_id": alias["data"]["id"]},
        {"alias_name": "staff", "alias_mount_accessor": method.accessor},
    ):
        assert identity.lookup_group(**asked)["data"]["id"] == group["id"], asked
    for kind in ("entity", "group"):
        assert api.request("POST", f"identity/lookup/{kind}", {"name": "nosuch"}).status == 204
        api.request("POST", f"identity/lookup/{kind}", {}).fails("query parameter not supplied")
        assert api.request("POST", f"identity/lookup/{kind}", {"alias_name": "bob"}).status == 400


def test_identity_is_the_house_s(vault, api):
    assert vault.sys.list_mounted_secrets_engines()["data"]["identity/"]["type"] == "identity"
    assert api.request("DELETE", "sys/mounts/identity").status == 400
    assert api.request("POST", "sys/mounts/identity", {"type": "kv"}).status == 400
    assert api.request("GET", "identity/nosuch").status == 404
    assert api.request("GET", "identity/entity", token=None).status in (400, 403)
    assert api.request("LIST", "identity/entity/id", token="hvs.bad").status == 403


def test_logins_merges_and_deletions_at_once_leave_a_sound_whole(api, server, vault, identity, method):
    """Whatever order they come in: no answer of 5xx, one entity for each alias, no member that is gone."""
    import random
    from concurrent.futures import ThreadPoolExecutor

    names = [f"u{number}" for number in range(4)]
    for name in names:
        method.user(name)
    group = identity.create_or_update_group(name=unique("group"))["data"]["id"]

    def run(seed):
        rng, seen = random.Random(seed), set()
        for _ in range(25):
            what = rng.randrange(5)
            if what < 2:
                name = rng.choice(names)
                body = {"password": f"pass-{name}"}
                reply = api.request("POST", f"auth/{method.path}/login/{name}", body, token=None)
                seen.add(reply.json["auth"]["entity_id"])
                continue
            known = sorted(seen)
            if len(known) < 2:
                continue
            first, second = rng.sample(known, 2)
            if what == 2:
                api.request("POST", "identity/entity/merge", {"from_entity_ids": [first], "to_entity_id": second, "force": True})
            elif what == 3:
                api.request("DELETE", f"identity/entity/id/{first}")
            else:
                reply = api.request("POST", f"identity/group/id/{group}", {"member_entity_ids": [first]})
                assert reply.status in (204, 400) and (reply.status == 204 or b"invalid entity ID" in reply.raw), reply
        return seen

    with ThreadPoolExecutor(6) as pool:
        everybody = set().union(*pool.map(run, range(6)))
    alive = {one for one in everybody if api.request("GET", f"identity/entity/id/{one}").status == 200}
    for member in identity.read_group(group)["data"]["member_entity_ids"]:
        assert member in alive
    owners = {}
    listed = identity.list_entities()["data"]["key_info"]
    for one, info in listed.items():
        for alias in info.get("aliases", []):
            if alias["mount_accessor"] == method.accessor:
                assert owners.setdefault(alias["name"], one) == one
    for name in names:
        assert method.login(name).granted["entity_id"] == owners.get(name, method.login(name).granted["entity_id"])
