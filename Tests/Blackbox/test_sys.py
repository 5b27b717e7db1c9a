"""The minimal sys/: mounts, seal-status, health, internal/ui/mounts: system.md 1, 2 and 6."""

import re
import time

import pytest

from blackbox_client import HELLO, unique


def sys_data(reply):
    assert reply.status == 200, reply
    assert list(reply.json)[:1] == ["request_id"] or "data" in reply.json
    return reply.json["data"]


def mounts(api):
    return sys_data(api.request("GET", "sys/mounts"))


def enable(api, path, **parameters):
    return api.request("POST", f"sys/mounts/{path}", parameters)


def test_seal_status_needs_no_token_and_has_no_envelope(api):
    for token in ("root", None, "wrong"):
        status = api.request("GET", "sys/seal-status", token=token)
        assert status.status == 200
        found = status.json
        assert (found["initialized"], found["sealed"], found["progress"], found["nonce"]) == (True, False, 0, "")
        assert (found["migration"], found["recovery_seal"], found["storage_type"]) == (False, False, "inmem")
        assert type(found["t"]) is int and type(found["n"]) is int
        assert re.match(r"\d+\.\d+", found["version"]) and found["type"] == "shamir"
        assert found["cluster_name"] and found["cluster_id"]


def test_health_needs_no_token_and_has_no_envelope(api):
    for token in ("root", None, "wrong"):
        reply = api.request("GET", "sys/health", token=token)
        assert reply.status == 200
        found = reply.json
        assert (found["initialized"], found["sealed"], found["standby"]) == (True, False, False)
        assert found["performance_standby"] is False
        assert found["replication_performance_mode"] == found["replication_dr_mode"] == "disabled"
        assert abs(found["server_time_utc"] - time.time()) < 120
        assert found["version"] == api.request("GET", "sys/seal-status").json["version"]
        assert found["cluster_name"] and found["cluster_id"]


def test_health_by_head_has_the_status_and_no_body(api):
    reply = api.request("HEAD", "sys/health", token=None)
    assert (reply.status, reply.raw) == (200, b"")


def test_health_answers_the_code_asked_for(api):
    assert api.request("GET", "sys/health?activecode=299").status == 299
    assert api.request("GET", "sys/health?standbycode=299&standbyok=true").status == 200


def test_mounts_shows_the_engines_enabled_at_the_start_also_beside_the_envelope(api):
    reply = api.request("GET", "sys/mounts")
    data = sys_data(reply)
    assert {"transit/", "sys/"} <= set(data)
    assert data["sys/"]["type"] == "system"
    mount = data["transit/"]
    assert mount["type"] == "transit"
    assert re.fullmatch(r"transit_[0-9a-f]{8}", mount["accessor"])
    assert {"default_lease_ttl": 0, "max_lease_ttl": 0, "force_no_cache": False}.items() <= mount["config"].items()
    assert (mount["local"], mount["seal_wrap"], mount["external_entropy_access"]) == (False, False, False)
    assert mount["options"] is None and type(mount["description"]) is str and mount["uuid"]
    assert all(reply.json[path] == data[path] for path in data)


def test_an_engine_is_enabled_used_and_disabled(api):
    path = unique("mount")
    enable(api, path, type="transit", description="for a test").is_empty()
    mount = mounts(api)[f"{path}/"]
    assert (mount["type"], mount["description"]) == ("transit", "for a test")
    there = api.at(path)
    name = there.new_key()
    assert there.decrypt(name, there.encrypt(name)) == HELLO
    api.request("DELETE", f"sys/mounts/{path}").is_empty()
    assert f"{path}/" not in mounts(api)
    reply = there.get(f"keys/{name}")
    assert reply.status == 404 and "no handler for route" in reply.error


def test_disabling_destroys_the_keys(api):
    path = unique("mount")
    there = api.at(path)
    enable(api, path, type="transit").is_empty()
    accessor = mounts(api)[f"{path}/"]["accessor"]
    name = there.new_key()
    api.request("DELETE", f"sys/mounts/{path}").is_empty()
    enable(api, path, type="transit").is_empty()
    there.get(f"keys/{name}").is_not_found()
    assert mounts(api)[f"{path}/"]["accessor"] != accessor
    api.request("DELETE", f"sys/mounts/{path}").is_empty()


