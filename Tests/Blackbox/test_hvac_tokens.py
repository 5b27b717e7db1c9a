"""Tokens, cubbyholes and wrapped answers, driven by hvac and as an attacker would."""

from concurrent.futures import ThreadPoolExecutor

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

from blackbox_client import TOKEN


@pytest.fixture
def vault(server):
    return hvac.Client(url=server.address, token=TOKEN)


def make(vault, **parameters):
    return vault.auth.token.create(**parameters)["auth"]


def bearer(server, token):
    return hvac.Client(url=server.address, token=token)


def test_a_token_lives_and_dies(server, vault):
    auth = make(vault, policies=["default"], ttl="1h", meta={"a": "b"}, display_name="Web App!")
    mine = bearer(server, auth["client_token"])
    data = mine.auth.token.lookup_self()["data"]
    assert (data["display_name"], data["meta"], data["path"]) == ("token-Web-App", {"a": "b"}, "auth/token/create")
    assert mine.auth.token.renew_self(increment="9999h")["auth"]["lease_duration"] in range(2764790, 2764801)
    assert vault.auth.token.lookup_accessor(auth["accessor"])["data"]["id"] == ""
    assert auth["accessor"] in vault.auth.token.list_accessors()["data"]["keys"]
    vault.auth.token.revoke_accessor(auth["accessor"])
    with pytest.raises(Forbidden):
        mine.auth.token.lookup_self()
    with pytest.raises(Forbidden, match="bad token"):
        vault.auth.token.lookup(auth["client_token"])


def test_children_die_with_their_parent_and_orphans_do_not(server, vault):
    vault.sys.create_or_update_policy("maker", 'path "auth/token/*" { capabilities = ["create", "update"] }')
    parent = make(vault, policies=["maker"])
    child = make(bearer(server, parent["client_token"]))
    orphan = make(vault, policies=["default"], no_parent=True)
    vault.auth.token.revoke(parent["client_token"])
    with pytest.raises(Forbidden):
        bearer(server, child["client_token"]).auth.token.lookup_self()
    assert orphan["orphan"] and bearer(server, orphan["client_token"]).auth.token.lookup_self()


@pytest.mark.parametrize("policy", [" root", "ROOT", "root\t", "root"])
def test_cve_2025_5999_nobody_makes_root_but_root(server, vault, policy):
    vault.sys.create_or_update_policy(
        "sudo-maker", 'path "auth/token/*" { capabilities = ["create", "update", "sudo"] }'
    )
    with pytest.raises(InvalidRequest, match="root tokens may not be created"):
        make(bearer(server, make(vault, policies=["sudo-maker"])["client_token"]), policies=[policy])


def test_uses_are_counted_when_they_race(server, vault):
    token = make(vault, policies=["default"], num_uses=5)["client_token"]

    def use(_):
        try:
            return bool(bearer(server, token).auth.token.lookup_self())
        except Forbidden:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(24))) == 5


def test_batch_tokens(server, vault):
    token = make(vault, policies=["default"], type="batch", ttl="1h")["client_token"]
    assert token.startswith("hvb.")
    mine = bearer(server, token)
    assert mine.auth.token.lookup_self()["data"]["type"] == "batch"
    with pytest.raises(InvalidRequest, match="batch tokens cannot be renewed"):
        mine.auth.token.renew_self()
    with pytest.raises(InvalidRequest, match="batch tokens cannot be revoked"):
        vault.auth.token.revoke(token)
    with pytest.raises(InvalidRequest, match="only supported by"):
        mine.write("cubbyhole/a", x="1")


def test_roles(vault):
    vault.auth.token.create_or_update_role("r", allowed_policies="p1,p2", token_period="1h")
    assert vault.auth.token.read_role("r")["data"]["allowed_policies"] == ["p1", "p2"]
    assert "r" in vault.auth.token.list_roles()["data"]["keys"]
    with pytest.raises(InvalidRequest, match="must be subset of the role's allowed policies"):
        vault.auth.token.create(role_name="r", policies=["p9"])
    assert vault.auth.token.create(role_name="r")["auth"]["lease_duration"] == 3600
    vault.auth.token.delete_role("r")
    with pytest.raises(InvalidPath):
        vault.auth.token.read_role("r")


def test_a_wrapped_answer_is_read_once_even_in_a_race(server, vault):
    wrapped = vault.auth.token.create(policies=["default"], wrap_ttl="60s")["wrap_info"]
    assert wrapped["creation_path"] == "auth/token/create" and wrapped["ttl"] == 60

    def unwrap(_):
        try:
            return bearer(server, TOKEN).sys.unwrap(wrapped["token"])["auth"]["client_token"]
        except InvalidRequest as fault:
            assert "wrapping token is not valid or does not exist" in str(fault)
            return None

    with ThreadPoolExecutor(8) as pool:
        tokens = [token for token in pool.map(unwrap, range(16)) if token]
    assert len(tokens) == 1 and bearer(server, tokens[0]).auth.token.lookup_self()


def test_cubbyholes_are_their_tokens_own(server, vault):
    first, second = (bearer(server, make(vault, policies=["default"])["client_token"]) for _ in range(2))
    first.write("cubbyhole/a", x="1")
    assert first.read("cubbyhole/a")["data"] == {"x": "1"}
    assert second.read("cubbyhole/a") is None
