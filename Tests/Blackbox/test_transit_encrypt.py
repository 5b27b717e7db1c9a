"""encrypt/:name, one message: transit.md 4.12 and 5."""

import base64

import pytest

from blackbox_client import CONTEXT, CONVERGENT_TYPES, HELLO, MISSING_CONTEXT, NONCE_LENGTH, TAG_LENGTH, TYPES, unique

OTHER_CONTEXT = "YWJk"
LENGTHS = [0, 1, 2, 3, 15, 16, 17, 47, 48, 49, 255, 4096, 65537]


def encoded(count):
    return base64.b64encode(bytes(n * 7 % 256 for n in range(count))).decode()


def payload(ciphertext):
    prefix, version, body = ciphertext.split(":")
    assert prefix == "vault" and version.startswith("v")
    return base64.b64decode(body, validate=True)


@pytest.mark.parametrize("key_type", TYPES)
def test_a_ciphertext_is_nonce_text_and_tag_and_opens_again(api, key_type):
    name = api.new_key(type=key_type)
    data = api.post(f"encrypt/{name}", plaintext=HELLO).data
    assert list(data) == ["ciphertext", "key_version"] and data["key_version"] == 1
    assert data["ciphertext"].startswith("vault:v1:")
    assert len(payload(data["ciphertext"])) == NONCE_LENGTH[key_type] + 5 + TAG_LENGTH
    assert b"hello" not in payload(data["ciphertext"])
    assert api.decrypt(name, data["ciphertext"]) == HELLO


@pytest.mark.parametrize("key_type", TYPES)
def test_messages_of_every_length_come_back(api, key_type):
    name = api.new_key(type=key_type)
    for count in LENGTHS:
        ciphertext = api.encrypt(name, encoded(count))
        assert len(payload(ciphertext)) == NONCE_LENGTH[key_type] + count + TAG_LENGTH
        assert api.decrypt(name, ciphertext) == encoded(count)


@pytest.mark.parametrize("plaintext", ["", None])
def test_an_empty_plaintext_is_a_message_of_no_bytes(api, plaintext):
    name = api.new_key()
    ciphertext = api.encrypt(name, plaintext)
    assert len(payload(ciphertext)) == 28
    assert api.decrypt(name, ciphertext) == ""


@pytest.mark.parametrize("body", [b"", b"{}", b"null", {"context": CONTEXT}, {"key_version": 1}])
def test_a_missing_plaintext_is_400(api, body):
    api.post(f"encrypt/{api.new_key()}", body).fails("missing plaintext to encrypt")


@pytest.mark.parametrize(
    "text, offset",
    [
        ("not base64!", 3),
        ("!!", 0),
        ("aGVsbG8", 4),
        ("aGVsbG8==", 8),
        ("aGVsbG8=aGVs", 8),
        ("aGVs bG8=", 4),
        ("_-8=", 0),
    ],
)
def test_bad_base64_names_the_offending_byte(api, text, offset):
    name = api.new_key()
    api.post(f"encrypt/{name}", plaintext=text).fails(f"illegal base64 data at input byte {offset}")


def test_a_bad_context_is_400_even_when_the_key_ignores_contexts(api):
    derived, plain = api.new_key(derived=True), api.new_key()
    for name in (derived, plain):
        api.post(f"encrypt/{name}", plaintext=HELLO, context="!!").fails("illegal base64 data at input byte 0")


@pytest.mark.parametrize("text", ["aGVs\nbG8=\r\n", "\naGVsbG8=", "aGVsbG8\r=", "aGVsbG9="])
def test_line_ends_and_stray_trailing_bits_are_accepted_in_base64(api, text):
    name = api.new_key()
    assert api.decrypt(name, api.encrypt(name, text)) == HELLO


def test_every_encryption_draws_a_new_nonce(api):
    name = api.new_key()
    assert len({payload(api.encrypt(name))[:12] for _ in range(50)}) == 50


@pytest.mark.parametrize("version, used", [(0, 3), (1, 1), (2, 2), (3, 3), ("2", 2), ("0x1", 1), ("", 3), (True, 1)])
def test_key_version_chooses_the_version_and_zero_is_the_latest(api, version, used):
    name = api.new_key(versions=3)
    data = api.post(f"encrypt/{name}", plaintext=HELLO, key_version=version).data
    assert data["key_version"] == used and data["ciphertext"].startswith(f"vault:v{used}:")
    assert api.decrypt(name, data["ciphertext"]) == HELLO


