"""Requests that once ended the server, lost a key or cost minutes: found by attacking it."""

import pytest

from blackbox_backup import K, blob, entry, minimal
from blackbox_client import HELLO, unique
from blackbox_crypto import b64, import_private, wrap

HMAC, HYBRID, ML_DSA = 10, 15, 14


@pytest.mark.parametrize("version", [-(2**63), -(2**63) + 1, -1, 2**63 - 1, 2**40, 7])
def test_an_imported_version_far_out_of_range_is_refused(api, version):
    name = import_private(api, "aes256-gcm96", K)
    reply = api.post(f"keys/{name}/import_version", ciphertext=wrap(api, K[::-1]), version=version)
    reply.fails("no such key version")
    assert api.encrypt(name).startswith("vault:v1:")


@pytest.mark.parametrize("size", [2**63 - 1, 2**50, 2**31, 513, 64, 31, 1])
def test_a_restored_key_size_that_is_not_that_of_the_key_is_refused(api, size):
    name = unique("sized")
    policy = minimal(name, entry(K), type=HMAC, key_size=size)
    assert api.post("restore", backup=blob(policy)).status == 400
    api.get(f"keys/{name}").is_not_found()


def test_a_restored_key_size_that_is_that_of_the_key_rotates(api):
    name = unique("sized")
    api.post("restore", backup=blob(minimal(name, entry(K), type=HMAC, key_size=32))).is_empty()
    assert api.post(f"keys/{name}/rotate").data["key_size"] == 32


@pytest.mark.parametrize("version", [0, -1, -(2**60)])
def test_a_backup_mark_of_no_version_is_passed_over_and_the_key_stays_usable(api, version):
    name = unique("marked")
    mark = {"time": "2026-11-23T11:32:53Z", "version": version}
    reply = api.post("restore", backup=blob(minimal(name, entry(K), backup_info=mark, restore_info=mark)))
    if reply.status == 400:
        return
    # Out of the cache and back.
    api.post("cache-config", size=10)
    for _ in range(12):
        api.encrypt(unique("filler"))
    assert api.decrypt(name, api.encrypt(name)) == HELLO
    api.post("cache-config", size=0)


@pytest.mark.parametrize("config", [{"x": 1, "ec": "ecdsa-p256"}, {"pqc": "ml-dsa", "ec": "ecdsa-p256"}])
def test_hybrid_parts_of_a_type_that_has_none_do_not_stay(api, config):
    name = unique("parts")
    policy = minimal(name, entry(K), HybridConfig=config, ParameterSet="65")
    reply = api.post("restore", backup=blob(policy))
    assert reply.status in (204, 400)
    if reply.status == 204:
        assert not {"parameter_set", "hybrid_key_type_ec"} & set(api.key(name))
        assert api.decrypt(name, api.encrypt(name)) == HELLO


@pytest.mark.parametrize(
    "members",
    [
        {"type": HYBRID, "ParameterSet": "65", "HybridConfig": {"pqc": "ml-dsa", "ec": "rsa-2048"}},
        {"type": HYBRID, "ParameterSet": "65"},
        {"type": ML_DSA, "ParameterSet": "66"},
        {"type": ML_DSA, "ParameterSet": "6" * 1_000_000},
        {"type": ML_DSA},
    ],
    ids=["rsa half", "no halves", "set 66", "long set", "no set"],
)
def test_post_quantum_parameters_that_are_none_are_refused(api, members):
    name = unique("quantum")
    assert api.post("restore", backup=blob(minimal(name, entry(K), **members))).status == 400
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("path", ["datakeys/wrapped", "datakeys/plaintext"])
def test_many_data_keys_with_much_associated_data_are_refused(api, path):
    name = api.new_key()
    reply = api.post(f"{path}/{name}", count=10_000, associated_data=b64(bytes(1 << 20)))
    assert reply.status == 400 and "67108864" in reply.error


def test_many_derived_keys_with_much_info_are_refused(api):
    name = api.new_key()
    for member in ("info", "salt"):
        body = {"salt": b64(b"salt"), "key_index_from": 0, "key_index_to": 10_000, member: b64(bytes(1 << 20))}
        reply = api.post(f"derivedkeys/wrapped/{name}", body)
        assert reply.status == 400 and "67108864" in reply.error
