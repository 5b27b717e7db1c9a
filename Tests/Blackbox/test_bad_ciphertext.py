"""Damaged ciphertexts: truncated at every length, flipped in every bit, from elsewhere."""

import base64

import pytest

import go_base64
from blackbox_client import (
    CONVERGENT_TYPES,
    HELLO,
    NONCE_LENGTH,
    TAG_FAILURE,
    TAG_FAILURE_CHACHA,
    TOO_OLD,
    TYPES,
    unique,
)


def tag_failure(key_type):
    """The exact text for the incumbents' types; for our own two only its end is fixed."""
    if key_type not in CONVERGENT_TYPES:
        return None
    return TAG_FAILURE_CHACHA if "chacha" in key_type else TAG_FAILURE


def is_tag_failure(text, key_type):
    return text == tag_failure(key_type) if tag_failure(key_type) else text.endswith("message authentication failed")


def expected_error(text, key_type):
    """What the specification says about a beginning of a good version 1 ciphertext; None for a false tag."""
    if not text:
        return "missing ciphertext to decrypt"
    if not text.startswith("vault:v"):
        return "invalid ciphertext: no prefix"
    version, colon, body = text.removeprefix("vault:v").partition(":")
    if not colon:
        return "invalid ciphertext: wrong number of fields"
    assert version == "1"
    try:
        payload = go_base64.decode(body)
    except go_base64.Corrupt:
        return "invalid ciphertext: could not decode base64"
    return "invalid ciphertext length" if len(payload) < NONCE_LENGTH[key_type] else None


def split(ciphertext):
    prefix, version, body = ciphertext.split(":")
    return f"{prefix}:{version}:", base64.b64decode(body)


def join(prefix, payload):
    return prefix + base64.b64encode(payload).decode()


@pytest.mark.parametrize("key_type", TYPES)
def test_a_ciphertext_cut_at_every_length_is_refused(api, key_type):
    name = api.new_key(type=key_type)
    ciphertext = api.encrypt(name)
    cuts = [ciphertext[:length] for length in range(len(ciphertext))]
    reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": cut} for cut in cuts])
    assert reply.status == 400
    for cut, item in zip(cuts, reply.results, strict=True):
        expected = expected_error(cut, key_type)
        assert item["plaintext"] == ""
        assert item["error"] == expected if expected else is_tag_failure(item["error"], key_type), cut
        single = api.post(f"decrypt/{name}", ciphertext=cut)
        assert single.status == 400 and single.error == item["error"]