@pytest.mark.parametrize(
    "version, text",
    [
        (-1, "requested version for encryption is negative"),
        (-(2**31), "requested version for encryption is negative"),
        (4, "requested version for encryption is higher than the latest key version"),
        (2**31, "requested version for encryption is higher than the latest key version"),
        (2**63 - 1, "requested version for encryption is higher than the latest key version"),
        (1, "requested version for encryption is less than the minimum encryption key version"),
    ],
)
@pytest.mark.parametrize("path", ["encrypt/{}", "datakey/plaintext/{}", "datakey/wrapped/{}", "rewrap/{}"])
def test_a_version_out_of_range_is_refused(api, path, version, text):
    name = api.new_key(versions=3)
    ciphertext = api.encrypt(name, key_version=3)
    api.config(name, min_encryption_version=2)
    extra = {"encrypt/{}": {"plaintext": HELLO}, "rewrap/{}": {"ciphertext": ciphertext}}.get(path, {})
    api.post(path.format(name), key_version=version, **extra).fails(text)


@pytest.mark.parametrize("key_type", TYPES)
def test_associated_data_must_be_the_same_on_decryption(api, key_type):
    name = api.new_key(type=key_type)
    ciphertext = api.encrypt(name, associated_data="YWFk")
    assert api.decrypt(name, ciphertext, associated_data="YWFk") == HELLO
    for other in ({}, {"associated_data": ""}, {"associated_data": "YWFl"}):
        reply = api.post(f"decrypt/{name}", ciphertext=ciphertext, **other)
        assert reply.status == 400 and reply.error.endswith("message authentication failed")


def test_empty_associated_data_is_none(api):
    name = api.new_key()
    assert api.decrypt(name, api.encrypt(name, associated_data="")) == HELLO
    assert api.decrypt(name, api.encrypt(name), associated_data="") == HELLO


@pytest.mark.parametrize("operation", ["encrypt", "decrypt"])
def test_bad_base64_in_associated_data_is_400(api, operation):
    name = api.new_key()
    member = {"plaintext": HELLO} if operation == "encrypt" else {"ciphertext": api.encrypt(name)}
    api.post(f"{operation}/{name}", associated_data="aGV!", **member).fails(
        "unable to get associated_data/additional_data from factory[0]: illegal base64 data at input byte 3"
    )


@pytest.mark.parametrize("key_type", TYPES)
def test_a_derived_key_needs_the_same_context_for_both_ways(api, key_type):
    name = api.new_key(type=key_type, derived=True)
    ciphertext = api.encrypt(name, context=CONTEXT)
    assert ciphertext != api.encrypt(name, context=CONTEXT)
    assert api.decrypt(name, ciphertext, context=CONTEXT) == HELLO
    reply = api.post(f"decrypt/{name}", ciphertext=ciphertext, context=OTHER_CONTEXT)
    assert reply.status == 400 and reply.error.endswith("message authentication failed")


@pytest.mark.parametrize("context", [{}, {"context": ""}, {"context": None}])
def test_a_derived_key_without_context_is_refused(api, context):
    name = api.new_key(derived=True)
    ciphertext = api.encrypt(name, context=CONTEXT)
    api.post(f"encrypt/{name}", plaintext=HELLO, **context).fails(MISSING_CONTEXT)
    api.post(f"decrypt/{name}", ciphertext=ciphertext, **context).fails(MISSING_CONTEXT)
    api.post(f"rewrap/{name}", ciphertext=ciphertext, **context).fails(MISSING_CONTEXT)
    api.post(f"datakey/plaintext/{name}", **context).fails(MISSING_CONTEXT)


def test_a_context_is_ignored_by_a_key_that_is_not_derived(api):
    name = api.new_key()
    assert api.decrypt(name, api.encrypt(name, context=CONTEXT)) == HELLO
    assert api.decrypt(name, api.encrypt(name), context=CONTEXT) == HELLO


