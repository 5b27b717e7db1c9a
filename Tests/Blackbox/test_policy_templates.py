"""Templated policies end to end: logins, entities, groups, and values that would reach further."""

import pytest
from hvac.exceptions import Forbidden

from blackbox_client import unique
from logins import Method, policy, root


@pytest.fixture
def vault(server):
    return root(server)


@pytest.fixture
def identity(vault):
    return vault.secrets.identity


@pytest.fixture
def kv(vault):
    path = unique("kv")
    vault.sys.enable_secrets_engine("kv", path=path, options={"version": "1"})
    yield path
    vault.sys.disable_secrets_engine(path)


@pytest.fixture
def method(server, vault):
    made = Method(server, vault)
    yield made
    made.end()


def member(vault, method, text, name="bob"):
    method.user(name, token_policies=policy(vault, text))
    return method.login(name)


def rule(path):
    return f'path "{path}" {{ capabilities = ["create", "read", "update", "delete", "list"] }}'


def may(client, path):
    try:
        client.write_data(path, data={"v": "1"})
        return True
    except Forbidden:
        return False


def test_everybody_has_a_folder_by_entity_id_and_name(vault, identity, method, kv):
    text = rule(kv + "/id/{{identity.entity.id}}/*") + "\n" + rule(kv + "/name/{{identity.entity.name}}/*")
    bob, eve = member(vault, method, text), member(vault, method, text, "eve")
    known = bob.granted["entity_id"]
    assert may(bob, f"{kv}/id/{known}/a") and not may(eve, f"{kv}/id/{known}/a")
    identity.update_entity(known, name="bob-of-" + kv)
    assert may(bob, f"{kv}/name/bob-of-{kv}/a") and not may(eve, f"{kv}/name/bob-of-{kv}/a")
    identity.update_entity(known, name="rob-of-" + kv)
    assert not may(bob, f"{kv}/name/bob-of-{kv}/a") and may(bob, f"{kv}/name/rob-of-{kv}/a")


def test_metadata_of_the_entity_fills_a_rule(vault, identity, method, kv):
    bob = member(vault, method, rule(kv + "/{{identity.entity.metadata.team}}/*"))
    assert not may(bob, f"{kv}/red/a"), "without the metadata the rule is dropped"
    identity.update_entity(bob.granted["entity_id"], metadata={"team": "red"})
    assert may(bob, f"{kv}/red/a") and not may(bob, f"{kv}/blue/a")
    identity.update_entity(bob.granted["entity_id"], metadata={"team": "blue"})
    assert may(bob, f"{kv}/blue/a") and not may(bob, f"{kv}/red/a")


def test_CVE_2021_43998_an_alias_fills_only_rules_of_its_own_mount(server, vault, identity, method, kv):
    other = Method(server, vault)
    text = (
        rule(kv + "/one/{{identity.entity.aliases.%s.name}}/*" % method.accessor) + "\n"
        + rule(kv + "/two/{{identity.entity.aliases.%s.name}}/*" % other.accessor))
    bob = member(vault, method, text)
    assert may(bob, f"{kv}/one/bob/a") and not may(bob, f"{kv}/two/bob/a")
    identity.create_or_update_entity_alias("robert", bob.granted["entity_id"], other.accessor)
    assert may(bob, f"{kv}/two/robert/a") and not may(bob, f"{kv}/two/bob/a") and not may(bob, f"{kv}/one/robert/a")
    other.end()
    assert not may(bob, f"{kv}/two/robert/a"), "the alias went with its mount"


def test_groups_fill_rules_for_their_members_only(vault, identity, method, kv):
    group = unique("crew")
    made = identity.create_or_update_group(name=group, metadata={"floor": "3"})["data"]["id"]
    text = "\n".join([
        rule(kv + "/by-id/{{identity.groups.ids.%s.name}}/*" % made),
        rule(kv + "/by-name/{{identity.groups.names.%s.id}}/*" % group),
        rule(kv + "/floor/{{identity.groups.names.%s.metadata.floor}}/*" % group)])
    bob, eve = member(vault, method, text), member(vault, method, text, "eve")
    paths = [f"{kv}/by-id/{group}/a", f"{kv}/by-name/{made}/a", f"{kv}/floor/3/a"]
    assert not any(may(bob, path) for path in paths)
    identity.update_group(made, name=group, member_entity_ids=[bob.granted["entity_id"]])
    assert all(may(bob, path) for path in paths) and not any(may(eve, path) for path in paths)


@pytest.mark.parametrize("value", ["*", "+", "a/b", "a*", "../x", "a/../b", "", ".", ".."])
def test_GHSA_59w7_a_value_reaches_no_further_than_its_segment(vault, identity, method, kv, value):
    vault.write_data(f"{kv}/other/secret", data={"v": "1"})
    bob = member(vault, method, rule(kv + "/{{identity.entity.metadata.team}}/*"))
    identity.update_entity(bob.granted["entity_id"], metadata={"team": value})
    for path in ("other/secret", "a/b/c", "ab/c", "x/c"):
        assert not may(bob, f"{kv}/{path}"), path
    # A token goes on with what else it may do.
    assert bob.auth.token.lookup_self()


def test_a_token_without_an_entity_fills_no_rule(server, vault, kv):
    from logins import bearer
    name = policy(vault, rule(kv + "/{{identity.entity.id}}/*") + "\n" + rule(kv + "/open/*"))
    mine = bearer(server, vault.auth.token.create(policies=[name])["auth"]["client_token"])
    assert may(mine, f"{kv}/open/a") and not may(mine, f"{kv}//a"[:-3] + "/x/a")


def test_the_policy_default_lets_an_entity_read_itself(identity, method):
    method.user("bob")
    method.user("eve")
    bob, eve = method.login("bob"), method.login("eve")
    known = bob.granted["entity_id"]
    assert bob.secrets.identity.read_entity(known)["data"]["id"] == known
    with pytest.raises(Forbidden):
        eve.secrets.identity.read_entity(known)
