"""Sentences of the wire facts that no other file asks for: transit.md 4.4, 4.6, 4.18, 4.20."""

import pytest

from blackbox_client import HELLO, unique


def test_a_key_version_below_zero_signs_nothing(api):
    name = api.new_key(type="ed25519")
    api.post(f"sign/{name}", input=HELLO, key_version=-1).fails("requested version for signing is negative")


def test_an_encryption_version_above_the_latest_is_refused(api):
    name = api.new_key()
    reply = api.post(f"keys/{name}/config", min_encryption_version=5)
    reply.fails("cannot set min encryption version of 5, latest key version is 1")


def test_random_bytes_of_the_seal_are_the_platforms_and_say_so(api):
    reply = api.post("random/seal/8")
    assert len(reply.data["random_bytes"]) == 12
    assert reply.warnings == ["no seal/entropy augmentation available, using platform entropy source"]


@pytest.mark.parametrize("size", [1, 31, 513, -1, 1 << 40])
def test_an_hmac_key_of_a_wrong_size_is_not_made(api, size):
    name = unique()
    api.post(f"keys/{name}", type="hmac", key_size=size).fails(f"invalid key_size {size}")
    api.get(f"keys/{name}").is_not_found()
