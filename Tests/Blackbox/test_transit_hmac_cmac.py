"""hmac and cmac of every key type, verify of both, export of their keys: transit.md 4.16, 4.18, 4.21, 5.7 and 11."""

import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from blackbox_client import CONTEXT, HELLO, KEY_NOT_FOUND, SOFT_DELETED, TYPES, unique
from blackbox_crypto import (
    CMAC_SIZES,
    EC_TYPES,
    HASHES,
    b64,
    flip,
    import_private,
    mac,
    payload,
    unb64,
    wire,
    wycheproof,
)

HMAC_TYPES = [*TYPES, *EC_TYPES, "ed25519", "rsa-2048", "hmac"]
MESSAGES = [b"", b"hello", bytes(range(256)) * 20]
NO_ALGORITHM = "unsupported algorithm '\\x00'"
NO_CMAC_SUPPORT = ["hmac", "encrypt", "decrypt", "rewrap", "sign", "datakey/plaintext"]


@pytest.fixture(scope="module")
def keys(api):
    return {key_type: api.new_key(type=key_type, exportable=True) for key_type in HMAC_TYPES}


@pytest.fixture(scope="module")
def cmac_keys(api):
    return {key_type: api.new_key(type=key_type, exportable=True) for key_type in CMAC_SIZES}


def exported(api, kind, name, version=1):
    return unb64(api.get(f"export/{kind}/{name}").data["keys"][str(version)])


def is_valid(api, name, path="", **parameters):
    data = api.post(f"verify/{name}{path}", **parameters).data
    assert list(data) == ["valid"]
    return data["valid"]


# hmac


@pytest.mark.parametrize("key_type", HMAC_TYPES)
def test_every_type_computes_the_hmac_of_its_hmac_key(api, keys, key_type):
    name, key = keys[key_type], exported(api, "hmac-key", keys[key_type])
    assert len(key) == 32
    for hash_name in HASHES:
        for message in MESSAGES:
            expected = wire(mac(hash_name, key, message))
            asked = {"input": b64(message)}
            assert api.post(f"hmac/{name}/{hash_name}", **asked).data == {"hmac": expected}
            assert api.post(f"hmac/{name}", **asked, algorithm=hash_name).data == {"hmac": expected}
            assert is_valid(api, name, f"/{hash_name}", **asked, hmac=expected)
            assert is_valid(api, name, **asked, hmac=expected, hash_algorithm=hash_name)
            assert not is_valid(api, name, f"/{hash_name}", input=b64(message + b"x"), hmac=expected)


@pytest.mark.parametrize("key_type", ["ed25519", "aes256-gcm96"])
def test_the_context_of_a_derived_key_changes_no_hmac(api, key_type):
    name = api.new_key(type=key_type, derived=True)
    expected = api.post(f"hmac/{name}", input=HELLO).data
    assert api.post(f"hmac/{name}", input=HELLO, context=CONTEXT).data == expected
    assert is_valid(api, name, input=HELLO, context=CONTEXT, **expected)


@pytest.mark.parametrize("size", [32, 33, 64, 65, 128, 129, 200, 512])
def test_an_hmac_key_of_each_size_is_used_whole(api, size):
    name = api.new_key(type="hmac", key_size=size, exportable=True, versions=2)
    for version in (1, 2):
        key = exported(api, "hmac-key", name, version)
        assert len(key) == size
        for hash_name in ("sha1", "sha2-256", "sha2-512", "sha3-256"):
            reply = api.post(f"hmac/{name}/{hash_name}", input=HELLO, key_version=version)
            assert reply.data == {"hmac": wire(mac(hash_name, key, b"hello"), version)}


def test_without_words_the_hash_is_sha2_256_and_verify_ignores_algorithm(api, keys):
    name = keys["ecdsa-p256"]
    key = exported(api, "hmac-key", name)
    short, long = (wire(mac(hash_name, key, b"hello")) for hash_name in ("sha2-256", "sha2-512"))
    assert api.post(f"hmac/{name}", input=HELLO).data["hmac"] == short
    assert is_valid(api, name, input=HELLO, hmac=short)
    assert not is_valid(api, name, input=HELLO, hmac=long)
    assert is_valid(api, name, input=HELLO, hmac=short, algorithm="sha2-512")
    assert is_valid(api, name, "/sha2-512", input=HELLO, hmac=long, hash_algorithm="sha2-256")