def test_a_mount_path_may_have_several_segments(api):
    path = f"{unique('mount')}/b/c"
    enable(api, path, type="transit").is_empty()
    there = api.at(path)
    name = there.new_key()
    assert there.decrypt(name, there.encrypt(name)) == HELLO
    api.request("DELETE", f"sys/mounts/{path}").is_empty()


def test_disabling_what_is_not_mounted_is_204(api):
    api.request("DELETE", f"sys/mounts/{unique('nothing')}").is_empty()


@pytest.mark.parametrize("path", ["transit", "transit/", "transit/below"])
def test_a_path_in_use_is_refused(api, path):
    reply = enable(api, path, type="transit")
    assert reply.status == 400 and "path is already in use at transit/" in reply.error


def test_a_path_above_a_mount_is_refused(api):
    path = unique("mount")
    enable(api, f"{path}/below", type="transit").is_empty()
    reply = enable(api, path, type="transit")
    assert reply.status == 400 and f"path is already in use at {path}/below/" in reply.error
    api.request("DELETE", f"sys/mounts/{path}/below").is_empty()


@pytest.mark.parametrize("path", ["sys", "sys/x", "auth/x", "cubbyhole/x", "identity/x"])
def test_a_protected_path_is_refused(api, path):
    reply = enable(api, path, type="transit")
    assert reply.status == 400 and reply.error
    assert "cannot mount" in reply.error or "already in use" in reply.error


def test_a_mount_without_type_is_refused(api):
    reply = enable(api, unique("mount"))
    assert reply.status == 400 and "backend type must be specified as a string" in reply.error


def test_a_mount_of_unknown_type_is_refused(api):
    path = unique("mount")
    reply = enable(api, path, type="nosuch")
    assert reply.status == 400 and "plugin not found in the catalog: nosuch" in reply.error
    assert f"{path}/" not in mounts(api)


@pytest.mark.parametrize("kind", ["system", "token", "cubbyhole", "identity"])
def test_an_engine_of_the_house_is_not_mountable(api, kind):
    reply = enable(api, unique("mount"), type=kind)
    assert reply.status == 400 and f'mount type of "{kind}" is not mountable' in reply.error


def test_sys_itself_cannot_be_unmounted(api):
    reply = api.request("DELETE", "sys/mounts/sys")
    assert reply.status == 400 and 'cannot unmount "sys/"' in reply.error
    assert "sys/" in mounts(api)


def test_the_command_line_finds_the_mount_of_a_path(api):
    data = sys_data(api.request("GET", "sys/internal/ui/mounts/transit/keys/foo"))
    mount = mounts(api)["transit/"]
    assert (data["path"], data["type"], data["accessor"]) == ("transit/", "transit", mount["accessor"])


def test_the_user_interface_lists_the_mounts_for_root(api):
    data = sys_data(api.request("GET", "sys/internal/ui/mounts"))
    assert data["secret"]["transit/"]["type"] == "transit" and type(data["auth"]) is dict


def test_the_user_interface_is_told_nothing_of_unknown_mounts_or_without_token(api):
    reply = api.request("GET", "sys/internal/ui/mounts/nosuch/foo")
    assert reply.status == 403 and "preflight capability check returned 403" in reply.error
    assert api.request("GET", "sys/internal/ui/mounts/transit/foo", token="wrong").status == 403
    assert api.request("GET", "sys/internal/ui/mounts/transit/foo", token=None).status == 403
    listed = api.request("GET", "sys/internal/ui/mounts", token=None)
    assert listed.status == 200 and "transit/" not in (listed.json["data"]["secret"] or {})


def test_an_unknown_path_of_sys_is_404(api):
    reply = api.request("GET", "sys/nosuch")
    assert reply.status == 404 and "unsupported path" in reply.error
