"""Wrapped answers, the rest of the token calls, and mounts, by hvac."""

import time

import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

from blackbox_client import unique
from logins import bearer, policy, root

SPENT = "wrapping token is not valid or does not exist"


@pytest.fixture
def vault(server):
    return root(server)


def wrapped(api, seconds=60, **data):
    reply = api.request("POST", "sys/wrapping/wrap", data or {"a": "b"}, headers={"X-Vault-Wrap-TTL": str(seconds)})
    assert reply.status == 200 and reply.json["data"] is None and reply.json["auth"] is None, reply
    return reply.json["wrap_info"]


def call(api, verb, token):
    return api.request("POST", f"sys/wrapping/{verb}", {"token": token})


def test_what_is_wrapped_is_looked_up_and_taken_out_once(api, vault):
    info = wrapped(api, 300, k="v", n=1)
    assert info["ttl"] == 300 and info["creation_path"] == "sys/wrapping/wrap" and info["token"].startswith("hvs.")
    for _ in range(2):
        data = api.request("POST", "sys/wrapping/lookup", {"token": info["token"]}, token=None).json["data"]
        assert (data["creation_path"], data["creation_ttl"]) == ("sys/wrapping/wrap", 300) and data["creation_time"]
    assert vault.sys.unwrap(info["token"])["data"] == {"k": "v", "n": 1}
    for verb in ("lookup", "unwrap", "rewrap"):
        assert call(api, verb, info["token"]).error == SPENT, verb


def test_who_has_only_the_wrapping_token_takes_it_out(server, api):
    info = wrapped(api, x="y")
    assert bearer(server, info["token"]).sys.unwrap()["data"] == {"x": "y"}
    reply = api.request("POST", "sys/wrapping/unwrap", token=info["token"])
    assert reply.status in (400, 403)


def test_a_rewrapped_answer_keeps_its_time_and_place(api, vault):
    info = wrapped(api, 120, x="y")
    again = call(api, "rewrap", info["token"]).json["wrap_info"]
    assert (again["ttl"], again["creation_path"]) == (120, "sys/wrapping/wrap") and again["token"] != info["token"]
    assert call(api, "unwrap", info["token"]).error == SPENT
    assert vault.sys.unwrap(again["token"])["data"] == {"x": "y"}


def test_a_wrapping_token_does_nothing_else_and_ends(server, api):
    info = wrapped(api)
    mine = bearer(server, info["token"])
    for ask in (mine.auth.token.lookup_self, mine.auth.token.renew_self, lambda: mine.sys.list_mounted_secrets_engines()):
        with pytest.raises((Forbidden, InvalidRequest)):
            ask()
    assert call(api, "unwrap", info["token"]).error == SPENT, "a try burns it"
    info = wrapped(api, 1)
    time.sleep(2.1)
    assert call(api, "unwrap", info["token"]).error == SPENT


def test_what_wrapping_refuses(api, vault):
    assert api.request("POST", "sys/wrapping/wrap", {"a": 1}).error == "endpoint requires response wrapping to be used"
    ordinary = vault.auth.token.create(policies=["default"])["auth"]["client_token"]
    for token in ("hvs.none", "", "x" * 5000, ordinary, "root"):
        for verb in ("lookup", "unwrap", "rewrap"):
            reply = call(api, verb, token)
            assert reply.status == 400, (verb, reply)
    assert bearer_is_alive(api, ordinary)
    for seconds in ("-5", "x", "1e999", "5 m"):
        reply = api.request("GET", "sys/mounts", headers={"X-Vault-Wrap-TTL": seconds})
        assert reply.status == 400, (seconds, reply)


def bearer_is_alive(api, token):
    return api.request("GET", "auth/token/lookup-self", token=token).status == 200


def test_a_login_is_wrapped_with_its_accessor(server, vault):
    path = unique("people")
    vault.sys.enable_auth_method("userpass", path=path)
    vault.write_data(f"auth/{path}/users/bob", data={"password": "pw"})
    info = bearer(server, None).adapter.request(
        "POST", f"/v1/auth/{path}/login/bob", json={"password": "pw"}, wrap_ttl="60s")["wrap_info"]
    assert info["wrapped_accessor"]
    vault.auth.token.revoke_accessor(info["wrapped_accessor"])
    inside = vault.sys.unwrap(info["token"])["auth"]["client_token"]
    with pytest.raises(Forbidden):
        bearer(server, inside).auth.token.lookup_self()
    vault.sys.disable_auth_method(path)


# The rest of the tokens


def test_orphans_are_made_and_left(server, vault):
    orphan = vault.auth.token.create_orphan(policies=["default"], ttl="1h")["auth"]
    assert orphan["orphan"] is True
    name = policy(vault, 'path "auth/token/create" { capabilities = ["update"] }')
    parent = vault.auth.token.create(policies=[name])["auth"]["client_token"]
    child = bearer(server, parent).auth.token.create()["auth"]["client_token"]
    assert vault.auth.token.revoke_and_orphan_children(parent).status_code == 204
    with pytest.raises(Forbidden):
        bearer(server, parent).auth.token.lookup_self()
    assert bearer(server, child).auth.token.lookup_self()["data"]["orphan"] is True


