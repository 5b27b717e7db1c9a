"""Database users with leases, driven by hvac: PostgreSQL, MariaDB and Redis, real ones."""

import time
from concurrent.futures import ThreadPoolExecutor

import hvac
import pytest
from hvac.exceptions import Forbidden, InternalServerError, InvalidPath, InvalidRequest, VaultError

from blackbox_client import TOKEN, unique
from databases import PASSWORD, MariaDB, PostgreSQL, Redis


@pytest.fixture(scope="module", params=[PostgreSQL, MariaDB, Redis], ids=["postgresql", "mariadb", "redis"])
def database(request):
    with request.param() as running:
        yield running


@pytest.fixture(scope="module")
def postgresql():
    with PostgreSQL() as running:
        yield running


@pytest.fixture
def vault(server):
    return hvac.Client(url=server.address, token=TOKEN)


class Mount:
    """A database mount of the test's own, with the connection `one` and the role `ro`."""

    def __init__(self, vault, database):
        self.vault, self.database, self.path = vault, database, unique("db")
        self.engine = vault.secrets.database
        vault.sys.enable_secrets_engine("database", path=self.path)
        self.configure()
        self.role("ro", default_ttl="1h", max_ttl="2h")

    def configure(self, **changes):
        values = {**self.database.details, "allowed_roles": "*", **changes}
        return self.engine.configure("one", values.pop("plugin_name"), mount_point=self.path, **values)

    def role(self, name, **values):
        self.engine.create_role(
            name, "one", values.pop("creation", self.database.creation), mount_point=self.path, **values
        )

    def credentials(self, role="ro"):
        return self.engine.generate_credentials(role, mount_point=self.path)

    def admits(self, credentials):
        data = credentials["data"]
        return self.database.admits(data["username"], data["password"])


@pytest.fixture
def mount(vault, database):
    made = Mount(vault, database)
    yield made
    vault.sys.disable_secrets_engine(made.path)


@pytest.fixture
def pg(vault, postgresql):
    made = Mount(vault, postgresql)
    yield made
    vault.sys.disable_secrets_engine(made.path)


def test_a_leased_user_logs_in_until_its_lease_is_revoked(vault, mount):
    one, other = mount.credentials(), mount.credentials()
    assert one["lease_id"].startswith(f"{mount.path}/creds/ro/") and len(one["lease_id"].split("/")[-1]) == 24
    assert (one["lease_duration"], one["renewable"]) == (3600, True)
    assert mount.admits(one) and mount.admits(other)
    facts = vault.sys.read_lease(one["lease_id"])["data"]
    assert set(facts) == {"id", "issue_time", "expire_time", "last_renewal", "renewable", "ttl"}
    assert facts["last_renewal"] is None and facts["renewable"] and 3590 < facts["ttl"] <= 3600
    renewed = vault.sys.renew_lease(one["lease_id"], increment=600)
    assert (renewed["lease_duration"], renewed["lease_id"], renewed["data"]) == (600, one["lease_id"], None)
    assert vault.sys.renew_lease(one["lease_id"])["lease_duration"] == 3600
    capped = vault.sys.renew_lease(one["lease_id"], increment="9h")
    assert 7100 < capped["lease_duration"] <= 7200 and "capped" in capped["warnings"][0]
    assert vault.sys.read_lease(one["lease_id"])["data"]["last_renewal"]
    keys = vault.sys.list_leases(f"{mount.path}/creds/ro")["data"]["keys"]
    assert sorted(keys) == sorted(lease["lease_id"].split("/")[-1] for lease in (one, other))
    assert vault.sys.list_leases(mount.path)["data"]["keys"] == ["creds/"]
    vault.sys.revoke_lease(one["lease_id"])
    assert not mount.admits(one) and mount.admits(other)
    with pytest.raises(InvalidRequest, match="invalid lease"):
        vault.sys.read_lease(one["lease_id"])
    with pytest.raises(InvalidRequest, match="lease not found"):
        vault.sys.renew_lease(one["lease_id"])
    vault.sys.revoke_prefix(f"{mount.path}/creds/ro")
    assert not mount.admits(other) and mount.database.users() == []
    with pytest.raises(InvalidPath):
        vault.sys.list_leases(f"{mount.path}/creds/ro")


