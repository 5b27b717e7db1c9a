"""KV version 1 and 2: every call that hvac has, and by hand what it has not."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

from blackbox_client import unique
from logins import bearer, policy, root

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
CAS_WRONG = "check-and-set parameter did not match the current version"
CAS_MISSING = "check-and-set parameter required for this call"


@pytest.fixture
def vault(server):
    return root(server)


def mounted(vault, version):
    path = unique(f"kv{version}")
    vault.sys.enable_secrets_engine("kv", path=path, options={"version": version})
    return path


@pytest.fixture
def one(vault):
    path = mounted(vault, "1")
    vault.secrets.kv.v1.default_mount = path
    yield Plain(vault, path)
    vault.sys.disable_secrets_engine(path)


@pytest.fixture
def two(vault):
    path = mounted(vault, "2")
    yield Versioned(vault, path)
    vault.sys.disable_secrets_engine(path)


class Bound:
    """hvac's calls with the mount filled in."""

    def __init__(self, vault, calls, mount):
        self.vault, self.calls, self.mount = vault, calls, mount

    def __getattr__(self, name):
        call = getattr(self.calls, name)
        return lambda *arguments, **named: call(*arguments, mount_point=self.mount, **named)


class Plain(Bound):
    def __init__(self, vault, mount):
        super().__init__(vault, vault.secrets.kv.v1, mount)


class Versioned(Bound):
    def __init__(self, vault, mount):
        super().__init__(vault, vault.secrets.kv.v2, mount)

    def put(self, path, secret, **named):
        return self.create_or_update_secret(path, secret, **named)["data"]

    def get(self, path, version=None):
        return self.read_secret_version(path, version=version, raise_on_deleted_version=True)["data"]


# Version 1


def test_one_every_call_of_hvac(one):
    with pytest.raises(InvalidPath):
        one.read_secret("a")
    with pytest.raises(InvalidPath):
        one.list_secrets("")
    assert one.create_or_update_secret("a", {"v": "1"}, method="POST").status_code == 204
    assert one.create_or_update_secret("a", {"w": "2"}, method="PUT").status_code == 204
    answer = one.read_secret("a")
    assert answer["data"] == {"w": "2"}, "a write replaces the whole"
    assert answer["lease_id"] == "" and answer["renewable"] is False and answer["lease_duration"] == 2764800
    one.create_or_update_secret("dir/b", {"v": "1"})
    one.create_or_update_secret("dir", {"v": "1"})
    assert one.list_secrets("")["data"]["keys"] == ["a", "dir", "dir/"]
    assert one.list_secrets("dir")["data"]["keys"] == ["b"]
    assert one.delete_secret("a").status_code == 204 and one.delete_secret("a").status_code == 204
    with pytest.raises(InvalidPath):
        one.read_secret("a")
    with pytest.raises(InvalidPath):
        one.list_secrets("a")


def test_one_numbers_and_texts_come_back_as_they_went(api, one):
    text = b'{"big":12345678901234567890,"dec":1.10,"exp":1e3,"esc":"<&>\\u0000\xc3\xa9","list":[1,null,{"x":true}],"z":{}}'
    assert api.request("POST", f"{one.mount}/n", text).status == 204
    raw = api.request("GET", f"{one.mount}/n").raw
    for piece in (b'"big":12345678901234567890', b'"dec":1.10', b'"exp":1e3'):
        assert piece in raw, piece
    assert json.loads(raw)["data"] == json.loads(text)


def test_one_a_ttl_in_the_secret_is_its_lease_duration(one):
    for field in ("ttl", "lease"):
        one.create_or_update_secret("t", {field: "30m"})
        assert one.read_secret("t")["lease_duration"] == 1800
    one.create_or_update_secret("t", {"ttl": "soon"})
    assert one.read_secret("t")["lease_duration"] == 2764800


def test_one_paths_are_what_they_are(one):
    for path in ("Case", "case", "with space", "ünï/çødé", "http:/test.com", "a.b/c-d_e"):
        one.create_or_update_secret(path, {"p": path})
    for path in ("Case", "case", "with space", "ünï/çødé", "http:/test.com", "a.b/c-d_e"):
        assert one.read_secret(path)["data"] == {"p": path}


def test_one_refuses_nothing_and_what_is_no_object(api, one):
    api.request("POST", f"{one.mount}/a", {}).fails("missing data fields")
    for body in (b"[]", b'"x"', b"5", b"{"):
        assert api.request("POST", f"{one.mount}/a", body).status == 400, body
    assert api.request("POST", f"{one.mount}/a/", {"v": 1}).status == 400


# Version 2


