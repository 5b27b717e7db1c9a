"""What went wrong elsewhere with tokens, logins, paths without a token, files; each by its advisory."""

import os
import stat
import time

import pytest
from hvac.exceptions import Forbidden, InvalidRequest

from blackbox_client import unique
from durable_server import DurableServer
from logins import Method, bearer, policy, root

DURABLE = """
listener "tcp" {
  address = "127.0.0.1:0"
  tls_disable = true
}
storage "sqlite" { path = "FOLDER/data" }
log_level = "info"
"""


@pytest.fixture
def vault(server):
    return root(server)


@pytest.fixture
def method(server, vault):
    made = Method(server, vault)
    yield made
    made.end()


@pytest.mark.parametrize("method_name, path", [
    ("GET", "sys/mounts"), ("POST", "sys/mounts/x"), ("DELETE", "sys/mounts/transit"), ("GET", "sys/auth"), ("POST", "sys/auth/x"),
    ("PUT", "sys/audit/x"), ("GET", "sys/policies/acl/default"), ("PUT", "sys/policies/acl/x"), ("PUT", "sys/rotate"),
    ("POST", "sys/remount"), ("POST", "auth/token/create"), ("POST", "auth/token/lookup"), ("LIST", "auth/token/accessors"),
    ("POST", "auth/token/revoke"), ("POST", "identity/entity"), ("LIST", "identity/entity/id"), ("POST", "identity/group"),
    ("POST", "identity/entity/merge"), ("POST", "identity/lookup/entity"), ("POST", "identity/oidc/introspect"),
    ("GET", "cubbyhole/a"), ("GET", "secret/data/a"), ("POST", "transit/encrypt/k"), ("GET", "sys/locked-users"),
    ("POST", "sys/locked-users/a/unlock/b"), ("POST", "sys/policies/explain"), ("POST", "sys/capabilities-self"),
    ("POST", "sys/leases/lookup"), ("GET", "sys/storage/snapshot"), ("POST", "sys/tools/random"), ("GET", "sys/config/cors"),
    ("PUT", "sys/seal"), ("PUT", "sys/step-down"), ("GET", "sys/host-info"), ("GET", "sys/in-flight-req"),
])
def test_CVE_2022_30689_nothing_is_done_without_a_token(api, method_name, path):
    body = {"x": 1} if method_name in ("POST", "PUT") else None
    for token in (None, "", "hvs.none"):
        reply = api.request(method_name, path, body, token=token)
        assert reply.status in (400, 403), (token, reply)
        assert b"permission denied" in reply.raw or b"missing client token" in reply.raw, reply


@pytest.mark.parametrize("space", ["root", "root/", "other", "../root", "", "a/b/c"])
def test_CVE_2026_45808_a_namespace_header_opens_nothing(api, server, vault, space):
    name = policy(vault, 'path "secret/data/mine" { capabilities = ["read"] }')
    token = vault.auth.token.create(policies=[name])["auth"]["client_token"]
    headers = {"X-Vault-Namespace": space}
    for path in ("secret/data/other", "sys/mounts", "sys/auth"):
        assert api.request("GET", path, token=token, headers=headers).status == 403
    assert api.request("GET", "secret/data/mine", token=token, headers=headers).status == 404


def test_GHSA_7j6w_a_login_that_fails_leaves_no_token_behind(server, vault, method):
    """A method once answered a login and an error, and the token of the login lived on unseen."""
    method.user("far", token_bound_cidrs="192.0.2.0/24")
    method.user("off")
    off = method.login("off")
    vault.secrets.identity.update_entity(off.granted["entity_id"], disabled=True)
    before = set(vault.auth.token.list_accessors()["data"]["keys"])
    for name, word in (("far", None), ("off", None), ("off", "no"), ("nobody", "no")):
        with pytest.raises((Forbidden, InvalidRequest)) as fault:
            method.login(name, word)
        assert "hvs." not in str(fault.value) and "hvb." not in str(fault.value)
    assert set(vault.auth.token.list_accessors()["data"]["keys"]) == before


def test_CVE_2021_32923_a_token_renewed_at_its_end_does_not_live_on(server, vault):
    # Times are whole seconds: what is said to last four may last a little more than three.
    made = vault.auth.token.create(policies=["default"], ttl="4s", explicit_max_ttl="5s")["auth"]
    mine = bearer(server, made["client_token"])
    began = time.monotonic()
    time.sleep(2.5)
    if time.monotonic() - began > 2.9:
        pytest.skip("the machine stood still for longer than the token lives")
    renewed = mine.auth.token.renew_self(increment="1h")
    assert 1 <= renewed["auth"]["lease_duration"] <= 3 and renewed["warnings"], renewed
    while time.monotonic() - began < 3.6:
        assert mine.auth.token.lookup_self(), "it dies no earlier than it may"
        time.sleep(0.1)
    time.sleep(max(5.2 - (time.monotonic() - began), 0))
    for call in (mine.auth.token.lookup_self, mine.auth.token.renew_self):
        with pytest.raises(Forbidden):
            call()


