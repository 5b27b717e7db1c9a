"""datakeys and derivedkeys: transit.md 11."""

import pytest

from blackbox_client import CONTEXT, KEY_NOT_FOUND, MISSING_CONTEXT, SOFT_DELETED, TYPES, unique
from blackbox_crypto import b64, unb64

SALT = b64(b"salt")


def pairs(api, name, kind="plaintext", **parameters):
    data = api.post(f"datakeys/{kind}/{name}", **parameters).data
    assert list(data) == ["key_pairs", "key_version"]
    return data["key_pairs"]


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize("bits", [None, 128, 256, 512])
def test_as_many_data_keys_as_asked_for(api, key_type, bits):
    name = api.new_key(type=key_type)
    options = {} if bits is None else {"bits": bits}
    made = pairs(api, name, count=5, **options)
    assert [list(pair) for pair in made] == [["ciphertext", "plaintext"]] * 5
    assert {len(unb64(pair["plaintext"])) for pair in made} == {(bits or 256) // 8}
    assert len({pair["plaintext"] for pair in made}) == len({pair["ciphertext"] for pair in made}) == 5
    items = [{"ciphertext": pair["ciphertext"]} for pair in made]
    opened = api.post(f"decrypt/{name}", batch_input=items).results
    assert [item["plaintext"] for item in opened] == [pair["plaintext"] for pair in made]


def test_wrapped_data_keys_show_no_plaintext(api):
    name = api.new_key()
    made = pairs(api, name, "wrapped", count=3)
    assert [list(pair) for pair in made] == [["ciphertext"]] * 3
    assert {len(unb64(api.decrypt(name, pair["ciphertext"]))) for pair in made} == {32}


def test_the_version_and_the_context_of_data_keys(api):
    name = api.new_key(versions=2, derived=True)
    data = api.post(f"datakeys/plaintext/{name}", count=1, key_version=1, context=CONTEXT).data
    pair = data["key_pairs"][0]
    assert data["key_version"] == 1 and pair["ciphertext"].startswith("vault:v1:")
    assert api.decrypt(name, pair["ciphertext"], context=CONTEXT) == pair["plaintext"]
    assert api.post(f"datakeys/plaintext/{name}", count=1, context=CONTEXT).data["key_version"] == 2
    api.post(f"datakeys/plaintext/{name}", count=1).fails(MISSING_CONTEXT)
    text = "requested version for encryption is higher than the latest key version"
    api.post(f"datakeys/plaintext/{name}", count=1, context=CONTEXT, key_version=3).fails(text)


def test_data_keys_that_are_refused(api):
    name = api.new_key()
    api.post(f"datakeys/foo/{name}", count=1).fails("Invalid path, must be 'plaintext' or 'wrapped'")
    api.post(f"datakeys/plaintext/{unique('absent')}", count=1).fails(KEY_NOT_FOUND)
    api.post(f"datakeys/plaintext/{name}", count=1, bits=192).fails("invalid bit length")
    api.post(f"datakeys/plaintext/{name}", count=1, context="!!").fails("failed to base64-decode context")
    for count in ({}, {"count": 0}, {"count": -1}, {"count": 2**40}, {"count": 2**62}, {"count": "x"}, {"count": [1]}):
        reply = api.post(f"datakeys/plaintext/{name}", **count)
        assert reply.status == 400 and reply.error, (count, reply)
    api.delete(f"keys/{name}/soft-delete")
    api.post(f"datakeys/plaintext/{name}", count=1).fails(SOFT_DELETED)


def test_many_data_keys(api):
    name = api.new_key()
    assert len({pair["plaintext"] for pair in pairs(api, name, count=1000, bits=128)}) == 1000


# derivedkeys


def derived(api, name, kind="plaintext", **parameters):
    data = api.post(f"derivedkeys/{kind}/{name}", salt=SALT, **parameters).data
    version = data.pop("key_version")
    assert all(
        sorted(pair) == (["ciphertext", "plaintext"] if kind == "plaintext" else ["ciphertext"])
        for pair in data.values()
    )
    return version, data


def test_derived_keys_are_the_same_each_time(api):
    name = api.new_key(versions=2)
    version, keys = derived(api, name, key_index_from=0, key_index_to=4)
    assert version == 2 and list(keys) == ["0", "1", "2", "3"]
    plain = {index: pair["plaintext"] for index, pair in keys.items()}
    assert len(set(plain.values())) == 4 and {len(unb64(text)) for text in plain.values()} == {32}
    for index, pair in keys.items():
        assert api.decrypt(name, pair["ciphertext"]) == plain[index]
    _, some = derived(api, name, key_index_from=2, key_index_to=3)
    assert {index: pair["plaintext"] for index, pair in some.items()} == {"2": plain["2"]}
    _, wrapped = derived(api, name, "wrapped", key_index_from=0, key_index_to=4)
    assert {index: api.decrypt(name, pair["ciphertext"]) for index, pair in wrapped.items()} == plain


def test_what_changes_a_derived_key(api):
    name = api.new_key(versions=2)
    asked = {"key_index_from": 0, "key_index_to": 1}
    seen = {derived(api, name, **asked)[1]["0"]["plaintext"]}
    for more in ({"info": b64(b"other")}, {"key_version": 1}):
        seen.add(derived(api, name, **asked, **more)[1]["0"]["plaintext"])
    seen.add(api.post(f"derivedkeys/plaintext/{name}", salt=b64(b"pepper"), **asked).data["0"]["plaintext"])
    seen.add(derived(api, api.new_key(), **asked)[1]["0"]["plaintext"])
    assert len(seen) == 5


@pytest.mark.parametrize("bits", [128, 256, 512])
def test_the_length_of_derived_keys(api, bits):
    _, keys = derived(api, api.new_key(), key_index_from=0, key_index_to=2, bits=bits)
    assert {len(unb64(pair["plaintext"])) for pair in keys.values()} == {bits // 8}


def test_derived_keys_of_a_key_with_a_context(api):
    name = api.new_key(derived=True)
    _, keys = derived(api, name, key_index_from=0, key_index_to=1, context=CONTEXT)
    assert api.decrypt(name, keys["0"]["ciphertext"], context=CONTEXT) == keys["0"]["plaintext"]
    assert api.post(f"derivedkeys/plaintext/{name}", salt=SALT, key_index_from=0, key_index_to=1).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"key_index_from": 0, "key_index_to": 1},
        {"salt": "!!", "key_index_from": 0, "key_index_to": 1},
        {"salt": SALT, "key_index_from": 2, "key_index_to": 2},
        {"salt": SALT, "key_index_from": 3, "key_index_to": 2},
        {"salt": SALT, "key_index_from": -1, "key_index_to": 2},
        {"salt": SALT, "key_index_from": 0, "key_index_to": 2**40},
        {"salt": SALT, "key_index_from": 0, "key_index_to": 1, "bits": 192},
        {"salt": SALT, "key_index_from": 0, "key_index_to": 1, "key_version": 9},
        {"salt": SALT, "key_index_from": 0, "key_index_to": 1, "key_version": -1},
        {"salt": SALT, "key_index_from": 0, "key_index_to": 1, "info": "!!"},
    ],
    ids=repr,
)
def test_derived_keys_that_are_refused(api, body):
    reply = api.post(f"derivedkeys/plaintext/{api.new_key()}", body)
    assert reply.status == 400 and reply.error


def test_derived_keys_of_an_absent_key_or_path(api):
    body = {"salt": SALT, "key_index_from": 0, "key_index_to": 1}
    api.post(f"derivedkeys/plaintext/{unique('absent')}", body).fails(KEY_NOT_FOUND)
    assert api.post(f"derivedkeys/foo/{api.new_key()}", body).status == 400