def test_two_versions_are_written_read_and_counted(two):
    first = two.put("a", {"v": "1"})
    assert first["version"] == 1 and TIME.fullmatch(first["created_time"])
    assert (first["deletion_time"], first["destroyed"]) == ("", False)
    two.put("a", {"v": "2"})
    data = two.get("a")
    assert data["data"] == {"v": "2"} and data["metadata"]["version"] == 2
    assert two.get("a", 1)["data"] == {"v": "1"} and two.get("a", 0)["data"] == {"v": "2"}
    for path, version in (("a", 3), ("nothing", None)):
        with pytest.raises(InvalidPath) as fault:
            two.get(path, version)
        assert fault.value.errors in ([], None), fault.value.errors
    meta = two.read_secret_metadata("a")["data"]
    assert (meta["current_version"], meta["oldest_version"], meta["max_versions"]) == (2, 0, 0)
    assert set(meta["versions"]) == {"1", "2"} and meta["delete_version_after"] == "0s"


def test_two_check_and_set(two, api):
    with pytest.raises(InvalidRequest, match=CAS_WRONG):
        two.put("a", {"v": "1"}, cas=1)
    assert two.put("a", {"v": "1"}, cas=0)["version"] == 1
    with pytest.raises(InvalidRequest, match=CAS_WRONG):
        two.put("a", {"v": "1"}, cas=0)
    assert two.put("a", {"v": "2"}, cas=1)["version"] == 2
    path = f"{two.mount}/data/a"
    assert api.request("POST", path, {"data": {}, "options": {"cas": "2"}}).json["data"]["version"] == 3
    for bad in ("x", {}, [], 1.5, 10**30):
        assert api.request("POST", path, {"data": {}, "options": {"cas": bad}}).status == 400, bad
    two.configure(cas_required=True)
    with pytest.raises(InvalidRequest, match=CAS_MISSING):
        two.put("a", {"v": "4"})
    two.configure(cas_required=False)
    two.update_metadata("a", cas_required=True)
    with pytest.raises(InvalidRequest, match=CAS_MISSING):
        two.put("a", {"v": "4"})
    assert two.put("other", {"v": "1"})["version"] == 1


def test_two_only_one_of_many_writers_with_one_cas_wins(two):
    def write(number):
        try:
            return two.put("race", {"v": str(number)}, cas=0)["version"]
        except InvalidRequest:
            return None

    with ThreadPoolExecutor(8) as pool:
        wins = [version for version in pool.map(write, range(24)) if version]
    assert wins == [1]


def test_two_what_a_write_refuses(api, two):
    path = f"{two.mount}/data/a"
    api.request("POST", path, {}).fails("no data provided")
    api.request("POST", path, {"v": 1}).fails("no data provided")
    for body in ({"data": "x"}, {"data": [1]}, {"data": 5}):
        assert api.request("POST", path, body).status == 400, body
    assert api.request("POST", path, {"data": None}).json["data"]["version"] == 1
    assert api.request("GET", path).json["data"]["data"] is None


def test_two_a_version_is_deleted_undeleted_and_destroyed(two, api):
    for number in (1, 2, 3):
        two.put("a", {"v": number})
    two.delete_latest_version_of_secret("a")
    with pytest.raises(InvalidPath):
        two.get("a")
    reply = api.request("GET", f"{two.mount}/data/a")
    assert reply.status == 404 and reply.json["data"]["data"] is None
    meta = reply.json["data"]["metadata"]
    assert TIME.fullmatch(meta["deletion_time"]) and meta["destroyed"] is False and meta["version"] == 3
    assert two.get("a", 2)["data"] == {"v": 2}
    two.undelete_secret_versions("a", [3])
    assert two.get("a")["data"] == {"v": 3}
    two.delete_secret_versions("a", [1, 2])
    for version in (1, 2):
        with pytest.raises(InvalidPath):
            two.get("a", version)
    two.destroy_secret_versions("a", [2])
    two.undelete_secret_versions("a", [1, 2])
    assert two.get("a", 1)["data"] == {"v": 1}
    reply = api.request("GET", f"{two.mount}/data/a?version=2")
    assert reply.status == 404 and reply.json["data"]["metadata"]["destroyed"] is True
    for verb in ("delete", "undelete", "destroy"):
        api.request("POST", f"{two.mount}/{verb}/a", {}).fails("No version number provided")
        assert api.request("POST", f"{two.mount}/{verb}/a", {"versions": [99, "3"]}).status == 204
        assert api.request("POST", f"{two.mount}/{verb}/nothing", {"versions": [1]}).status == 204
        for bad in (["x"], {}, [{}], [1.5]):
            assert api.request("POST", f"{two.mount}/{verb}/a", {"versions": bad}).status == 400, bad
    assert two.put("a", {"v": 4})["version"] == 4