@pytest.mark.parametrize("algorithm", ["none", "foo", "SHA2-256", "md5"])
def test_hashes_that_are_none_are_refused(api, keys, algorithm):
    for key_type in ("hmac", "ecdsa-p256", "rsa-2048"):
        api.post(f"hmac/{keys[key_type]}", input=HELLO, algorithm=algorithm).fails(NO_ALGORITHM)
        api.post(f"hmac/{keys[key_type]}/{algorithm}", input=HELLO).fails(NO_ALGORITHM)
        reply = api.post(f"verify/{keys[key_type]}/{algorithm}", input=HELLO, hmac="vault:v1:AAAA")
        if algorithm == "none":
            assert reply.status == 400
        else:
            reply.fails(f'invalid hash algorithm "{algorithm}"')


@pytest.mark.parametrize("key_type", ["hmac", "ed25519", "aes256-gcm96"])
def test_every_version_has_its_own_hmac_key(api, key_type):
    name = api.new_key(type=key_type, versions=3)
    codes = [api.post(f"hmac/{name}", input=HELLO, key_version=version).data["hmac"] for version in (1, 2, 3)]
    assert api.post(f"hmac/{name}", input=HELLO).data["hmac"] == codes[2]
    assert len({payload(code, n + 1) for n, code in enumerate(codes)}) == 3
    assert all(is_valid(api, name, input=HELLO, hmac=code) for code in codes)
    assert not is_valid(api, name, input=HELLO, hmac=wire(payload(codes[0], 1), 2))
    api.config(name, min_decryption_version=2)
    too_old = "cannot verify HMAC: version is too old (disallowed by policy)"
    api.post(f"verify/{name}", input=HELLO, hmac=codes[0]).fails(too_old)


@pytest.mark.parametrize(
    "text, error",
    [
        ("foo", "invalid HMAC to verify: no prefix"),
        ("", "invalid HMAC to verify: no prefix"),
        ("vault:v1", "invalid HMAC: wrong number of fields"),
        ("vault:vx:AAAA", "invalid HMAC: version number could not be decoded"),
        ("vault:v1:!!", "unable to decode verification HMAC as base64: illegal base64 data at input byte 0"),
        ("vault:v9:!!", "unable to decode verification HMAC as base64: illegal base64 data at input byte 0"),
        ("vault:v9:AAAA", "invalid HMAC: version is too new"),
        ("vault:v0:AAAA", "cannot verify HMAC: version is too old (disallowed by policy)"),
        ("vault:v-1:AAAA", "cannot verify HMAC: version is too old (disallowed by policy)"),
    ],
)
def test_codes_that_are_malformed_are_told_what_is_wrong(api, keys, text, error):
    for key_type in ("hmac", "ecdsa-p256"):
        api.post(f"verify/{keys[key_type]}", input=HELLO, hmac=text).fails(error)
        reply = api.post(f"verify/{keys[key_type]}", batch_input=[{"input": HELLO, "hmac": text}])
        assert reply.status == 200 and reply.results == [{"error": error, "reference": ""}]
    bad = "unable to decode input as base64: illegal base64 data at input byte 0"
    api.post(f"verify/{keys['hmac']}", input="!!", hmac=text).fails(bad)


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33, 64])
def test_a_code_of_another_length_is_not_valid(api, keys, length):
    key = exported(api, "hmac-key", keys["hmac"])
    code = (mac("sha2-256", key, b"hello") * 2)[:length]
    assert not is_valid(api, keys["hmac"], input=HELLO, hmac=wire(code))


def test_a_batch_of_verifications_by_hmac_says_nothing_of_what_is_false(api, keys):
    name = keys["hmac"]
    code = api.post(f"hmac/{name}", input=HELLO).data["hmac"]
    items = [
        {"input": HELLO, "hmac": code, "reference": "a"},
        {"input": HELLO, "hmac": wire(flip(payload(code), 5))},
        {"hmac": code, "reference": "c"},
        {"input": HELLO, "hmac": "foo"},
    ]
    reply = api.post(f"verify/{name}", batch_input=items)
    assert reply.status == 200
    assert reply.results == [
        {"valid": True, "reference": "a"},
        {"reference": ""},
        {"error": "missing input", "reference": "c"},
        {"error": "invalid HMAC to verify: no prefix", "reference": ""},
    ]
    assert [list(item) for item in reply.results][::2] == [["valid", "reference"], ["error", "reference"]]


@pytest.mark.parametrize("operation", ["encrypt", "sign", "datakey/wrapped", "cmac"])
def test_an_hmac_key_does_nothing_else(api, keys, operation):
    reply = api.post(f"{operation}/{keys['hmac']}", plaintext=HELLO, input=HELLO)
    assert reply.status == 400 and "hmac" in reply.error


def test_a_soft_deleted_hmac_key_is_not_used(api):
    name = api.new_key(type="hmac")
    code = api.post(f"hmac/{name}", input=HELLO).data["hmac"]
    api.delete(f"keys/{name}/soft-delete")
    api.post(f"hmac/{name}", input=HELLO).fails(SOFT_DELETED)
    api.post(f"verify/{name}", input=HELLO, hmac=code).fails(SOFT_DELETED)