def test_a_user_ends_with_its_lease_with_its_token_and_with_its_mount(server, vault, mount):
    mount.role("short", default_ttl="2s", max_ttl="3s")
    short = mount.credentials("short")
    assert mount.admits(short)
    vault.sys.create_or_update_policy("reader", f'path "{mount.path}/creds/*" {{ capabilities = ["read"] }}')
    token = vault.auth.token.create(policies=["reader"])["auth"]["client_token"]
    reader = hvac.Client(url=server.address, token=token)
    mine = reader.secrets.database.generate_credentials("ro", mount_point=mount.path)
    vault.auth.token.revoke(token)
    assert not mount.admits(mine)
    last = mount.credentials()
    vault.sys.disable_secrets_engine(mount.path)
    assert not mount.admits(last)
    for _ in range(100):
        if not mount.admits(short):
            break
        time.sleep(0.1)
    assert mount.database.users() == []


def test_static_roles_and_the_root_password_rotate(vault, mount):
    database = mount.database
    make = {
        "postgres": "CREATE ROLE app LOGIN PASSWORD 'first'; CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'boss-password'",
        "admin": "CREATE USER app IDENTIFIED BY 'first'; CREATE USER boss IDENTIFIED BY 'boss-password'; "
        "GRANT ALL ON *.* TO boss WITH GRANT OPTION",
    }
    if database.admin == "default":
        database.ask("ACL SETUSER app on >first ~* +ping")
        database.ask("ACL SETUSER boss on >boss-password ~* &* +@all")
    else:
        database.ask(make[database.admin])
    engine = mount.engine
    engine.create_static_role("app", "one", "app", [], rotation_period=3600, mount_point=mount.path)
    first = engine.get_static_credentials("app", mount_point=mount.path)["data"]
    assert (first["username"], first["rotation_period"]) == ("app", 3600) and 3590 < first["ttl"] <= 3600
    assert database.admits("app", first["password"]) and not database.admits("app", "first")
    engine.rotate_static_role_credentials("app", mount_point=mount.path)
    second = engine.get_static_credentials("app", mount_point=mount.path)["data"]
    assert database.admits("app", second["password"]) and not database.admits("app", first["password"])
    role = engine.read_static_role("app", mount_point=mount.path)["data"]
    assert (role["db_name"], role["username"], role["rotation_period"]) == ("one", "app", 3600)
    assert engine.list_static_roles(mount_point=mount.path)["data"]["keys"] == ["app"]
    engine.delete_static_role("app", mount_point=mount.path)
    with pytest.raises(InvalidPath):
        engine.list_static_roles(mount_point=mount.path)
    mount.configure(username="boss", password="boss-password")
    engine.rotate_root_credentials("one", mount_point=mount.path)
    assert not database.admits("boss", "boss-password") and mount.admits(mount.credentials())
    vault.sys.revoke_prefix(mount.path)