def test_accessors_renew_and_tidy(vault):
    made = vault.auth.token.create(policies=["default"], ttl="1h", explicit_max_ttl="2h")["auth"]
    renewed = vault.auth.token.renew_accessor(made["accessor"], increment="30m")["auth"]
    assert renewed["lease_duration"] in (1799, 1800)
    renewed = vault.auth.token.renew(made["client_token"], increment="5h")
    assert renewed["auth"]["lease_duration"] <= 7200 and renewed["warnings"]
    with pytest.raises((InvalidRequest, Forbidden), match="invalid accessor"):
        vault.auth.token.renew_accessor("none")
    assert vault.auth.token.tidy().status_code == 202


def test_periodic_tokens_live_as_long_as_they_are_renewed(vault):
    made = vault.auth.token.create(policies=["default"], period="10m")["auth"]
    assert made["lease_duration"] == 600
    assert vault.auth.token.renew(made["client_token"], increment="5h")["auth"]["lease_duration"] == 600
    data = vault.auth.token.lookup(made["client_token"])["data"]
    assert data["period"] == 600 and data["last_renewal_time"]


@pytest.mark.parametrize("fields, sentence", [
    ({"ttl": "-5m"}, "ttl must be positive"), ({"num_uses": -1}, "number of uses cannot be negative"),
    ({"type": "zz"}, "invalid 'token_type' value"), ({"type": "batch", "num_uses": 2}, 'batch tokens cannot have "num_uses" set'),
    ({"type": "batch", "period": "1h"}, 'batch tokens cannot have "period" set'),
    ({"type": "batch", "policies": ["root"]}, "batch tokens cannot be root tokens"), ({"id": "a.b"}, ""), ({"id": "s.x"}, ""),
])
def test_tokens_that_cannot_be(api, fields, sentence):
    reply = api.request("POST", "auth/token/create", {"policies": ["default"]} | fields)
    assert reply.status == 400 and sentence in reply.json["errors"][0], reply


def test_a_token_by_a_chosen_id_and_a_warning_of_unknown_policies(server, vault, api):
    name = unique("my-own-id")
    reply = api.request("POST", "auth/token/create", {"id": name, "policies": ["default", "nosuch"]})
    assert reply.json["auth"]["client_token"] == name
    assert any('Policy "nosuch" does not exist' in text for text in reply.json["warnings"])
    assert bearer(server, name).auth.token.lookup_self()
    assert api.request("POST", "auth/token/create", {"id": name}).status == 400


# Mounts


def test_every_mount_call_of_hvac(vault):
    path = unique("mount")
    vault.sys.enable_secrets_engine("kv", path=path, description="d", config={"default_lease_ttl": "1h"}, options={"version": "1"})
    listed = vault.sys.list_mounted_secrets_engines()["data"][f"{path}/"]
    assert listed["type"] == "kv" and listed["description"] == "d" and listed["config"]["default_lease_ttl"] == 3600
    tuned = vault.sys.read_mount_configuration(path)["data"]
    assert (tuned["default_lease_ttl"], tuned["max_lease_ttl"]) == (3600, 2764800)
    vault.sys.tune_mount_configuration(path, default_lease_ttl="2h", max_lease_ttl="3h", description="e")
    tuned = vault.sys.read_mount_configuration(path)["data"]
    assert (tuned["default_lease_ttl"], tuned["max_lease_ttl"], tuned["description"]) == (7200, 10800, "e")
    vault.secrets.kv.v1.create_or_update_secret("a", {"v": "1"}, mount_point=path)
    assert vault.secrets.kv.v1.read_secret("a", mount_point=path)["lease_duration"] == 7200
    other = unique("moved")
    vault.sys.move_backend(path, other)
    assert vault.secrets.kv.v1.read_secret("a", mount_point=other)["data"] == {"v": "1"}
    with pytest.raises(InvalidPath):
        vault.secrets.kv.v1.read_secret("a", mount_point=path)
    assert vault.sys.list_mounted_secrets_engines()["data"][f"{other}/"]["accessor"] == listed["accessor"]
    vault.sys.disable_secrets_engine(other)
    auth = unique("people")
    vault.sys.enable_auth_method("userpass", description="d", path=auth)
    assert vault.sys.list_auth_methods()["data"][f"{auth}/"]["type"] == "userpass"
    vault.sys.tune_auth_method(auth, default_lease_ttl="1h", token_type="default-batch", listing_visibility="unauth")
    tuned = vault.sys.read_auth_method_tuning(auth)["data"]
    assert (tuned["default_lease_ttl"], tuned["token_type"], tuned["listing_visibility"]) == (3600, "default-batch", "unauth")
    vault.sys.disable_auth_method(auth)
    assert f"{auth}/" not in vault.sys.list_auth_methods()["data"]