def test_two_old_versions_go_when_there_are_too_many(two):
    two.configure(max_versions=3)
    for number in range(1, 7):
        two.put("a", {"v": number})
    meta = two.read_secret_metadata("a")["data"]
    assert set(meta["versions"]) == {"4", "5", "6"} and meta["oldest_version"] == 4
    with pytest.raises(InvalidPath):
        two.get("a", 3)
    two.update_metadata("a", max_versions=1)
    two.put("a", {"v": 7})
    assert set(two.read_secret_metadata("a")["data"]["versions"]) == {"7"}
    other = two.read_configuration()["data"]
    assert other["max_versions"] == 3 and other["cas_required"] is False and other["delete_version_after"] == "0s"


def test_two_ten_versions_are_kept_unless_told(two):
    for number in range(12):
        two.put("a", {"v": number})
    assert len(two.read_secret_metadata("a")["data"]["versions"]) == 10


def test_two_versions_delete_themselves_after_a_time(two):
    two.configure(delete_version_after="1h30m")
    assert two.read_configuration()["data"]["delete_version_after"] == "1h30m0s"
    assert TIME.fullmatch(two.put("a", {"v": 1})["deletion_time"])
    assert two.get("a")["data"] == {"v": 1}, "not yet"
    two.update_metadata("b", delete_version_after="1s")
    two.put("b", {"v": 1})
    time.sleep(1.2)
    with pytest.raises(InvalidPath):
        two.get("b")
    two.undelete_secret_versions("b", [1])
    assert two.get("b")["data"] == {"v": 1}


def test_two_metadata_is_made_changed_and_deleted(two, api):
    two.update_metadata("m", max_versions=5, custom_metadata={"owner": "a"})
    meta = two.read_secret_metadata("m")["data"]
    assert (meta["current_version"], meta["max_versions"], meta["custom_metadata"]) == (0, 5, {"owner": "a"})
    two.put("m", {"v": 1})
    assert two.get("m")["metadata"]["custom_metadata"] == {"owner": "a"}
    two.update_metadata("m", custom_metadata={"other": "b"})
    assert two.read_secret_metadata("m")["data"]["custom_metadata"] == {"other": "b"}
    path, merge = f"{two.mount}/metadata/m", {"Content-Type": "application/merge-patch+json"}
    body = {"custom_metadata": {"third": "c", "other": None}}
    assert api.request("PATCH", path, body, headers=merge).status == 204
    assert two.read_secret_metadata("m")["data"]["custom_metadata"] == {"third": "c"}
    assert api.request("PATCH", f"{two.mount}/metadata/nothing", body, headers=merge).status == 404
    for bad in ({"k" * 129: "v"}, {"k": "v" * 513}, {"": "v"}, {"k": ""}, {"k": "\x01"}, {f"k{n}": "v" for n in range(65)}):
        reply = api.request("POST", path, {"custom_metadata": bad})
        assert reply.status == 400 and "custom_metadata validation failed" in reply.error, bad
    two.delete_metadata_and_all_versions("m")
    for call in (lambda: two.read_secret_metadata("m"), lambda: two.get("m")):
        with pytest.raises(InvalidPath):
            call()
    assert two.put("m", {"v": 1})["version"] == 1
    assert api.request("POST", f"{two.mount}/metadata/empty", {}).status in (200, 204)
    api.request("GET", f"{two.mount}/metadata/empty").is_not_found()


def test_two_lists(two, api):
    for path in ("a", "dir/b", "dir/c/d", "e f", "é"):
        two.put(path, {"v": 1})
    assert two.list_secrets("")["data"]["keys"] == ["a", "dir/", "e f", "é"]
    assert two.list_secrets("dir")["data"]["keys"] == ["b", "c/"]
    with pytest.raises(InvalidPath):
        two.list_secrets("nothing")
    assert api.request("LIST", f"{two.mount}/data").status == 405
    page = api.request("LIST", f"{two.mount}/metadata?after=a&limit=1")
    assert page.json["data"]["keys"] == ["dir/"]
    for limit in ("-1", "x", "10000000000000000000000"):
        assert api.request("LIST", f"{two.mount}/metadata?limit={limit}").status in (200, 400)


