"""hvac's calls for audit devices, unchanged, and what the devices then hold."""

import json

import hvac
import pytest
from hvac.exceptions import InvalidRequest

from blackbox_client import TOKEN, unique


@pytest.fixture
def vault(server):
    return hvac.Client(url=server.address, token=TOKEN)


@pytest.fixture
def device(vault, tmp_path):
    name = unique("audit")
    path = tmp_path / "audit.log"
    vault.sys.enable_audit_device(
        device_type="file", path=name, description="of a test", options={"file_path": str(path)}, local=False)
    yield name, path
    vault.sys.disable_audit_device(name)


def entries(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_devices_are_enabled_listed_and_disabled(vault, tmp_path):
    name = unique("audit")
    answer = vault.sys.enable_audit_device(
        device_type="file", path=name, options={"path": str(tmp_path / "new" / "audit.log")})
    assert answer.status_code == 204
    listed = vault.sys.list_enabled_audit_devices()
    assert f"{name}/" in listed and listed["data"][f"{name}/"]["type"] == "file"
    assert vault.sys.disable_audit_device(name).status_code == 204
    assert f"{name}/" not in vault.sys.list_enabled_audit_devices()["data"]
    assert vault.sys.disable_audit_device("nosuch").status_code == 204


def test_calculate_hash_is_what_the_entries_hold(vault, device):
    name, path = device
    key = unique("k")
    vault.secrets.transit.create_key(key)
    vault.secrets.transit.encrypt_data(key, "aGVsbG8=")
    hashed = vault.sys.calculate_hash(path=name, input_to_hash="aGVsbG8=")["data"]["hash"]
    found = [entry for entry in entries(path) if entry["request"]["path"] == f"transit/encrypt/{key}"]
    assert [entry["type"] for entry in found] == ["request", "response"]
    assert all(entry["request"]["data"] == {"plaintext": hashed} for entry in found)
    assert found[0]["request"]["id"] == found[1]["request"]["id"]
    assert found[1]["response"]["data"]["ciphertext"].startswith("hmac-sha256:")
    assert found[0]["auth"]["display_name"] == "root" and found[0]["auth"]["policies"] == ["root"]


@pytest.mark.parametrize(
    "options,text",
    [
        ({"kind": "nosuch"}, "unknown backend type"),
        ({"kind": "file"}, "file_path is required"),
        ({"kind": "file", "file_path": "/tmp/never.log", "mode": "0755"}, "mode must not allow execution"),
        ({"kind": "file", "file_path": "/tmp/never.log", "prefix": "#!"}, "prefix is not offered"),
        ({"kind": "file", "file_path": "never.log"}, "file_path must be absolute"),
        ({"kind": "socket", "address": "127.0.0.1:1"}, "sanity check failed"),
    ],
)
def test_devices_that_cannot_be(vault, options, text):
    kind = options.pop("kind")
    with pytest.raises(InvalidRequest, match=text):
        vault.sys.enable_audit_device(device_type=kind, path=unique("audit"), options=options)


def test_a_path_is_taken_once(vault, device, tmp_path):
    with pytest.raises(InvalidRequest, match="path already in use"):
        vault.sys.enable_audit_device(
            device_type="file", path=device[0], options={"file_path": str(tmp_path / "other.log")})


def test_unknown_devices_have_no_hash(vault):
    with pytest.raises(InvalidRequest, match='unknown audit backend "nosuch/"'):
        vault.sys.calculate_hash(path="nosuch", input_to_hash="abc")


def test_refused_requests_are_recorded_too(vault, device, server):
    stranger = hvac.Client(url=server.address, token="hvs.nobody")
    with pytest.raises(hvac.exceptions.Forbidden):
        stranger.secrets.transit.read_key("k")
    found = [entry for entry in entries(device[1]) if entry["request"]["path"] == "transit/keys/k"]
    assert [entry["type"] for entry in found] == ["request", "response"]
    assert found[0]["error"] == "permission denied"
    assert found[0]["auth"]["policy_results"] == {"allowed": False}
    assert "hvs.nobody" not in device[1].read_text()
