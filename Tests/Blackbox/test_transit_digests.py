"""random, hash and hmac: transit.md 4.16, 4.23 and 4.24."""

import base64
import hashlib
import re

import pytest

import go_base64
from blackbox_client import HELLO, KEY_NOT_FOUND, TYPES, unique

DIGESTS = {
    "sha2-224": hashlib.sha224,
    "sha2-256": hashlib.sha256,
    "sha2-384": hashlib.sha384,
    "sha2-512": hashlib.sha512,
    "sha3-224": hashlib.sha3_224,
    "sha3-256": hashlib.sha3_256,
    "sha3-384": hashlib.sha3_384,
    "sha3-512": hashlib.sha3_512,
}
MAC_LENGTHS = {"sha1": 20, **{name: digest().digest_size for name, digest in DIGESTS.items()}}
NO_ALGORITHM = "unsupported algorithm '\\x00'"
BAD_INPUT = "unable to decode input as base64: illegal base64 data at input byte 0"


@pytest.mark.parametrize(
    "path, body, count",
    [
        ("random", {}, 32),
        ("random", {"bytes": 1}, 1),
        ("random", {"bytes": 64}, 64),
        ("random", {"bytes": "5"}, 5),
        ("random/5", {}, 5),
        ("random/5", {"bytes": 9}, 5),
        ("random", {"bytes": 131072}, 131072),
        ("random/131072", {}, 131072),
        ("random/platform", {}, 32),
        ("random/platform/7", {}, 7),
        ("random/platform", {"bytes": 7}, 7),
        ("random/all/7", {}, 7),
        ("random/seal/7", {}, 7),
    ],
)
def test_random_bytes_of_the_length_asked_for(api, path, body, count):
    data = api.post(path, **body).data
    assert list(data) == ["random_bytes"]
    assert len(base64.b64decode(data["random_bytes"], validate=True)) == count


def test_random_bytes_in_hex_and_base64(api):
    assert re.fullmatch(r"[0-9a-f]{10}", api.post("random/5", format="hex").data["random_bytes"])
    assert len(base64.b64decode(api.post("random/5", format="base64").data["random_bytes"])) == 5