def test_the_surface_answers_as_the_field_does(vault, pg):
    engine = pg.engine
    reply = pg.configure()
    assert reply["data"] is None and reply["warnings"] is None
    data = engine.read_connection("one", mount_point=pg.path)["data"]
    assert data["connection_details"]["connection_url"] == pg.database.details["connection_url"]
    assert data["connection_details"]["username"] == "postgres" and "password" not in data["connection_details"]
    assert (data["allowed_roles"], data["plugin_name"]) == (["*"], "postgresql-database-plugin")
    assert (data["password_policy"], data["root_credentials_rotate_statements"]) == ("", [])
    assert PASSWORD not in str(data)
    assert engine.list_connections(mount_point=pg.path)["data"]["keys"] == ["one"]
    role = engine.read_role("ro", mount_point=pg.path)["data"]
    assert (role["db_name"], role["default_ttl"], role["max_ttl"]) == ("one", 3600, 7200)
    assert role["creation_statements"] == [pg.database.creation]
    for name in ("renew_statements", "revocation_statements", "rollback_statements"):
        assert role[name] == []
    assert engine.list_roles(mount_point=pg.path)["data"]["keys"] == ["ro"]
    assert engine.reset_connection("one", mount_point=pg.path).status_code == 204
    for name, values, text in [
        ("x", {"plugin_name": ""}, "empty plugin name"),
        ("x", {"plugin_name": "x"}, "plugin not found in the catalog: x"),
        ("one", {"password": "wrong-password-9"}, "error verifying connection"),
        ("one", {"connection_url": "postgresql://nowhere:x@127.0.0.1:1/x"}, "error verifying connection"),
    ]:
        with pytest.raises(InvalidRequest, match=text) as caught:
            engine.configure(name, mount_point=pg.path, **{**pg.database.details, **values})
        assert "wrong-password-9" not in str(caught.value)
    with pytest.raises(InvalidRequest, match="unknown role: none"):
        pg.credentials("none")
    with pytest.raises(InvalidRequest, match="database name is required"):
        engine.create_role("x", "", "SELECT 1", mount_point=pg.path)
    with pytest.raises(InvalidPath):
        engine.read_role("none", mount_point=pg.path)
    with pytest.raises(InvalidPath):
        engine.read_connection("none", mount_point=pg.path)
    with pytest.raises(InvalidRequest, match="no static role found for role name"):
        engine.rotate_static_role_credentials("none", mount_point=pg.path)
    with pytest.raises(VaultError):
        engine.create_static_role("s", "one", "nobody-there", [], rotation_period=3600, mount_point=pg.path)
    pg.configure(allowed_roles=["other"])
    with pytest.raises(InvalidRequest, match='"ro" is not an allowed role'):
        pg.credentials()
    engine.delete_role("ro", mount_point=pg.path)
    engine.delete_connection("one", mount_point=pg.path)
    with pytest.raises(InvalidPath):
        engine.list_connections(mount_point=pg.path)


HOSTILE = ["a'b", 'a"b', "a; DROP ROLE postgres; --", "a\\", "{{name}}", "$$; SELECT 1; $$", "ü'", "a\x00b", "a%27b"]


@pytest.mark.parametrize("text", HOSTILE)
def test_CVE_2023_0620_names_never_leave_their_quotes(server, vault, pg, text):
    """Names of roles, of tokens and of static users that would end a quotation."""
    before = pg.database.ask("SELECT count(*) FROM pg_roles")
    with pytest.raises(VaultError):
        vault.adapter.get(f"/v1/{pg.path}/creds/{text}")
    vault.sys.create_or_update_policy("reader", f'path "{pg.path}/*" {{ capabilities = ["read"] }}')
    token = vault.auth.token.create(policies=["reader"], display_name=text.replace("\x00", ""))["auth"]["client_token"]
    made = hvac.Client(url=server.address, token=token).secrets.database.generate_credentials("ro", mount_point=pg.path)
    assert pg.admits(made)
    assert set(made["data"]["username"]) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@")
    vault.sys.revoke_lease(made["lease_id"])
    assert not pg.admits(made)
    with pytest.raises(VaultError):
        pg.engine.create_static_role("s", "one", text, [], rotation_period=3600, mount_point=pg.path)
    assert pg.database.ask("SELECT count(*) FROM pg_roles") == before


