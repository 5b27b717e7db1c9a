"""userpass and AppRole by hvac: users, roles, secret ids, logins, and who is locked out."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, InternalServerError

from blackbox_client import unique
from logins import Method, bearer, policy, root

WRONG = "invalid username or password"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def vault(server):
    return root(server)


@pytest.fixture
def method(server, vault):
    made = Method(server, vault)
    yield made
    made.end()


class Roles:
    """hvac's AppRole calls on a mount of the test's own."""

    def __init__(self, server, vault):
        self.server, self.vault, self.mount = server, vault, unique("machines")
        vault.sys.enable_auth_method("approle", path=self.mount)

    def __getattr__(self, name):
        call = getattr(self.vault.auth.approle, name)
        return lambda *arguments, **named: call(*arguments, mount_point=self.mount, **named)

    def role_id(self, role):
        return self.read_role_id(role)["data"]["role_id"]

    def secret(self, role, **named):
        return self.generate_secret_id(role, **named)["data"]

    def enter(self, role_id, secret_id=None):
        """A client without a token logs in; the `auth` of the answer."""
        client = hvac.Client(url=self.server.address)
        return client.auth.approle.login(role_id, secret_id=secret_id, mount_point=self.mount)["auth"]


@pytest.fixture
def roles(server, vault):
    made = Roles(server, vault)
    yield made
    vault.sys.disable_auth_method(made.mount)


# userpass


def test_userpass_every_call_of_hvac(vault, method):
    users = vault.auth.userpass
    with pytest.raises(InvalidPath):
        users.list_user(mount_point=method.path)
    made = users.create_or_update_user("Bob", password="pw", policies="p1,p2", mount_point=method.path)
    assert made.status_code == 204
    assert users.list_user(mount_point=method.path)["data"]["keys"] == ["bob"]
    data = users.read_user("bob", mount_point=method.path)["data"]
    assert data["policies"] == ["p1", "p2"] == data["token_policies"] and data["token_type"] == "default"
    auth = method.login("bob", "pw").granted
    assert auth["metadata"] == {"username": "bob"} and auth["policies"] == ["default", "p1", "p2"]
    assert auth["orphan"] is True and auth["renewable"] is True and auth["token_type"] == "service"
    data = bearer(method.server, auth["client_token"]).auth.token.lookup_self()["data"]
    assert data["display_name"] == f"{method.path}-bob" and data["path"] == f"auth/{method.path}/login/bob"
    users.update_password_on_user("bob", "other", mount_point=method.path)
    with pytest.raises(InvalidRequest, match=WRONG):
        method.login("bob", "pw")
    assert method.login("bob", "other")
    users.delete_user("bob", mount_point=method.path)
    with pytest.raises(InvalidPath):
        users.read_user("bob", mount_point=method.path)
    with pytest.raises(InvalidRequest, match=WRONG):
        method.login("bob", "other")


def test_userpass_what_is_refused(api, method):
    base = f"auth/{method.path}"
    api.request("POST", f"{base}/users/eve", {}).fails("missing password")
    api.request("POST", f"{base}/users/eve/password", {"password": "x"}).fails("username does not exist")
    reply = api.request("POST", f"{base}/login/eve", {}, token=None, server_error_is_asked_for=True)
    assert reply.status in (400, 500) and "missing password" in reply.json["errors"][0]
    method.user("bob")
    for fields in (
        {"token_ttl": "2h", "token_max_ttl": "1h"}, {"token_ttl": -1}, {"token_type": "zz"}, {"token_num_uses": -1},
        {"token_type": "batch", "token_num_uses": 3}, {"token_bound_cidrs": "300.1.1.1/8"}, {"token_period": "x"},
    ):
        assert api.request("POST", f"{base}/users/bob", fields).status == 400, fields


def test_userpass_settings_of_tokens(vault, method):
    method.user("bob", token_ttl="10m", token_max_ttl="20m", token_num_uses=3, token_no_default_policy=True,
                token_policies=["p"])
    mine = method.login("bob")
    assert mine.granted["lease_duration"] == 600 and mine.granted["policies"] == ["p"] and mine.granted["num_uses"] == 3
    method.user("bob", token_num_uses=0)
    mine = method.login("bob")
    assert vault.auth.token.renew(mine.token, increment="50m")["auth"]["lease_duration"] <= 1200
    method.user("bob", token_policies=["q"])
    with pytest.raises((InvalidRequest, InternalServerError), match="policies have changed"):
        vault.auth.token.renew(mine.token)
    method.user("eve", token_period="1h")
    assert method.login("eve").granted["lease_duration"] == 3600
    method.user("far", token_bound_cidrs="192.0.2.0/24")
    with pytest.raises((Forbidden, InvalidRequest)):
        method.login("far")


def test_userpass_a_renewed_token_ends_with_its_user(vault, method):
    method.user("bob")
    mine = method.login("bob")
    assert vault.auth.token.renew(mine.token)
    vault.auth.userpass.delete_user("bob", mount_point=method.path)
    with pytest.raises((InvalidRequest, InternalServerError)):
        vault.auth.token.renew(mine.token)


def test_a_login_longer_than_the_mount_allows_is_capped_and_says_so(vault, method):
    vault.sys.tune_auth_method(method.path, default_lease_ttl="5m", max_lease_ttl="10m")
    method.user("bob", token_ttl="1h")
    mine = method.login("bob")
    assert mine.granted["lease_duration"] == 600
    assert any("TTL value is capped accordingly" in text for text in mine.answer["warnings"]), mine.answer["warnings"]
    method.user("eve", token_ttl="9m")
    assert method.login("eve").answer["warnings"] is None


@pytest.mark.parametrize("spelling", ["root", "ROOT", " root", "root\u200b"])
def test_CVE_2025_5999_nobody_becomes_root_by_a_login(api, method, spelling):
    reply = api.request("POST", f"auth/{method.path}/users/bob", {"password": "pass-bob", "token_policies": [spelling]})
    if reply.status == 204:
        with pytest.raises((InvalidRequest, Forbidden)):
            method.login("bob")
    else:
        assert reply.status == 400


def test_userpass_machines_get_batch_tokens(vault, method):
    method.user("bob", token_type="batch")
    auth = method.login("bob").granted
    assert auth["token_type"] == "batch" and auth["accessor"] == "" and auth["client_token"].startswith("hvb.")
    vault.sys.tune_auth_method(method.path, token_type="service")
    assert method.login("bob").granted["token_type"] == "service", "the mount's word counts more"


def test_CVE_2025_6010_unknown_and_known_users_fail_alike(api, method):
    method.user("bob")
    known, unknown = (
        api.request("POST", f"auth/{method.path}/login/{name}", {"password": "no"}, token=None) for name in ("bob", "nobody"))
    assert (known.status, known.json) == (unknown.status, unknown.json) == (400, {"errors": [WRONG]})


# Lock-out


def test_who_fails_too_often_is_locked_listed_and_unlocked(api, vault, method):
    vault.write_data(f"sys/auth/{method.path}/tune", data={
        "user_lockout_config": {"lockout_threshold": "3", "lockout_duration": "10m", "lockout_counter_reset_duration": "5m"}})
    tuned = vault.sys.read_auth_method_tuning(method.path)["data"]
    assert (tuned["user_lockout_threshold"], tuned["user_lockout_duration"]) == (3, 600)
    assert tuned["user_lockout_counter_reset_duration"] == 300
    method.user("bob")
    accessor = method.accessor
    for _ in range(3):
        with pytest.raises(InvalidRequest, match=WRONG):
            method.login("bob", "no")
    with pytest.raises(Forbidden):
        method.login("bob")
    locked = vault.read(f"sys/locked-users?mount_accessor={accessor}")["data"]
    assert locked == {"total": 1, "by_namespace": [{
        "namespace_id": "root", "namespace_path": "", "counts": 1,
        "mount_accessors": [{"mount_accessor": accessor, "counts": 1, "alias_identifiers": ["bob"]}]}]}
    everywhere = vault.read("sys/locked-users")["data"]["by_namespace"][0]["mount_accessors"]
    assert accessor in [mount["mount_accessor"] for mount in everywhere]
    assert vault.read("sys/locked-users?mount_accessor=auth_userpass_none")["data"] == {"by_namespace": [], "total": 0}
    assert api.request("POST", f"sys/locked-users/{accessor}/unlock/BOB").status == 204
    assert api.request("POST", f"sys/locked-users/{accessor}/unlock/bob").status == 204, "again is fine"
    assert method.login("bob")
    assert vault.read(f"sys/locked-users?mount_accessor={accessor}")["data"]["total"] == 0
    assert api.request("POST", "sys/locked-users/nosuch/unlock/bob").status == 400
    assert api.request("GET", "sys/locked-users", token=None).status in (400, 403)


def test_lock_out_may_be_off_and_is_set_when_a_method_is_made(server, vault, api):
    path = unique("people")
    body = {"type": "userpass", "config": {"user_lockout_config": {"lockout_disable": True, "lockout_threshold": 2}}}
    assert api.request("POST", f"sys/auth/{path}", body).status == 204
    assert vault.sys.read_auth_method_tuning(path)["data"]["user_lockout_disable"] is True
    vault.write_data(f"auth/{path}/users/bob", data={"password": "pw"})
    login = lambda word: api.request("POST", f"auth/{path}/login/bob", {"password": word}, token=None).status
    assert [login("no") for _ in range(8)] == [400] * 8 and login("pw") == 200
    tune = {"user_lockout_config": {"lockout_disable": False}}
    assert api.request("POST", f"sys/auth/{path}/tune", tune).status in (200, 204)
    assert [login("no") for _ in range(3)] == [400, 400, 403] and login("pw") == 403
    vault.sys.disable_auth_method(path)


def test_what_lock_out_settings_refuse(api, vault, method):
    for config in ({"lockout_threshold": -1}, {"lockout_duration": "-5m"}, {"lockout_threshold": "x"}, "text", [1],
                   {"lockout_counter_reset_duration": 10**30}):
        reply = api.request("POST", f"sys/auth/{method.path}/tune", {"user_lockout_config": config})
        assert reply.status == 400, config
    assert "user_lockout_threshold" not in vault.sys.read_auth_method_tuning(method.path)["data"]
    kv = unique("kv")
    vault.sys.enable_secrets_engine("kv", path=kv)
    reply = api.request("POST", f"sys/mounts/{kv}/tune", {"user_lockout_config": {"lockout_threshold": 3}})
    reply.fails("'user_lockout_config' can only be modified on auth mounts")
    vault.sys.disable_secrets_engine(kv)


def test_CVE_2025_6004_other_spellings_are_no_new_chances(api, method):
    method.user("bob")
    for name in ("bob", "BOB", "Bob", "bOb", "%20bob", "bob%20"):
        api.request("POST", f"auth/{method.path}/login/{name}", {"password": "no"}, token=None)
    assert api.request("POST", f"auth/{method.path}/login/bob", {"password": "pass-bob"}, token=None).status == 403


# AppRole


def test_approle_every_call_of_hvac(roles):
    with pytest.raises(InvalidPath):
        roles.list_roles()
    roles.create_or_update_approle("R1", token_policies=["p"], token_ttl="10m", token_max_ttl="1h")
    assert roles.list_roles()["data"]["keys"] == ["r1"]
    data = roles.read_role("r1")["data"]
    assert data["bind_secret_id"] is True and data["token_ttl"] == 600 and data["token_policies"] == ["p"]
    assert (data["secret_id_num_uses"], data["secret_id_ttl"], data["local_secret_ids"]) == (0, 0, False)
    role_id = roles.role_id("r1")
    assert UUID.fullmatch(role_id)
    made = roles.secret("r1", metadata={"host": "h1"})
    assert UUID.fullmatch(made["secret_id"]) and UUID.fullmatch(made["secret_id_accessor"])
    auth = roles.enter(role_id, made["secret_id"])
    assert auth["policies"] == ["default", "p"] and auth["metadata"] == {"role_name": "r1", "host": "h1"}
    assert auth["lease_duration"] == 600 and auth["entity_id"]
    data = roles.read_secret_id("r1", made["secret_id"])["data"]
    assert data["secret_id_accessor"] == made["secret_id_accessor"] and data["metadata"] == {"host": "h1"}
    data = roles.read_secret_id_accessor("r1", made["secret_id_accessor"])["data"]
    assert "secret_id" not in data and data["secret_id_num_uses"] == 0
    assert roles.list_secret_id_accessors("r1")["data"]["keys"] == [made["secret_id_accessor"]]
    custom = roles.create_custom_secret_id("r1", "my-own-secret")["data"]
    assert custom["secret_id"] == "my-own-secret" and roles.enter(role_id, "my-own-secret")
    roles.destroy_secret_id("r1", "my-own-secret")
    roles.destroy_secret_id_accessor("r1", made["secret_id_accessor"])
    for secret in ("my-own-secret", made["secret_id"]):
        with pytest.raises(InvalidRequest, match="invalid secret id"):
            roles.enter(role_id, secret)
    with pytest.raises(InvalidPath):
        roles.list_secret_id_accessors("r1")
    roles.update_role_id("r1", "chosen")
    assert roles.role_id("r1") == "chosen"
    with pytest.raises(InvalidRequest, match="invalid role ID"):
        roles.enter(role_id, "x")
    roles.delete_role("r1")
    with pytest.raises(InvalidPath):
        roles.read_role("r1")


def test_approle_what_is_refused(api, roles):
    base = f"auth/{roles.mount}"
    roles.create_or_update_approle("r")
    for body, text in (
        ({}, "missing role_id"), ({"role_id": "x", "secret_id": "y"}, "invalid role ID"),
        ({"role_id": roles.role_id("r")}, "missing secret_id"),
        ({"role_id": roles.role_id("r"), "secret_id": "y"}, "invalid secret id"),
    ):
        api.request("POST", f"{base}/login", body, token=None).fails(text)
    reply = api.request("POST", f"{base}/role/none/secret-id", {})
    assert reply.status == 404 and 'role "none" does not exist' in reply.json["errors"][0]
    api.request("POST", f"{base}/role/n", {"secret_id_num_uses": -1}).fails("secret_id_num_uses cannot be negative")
    for fields in ({"bind_secret_id": False}, {"role_id": roles.role_id("r")}):
        reply = api.request("POST", f"{base}/role/n", fields, server_error_is_asked_for=True)
        assert reply.status in (400, 500), fields
    reply = api.request("POST", f"{base}/role/r/secret-id", {"metadata": "not json"}, server_error_is_asked_for=True)
    assert reply.status in (400, 500)
    for fields in ({"secret_id_ttl": -5}, {"token_ttl": "x"}, {"secret_id_bound_cidrs": "nonsense"}):
        assert api.request("POST", f"{base}/role/n", fields).status == 400, fields


def test_approle_uses_are_counted_when_they_race(roles):
    roles.create_or_update_approle("r", secret_id_num_uses=5)
    role_id, secret = roles.role_id("r"), roles.secret("r")["secret_id"]

    def enter(_):
        try:
            return bool(roles.enter(role_id, secret))
        except InvalidRequest:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(enter, range(20))) == 5


def test_approle_secret_ids_end(roles):
    roles.create_or_update_approle("r", secret_id_ttl="1s")
    role_id, secret = roles.role_id("r"), roles.secret("r")["secret_id"]
    assert roles.enter(role_id, secret)
    time.sleep(1.2)
    with pytest.raises(InvalidRequest, match="invalid secret id"):
        roles.enter(role_id, secret)


def test_approle_networks_bind_roles_and_secret_ids(roles):
    roles.create_or_update_approle("near", bind_secret_id=False, secret_id_bound_cidrs=["127.0.0.1/32"])
    assert roles.enter(roles.role_id("near"))
    roles.create_or_update_approle("far", secret_id_bound_cidrs=["192.0.2.0/24"])
    secret = roles.secret("far")["secret_id"]
    with pytest.raises((InvalidRequest, Forbidden)):
        roles.enter(roles.role_id("far"), secret)


@pytest.mark.parametrize("field, value, shown", [
    ("policies", {"token_policies": ["q"]}, ("token_policies", ["q"])), ("token-ttl", {"token_ttl": "5m"}, ("token_ttl", 300)),
    ("token-max-ttl", {"token_max_ttl": "6m"}, ("token_max_ttl", 360)), ("token-num-uses", {"token_num_uses": 7}, ("token_num_uses", 7)),
    ("secret-id-num-uses", {"secret_id_num_uses": 8}, ("secret_id_num_uses", 8)),
    ("secret-id-ttl", {"secret_id_ttl": 90}, ("secret_id_ttl", 90)), ("token-period", {"token_period": 60}, ("token_period", 60)),
    ("token-bound-cidrs", {"token_bound_cidrs": "127.0.0.0/8"}, ("token_bound_cidrs", ["127.0.0.0/8"])),
    ("secret-id-bound-cidrs", {"secret_id_bound_cidrs": "127.0.0.0/8"}, ("secret_id_bound_cidrs", ["127.0.0.0/8"])),
])
def test_approle_single_fields(api, roles, field, value, shown):
    roles.create_or_update_approle("r")
    path = f"auth/{roles.mount}/role/r/{field}"
    assert api.request("POST", path, value).status == 204
    assert api.request("GET", path).json["data"] == {shown[0]: shown[1]}
    assert api.request("DELETE", path).status == 204
    assert api.request("GET", path).json["data"][shown[0]] in ([], 0, None)


def test_CVE_2023_24999_a_role_destroys_only_its_own_secret_ids(api, roles):
    for name in ("mine", "other"):
        roles.create_or_update_approle(name)
    made = roles.secret("other")
    base = f"auth/{roles.mount}/role/mine"
    for path, body in (
        ("secret-id/destroy", {"secret_id": made["secret_id"]}),
        ("secret-id-accessor/destroy", {"secret_id_accessor": made["secret_id_accessor"]}),
        ("secret-id-accessor/destroy", {"secret_id_accessor": "../" + made["secret_id_accessor"]}),
        ("secret-id/lookup", {"secret_id": made["secret_id"]}),
        ("secret-id-accessor/lookup", {"secret_id_accessor": made["secret_id_accessor"]}),
    ):
        reply = api.request("POST", f"{base}/{path}", body, server_error_is_asked_for=True)
        assert reply.status in (204, 404, 500) and b"secret_id_accessor\":\"" not in reply.raw, path
    assert roles.enter(roles.role_id("other"), made["secret_id"])
    with pytest.raises(InvalidRequest):
        roles.enter(roles.role_id("mine"), made["secret_id"])


def test_approle_batch_tokens_for_machines(roles):
    roles.create_or_update_approle("r", token_type="batch", token_ttl="5m")
    auth = roles.enter(roles.role_id("r"), roles.secret("r")["secret_id"])
    assert auth["token_type"] == "batch" and auth["client_token"].startswith("hvb.") and auth["renewable"] is False


def test_a_method_that_goes_ends_its_tokens(server, vault):
    roles, people = Roles(server, vault), Method(server, vault)
    roles.create_or_update_approle("r")
    people.user("bob")
    tokens = [roles.enter(roles.role_id("r"), roles.secret("r")["secret_id"])["client_token"], people.login("bob").token]
    assert all(bearer(server, token).auth.token.lookup_self() for token in tokens)
    vault.sys.disable_auth_method(roles.mount)
    people.end()
    for token in tokens:
        with pytest.raises(Forbidden):
            bearer(server, token).auth.token.lookup_self()


def test_policies_of_logins_hold(server, vault, method, roles):
    kv = unique("kv")
    vault.sys.enable_secrets_engine("kv", path=kv, options={"version": "1"})
    name = policy(vault, f'path "{kv}/*" {{ capabilities = ["create", "read"] }}')
    method.user("bob", token_policies=[name])
    roles.create_or_update_approle("r", token_policies=[name])
    mine = method.login("bob")
    mine.write_data(f"{kv}/a", data={"v": "1"})
    machine = bearer(server, roles.enter(roles.role_id("r"), roles.secret("r")["secret_id"])["client_token"])
    assert machine.read(f"{kv}/a")["data"] == {"v": "1"}
    for client in (mine, machine):
        with pytest.raises(Forbidden):
            client.delete(f"{kv}/a")
    vault.sys.disable_secrets_engine(kv)