def test_random_bytes_never_repeat(api):
    assert len({api.post("random/16").data["random_bytes"] for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "path, body, text",
    [
        ("random/0", {}, r"""['"]bytes['"] cannot be less than 1"""),
        ("random", {"bytes": 0}, r"""['"]bytes['"] cannot be less than 1"""),
        ("random", {"bytes": -1}, r"""['"]bytes['"] cannot be less than 1"""),
        ("random/131073", {}, r"""['"]bytes['"] should be less than 131072"""),
        ("random", {"bytes": 2**40}, r"""['"]bytes['"] should be less than 131072"""),
        ("random", {"format": "foo"}, r'unsupported encoding format "foo"; must be "hex" or "base64"'),
        ("random/foo/16", {}, r'unsupported entropy source "foo"; must be "platform" or "seal", or "all"'),
        ("random/platform/foo", {}, r'error parsing url-set byte count: strconv\.Atoi: parsing "foo": invalid syntax'),
    ],
)
def test_random_refuses_with_a_reason(api, path, body, text):
    reply = api.post(path, **body)
    assert reply.status == 400 and re.fullmatch(text, reply.error), reply


@pytest.mark.parametrize("algorithm", DIGESTS)
@pytest.mark.parametrize("message", [b"", b"hello", bytes(range(256)) * 9])
def test_the_hash_is_that_of_the_decoded_input_in_both_spellings_of_the_algorithm(api, algorithm, message):
    encoded = base64.b64encode(message).decode()
    digest = DIGESTS[algorithm](message)
    assert api.post("hash", input=encoded, algorithm=algorithm).data == {"sum": digest.hexdigest()}
    assert api.post(f"hash/{algorithm}", input=encoded, algorithm="sha2-224").data == {"sum": digest.hexdigest()}
    in_base64 = base64.b64encode(digest.digest()).decode()
    assert api.post(f"hash/{algorithm}", input=encoded, format="base64").data == {"sum": in_base64}


def test_the_hash_is_sha2_256_in_hex_by_default(api):
    expected = {"sum": hashlib.sha256(b"hello").hexdigest()}
    assert api.post("hash", input=HELLO).data == expected
    assert api.post("hash", input=HELLO, format="hex").data == expected
    assert api.post("hash", input="aGVs\r\nbG9=").data == expected


@pytest.mark.parametrize(
    "body, text",
    [
        ({}, "input missing"),
        ({"input": HELLO, "algorithm": "sha1"}, "unsupported algorithm sha1"),
        ({"input": HELLO, "algorithm": "md5"}, "unsupported algorithm md5"),
        ({"input": HELLO, "algorithm": "SHA2-256"}, "unsupported algorithm SHA2-256"),
        ({"input": HELLO, "format": "foo"}, 'unsupported encoding format foo; must be "hex" or "base64"'),
        ({"input": "!!"}, BAD_INPUT),
    ],
)
def test_hash_refuses_with_a_reason(api, body, text):
    api.post("hash", body).fails(text)


def test_an_unknown_algorithm_in_the_path_of_hash_is_refused(api):
    api.post("hash/foo", input=HELLO).fails("unsupported algorithm foo")
    api.post("hash/sha1", input=HELLO, algorithm="sha2-256").fails("unsupported algorithm sha1")


def mac(api, path, **body):
    data = api.post(path, **body).data
    assert list(data) == ["hmac"]
    prefix, version, text = data["hmac"].split(":")
    assert prefix == "vault"
    return version, go_base64.decode(text)


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize("algorithm", MAC_LENGTHS)
def test_an_hmac_has_the_length_of_its_hash_and_the_path_wins_over_the_body(api, key_type, algorithm):
    name = api.new_key(type=key_type)
    version, code = mac(api, f"hmac/{name}", input=HELLO, algorithm=algorithm)
    assert version == "v1" and len(code) == MAC_LENGTHS[algorithm]
    assert mac(api, f"hmac/{name}/{algorithm}", input=HELLO, algorithm="sha2-224") == (version, code)


def test_an_hmac_depends_on_input_algorithm_key_and_version_and_on_nothing_else(api):
    name, other = api.new_key(versions=2, derived=True), api.new_key(versions=2)
    variants = [
        (name, {"input": HELLO}),
        (name, {"input": "aGVsbA=="}),
        (name, {"input": ""}),
        (other, {"input": HELLO}),
        (name, {"input": HELLO, "key_version": 1}),
        (name, {"input": HELLO, "algorithm": "sha3-256"}),
    ]
    codes = [mac(api, f"hmac/{key}", **body) for key, body in variants]
    assert len(set(codes)) == len(variants)
    assert codes == [mac(api, f"hmac/{key}", **body) for key, body in variants]
    assert mac(api, f"hmac/{name}", input=HELLO, algorithm="sha2-256", key_version=2) == codes[0]
    assert mac(api, f"hmac/{name}", input=HELLO, context="YWJj") == codes[0]


def test_an_hmac_is_made_with_the_latest_version_and_older_ones_stay_available(api):
    name = api.new_key()
    first = mac(api, f"hmac/{name}", input=HELLO)
    api.post(f"keys/{name}/rotate")
    second = mac(api, f"hmac/{name}", input=HELLO)
    assert (first[0], second[0]) == ("v1", "v2") and first[1] != second[1]
    assert mac(api, f"hmac/{name}", input=HELLO, key_version=1) == first
    assert mac(api, f"hmac/{name}", input=HELLO, key_version=0) == second


@pytest.mark.parametrize(
    "body, text",
    [
        ({}, "missing input for HMAC"),
        ({"input": "!!"}, BAD_INPUT),
        ({"input": HELLO, "algorithm": "foo"}, NO_ALGORITHM),
        ({"input": HELLO, "algorithm": ""}, NO_ALGORITHM),
        ({"input": HELLO, "algorithm": "none"}, NO_ALGORITHM),
        ({"input": HELLO, "key_version": 9}, "key version does not exist; latest key version is 2"),
        ({"input": HELLO, "key_version": -1}, "key version does not exist (cannot be negative)"),
        ({"key_version": 9, "algorithm": "foo"}, "key version does not exist; latest key version is 2"),
        ({"algorithm": "foo"}, NO_ALGORITHM),
        ({"algorithm": "foo", "batch_input": []}, NO_ALGORITHM),
    ],
)
def test_hmac_refuses_with_a_reason(api, body, text):
    api.post(f"hmac/{api.new_key(versions=2)}", body).fails(text)


def test_hmac_with_an_absent_key_is_refused_first_of_all(api):
    name = unique("absent")
    api.post(f"hmac/{name}", algorithm="foo", key_version=9).fails(KEY_NOT_FOUND)
    api.post(f"hmac/{name}/sha2-256", input=HELLO).fails(KEY_NOT_FOUND)


def test_hmac_below_the_minimum_encryption_version_is_refused(api):
    name = api.new_key(versions=2)
    api.config(name, min_encryption_version=2)
    too_old = "cannot generate HMAC: version is too old (disallowed by policy)"
    api.post(f"hmac/{name}", input=HELLO, key_version=1).fails(too_old)
    assert mac(api, f"hmac/{name}", input=HELLO)[0] == "v2"


def test_a_batch_of_hmacs_answers_200_with_results_and_errors_in_order(api):
    name = api.new_key()
    items = [{"input": HELLO, "reference": "a"}, {}, {"input": "!!", "reference": "c"}, {"input": ""}]
    reply = api.post(f"hmac/{name}", batch_input=items)
    assert reply.status == 200
    assert [list(item) for item in reply.results] == [
        ["hmac", "reference"],
        ["error", "reference"],
        ["error", "reference"],
        ["hmac", "reference"],
    ]
    assert [item["reference"] for item in reply.results] == ["a", "", "c", ""]
    assert [reply.results[n]["error"] for n in (1, 2)] == ["missing input for HMAC", BAD_INPUT]
    assert reply.results[0]["hmac"] == api.post(f"hmac/{name}", input=HELLO).data["hmac"]
    assert reply.results[3]["hmac"] == api.post(f"hmac/{name}", input="").data["hmac"]