@pytest.mark.parametrize("schema", ['a"b', "a'; DROP TABLE t; --", 'x" CASCADE; DROP ROLE postgres; --', "ünï"])
def test_CVE_2026_39946_schemas_of_any_name_are_revoked(vault, pg, schema):
    quoted = '"' + schema.replace('"', '""') + '"'
    pg.database.ask(f"CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.t (a int)")
    pg.role("odd", creation=f"CREATE ROLE \"{{{{name}}}}\" LOGIN PASSWORD '{{{{password}}}}'; "
            f'GRANT USAGE ON SCHEMA {quoted} TO "{{{{name}}}}"; GRANT SELECT ON {quoted}.t TO "{{{{name}}}}"')
    made = pg.credentials("odd")
    data = made["data"]
    assert pg.database.query(f"SELECT * FROM {quoted}.t", data["username"], data["password"])[0]
    vault.sys.revoke_lease(made["lease_id"])
    assert not pg.admits(made) and pg.database.users() == []
    assert pg.database.ask(f"SELECT count(*) FROM {quoted}.t") == "0"


def test_who_may_list_revoke_and_renew(server, vault, pg):
    rules = """
    path "sys/leases/lookup/*" { capabilities = ["list"] }
    path "sys/leases/revoke-prefix/*" { capabilities = ["update"] }
    path "sys/leases/revoke-force/*" { capabilities = ["update"] }
    """
    made = pg.credentials()
    vault.sys.create_or_update_policy("half", rules)
    token = vault.auth.token.create(policies=["half"])["auth"]["client_token"]
    half = hvac.Client(url=server.address, token=token)
    # All three need sudo, too; a look at one lease, and its renewal, is everybody's.
    with pytest.raises(Forbidden):
        half.sys.list_leases(pg.path)
    with pytest.raises(Forbidden):
        half.sys.revoke_prefix(f"{pg.path}/creds/ro")
    with pytest.raises(Forbidden):
        half.adapter.put(f"/v1/sys/leases/revoke-force/{pg.path}/creds/ro")
    with pytest.raises(Forbidden):
        half.sys.revoke_lease(made["lease_id"])
    assert half.sys.read_lease(made["lease_id"])["data"]["id"] == made["lease_id"]
    assert half.sys.renew_lease(made["lease_id"], increment=60)["lease_duration"] == 60
    assert pg.admits(made)


def test_a_token_s_lease_is_no_secret_s(vault):
    token = vault.auth.token.create(policies=["default"], ttl="1h")["auth"]["client_token"]
    names = vault.sys.list_leases("auth/token/create")["data"]["keys"]
    assert all(len(name) == 65 and name.startswith("h") for name in names)
    lease = f"auth/token/create/{names[-1]}"
    with pytest.raises(InvalidRequest, match="tokens cannot be renewed through this endpoint"):
        vault.sys.renew_lease(lease)
    for bad in ({}, {"lease_id": ""}):
        with pytest.raises(InvalidRequest, match="lease_id must be specified"):
            vault.adapter.put("/v1/sys/leases/lookup", json=bad)
    vault.auth.token.revoke(token)
    # Unknown ones are taken for ended.
    assert vault.sys.revoke_lease("nothing/there/0123456789ABCDEFGHIJabcd").status_code == 204
    assert vault.adapter.post("/v1/sys/leases/tidy").status_code == 202


def test_a_prefix_is_a_folder_or_a_whole_name(vault, pg):
    pg.role("rows")
    role, rows = pg.credentials(), pg.credentials("rows")
    vault.sys.revoke_prefix(f"{pg.path}/creds/ro")
    assert not pg.admits(role) and pg.admits(rows)
    vault.sys.revoke_prefix(f"{pg.path}/creds/")
    assert not pg.admits(rows)


def test_many_leases_end_by_prefix_and_progress_shows(vault, pg):
    count = 120
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: pg.credentials(), range(count)))
    assert len({one["lease_id"] for one in made}) == count == len(pg.database.users())
    mounts = vault.adapter.get("/v1/sys/leases/count")["data"]["counts"]
    assert mounts[f"{pg.path}/"] == count
    seen = []
    with ThreadPoolExecutor(1) as pool:
        revoking = pool.submit(vault.sys.revoke_prefix, f"{pg.path}/creds/ro")
        while not revoking.done():
            seen.append(vault.adapter.get("/v1/sys/leases/count")["data"]["counts"].get(f"{pg.path}/", 0))
        revoking.result()
    assert seen == sorted(seen, reverse=True) and any(0 < left < count for left in seen), seen
    for _ in range(200):
        if pg.database.users() == []:
            break
        time.sleep(0.1)
    assert pg.database.users() == []


