"""sign and verify against python's `cryptography`, both ways: transit.md 4.17, 4.18 and 5.6."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from blackbox_client import CONTEXT, HELLO, unique
from blackbox_crypto import (
    EC_TYPES,
    HASHES,
    b64,
    digest,
    ec_body,
    flip,
    import_private,
    import_public,
    payload,
    private_key,
    pss,
    public_key,
    raw_public,
    to_jws,
    unb64,
    wire,
)

SHA256 = HASHES["sha2-256"]
MESSAGES = [b"", b"hello", bytes(range(256)) * 20]
MAXIMUM_SALT = {name: 256 - 2 - algorithm.digest_size for name, algorithm in HASHES.items()}
ANY_TYPE = [*EC_TYPES, "ed25519", "rsa-2048"]


@pytest.fixture(scope="module")
def ours(api):
    """One key of each type, made by the server."""
    return {key_type: api.new_key(type=key_type) for key_type in ANY_TYPE}


@pytest.fixture(scope="module")
def theirs(api):
    """One key of each type, made here and imported."""
    return {key_type: import_private(api, key_type, private_key(key_type)) for key_type in ANY_TYPE}


def sign(api, name, message, path="", version=1, **parameters):
    data = api.post(f"sign/{name}{path}", input=b64(message), **parameters).data
    assert list(data) == ["key_version", "signature"] and data["key_version"] == version
    return data["signature"]


def is_valid(api, name, message, signature, path="", **parameters):
    data = api.post(f"verify/{name}{path}", input=b64(message), signature=signature, **parameters).data
    assert list(data) == ["valid"] and type(data["valid"]) is bool
    return data["valid"]


def check(public, signature, message, algorithm=SHA256, scheme=None):
    """Raises unless `cryptography` accepts the signature."""
    if isinstance(public, ed25519.Ed25519PublicKey):
        public.verify(signature, message)
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, message, scheme, algorithm)
    else:
        public.verify(signature, message, ec.ECDSA(algorithm))


# ECDSA


@pytest.mark.parametrize("marshaling", ["asn1", "jws"])
@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("key_type", EC_TYPES)
def test_ecdsa_signatures_of_every_hash_and_marshaling(api, ours, theirs, key_type, hash_name, marshaling):
    name, algorithm, jws = ours[key_type], HASHES[hash_name], marshaling == "jws"
    public = public_key(api, name)
    options = {"marshaling_algorithm": marshaling}
    for message in MESSAGES:
        for path, body in ((f"/{hash_name}", {}), ("", {"hash_algorithm": hash_name})):
            signature = sign(api, name, message, path, **body, **options)
            check(public, ec_body(payload(signature, jws=jws), key_type, jws), message, algorithm)
            assert is_valid(api, name, message, signature, path, **body, **options)
            assert not is_valid(api, name, message + b"x", signature, path, **body, **options)
        made = private_key(key_type).sign(message, ec.ECDSA(algorithm))
        text = wire(to_jws(made, key_type) if jws else made, jws=jws)
        assert is_valid(api, theirs[key_type], message, text, f"/{hash_name}", **options)
        assert not is_valid(api, theirs[key_type], message + b"x", text, f"/{hash_name}", **options)


@pytest.mark.parametrize("key_type", EC_TYPES)
def test_ecdsa_signatures_of_one_message_differ(api, ours, key_type):
    assert len({sign(api, ours[key_type], b"hello") for _ in range(8)}) == 8


@pytest.mark.parametrize("key_type", EC_TYPES)
def test_short_numbers_keep_the_width_of_jws(api, ours, key_type):
    items = [{"input": b64(bytes([n, n]))} for n in range(256)]
    reply = api.post(f"sign/{ours[key_type]}", batch_input=items, marshaling_algorithm="jws")
    assert len({len(item["signature"]) for item in reply.results}) == 1
    items = [{**item, "signature": result["signature"]} for item, result in zip(items, reply.results, strict=True)]
    reply = api.post(f"verify/{ours[key_type]}", batch_input=items, marshaling_algorithm="jws")
    assert all(item["valid"] for item in reply.results)


@pytest.mark.parametrize("hash_name", HASHES)
@pytest.mark.parametrize("key_type", EC_TYPES)
def test_ecdsa_over_a_digest_is_ecdsa_over_its_message(api, ours, theirs, key_type, hash_name):
    hashed = digest(hash_name, b"hello")
    signature = sign(api, ours[key_type], hashed, f"/{hash_name}", prehashed=True)
    check(public_key(api, ours[key_type]), payload(signature), b"hello", HASHES[hash_name])
    assert is_valid(api, ours[key_type], b"hello", signature, f"/{hash_name}")
    assert is_valid(api, ours[key_type], hashed, signature, f"/{hash_name}", prehashed=True)
    assert not is_valid(api, ours[key_type], hashed, signature, f"/{hash_name}")
    made = wire(private_key(key_type).sign(b"hello", ec.ECDSA(HASHES[hash_name])))
    assert is_valid(api, theirs[key_type], hashed, made, f"/{hash_name}", prehashed=True)


@pytest.mark.parametrize("key_type", EC_TYPES)
@pytest.mark.parametrize("length", [0, 1, 20, 31, 33, 64, 65, 66, 100, 1000])
def test_a_prehashed_input_of_any_length_is_signed_by_its_first_bits(api, ours, key_type, length):
    hashed = bytes(range(1, 251)) * 4
    signature = sign(api, ours[key_type], hashed[:length], prehashed=True)
    assert is_valid(api, ours[key_type], hashed[:length], signature, prehashed=True)
    if length == 20:
        algorithm = ec.ECDSA(utils.Prehashed(HASHES["sha1"]))
        public_key(api, ours[key_type]).verify(payload(signature), hashed[:20], algorithm)
    bits = EC_TYPES[key_type].key_size
    if bits % 8 == 0 and length >= bits // 8:
        assert is_valid(api, ours[key_type], hashed[: bits // 8], signature, prehashed=True)
        assert not is_valid(api, ours[key_type], flip(hashed[:length], 0), signature, prehashed=True)


# Ed25519


@pytest.mark.parametrize("message", MESSAGES)
def test_ed25519_signatures_are_those_of_rfc_8032(api, theirs, message):
    expected = private_key("ed25519").sign(message)
    assert sign(api, theirs["ed25519"], message) == wire(expected)
    assert sign(api, theirs["ed25519"], message, marshaling_algorithm="jws") == wire(expected, jws=True)
    for jws, marshaling in ((False, "asn1"), (True, "jws")):
        text = wire(expected, jws=jws)
        assert is_valid(api, theirs["ed25519"], message, text, marshaling_algorithm=marshaling)
        assert not is_valid(api, theirs["ed25519"], message + b"x", text, marshaling_algorithm=marshaling)


@pytest.mark.parametrize("hash_name", [name for name in HASHES if name != "sha2-512"])
@pytest.mark.parametrize("prehashed", [False, True])
def test_ed25519_ignores_hash_and_prehashed(api, theirs, hash_name, prehashed):
    expected = wire(private_key("ed25519").sign(b"hello"))
    assert sign(api, theirs["ed25519"], b"hello", f"/{hash_name}", prehashed=prehashed) == expected
    assert is_valid(api, theirs["ed25519"], b"hello", expected, f"/{hash_name}", prehashed=prehashed)


def test_the_key_pair_made_by_the_server_signs_as_its_public_key_says(api, ours):
    for message in MESSAGES:
        check(public_key(api, ours["ed25519"]), payload(sign(api, ours["ed25519"], message)), message)


@pytest.mark.parametrize("context", [CONTEXT, "YQ==", b64(bytes(300))])
def test_derived_ed25519_answers_its_public_key_with_the_signature(api, context):
    name = api.new_key(type="ed25519", derived=True, versions=2)
    for version in (1, 2):
        data = api.post(f"sign/{name}", input=HELLO, context=context, key_version=version).data
        assert list(data) == ["key_version", "public_key", "signature"] and data["key_version"] == version
        shown = public_key(api, name, version, context.replace("+", "%2B"))
        assert raw_public(shown) == unb64(data["public_key"])
        check(shown, payload(data["signature"], version), b"hello")
        assert is_valid(api, name, b"hello", data["signature"], context=context)
        assert not is_valid(api, name, b"hello", data["signature"], context="YWJk")


# RSA


@pytest.mark.parametrize("hash_name", HASHES)
def test_rsa_signatures_of_every_hash_and_scheme(api, ours, theirs, hash_name):
    name, algorithm, path = ours["rsa-2048"], HASHES[hash_name], f"/{hash_name}"
    public, private = public_key(api, name), private_key("rsa-2048")
    for scheme, form in (("pss", pss(algorithm, MAXIMUM_SALT[hash_name])), ("pkcs1v15", padding.PKCS1v15())):
        for message in MESSAGES:
            signature = sign(api, name, message, path, signature_algorithm=scheme)
            check(public, payload(signature), message, algorithm, form)
            assert is_valid(api, name, message, signature, path, signature_algorithm=scheme)
            assert not is_valid(api, name, message + b"x", signature, path, signature_algorithm=scheme)
            made = wire(private.sign(message, form, algorithm))
            assert is_valid(api, theirs["rsa-2048"], message, made, path, signature_algorithm=scheme)
        hashed = digest(hash_name, b"hello")
        signature = sign(api, name, hashed, path, signature_algorithm=scheme, prehashed=True)
        check(public, payload(signature), b"hello", algorithm, form)
        assert is_valid(api, name, hashed, signature, path, signature_algorithm=scheme, prehashed=True)
        assert is_valid(api, name, b"hello", signature, path, signature_algorithm=scheme)


def test_pss_with_the_longest_salt_is_what_rsa_keys_do_by_default(api, ours):
    signature = payload(sign(api, ours["rsa-2048"], b"hello"))
    check(public_key(api, ours["rsa-2048"]), signature, b"hello", SHA256, pss(SHA256, 222))
    with pytest.raises(InvalidSignature):
        check(public_key(api, ours["rsa-2048"]), signature, b"hello", SHA256, pss(SHA256, 32))
    assert not is_valid(api, ours["rsa-2048"], b"hello", wire(signature), signature_algorithm="pkcs1v15")


@pytest.mark.parametrize(
    "salt_length, used",
    [("auto", 222), ("hash", 32), (0, 222), ("0", 222), (-1, 32), ("-1", 32), (1, 1), ("20", 20), (32, 32), (222, 222)],
)
def test_the_salt_has_the_length_asked_for(api, ours, salt_length, used):
    name = ours["rsa-2048"]
    signature = sign(api, name, b"hello", salt_length=salt_length)
    check(public_key(api, name), payload(signature), b"hello", SHA256, pss(SHA256, used))
    assert is_valid(api, name, b"hello", signature, salt_length=salt_length)
    assert is_valid(api, name, b"hello", signature)
    assert is_valid(api, name, b"hello", signature, salt_length="hash") is (used == 32)
    assert is_valid(api, name, b"hello", signature, salt_length=20) is (used == 20)


@pytest.mark.parametrize("salt", [0, 1, 20, 32, 100, 222])
def test_any_salt_is_valid_by_default(api, theirs, salt):
    made = wire(private_key("rsa-2048").sign(b"hello", pss(SHA256, salt), SHA256))
    for parameters in ({}, {"salt_length": "auto"}, {"salt_length": 0}):
        assert is_valid(api, theirs["rsa-2048"], b"hello", made, **parameters)
    assert is_valid(api, theirs["rsa-2048"], b"hello", made, salt_length="hash") is (salt == 32)


def test_the_salt_is_random_and_pkcs1v15_is_not(api, ours):
    name = ours["rsa-2048"]
    assert len({sign(api, name, b"hello") for _ in range(4)}) == 4
    assert len({sign(api, name, b"hello", signature_algorithm="pkcs1v15") for _ in range(4)}) == 1


@pytest.mark.parametrize("scheme", ["pss", "pkcs1v15"])
def test_jws_of_rsa_is_the_same_signature_in_the_alphabet_of_urls(api, ours, scheme):
    name, options = ours["rsa-2048"], {"signature_algorithm": scheme, "marshaling_algorithm": "jws"}
    signature = sign(api, name, b"hello", **options, salt_length="hash")
    form = pss(SHA256, 32) if scheme == "pss" else padding.PKCS1v15()
    check(public_key(api, name), payload(signature, jws=True), b"hello", SHA256, form)
    assert is_valid(api, name, b"hello", signature, **options)
    if scheme == "pkcs1v15":
        assert payload(sign(api, name, b"hello", signature_algorithm=scheme)) == payload(signature, jws=True)


@pytest.mark.parametrize("length", [0, 1, 32, 36, 51, 245])
def test_without_a_hash_the_input_is_padded_as_it_is(api, ours, length):
    options = {"prehashed": True, "signature_algorithm": "pkcs1v15"}
    message = bytes(range(length))
    for path, body in (("/none", {}), ("", {"hash_algorithm": "none"})):
        signature = sign(api, ours["rsa-2048"], message, path, **body, **options)
        number = public_key(api, ours["rsa-2048"]).public_numbers()
        opened = pow(int.from_bytes(payload(signature), "big"), number.e, number.n).to_bytes(256, "big")
        assert opened == b"\x00\x01" + b"\xff" * (253 - length) + b"\x00" + message
        assert is_valid(api, ours["rsa-2048"], message, signature, path, **body, **options)
        assert not is_valid(api, ours["rsa-2048"], message + b"x", signature, path, **body, **options)


@pytest.mark.parametrize("key_type", ["rsa-3072", "rsa-4096"])
def test_larger_rsa_keys_sign_and_verify(api, key_type):
    name, size = import_private(api, key_type, private_key(key_type)), int(key_type[4:]) // 8
    public = private_key(key_type).public_key()
    for hash_name in ("sha1", "sha2-256", "sha2-512"):
        algorithm = HASHES[hash_name]
        signature = sign(api, name, b"hello", f"/{hash_name}")
        check(public, payload(signature), b"hello", algorithm, pss(algorithm, size - 2 - algorithm.digest_size))
        assert is_valid(api, name, b"hello", signature, f"/{hash_name}")
        signature = sign(api, name, b"hello", f"/{hash_name}", signature_algorithm="pkcs1v15")
        check(public, payload(signature), b"hello", algorithm, padding.PKCS1v15())


# Which version, key and type


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ed25519"])
def test_every_version_signs_and_is_verified_as_itself(api, key_type):
    name = api.new_key(type=key_type, versions=3)
    for version, asked in ((3, {}), (3, {"key_version": 0}), (1, {"key_version": 1}), (2, {"key_version": "2"})):
        signature = sign(api, name, b"hello", version=version, **asked)
        check(public_key(api, name, version), payload(signature, version), b"hello")
        assert is_valid(api, name, b"hello", signature)
        other = wire(payload(signature, version), version % 3 + 1)
        assert not is_valid(api, name, b"hello", other)


@pytest.mark.parametrize("key_type", ANY_TYPE)
def test_a_signature_of_another_key_is_not_valid(api, ours, theirs, key_type):
    signature = sign(api, ours[key_type], b"hello")
    assert not is_valid(api, theirs[key_type], b"hello", signature)
    for at in (-1, len(payload(signature)) // 2):
        changed = wire(flip(payload(signature), at))
        reply = api.post(f"verify/{ours[key_type]}", input=HELLO, signature=changed)
        assert reply.status == 400 and key_type in EC_TYPES or reply.data == {"valid": False}


def test_a_signature_of_another_type_is_never_valid(api, ours):
    for signer in ANY_TYPE:
        signature = sign(api, ours[signer], b"hello")
        for verifier in ANY_TYPE:
            reply = api.post(f"verify/{ours[verifier]}", input=HELLO, signature=signature)
            if signer == verifier:
                assert reply.data == {"valid": True}
            else:
                assert reply.status == 400 and verifier in EC_TYPES or reply.data == {"valid": False}


@pytest.mark.parametrize("key_type", ANY_TYPE)
def test_a_public_key_alone_verifies_and_does_not_sign(api, ours, key_type):
    name = import_public(api, key_type, public_key(api, ours[key_type]), unique("half"))
    assert is_valid(api, name, b"hello", sign(api, ours[key_type], b"hello"))
    text = "requested version for signing does not contain a private part"
    api.post(f"sign/{name}", input=HELLO).fails(text)
    reply = api.post(f"sign/{name}", batch_input=[{"input": HELLO}])
    assert reply.status == 200
    assert reply.results == [{"key_version": 0, "error": text, "reference": ""}]