# cmac


def cmac(key, message):
    code = CMAC(AES(key))
    code.update(message)
    return code.finalize()


@pytest.mark.parametrize("key_type", CMAC_SIZES)
def test_a_cmac_key_is_created_read_and_rotated(api, key_type):
    name = unique()
    data = api.post(f"keys/{name}", type=key_type).data
    assert (data["type"], data["latest_version"]) == (key_type, 1)
    assert not any(data[f"supports_{what}"] for what in ("encryption", "decryption", "signing", "derivation"))
    assert all(type(value) is int for value in data["keys"].values())
    assert api.post(f"keys/{name}/rotate").data["latest_version"] == 2


@pytest.mark.parametrize("key_type", CMAC_SIZES)
@pytest.mark.parametrize("message", MESSAGES)
def test_the_cmac_is_that_of_the_exported_key(api, cmac_keys, key_type, message):
    name = cmac_keys[key_type]
    key = exported(api, "cmac-key", name)
    assert len(key) == CMAC_SIZES[key_type]
    code, asked = cmac(key, message), {"input": b64(message)}
    for path, body in (
        ("", {}),
        ("", {"mac_length": 0}),
        ("", {"mac_length": 16}),
        ("/16", {}),
        ("/16", {"mac_length": 4}),
    ):
        assert api.post(f"cmac/{name}{path}", **asked, **body).data == {"cmac": wire(code)}
    assert is_valid(api, name, **asked, cmac=wire(code))
    assert not is_valid(api, name, input=b64(message + b"x"), cmac=wire(code))
    assert not is_valid(api, name, **asked, cmac=wire(flip(code, 15)))


@pytest.mark.parametrize("length", [8, 12, 15, 16])
def test_a_cmac_is_cut_to_the_length_asked_for(api, cmac_keys, length):
    name = cmac_keys["aes256-cmac"]
    code = wire(cmac(exported(api, "cmac-key", name), b"hello")[:length])
    assert api.post(f"cmac/{name}", input=HELLO, mac_length=length).data == {"cmac": code}
    assert api.post(f"cmac/{name}/{length}", input=HELLO).data == {"cmac": code}
    assert api.post(f"cmac/{name}/{length}", input=HELLO, mac_length=16).data == {"cmac": code}
    assert is_valid(api, name, input=HELLO, cmac=code, mac_length=length)
    assert not is_valid(api, name, input=b64(b"other"), cmac=code, mac_length=length)
    for other in (0, 8, 12, 15, 16):
        if other != length and not (length == 16 and other == 0):
            reply = api.post(f"verify/{name}", input=HELLO, cmac=code, mac_length=other)
            assert reply.status == 400 or reply.data["valid"] is False


@pytest.mark.parametrize("length", [-1, 17, 1000, 2**40])
def test_a_cmac_of_an_impossible_length_is_refused(api, cmac_keys, length):
    name = cmac_keys["aes128-cmac"]
    assert api.post(f"cmac/{name}", input=HELLO, mac_length=length).status == 400
    assert api.post(f"cmac/{name}/{length}", input=HELLO).status == 400
    assert api.post(f"cmac/{name}/foo", input=HELLO).status == 400
    assert api.post(f"verify/{name}", input=HELLO, cmac=wire(bytes(16)), mac_length=length).status == 400


def test_every_version_of_a_cmac_key_is_used(api):
    name = api.new_key(type="aes256-cmac", versions=2, exportable=True)
    codes = [api.post(f"cmac/{name}", input=HELLO, key_version=version).data["cmac"] for version in (1, 2)]
    assert codes == [wire(cmac(exported(api, "cmac-key", name, n), b"hello"), n) for n in (1, 2)]
    assert api.post(f"cmac/{name}", input=HELLO).data["cmac"] == codes[1]
    assert all(is_valid(api, name, input=HELLO, cmac=code) for code in codes)
    for version in (3, -1):
        assert api.post(f"cmac/{name}", input=HELLO, key_version=version).status == 400
    api.config(name, min_decryption_version=2, min_encryption_version=2)
    assert api.post(f"cmac/{name}", input=HELLO, key_version=1).status == 400
    assert api.post(f"verify/{name}", input=HELLO, cmac=codes[0]).status == 400


@pytest.mark.parametrize(
    "text", ["foo", "", "vault:v1", "vault:vx:AAAA", "vault:v1:!!", "vault:v9:AAAA", "vault:v0:AAAA"]
)
def test_a_malformed_cmac_is_refused(api, cmac_keys, text):
    reply = api.post(f"verify/{cmac_keys['aes256-cmac']}", input=HELLO, cmac=text)
    assert reply.status == 400 and reply.error


