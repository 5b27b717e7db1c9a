"""Parameters, refusals and batches of sign and verify: transit.md 1.3, 4.17, 4.18 and 8."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from blackbox_client import CONTEXT, HELLO, MISSING_CONTEXT, SOFT_DELETED, TOO_OLD, TYPES, unique
from blackbox_crypto import HASHES, b64, payload, public_key, to_jws, wire

BAD_INPUT = "unable to decode input as base64: illegal base64 data at input byte 0"
NO_CONTEXT = "error deriving key: " + MISSING_CONTEXT
NONE_NEEDS = "hash_algorithm=none requires both prehashed=true and signature_algorithm=pkcs1v15"
NEITHER = "neither a 'signature' nor an 'hmac' were given to verify"
GOOD = ["signature", "key_version", "reference"]
FAILED = ["key_version", "error", "reference"]


@pytest.fixture(scope="module")
def p256(api):
    return api.new_key(type="ecdsa-p256")


@pytest.fixture(scope="module")
def rsa2048(api):
    return api.new_key(type="rsa-2048")


@pytest.fixture(scope="module")
def derived(api):
    return api.new_key(type="ed25519", derived=True)


@pytest.fixture(scope="module")
def signature(api, p256):
    return api.post(f"sign/{p256}", input=HELLO).data["signature"]


def shows(api, name, text, message, hash_name):
    """Raises unless the signature is one of the message with that hash."""
    public_key(api, name).verify(payload(text), message, ec.ECDSA(HASHES[hash_name]))


# sign


@pytest.mark.parametrize("body", [b"", {}, {"input": ""}, {"input": None}])
def test_a_missing_input_is_an_empty_one(api, p256, body):
    data = api.post(f"sign/{p256}", body).data
    shows(api, p256, data["signature"], b"", "sha2-256")
    given = body if isinstance(body, dict) else {}
    assert api.post(f"verify/{p256}", {**given, "signature": data["signature"]}).data == {"valid": True}


@pytest.mark.parametrize(
    "path, body, used",
    [
        ("", {}, "sha2-256"),
        ("", {"algorithm": "sha2-512"}, "sha2-256"),
        ("", {"algorithm": "foo"}, "sha2-256"),
        ("", {"hash_algorithm": "sha2-384", "algorithm": "sha2-512"}, "sha2-384"),
        ("", {"hash_algorithm": "", "algorithm": "sha2-384"}, "sha2-384"),
        ("/sha2-512", {"hash_algorithm": "sha2-384"}, "sha2-512"),
        ("/sha2-512", {"hash_algorithm": "foo", "algorithm": "foo"}, "sha2-512"),
        ("/sha1", {"algorithm": "sha2-384"}, "sha1"),
    ],
)
def test_which_of_the_spellings_of_the_hash_counts(api, p256, path, body, used):
    text = api.post(f"sign/{p256}{path}", input=HELLO, **body).data["signature"]
    shows(api, p256, text, b"hello", used)
    assert api.post(f"verify/{p256}{path}", input=HELLO, signature=text, **body).data == {"valid": True}
    assert api.post(f"verify/{p256}/{used}", input=HELLO, signature=text).data == {"valid": True}


@pytest.mark.parametrize(
    "body, text",
    [
        ({"hash_algorithm": "foo"}, 'invalid hash algorithm "foo"'),
        ({"hash_algorithm": "SHA2-256"}, 'invalid hash algorithm "SHA2-256"'),
        ({"hash_algorithm": "md5"}, 'invalid hash algorithm "md5"'),
        ({"hash_algorithm": "", "algorithm": "foo"}, 'invalid hash algorithm "foo"'),
        ({"marshaling_algorithm": "foo"}, 'invalid marshaling type "foo"'),
        ({"marshaling_algorithm": "JWS"}, 'invalid marshaling type "JWS"'),
        ({"marshaling_algorithm": ""}, 'invalid marshaling type ""'),
        ({"salt_length": "foo"}, "salt length neither 'auto', 'hash', nor an int: foo"),
        ({"salt_length": "1.5"}, "salt length neither 'auto', 'hash', nor an int: 1.5"),
        ({"salt_length": -2}, "salt length is invalid: -2"),
        ({"salt_length": "-9"}, "salt length is invalid: -9"),
        ({"hash_algorithm": "none"}, NONE_NEEDS),
        ({"hash_algorithm": "none", "prehashed": True}, NONE_NEEDS),
        ({"hash_algorithm": "none", "signature_algorithm": "pkcs1v15"}, NONE_NEEDS),
    ],
)
@pytest.mark.parametrize("operation", ["sign", "verify"])
def test_a_parameter_that_is_not_known_is_refused(api, p256, rsa2048, operation, body, text):
    for name in (p256, rsa2048):
        api.post(f"{operation}/{name}", input=HELLO, signature="vault:v1:AAAA", **body).fails(text)


def test_the_hash_in_the_path_is_refused_too(api, p256):
    for path in ("foo", "sha2-256/more", "SHA2-256"):
        api.post(f"sign/{p256}/{path}", input=HELLO).fails(f'invalid hash algorithm "{path}"')
    api.post(f"sign/{p256}/none", input=HELLO).fails(NONE_NEEDS)


@pytest.mark.parametrize("algorithm", ["foo", "PSS", ""])
def test_an_rsa_signature_algorithm_that_is_not_known_is_refused(api, rsa2048, algorithm):
    text = f"unsupported rsa signature algorithm {algorithm}"
    if algorithm:
        api.post(f"sign/{rsa2048}", input=HELLO, signature_algorithm=algorithm).fails(text)
        signature = wire(bytes(256))
        reply = api.post(f"verify/{rsa2048}", input=HELLO, signature=signature, signature_algorithm=algorithm)
        reply.fails(text)
    else:
        assert api.post(f"sign/{rsa2048}", input=HELLO, signature_algorithm="").status in (200, 400)


def test_the_rsa_signature_algorithm_and_salt_mean_nothing_to_other_types(api, p256, derived):
    options = {"signature_algorithm": "foo", "salt_length": 5}
    for name, more in ((p256, {}), (derived, {"context": CONTEXT})):
        text = api.post(f"sign/{name}", input=HELLO, **options, **more).data["signature"]
        assert api.post(f"verify/{name}", input=HELLO, signature=text, **options, **more).data == {"valid": True}


@pytest.mark.parametrize("length", [223, 1000])
def test_a_salt_that_is_too_long_is_refused(api, rsa2048, length):
    text = f"requested salt length {length} is invalid"
    api.post(f"sign/{rsa2048}", input=HELLO, salt_length=length).fails(text)
    api.post(f"verify/{rsa2048}", input=HELLO, signature=wire(bytes(256)), salt_length=length).fails(text)


@pytest.mark.parametrize("scheme", ["pss", "pkcs1v15"])
@pytest.mark.parametrize("length", [0, 5, 31, 33, 64])
def test_a_digest_of_the_wrong_length_is_refused_by_rsa(api, rsa2048, scheme, length):
    api.post(f"sign/{rsa2048}", input=b64(bytes(length)), prehashed=True, signature_algorithm=scheme).fails(
        "crypto/rsa: input must be hashed with given hash"
    )


def test_too_long_an_input_for_pkcs1v15_without_a_hash_is_refused(api, rsa2048):
    options = {"hash_algorithm": "none", "prehashed": True, "signature_algorithm": "pkcs1v15"}
    assert api.post(f"sign/{rsa2048}", input=b64(bytes(246)), **options).status == 400


def test_the_order_of_the_checks_of_sign(api):
    name, symmetric = unique("absent"), api.new_key()
    body = {"input": "!!", "salt_length": "foo", "marshaling_algorithm": "foo", "hash_algorithm": "foo"}
    texts = ['invalid hash algorithm "foo"', 'invalid marshaling type "foo"']
    texts += ["salt length neither 'auto', 'hash', nor an int: foo", "signing key not found"]
    for member, text in zip(["hash_algorithm", "marshaling_algorithm", "salt_length", ""], texts, strict=True):
        api.post(f"sign/{name}", body).fails(text)
        body.pop(member, None)
    api.post(f"sign/{symmetric}", input="!!").fails("key type aes256-gcm96 does not support signing")


@pytest.mark.parametrize("key_type", [*TYPES, "hmac"])
def test_types_that_do_not_sign_say_so(api, key_type):
    name = api.new_key(type=key_type)
    api.post(f"sign/{name}", input=HELLO).fails(f"key type {key_type} does not support signing")
    api.post(f"sign/{name}", batch_input=[{"input": HELLO}]).fails(f"key type {key_type} does not support signing")
    text = f"key type {key_type} does not support verification"
    api.post(f"verify/{name}", input=HELLO, signature="vault:v1:AAAA").fails(text)


def test_absent_keys(api):
    name = unique("absent")
    api.post(f"sign/{name}", input=HELLO).fails("signing key not found")
    api.post(f"verify/{name}", input=HELLO, signature="vault:v1:AAAA").fails("signature verification key not found")
    api.post(f"verify/{name}", input=HELLO, hmac="vault:v1:AAAA").fails("encryption key not found")
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("text, byte", [("!!", 0), ("aGVsbG8", 4), ("not base64!", 3)])
def test_input_that_is_no_base64_is_refused(api, p256, signature, text, byte):
    error = f"unable to decode input as base64: illegal base64 data at input byte {byte}"
    api.post(f"sign/{p256}", input=text).fails(error)
    api.post(f"verify/{p256}", input=text, signature=signature).fails(error)


def test_the_context_of_a_derived_key_is_needed_and_must_be_base64(api, derived):
    api.post(f"sign/{derived}", input=HELLO).fails(NO_CONTEXT)
    api.post(f"sign/{derived}", input=HELLO, context="!!").fails("failed to base64-decode context")
    made = wire(bytes(64))
    api.post(f"verify/{derived}", input=HELLO, signature=made, context="!!").fails("failed to base64-decode context")
    reply = api.post(f"verify/{derived}", input=HELLO, signature=made)
    assert reply.status == 400 and reply.error.endswith(MISSING_CONTEXT)


def test_versions_that_may_not_sign(api):
    name = api.new_key(type="ecdsa-p256", versions=3)
    refused = "requested version for signing is "
    api.post(f"sign/{name}", input=HELLO, key_version=-1).fails(refused + "negative")
    api.post(f"sign/{name}", input=HELLO, key_version=4).fails(refused + "higher than the latest key version")
    api.config(name, min_encryption_version=2)
    too_low = refused + "less than the minimum encryption key version"
    api.post(f"sign/{name}", input=HELLO, key_version=1).fails(too_low)
    assert api.post(f"sign/{name}", input=HELLO, key_version=2).data["key_version"] == 2
    reply = api.post(f"sign/{name}", batch_input=[{"input": HELLO}], key_version=1)
    assert reply.status == 200
    assert reply.results == [{"key_version": 0, "error": too_low, "reference": ""}]
    api.config(name, min_encryption_version=0)
    api.config(name, min_decryption_version=3)
    api.post(f"sign/{name}", input=HELLO, key_version=1).fails("no such key version")


def test_a_soft_deleted_key_neither_signs_nor_verifies(api):
    name = api.new_key(type="ed25519")
    made = api.post(f"sign/{name}", input=HELLO).data["signature"]
    assert api.delete(f"keys/{name}/soft-delete").status == 200
    api.post(f"sign/{name}", input=HELLO).fails(SOFT_DELETED)
    api.post(f"verify/{name}", input=HELLO, signature=made).fails(SOFT_DELETED)
    assert api.post(f"keys/{name}/soft-delete-restore").status == 200
    assert api.post(f"verify/{name}", input=HELLO, signature=made).data == {"valid": True}


# verify


def test_signatures_that_are_malformed_are_told_what_is_wrong(api, p256, signature):
    for text, error in (
        ("foo", "invalid signature: no prefix"),
        ("", "invalid signature: no prefix"),
        ("vault:v1", "invalid signature: wrong number of fields"),
        ("vault:vx:AAAA", "invalid signature: version number could not be decoded"),
        ("vault:v7:AAAA", "invalid signature: version is too new"),
        ("vault:v0:AAAA", TOO_OLD),
        ("vault:v-1:AAAA", TOO_OLD),
        ("vault:v1:!!!!", "invalid base64 signature value"),
        ("vault:v1:AAAA", "supplied signature is invalid"),
        (wire(payload(signature) + b"x"), "supplied signature contains extra data"),
        (wire(to_jws(payload(signature), "ecdsa-p256"), jws=True), "invalid base64 signature value"),
    ):
        api.post(f"verify/{p256}", input=HELLO, signature=text).fails(error)
        reply = api.post(f"verify/{p256}", batch_input=[{"input": HELLO, "signature": text}])
        assert reply.status == 200
        assert reply.results == [{"valid": False, "error": error, "reference": ""}]


@pytest.mark.parametrize("length", [0, 1, 3, 63, 64, 65, 255, 256, 257, 5000])
@pytest.mark.parametrize("byte", [0, 1, 255])
def test_signatures_of_any_length_are_false_or_refused(api, p256, rsa2048, derived, length, byte):
    for name, more in ((p256, {}), (rsa2048, {}), (derived, {"context": CONTEXT})):
        for jws, marshaling in ((False, "asn1"), (True, "jws")):
            made = wire(bytes([byte]) * length, jws=jws)
            options = {"marshaling_algorithm": marshaling, **more}
            reply = api.post(f"verify/{name}", input=HELLO, signature=made, **options)
            assert reply.status == 400 and name == p256 or reply.data == {"valid": False}


def test_versions_below_the_minimum_are_not_verified(api):
    name = api.new_key(type="ed25519", versions=2)
    made = api.post(f"sign/{name}", input=HELLO, key_version=1).data["signature"]
    api.config(name, min_decryption_version=2)
    api.post(f"verify/{name}", input=HELLO, signature=made).fails(TOO_OLD)
    api.config(name, min_decryption_version=1)
    assert api.post(f"verify/{name}", input=HELLO, signature=made).data == {"valid": True}


def test_verify_needs_something_to_verify(api, p256, signature):
    api.post(f"verify/{p256}", input=HELLO).fails(NEITHER)
    api.post(f"verify/{p256}").fails(NEITHER)
    both = {"signature": signature, "hmac": "nonsense"}
    assert api.post(f"verify/{p256}", input=HELLO, **both).data == {"valid": True}
    assert api.post(f"verify/{p256}", input=b64(b"other"), **both).data == {"valid": False}


# Batches


def test_a_batch_of_signatures_answers_200_with_results_and_errors_in_order(api, derived):
    good = {"input": HELLO, "context": CONTEXT}
    items = [
        {**good, "reference": "a"},
        {"input": HELLO, "reference": "b"},
        {"context": CONTEXT},
        {**good, "input": "!!"},
        {**good, "context": "!!"},
        {**good, "input": ""},
    ]
    reply = api.post(f"sign/{derived}", batch_input=items)
    assert reply.status == 200
    signed = ["signature", "key_version", "publickey", "reference"]
    assert [list(item) for item in reply.results] == [signed, FAILED, FAILED, FAILED, FAILED, signed]
    errors = [NO_CONTEXT, "missing input", BAD_INPUT, "failed to base64-decode context"]
    assert [item.get("error") for item in reply.results] == [None, *errors, None]
    assert [item["key_version"] for item in reply.results] == [1, 0, 0, 0, 0, 1]
    assert [item["reference"] for item in reply.results] == ["a", "b", "", "", "", ""]
    single = api.post(f"sign/{derived}", input=HELLO, context=CONTEXT).data
    assert reply.results[0]["signature"] == single["signature"]
    assert reply.results[0]["publickey"] == single["public_key"]


def test_the_parameters_beside_a_batch_hold_for_all_its_items(api):
    name = api.new_key(type="ecdsa-p384", versions=2)
    options = {"key_version": 1, "hash_algorithm": "sha2-512", "marshaling_algorithm": "jws"}
    reply = api.post(f"sign/{name}", batch_input=[{"input": HELLO}, {"input": ""}], input="!!", **options)
    assert reply.status == 200
    assert [list(item) for item in reply.results] == [GOOD, GOOD]
    for item, message in zip(reply.results, (HELLO, ""), strict=True):
        assert item["key_version"] == 1
        body = {"input": message, "signature": item["signature"], **options}
        assert api.post(f"verify/{name}", body).data == {"valid": True}


def test_a_batch_of_verifications_by_signature(api, p256, signature):
    items = [
        {"input": HELLO, "signature": signature, "reference": "a"},
        {"input": b64(b"other"), "signature": signature},
        {"signature": signature},
        {"input": HELLO, "signature": "foo", "reference": "d"},
    ]
    reply = api.post(f"verify/{p256}", batch_input=items)
    assert reply.status == 200
    assert reply.results == [
        {"valid": True, "reference": "a"},
        {"valid": False, "reference": ""},
        {"valid": False, "error": "missing input", "reference": ""},
        {"valid": False, "error": "invalid signature: no prefix", "reference": "d"},
    ]
    good, failed = ["valid", "reference"], ["valid", "error", "reference"]
    assert [list(item) for item in reply.results] == [good, good, failed, failed]


@pytest.mark.parametrize(
    "members, text",
    [
        (["signature", "hmac"], "elements of batch_input must all provide 'signature' or all provide 'hmac'"),
        (["signature", None], "some elements of batch_input are missing 'signature'"),
        (["hmac", None], "some elements of batch_input are missing 'hmac'"),
        ([None, None], "no batch_input elements have 'signature' or 'hmac'"),
    ],
)
def test_a_batch_verifies_signatures_or_hmacs(api, p256, members, text):
    items = [{"input": HELLO, **({member: "vault:v1:AAAA"} if member else {})} for member in members]
    api.post(f"verify/{p256}", batch_input=items).fails(text)


@pytest.mark.parametrize("operation", ["sign", "verify"])
def test_batches_that_are_none(api, p256, signature, operation):
    api.post(f"{operation}/{p256}", batch_input=[]).fails("missing batch input to process")
    single = api.post(f"{operation}/{p256}", input=HELLO, signature=signature, batch_input=None)
    assert "batch_results" not in single.data
    for given in ("x", 5, True, {"a": 1}):
        assert api.post(f"{operation}/{p256}", batch_input=given).status == 400
    for given in ("x", 5, None, [1]):
        assert api.post(f"{operation}/{p256}", batch_input=[{"input": HELLO}, given]).status == 400


@pytest.mark.parametrize("operation", ["sign", "verify"])
@pytest.mark.parametrize("member", ["input", "context", "signature", "reference"])
@pytest.mark.parametrize(
    "given, kind", [(True, "bool"), ([1], "[]interface {}"), ({"a": 1}, "map[string]interface {}")]
)
def test_a_member_of_an_item_that_is_no_text_is_named(api, p256, signature, operation, member, given, kind):
    item = {"input": HELLO, "signature": signature, member: given}
    reply = api.post(f"{operation}/{p256}", batch_input=[item])
    assert reply.status == 400
    assert f"'[0][{member}]' expected type 'string', got unconvertible type '{kind}'" in reply.error


def test_numbers_in_items_are_their_text(api, p256):
    reply = api.post(f"sign/{p256}", batch_input=[{"input": 1234, "reference": 7}])
    assert reply.status == 200 and reply.results[0]["reference"] == "7"
    shows(api, p256, reply.results[0]["signature"], b"\xd7\x6d\xf8", "sha2-256")


def test_a_large_batch_is_signed_and_verified(api, p256):
    items = [{"input": b64(str(n).encode()), "reference": str(n)} for n in range(1200)]
    signed = api.post(f"sign/{p256}", batch_input=items).results
    assert [item["reference"] for item in signed] == [item["reference"] for item in items]
    items = [{**item, "signature": result["signature"]} for item, result in zip(items, signed, strict=True)]
    items[600]["input"] = HELLO
    results = api.post(f"verify/{p256}", batch_input=items).results
    assert [n for n, item in enumerate(results) if not item["valid"]] == [600]