@pytest.mark.parametrize("key_type", CONVERGENT_TYPES)
def test_a_convergent_key_maps_equal_plaintext_and_context_to_equal_ciphertext(api, key_type):
    name = api.new_key(type=key_type, derived=True, convergent_encryption=True)
    ciphertext = api.encrypt(name, context=CONTEXT)
    assert len(payload(ciphertext)) == NONCE_LENGTH[key_type] + 5 + TAG_LENGTH
    assert api.encrypt(name, context=CONTEXT) == ciphertext
    assert api.encrypt(name, context=OTHER_CONTEXT) != ciphertext
    assert api.encrypt(name, "aGVsbG8h", context=CONTEXT) != ciphertext
    assert api.decrypt(name, ciphertext, context=CONTEXT) == HELLO
    api.post(f"keys/{name}/rotate")
    assert api.encrypt(name, context=CONTEXT, key_version=1) == ciphertext
    rotated = api.encrypt(name, context=CONTEXT)
    assert payload(rotated) != payload(ciphertext) and api.decrypt(name, rotated, context=CONTEXT) == HELLO


def test_two_convergent_keys_share_no_ciphertext(api):
    first, second = (api.new_key(derived=True, convergent_encryption=True) for _ in range(2))
    assert api.encrypt(first, context=CONTEXT) != api.encrypt(second, context=CONTEXT)


def test_a_convergent_key_needs_a_context(api):
    name = api.new_key(derived=True, convergent_encryption=True)
    api.post(f"encrypt/{name}", plaintext=HELLO).fails(MISSING_CONTEXT)


def test_encrypting_with_an_absent_key_creates_it(api):
    name = unique()
    ciphertext = api.encrypt(name)
    data = api.key(name)
    assert (data["type"], data["derived"], data["latest_version"]) == ("aes256-gcm96", False, 1)
    assert api.decrypt(name, ciphertext) == HELLO


def test_an_absent_key_is_created_derived_when_a_context_is_given(api):
    name = unique()
    ciphertext = api.encrypt(name, context=CONTEXT)
    data = api.key(name)
    assert data["derived"] is True and data["kdf"] == "hkdf_sha256" and data["convergent_encryption"] is False
    assert api.decrypt(name, ciphertext, context=CONTEXT) == HELLO


def test_an_absent_key_is_created_convergent_on_request(api):
    name = unique()
    ciphertext = api.encrypt(name, context=CONTEXT, convergent_encryption=True)
    assert api.key(name)["convergent_encryption"] is True
    assert api.encrypt(name, context=CONTEXT) == ciphertext


@pytest.mark.parametrize("key_type", CONVERGENT_TYPES)
def test_an_absent_key_is_created_with_the_type_asked_for(api, key_type):
    name = unique()
    ciphertext = api.encrypt(name, type=key_type)
    assert api.key(name)["type"] == key_type
    assert api.decrypt(name, ciphertext) == HELLO


@pytest.mark.parametrize(
    "parameters, text",
    [
        ({"type": "rsa-2048"}, "unknown key type rsa-2048"),
        ({"type": "ed25519"}, "unknown key type ed25519"),
        ({"type": "hmac"}, "unknown key type hmac"),
        ({"type": "foo"}, "unknown key type foo"),
        ({"type": "ecdsa-p256"}, "key type ecdsa-p256 not supported for this operation"),
        ({"type": "ecdsa-p521"}, "key type ecdsa-p521 not supported for this operation"),
        (
            {"convergent_encryption": True},
            "convergent encryption requires derivation to be enabled, so context is required",
        ),
    ],
)
def test_a_refused_creation_on_encryption_creates_nothing(api, parameters, text):
    name = unique()
    api.post(f"encrypt/{name}", plaintext=HELLO, **parameters).fails(text)
    api.get(f"keys/{name}").is_not_found()


def test_a_missing_plaintext_creates_no_key(api):
    name = unique()
    api.post(f"encrypt/{name}").fails("missing plaintext to encrypt")
    api.get(f"keys/{name}").is_not_found()


def test_type_and_convergent_encryption_are_ignored_for_an_existing_key(api):
    name = api.new_key(type="chacha20-poly1305")
    assert api.decrypt(name, api.encrypt(name, type="rsa-2048", convergent_encryption=True)) == HELLO
    assert api.key(name)["type"] == "chacha20-poly1305"


def test_partial_failure_response_code_has_no_effect_on_a_single_message(api):
    name = api.new_key()
    assert api.post(f"encrypt/{name}", plaintext=HELLO, partial_failure_response_code=207).status == 200
    assert api.post(f"encrypt/{name}", plaintext="!!", partial_failure_response_code=207).status == 400