def test_two_patch_by_hvac_and_by_merge(two, api):
    with pytest.raises(InvalidPath):
        two.patch("a", {"v": 1})
    two.put("a", {"keep": 1, "deep": {"x": 1, "y": 2}})
    assert two.patch("a", {"new": 2})["data"]["version"] == 2
    assert two.get("a")["data"] == {"keep": 1, "deep": {"x": 1, "y": 2}, "new": 2}
    path, merge = f"{two.mount}/data/a", {"Content-Type": "application/merge-patch+json"}
    body = {"data": {"keep": None, "deep": {"y": None, "z": 3}}, "options": {"cas": 2}}
    assert api.request("PATCH", path, body, headers=merge).json["data"]["version"] == 3
    assert two.get("a")["data"] == {"deep": {"x": 1, "z": 3}, "new": 2}
    api.request("PATCH", path, body, headers=merge).fails(CAS_WRONG)
    assert api.request("PATCH", path, {"v": 1}, headers=merge).status == 400
    assert api.request("PATCH", path, body, headers={"Content-Type": "application/json"}).status == 415
    two.delete_latest_version_of_secret("a")
    assert api.request("PATCH", path, {"data": {"v": 1}}, headers=merge).status == 404


def test_two_subkeys_show_names_and_no_values(two, api):
    two.put("a", {"foo": "secret-value", "bar": {"baz": {"deep": "secret-value"}}, "list": ["secret-value"]})
    reply = api.request("GET", f"{two.mount}/subkeys/a")
    assert reply.json["data"]["subkeys"] == {"foo": None, "bar": {"baz": {"deep": None}}, "list": None}
    assert b"secret-value" not in reply.raw and reply.json["data"]["metadata"]["version"] == 1
    reply = api.request("GET", f"{two.mount}/subkeys/a?depth=1")
    assert reply.json["data"]["subkeys"] == {"foo": None, "bar": None, "list": None}
    api.request("GET", f"{two.mount}/subkeys/nothing").is_not_found()


def test_two_paths_without_their_word_are_told_so(two, api):
    for method in ("GET", "POST", "DELETE"):
        reply = api.request(method, f"{two.mount}/foo", {"v": 1} if method == "POST" else None)
        assert reply.status == 404 and reply.json["data"] is None
        assert "Invalid path for a versioned K/V secrets engine" in reply.json["warnings"][0]


def test_two_rights_of_writers_and_readers(server, vault, two):
    two.put("a", {"v": 1})
    name = policy(vault, f"""
        path "{two.mount}/data/a" {{ capabilities = ["create", "read"] }}
        path "{two.mount}/data/new" {{ capabilities = ["create"] }}
        path "{two.mount}/metadata/" {{ capabilities = ["list"] }}""")
    mine = Versioned(bearer(server, vault.auth.token.create(policies=[name])["auth"]["client_token"]), two.mount)
    assert mine.get("a")["data"] == {"v": 1} and mine.list_secrets("")["data"]["keys"] == ["a"]
    assert mine.put("new", {"v": 1})["version"] == 1
    for call in (lambda: mine.put("a", {}), lambda: mine.put("new", {}), lambda: mine.read_secret_metadata("a"),
                 lambda: mine.delete_latest_version_of_secret("a"), lambda: mine.destroy_secret_versions("a", [1])):
        with pytest.raises(Forbidden):
            call()


def test_a_mount_goes_from_one_to_two_and_not_back(vault, one, api):
    one.create_or_update_secret("a", {"v": "old"})
    one.create_or_update_secret("dir/b", {"v": "old"})
    vault.sys.tune_mount_configuration(one.mount, options={"version": "2"})
    two = Versioned(vault, one.mount)
    for _ in range(50):
        if api.request("GET", f"{one.mount}/data/a").status == 200:
            break
        time.sleep(0.1)
    data = two.get("a")
    assert data["data"] == {"v": "old"} and data["metadata"]["version"] == 1
    assert two.list_secrets("")["data"]["keys"] == ["a", "dir/"] and two.put("dir/b", {"v": 2})["version"] == 2
    with pytest.raises(InvalidRequest, match="cannot downgrade mount from version 2"):
        vault.sys.tune_mount_configuration(one.mount, options={"version": "1"})


def test_GHSA_vv66_what_a_mount_held_does_not_come_back_with_its_path(vault):
    path = mounted(vault, "2")
    kv = Versioned(vault, path)
    kv.put("a", {"v": 1})
    vault.sys.disable_secrets_engine(path)
    vault.sys.enable_secrets_engine("kv", path=path, options={"version": "2"})
    with pytest.raises(InvalidPath):
        kv.get("a")
    vault.sys.disable_secrets_engine(path)


@pytest.mark.parametrize("limit", ["0", "-1", "-9223372036854775808", "00", "1e9"])
def test_openbao_2_6_1_no_limit_bypasses_pages(two, api, limit):
    """limit=0 and negative numbers once turned the page limit off (OpenBao 2.6.1)."""
    for number in range(5):
        two.put(f"k{number}", {"v": 1})
    reply = api.request("LIST", f"{two.mount}/metadata?limit={limit}")
    assert reply.status == 400 or len(reply.json["data"]["keys"]) <= 5