@pytest.mark.parametrize("ttl", [-1, "-1h", "9223372036854775807", "9223372036854775808", "1e9", "106752d", 10**40, [], {}])
def test_CVE_2020_25816_no_ttl_makes_a_token_that_never_ends(api, ttl):
    for field in ("ttl", "explicit_max_ttl", "period"):
        reply = api.request("POST", "auth/token/create", {"policies": ["default"], field: ttl})
        if reply.status == 200:
            assert 0 < reply.json["auth"]["lease_duration"] <= 2764800 or field == "period", (field, reply)
            assert reply.json["auth"]["lease_duration"] > 0
        else:
            assert reply.status == 400, (field, reply)


def test_vault_10026_nothing_ends_before_its_time(server, vault):
    """Leases were once revoked early after a renewal."""
    made = vault.auth.token.create(policies=["default"], ttl="3s", period=None)["auth"]
    mine = bearer(server, made["client_token"])
    for _ in range(3):
        began = time.monotonic()
        time.sleep(1)
        if time.monotonic() - began > 1.8:
            pytest.skip("the machine stood still for longer than the token lives")
        assert mine.auth.token.renew_self()["auth"]["lease_duration"] == 3
    time.sleep(1.5)
    assert mine.auth.token.lookup_self()["data"]["ttl"] <= 2


def test_CVE_2025_4656_strangers_neither_end_nor_occupy_an_operator_s_work(binary, tmp_path):
    """Also CVE-2025-52894 and CVE-2026-5807: a stranger cancelled rekeying and root generation for ever."""
    with DurableServer(binary, tmp_path, DURABLE) as server:
        server.start().initialize()
        begun = server.call("PUT", "sys/rekey/init", {"secret_shares": 3, "secret_threshold": 2})
        assert begun.status == 200 and begun.json["started"] is True
        for method, path, body in (
            ("DELETE", "sys/rekey/init", None), ("PUT", "sys/rekey/init", {"secret_shares": 1, "secret_threshold": 1}),
            ("DELETE", "sys/rekey/verify", None),
        ):
            answer = server.call(method, path, body, token="none")
            assert answer.status in (400, 403), (method, path, answer)
        status = server.call("GET", "sys/rekey/init")
        assert status.json["started"] is True and status.json["nonce"] == begun.json["nonce"]
        # A share of a stranger does not end it either.
        bad = server.call("PUT", "sys/rekey/update", {"key": "ab" * 33, "nonce": begun.json["nonce"]})
        assert bad.status in (200, 400)
        for key in server.keys[:2]:
            last = server.call("PUT", "sys/rekey/update", {"key": key, "nonce": begun.json["nonce"]})
        assert last.status in (200, 400), last


def test_CVE_2021_38553_files_of_the_database_are_its_owner_s(binary, tmp_path):
    old = os.umask(0)
    try:
        with DurableServer(binary, tmp_path, DURABLE) as server:
            server.start().initialize()
            assert server.call("POST", "sys/mounts/kv", {"type": "kv"}).status == 204
            found = [os.path.join(place, name) for place, _, names in os.walk(tmp_path) for name in names]
            files = [path for path in found if os.path.basename(path) not in ("log", "server.hcl")]
            assert files
            for path in files:
                assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, path
    finally:
        os.umask(old)


def test_identity_and_lock_out_settings_outlive_a_restart(binary, tmp_path):
    with DurableServer(binary, tmp_path, DURABLE) as server:
        server.start().initialize()
        lockout = {"lockout_threshold": 2, "lockout_duration": "1h"}
        body = {"type": "userpass", "config": {"user_lockout_config": lockout}}
        assert server.call("POST", "sys/auth/people", body).status == 204
        assert server.call("POST", "auth/people/users/bob", {"password": "pw"}).status == 204
        login = lambda word="pw": server.call("POST", "auth/people/login/bob", {"password": word}, token="")
        auth = login().json["auth"]
        rule = 'path "identity/oidc/token/r" { capabilities = ["read"] }'
        assert server.call("PUT", "sys/policies/acl/p", {"policy": rule}).status in (200, 204)
        entity = f"identity/entity/id/{auth['entity_id']}"
        assert server.call("POST", entity, {"policies": ["p"], "metadata": {"team": "red"}}).status == 204
        assert server.call("POST", "identity/oidc/key/k", {"algorithm": "ES256", "allowed_client_ids": "*"}).status == 204
        assert server.call("POST", "identity/oidc/role/r", {"key": "k"}).status == 204
        token = server.call("GET", "identity/oidc/token/r", token=auth["client_token"]).data["token"]
        before = server.call("GET", entity).data
        server.process.kill()
        server.process.wait()
        server.start()
        assert server.call("GET", entity).status == 503
        server.unseal()
        assert server.call("GET", entity).data == before
        assert login().json["auth"]["entity_id"] == auth["entity_id"]
        assert server.call("GET", "identity/oidc/token/r", token=auth["client_token"]).status == 200
        # The issuer is the server's address, which is another now.
        assert server.call("POST", "identity/oidc/introspect", {"token": token}).json["error"] == "invalid issuer"
        assert [login("no").status for _ in range(3)] == [400, 400, 403]
        # A sealed server knows nobody.
        assert server.call("PUT", "sys/seal").status == 204
        assert server.call("GET", "identity/oidc/.well-known/keys", token="").status == 503
        server.unseal()
        keys = server.call("GET", "identity/oidc/.well-known/keys", token="").json["keys"]
        assert len(keys) == 1 and keys[0]["alg"] == "ES256"
