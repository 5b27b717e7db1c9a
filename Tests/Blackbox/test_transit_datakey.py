"""datakey/plaintext/:name and datakey/wrapped/:name: transit.md 4.15."""

import base64

import pytest

from blackbox_client import CONTEXT, KEY_NOT_FOUND, TAG_FAILURE, TYPES, UNSUPPORTED_OPERATION, unique


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize(
    "parameters, length",
    [({}, 32), ({"bits": 128}, 16), ({"bits": 256}, 32), ({"bits": 512}, 64), ({"bits": "512"}, 64)],
)
def test_the_ciphertext_of_a_data_key_opens_to_its_plaintext(api, key_type, parameters, length):
    name = api.new_key(type=key_type)
    data = api.post(f"datakey/plaintext/{name}", **parameters).data
    assert list(data) == ["ciphertext", "key_version", "plaintext"] and data["key_version"] == 1
    assert len(base64.b64decode(data["plaintext"], validate=True)) == length
    assert api.decrypt(name, data["ciphertext"]) == data["plaintext"]


@pytest.mark.parametrize("bits, length", [(None, 32), (128, 16), (512, 64)])
def test_a_wrapped_data_key_shows_no_plaintext(api, bits, length):
    name = api.new_key()
    data = api.post(f"datakey/wrapped/{name}", **({"bits": bits} if bits else {})).data
    assert list(data) == ["ciphertext", "key_version"]
    assert len(base64.b64decode(api.decrypt(name, data["ciphertext"]))) == length


def test_two_data_keys_differ(api):
    name = api.new_key()
    assert len({api.post(f"datakey/plaintext/{name}").data["plaintext"] for _ in range(20)}) == 20


@pytest.mark.parametrize("bits", [0, 1, 127, 192, 1024, -128])
def test_other_lengths_are_refused(api, bits):
    api.post(f"datakey/plaintext/{api.new_key()}", bits=bits).fails("invalid bit length")


def test_the_first_segment_is_plaintext_or_wrapped(api):
    for kind in ("foo", "Plaintext", "plain"):
        api.post(f"datakey/{kind}/{api.new_key()}").fails("Invalid path, must be 'plaintext' or 'wrapped'")


def test_the_checks_come_in_order_path_context_key_bits(api):
    absent = unique("absent")
    api.post(f"datakey/foo/{absent}", context="!!", bits=1).fails("Invalid path, must be 'plaintext' or 'wrapped'")
    api.post(f"datakey/plaintext/{absent}", context="!!", bits=1).fails("failed to base64-decode context")
    api.post(f"datakey/plaintext/{absent}", bits=1).fails(KEY_NOT_FOUND)
    api.get(f"keys/{absent}").is_not_found()


def test_a_derived_key_wraps_under_the_context(api):
    name = api.new_key(derived=True)
    data = api.post(f"datakey/plaintext/{name}", context=CONTEXT).data
    assert api.decrypt(name, data["ciphertext"], context=CONTEXT) == data["plaintext"]
    api.post(f"decrypt/{name}", ciphertext=data["ciphertext"], context="YWJk").fails(TAG_FAILURE)


def test_associated_data_binds_the_wrapped_key(api):
    name = api.new_key()
    data = api.post(f"datakey/plaintext/{name}", associated_data="YWFk").data
    assert api.decrypt(name, data["ciphertext"], associated_data="YWFk") == data["plaintext"]
    api.post(f"decrypt/{name}", ciphertext=data["ciphertext"]).fails(TAG_FAILURE)


def test_bad_associated_data_is_400(api):
    reply = api.post(f"datakey/plaintext/{api.new_key()}", associated_data="!!")
    assert reply.status == 400 and "illegal base64 data at input byte 0" in reply.error


def test_key_version_chooses_the_wrapping_version(api):
    name = api.new_key(versions=2)
    assert api.post(f"datakey/wrapped/{name}").data["ciphertext"].startswith("vault:v2:")
    data = api.post(f"datakey/plaintext/{name}", key_version=1).data
    assert data["key_version"] == 1 and data["ciphertext"].startswith("vault:v1:")
    assert api.decrypt(name, data["ciphertext"]) == data["plaintext"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_other_methods_are_unsupported(api, method):
    api.request(method, f"transit/datakey/plaintext/{api.new_key()}").fails(UNSUPPORTED_OPERATION, 405)
