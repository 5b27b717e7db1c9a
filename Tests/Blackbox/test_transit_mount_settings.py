"""cache-config and config/keys, which hold for a whole mount: transit.md 4.26 and 4.27."""

import pytest

from blackbox_client import HELLO, KEY_NOT_FOUND, UNSUPPORTED_OPERATION

TOO_SMALL = "size must be 0 or a value greater or equal to 10"


def test_the_cache_is_unlimited_at_first_and_takes_a_size_at_once(own_mount):
    assert own_mount.get("cache-config").data == {"size": 0}
    reply = own_mount.post("cache-config", size=10)
    assert reply.data == {"size": 10} and reply.warnings is None
    assert own_mount.get("cache-config").data == {"size": 10}
    assert own_mount.post("cache-config", size="500").data == {"size": 500}
    assert own_mount.post("cache-config", size=0).data == {"size": 0}
    assert own_mount.get("cache-config").data == {"size": 0}


@pytest.mark.parametrize("size", [1, 5, 9, -1, -10])
def test_a_cache_of_fewer_than_ten_keys_is_refused(own_mount, size):
    own_mount.post("cache-config", size=20)
    own_mount.post("cache-config", size=size).fails(TOO_SMALL)
    assert own_mount.get("cache-config").data == {"size": 20}


def test_a_small_cache_loses_no_key(own_mount):
    own_mount.post("cache-config", size=10)
    names = [own_mount.new_key() for _ in range(25)]
    ciphertexts = [own_mount.encrypt(name) for name in names]
    assert [own_mount.decrypt(*pair) for pair in zip(names, ciphertexts, strict=True)] == [HELLO] * 25
    assert len(own_mount.list("keys").data["keys"]) == 25


def test_upsert_is_allowed_at_first_and_can_be_disabled_and_enabled(own_mount):
    assert own_mount.get("config/keys").data == {"disable_upsert": False}
    assert own_mount.post("config/keys", disable_upsert=True).data == {"disable_upsert": True}
    assert own_mount.get("config/keys").data == {"disable_upsert": True}
    own_mount.post("encrypt/fresh", plaintext=HELLO).fails(KEY_NOT_FOUND)
    own_mount.post("encrypt/fresh", batch_input=[{"plaintext": HELLO}]).fails(KEY_NOT_FOUND)
    own_mount.get("keys/fresh").is_not_found()
    assert own_mount.post("keys/made").status == 200
    assert own_mount.decrypt("made", own_mount.encrypt("made")) == HELLO
    assert own_mount.post("config/keys").data == {"disable_upsert": False}
    assert own_mount.decrypt("fresh", own_mount.encrypt("fresh")) == HELLO


def test_the_settings_of_one_mount_do_not_reach_another(api, own_mount):
    own_mount.post("config/keys", disable_upsert=True)
    own_mount.post("cache-config", size=10)
    assert api.get("config/keys").data == {"disable_upsert": False}
    assert api.get("cache-config").data == {"size": 0}


@pytest.mark.parametrize("path", ["cache-config", "config/keys"])
def test_a_setting_cannot_be_deleted(own_mount, path):
    own_mount.delete(path).fails(UNSUPPORTED_OPERATION, 405)