def test_revocations_wait_for_a_database_that_is_away(vault):
    with PostgreSQL() as database:
        mount = Mount(vault, database)
        made = [mount.credentials() for _ in range(5)]
        database.stop()
        vault.sys.revoke_prefix(f"{mount.path}/creds/ro")
        queue = vault.adapter.get("/v1/sys/leases/queue")["data"]
        mine = [entry for entry in queue["queue"] if entry["lease_id"].startswith(mount.path)]
        assert mine and all(entry["attempts"] > 0 and entry["reason"] and entry["next_try"] for entry in mine)
        assert any(entry["mount"] == f"{mount.path}/" for entry in queue["mounts"])
        with pytest.raises(InternalServerError):
            mount.credentials()
        # A mount whose leases cannot be ended stays.
        with pytest.raises(VaultError):
            vault.sys.disable_secrets_engine(mount.path)
        database.start()
        for _ in range(600):
            if database.users() == []:
                break
            time.sleep(0.1)
        assert database.users() == [] and not any(mount.admits(one) for one in made)
        left = vault.adapter.put(f"/v1/sys/leases/revoke-prefix/{mount.path}", json={"sync": True})
        assert left.status_code == 204
        vault.sys.disable_secrets_engine(mount.path)


def test_leases_are_given_up_by_force(vault):
    with PostgreSQL() as database:
        mount = Mount(vault, database)
        mount.credentials()
        database.stop()
        vault.adapter.put(f"/v1/sys/leases/revoke-force/{mount.path}/creds/ro")
        with pytest.raises(InvalidPath):
            vault.sys.list_leases(mount.path)
        vault.sys.disable_secrets_engine(mount.path)


def test_quotas_bound_leases_and_requests(vault, pg):
    count = unique("leases")
    vault.adapter.post(f"/v1/sys/quotas/lease-count/{count}", json={"path": f"{pg.path}/creds/ro", "max_leases": 2})
    rate = unique("rate")
    try:
        made = [pg.credentials() for _ in range(2)]
        with pytest.raises(VaultError, match="lease count quota exceeded"):
            pg.credentials()
        vault.sys.revoke_lease(made[0]["lease_id"])
        pg.credentials()
        vault.sys.create_or_update_quota(rate, rate=3, path=f"{pg.path}/", interval="60")
        codes = [vault.session.get(f"{vault.url}/v1/{pg.path}/roles/ro", headers={"X-Vault-Token": TOKEN}).status_code
                 for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        assert rate in vault.sys.list_quotas()["data"]["keys"]
        facts = vault.sys.read_quota(rate)["data"]
        assert (facts["path"], facts["rate"], facts["interval"], facts["type"]) == (f"{pg.path}/", 3, 60, "rate-limit")
        with pytest.raises(InvalidRequest, match='invalid mount path "not-exist/"'):
            vault.sys.create_or_update_quota(unique(), rate=3, path="not-exist")
        with pytest.raises(InvalidRequest, match="quota rule with similar properties exists"):
            vault.sys.create_or_update_quota(unique(), rate=3, path=f"{pg.path}/")
        with pytest.raises(InvalidRequest, match="'rate' is invalid"):
            vault.sys.create_or_update_quota(unique(), rate=-1)
    finally:
        vault.sys.delete_quota(rate)
        vault.adapter.delete(f"/v1/sys/quotas/lease-count/{count}")
    with pytest.raises(InvalidPath):
        vault.sys.read_quota(rate)
    pg.credentials()