@pytest.mark.parametrize("key_type", TYPES)
def test_a_payload_cut_or_extended_by_any_number_of_bytes_is_refused(api, key_type):
    name = api.new_key(type=key_type)
    prefix, payload = split(api.encrypt(name))
    changed = [payload[:length] for length in range(len(payload))] + [payload + bytes(n) for n in (1, 2, 3, 16)]
    reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": join(prefix, p)} for p in changed])
    for part, item in zip(changed, reply.results, strict=True):
        if len(part) < NONCE_LENGTH[key_type]:
            assert item["error"] == "invalid ciphertext length"
        else:
            assert is_tag_failure(item["error"], key_type)


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize("parameters", [{}, {"derived": True}])
def test_a_payload_with_any_single_bit_flipped_is_refused(api, key_type, parameters):
    name = api.new_key(type=key_type, **parameters)
    extra = {"context": "YWJj"} if parameters else {}
    prefix, payload = split(api.encrypt(name, **extra))
    flipped = []
    for bit in range(8 * len(payload)):
        changed = bytearray(payload)
        changed[bit // 8] ^= 1 << bit % 8
        flipped.append({"ciphertext": join(prefix, bytes(changed)), **extra})
    reply = api.post(f"decrypt/{name}", batch_input=[*flipped, {"ciphertext": join(prefix, payload), **extra}])
    assert reply.status == 400
    assert all(item["plaintext"] == "" and is_tag_failure(item["error"], key_type) for item in reply.results[:-1])
    assert reply.results[-1] == {"plaintext": HELLO, "reference": ""}
    assert api.post(f"decrypt/{name}", **flipped[0]).status == 400


def test_of_all_single_bit_flips_in_the_text_only_version_zero_opens(api):
    name = api.new_key()
    ciphertext = api.encrypt(name, "QUJDREVGR0g=").encode()
    items = []
    for bit in range(8 * len(ciphertext)):
        changed = bytearray(ciphertext)
        changed[bit // 8] ^= 1 << bit % 8
        items.append({"ciphertext": changed.decode("latin-1")})
    results = api.post(f"decrypt/{name}", batch_input=items).results
    opened = [(i["ciphertext"][:9], r["plaintext"]) for i, r in zip(items, results, strict=True) if "error" not in r]
    assert opened == [("vault:v0:", "QUJDREVGR0g=")]


@pytest.mark.parametrize("key_type", TYPES)
def test_a_ciphertext_of_another_key_of_the_same_type_is_refused(api, key_type):
    mine, other = api.new_key(type=key_type), api.new_key(type=key_type)
    reply = api.post(f"decrypt/{mine}", ciphertext=api.encrypt(other))
    assert reply.status == 400 and is_tag_failure(reply.error, key_type)


def test_a_ciphertext_of_another_type_is_refused(api):
    ciphertexts = {key_type: api.encrypt(api.new_key(type=key_type), "QUJD" * 20) for key_type in TYPES}
    for key_type in TYPES:
        name = api.new_key(type=key_type)
        reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": c} for c in ciphertexts.values()])
        assert reply.status == 400 and all(is_tag_failure(item["error"], key_type) for item in reply.results)


def test_parts_of_two_ciphertexts_do_not_make_a_third(api):
    name = api.new_key()
    (prefix, first), (_, second) = split(api.encrypt(name)), split(api.encrypt(name))
    mixed = [first[:12] + second[12:], first[:-16] + second[-16:], first[:17] + second[17:], second[:12] + first[12:]]
    reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": join(prefix, part)} for part in mixed])
    assert [item["error"] for item in reply.results] == [TAG_FAILURE] * 4


@pytest.mark.parametrize(
    "version, error",
    [
        ("2", TAG_FAILURE),
        ("3", "invalid ciphertext: version is too new"),
        ("-1", TOO_OLD),
        ("2147483648", "invalid ciphertext: version is too new"),
        ("4294967297", "invalid ciphertext: version is too new"),
        ("18446744073709551617", "invalid ciphertext: version number could not be decoded"),
    ],
)
@pytest.mark.parametrize("operation", ["decrypt", "rewrap"])
def test_a_ciphertext_under_another_version_number_is_refused(api, operation, version, error):
    name = api.new_key(versions=2)
    ciphertext = api.encrypt(name, key_version=1).replace(":v1:", f":v{version}:")
    api.post(f"{operation}/{name}", ciphertext=ciphertext).fails(error)


def test_a_ciphertext_below_the_minimum_version_is_refused_alone_and_in_batches(api):
    name = api.new_key(versions=3)
    old, new = api.encrypt(name, key_version=2), api.encrypt(name)
    api.config(name, min_decryption_version=3)
    api.post(f"decrypt/{name}", ciphertext=old).fails(TOO_OLD)
    reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": old}, {"ciphertext": new}])
    assert reply.status == 400 and [item.get("error") for item in reply.results] == [TOO_OLD, None]
    reply = api.post(f"rewrap/{name}", batch_input=[{"ciphertext": old}, {"ciphertext": new}])
    assert reply.status == 200 and [item.get("error") for item in reply.results] == [TOO_OLD, None]


def test_a_very_long_false_ciphertext_is_refused(api):
    name = api.new_key()
    api.post(f"decrypt/{name}", ciphertext="vault:v1:" + "A" * 4_000_000).fails(TAG_FAILURE)
    api.post(f"decrypt/{name}", ciphertext="vault:v" + "1" * 1_000_000 + ":AAAA").fails(
        "invalid ciphertext: version number could not be decoded"
    )
    api.post(f"decrypt/{unique('absent')}", ciphertext="x" * 1_000_000).fails("encryption key not found")