def test_a_cmac_needs_an_input_and_a_key_that_exists(api, cmac_keys):
    api.post(f"cmac/{unique('absent')}", input=HELLO).fails(KEY_NOT_FOUND)
    assert api.post(f"cmac/{cmac_keys['aes128-cmac']}").status == 400
    assert api.post(f"cmac/{cmac_keys['aes128-cmac']}", input="!!").status == 400


def test_a_batch_of_cmacs_and_their_verification(api, cmac_keys):
    name = cmac_keys["aes192-cmac"]
    items = [{"input": HELLO, "reference": "a"}, {}, {"input": "!!", "reference": "c"}, {"input": ""}]
    reply = api.post(f"cmac/{name}", batch_input=items)
    assert reply.status == 200
    assert [item["reference"] for item in reply.results] == ["a", "", "c", ""]
    assert ["error" in item for item in reply.results] == [False, True, True, False]
    assert reply.results[0]["cmac"] == api.post(f"cmac/{name}", input=HELLO).data["cmac"]
    assert reply.results[3]["cmac"] == api.post(f"cmac/{name}", input="").data["cmac"]
    items = [{"input": HELLO, "cmac": reply.results[n]["cmac"]} for n in (0, 3)]
    results = api.post(f"verify/{name}", batch_input=items).results
    assert [item.get("valid", False) for item in results] == [True, False]
    assert api.post(f"cmac/{name}", batch_input=[]).status == 400


@pytest.mark.parametrize("operation", NO_CMAC_SUPPORT)
def test_a_cmac_key_does_nothing_else(api, cmac_keys, operation):
    for name in cmac_keys.values():
        body = {"plaintext": HELLO, "input": HELLO, "ciphertext": "vault:v1:AAAA"}
        assert api.post(f"{operation}/{name}", body).status == 400


@pytest.mark.parametrize("key_type", [*TYPES, *EC_TYPES, "ed25519", "hmac"])
def test_other_types_compute_and_verify_no_cmac(api, keys, key_type):
    assert api.post(f"cmac/{keys[key_type]}", input=HELLO).status == 400
    assert api.post(f"verify/{keys[key_type]}", input=HELLO, cmac=wire(bytes(16))).status == 400
    assert api.get(f"export/cmac-key/{keys[key_type]}").status == 400


@pytest.mark.parametrize("key_type", CMAC_SIZES)
def test_a_cmac_key_is_only_exported_when_that_is_allowed(api, cmac_keys, key_type):
    hidden = api.new_key(type=key_type)
    api.get(f"export/cmac-key/{hidden}").fails("private key material is not exportable")
    for kind in ("encryption-key", "signing-key"):
        assert api.get(f"export/{kind}/{cmac_keys[key_type]}").status == 400
    data = api.get(f"export/cmac-key/{cmac_keys[key_type]}").data
    assert (data["name"], data["type"]) == (cmac_keys[key_type], key_type)


# Wycheproof


@pytest.mark.parametrize("bits", [256, 384, 512])
def test_wycheproof_hmac(api, bits):
    seen = 0
    for group in wycheproof(f"hmac_sha{bits}"):
        names = {}
        for case in group["tests"]:
            key = bytes.fromhex(case["key"])
            if not 32 <= len(key) <= 512:
                continue
            if key not in names:
                names[key] = import_private(api, "hmac", key)
            whole, cut = group["tagSize"] == bits, bytes.fromhex(case["tag"])
            code = api.post(f"hmac/{names[key]}/sha2-{bits}", input=b64(bytes.fromhex(case["msg"]))).data["hmac"]
            assert (payload(code)[: len(cut)] == cut) is (case["result"] == "valid"), case["tcId"]
            valid = is_valid(api, names[key], f"/sha2-{bits}", input=b64(bytes.fromhex(case["msg"])), hmac=wire(cut))
            assert valid is (whole and case["result"] == "valid"), case["tcId"]
            seen += 1
    assert seen > 150


def test_wycheproof_cmac(api):
    seen, names = 0, {}
    for group in wycheproof("aes_cmac"):
        key_type = f"aes{group['keySize']}-cmac"
        if key_type not in CMAC_SIZES:
            continue
        for case in group["tests"]:
            key = bytes.fromhex(case["key"])
            if key not in names:
                names[key] = import_private(api, key_type, key)
            asked = {"input": b64(bytes.fromhex(case["msg"]))}
            valid = is_valid(api, names[key], **asked, cmac=wire(bytes.fromhex(case["tag"])))
            assert valid is (case["result"] == "valid"), case["tcId"]
            if valid:
                assert api.post(f"cmac/{names[key]}", **asked).data["cmac"] == wire(bytes.fromhex(case["tag"]))
            seen += 1
    assert seen == 306
