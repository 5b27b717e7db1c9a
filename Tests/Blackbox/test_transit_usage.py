"""Usage counters: a key's read shows how many messages each version has encrypted."""

import pytest

from blackbox_client import CONTEXT, HELLO, TYPES

GOOD = {"plaintext": HELLO}


def usage(api, name):
    """The counters that are not zero."""
    counters = api.key(name)["usage"]
    assert all(version.isdecimal() and type(count) is int for version, count in counters.items())
    return {version: count for version, count in counters.items() if count}


@pytest.mark.parametrize("key_type", TYPES)
def test_each_single_encryption_counts_once(api, key_type):
    name = api.new_key(type=key_type)
    assert usage(api, name) == {}
    for count in range(1, 6):
        api.encrypt(name)
        assert usage(api, name) == {"1": count}


def test_each_version_has_its_own_counter(api):
    name = api.new_key(versions=3)
    for version, times in ((1, 2), (2, 3), (0, 4)):
        for _ in range(times):
            api.encrypt(name, key_version=version)
    assert usage(api, name) == {"1": 2, "2": 3, "3": 4}


def test_each_item_of_a_batch_that_succeeded_counts(api):
    name = api.new_key(versions=2)
    items = [GOOD, {"plaintext": "!!"}, {**GOOD, "key_version": 1}, {**GOOD, "key_version": 9}, GOOD]
    assert api.post(f"encrypt/{name}", batch_input=items).status == 400
    assert usage(api, name) == {"1": 1, "2": 2}
    assert api.post(f"encrypt/{name}", batch_input=[GOOD] * 3000).status == 200
    assert usage(api, name) == {"1": 1, "2": 3002}


def test_rewraps_and_data_keys_count_for_the_version_they_encrypt_with(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    api.post(f"keys/{name}/rotate")
    api.post(f"rewrap/{name}", ciphertext=ciphertext)
    assert usage(api, name) == {"1": 1, "2": 1}
    api.post(
        f"rewrap/{name}", batch_input=[{"ciphertext": ciphertext}, {"ciphertext": "x"}, {"ciphertext": ciphertext}]
    )
    assert usage(api, name) == {"1": 1, "2": 3}
    api.post(f"datakey/plaintext/{name}")
    api.post(f"datakey/wrapped/{name}", key_version=1)
    assert usage(api, name) == {"1": 2, "2": 4}


def test_what_encrypts_nothing_counts_nothing(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    before = usage(api, name)
    api.decrypt(name, ciphertext)
    api.post(f"decrypt/{name}", batch_input=[{"ciphertext": ciphertext}] * 3)
    api.post(f"hmac/{name}", input=HELLO)
    api.post(f"encrypt/{name}", plaintext="!!")
    api.post(f"encrypt/{name}", plaintext=HELLO, key_version=5)
    api.post(f"rewrap/{name}", ciphertext="vault:v1:AAAA")
    api.post(f"datakey/plaintext/{name}", bits=1)
    api.post(f"keys/{name}/config", deletion_allowed=True)
    assert usage(api, name) == before == {"1": 1}


def test_a_key_created_by_an_encryption_starts_with_one(api):
    from blackbox_client import unique

    name = unique()
    api.encrypt(name, context=CONTEXT)
    assert usage(api, name) == {"1": 1}


def test_counters_survive_rotation_configuration_and_soft_deletion(api):
    name = api.new_key()
    api.encrypt(name)
    api.post(f"keys/{name}/rotate")
    api.config(name, deletion_allowed=True)
    api.delete(f"keys/{name}/soft-delete")
    api.post(f"keys/{name}/soft-delete-restore")
    api.config(name, min_decryption_version=2)
    api.config(name, min_decryption_version=1)
    assert usage(api, name) == {"1": 1}
