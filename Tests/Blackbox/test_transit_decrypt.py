"""decrypt/:name and rewrap/:name: transit.md 4.13 and 4.14."""

import base64

import pytest

from blackbox_client import (
    CONTEXT,
    CONVERGENT_TYPES,
    HELLO,
    KEY_NOT_FOUND,
    NONCE_LENGTH,
    TAG_FAILURE,
    TAG_FAILURE_CHACHA,
    TOO_OLD,
    TYPES,
    unique,
)

TEXT_ERRORS = [
    ("foo", "invalid ciphertext: no prefix"),
    ("vault:", "invalid ciphertext: no prefix"),
    ("Vault:v1:AAAA", "invalid ciphertext: no prefix"),
    (" vault:v1:AAAA", "invalid ciphertext: no prefix"),
    ("vault:v", "invalid ciphertext: wrong number of fields"),
    ("vault:v1", "invalid ciphertext: wrong number of fields"),
    ("vault:v1;AAAA", "invalid ciphertext: wrong number of fields"),
    ("vault:v:AAAA", "invalid ciphertext: version number could not be decoded"),
    ("vault:vx:AAAA", "invalid ciphertext: version number could not be decoded"),
    ("vault:v1x:AAAA", "invalid ciphertext: version number could not be decoded"),
    ("vault:v 1:AAAA", "invalid ciphertext: version number could not be decoded"),
    ("vault:v0x1:AAAA", "invalid ciphertext: version number could not be decoded"),
    ("vault:v1.0:AAAA", "invalid ciphertext: version number could not be decoded"),
    ("vault:v99999999999999999999:AAAA", "invalid ciphertext: version number could not be decoded"),
    ("vault:v9:AAAA", "invalid ciphertext: version is too new"),
    ("vault:v9223372036854775807:AAAA", "invalid ciphertext: version is too new"),
    ("vault:v-1:AAAA", TOO_OLD),
    ("vault:v-9223372036854775808:AAAA", TOO_OLD),
    ("vault:v1:!!!!", "invalid ciphertext: could not decode base64"),
    ("vault:v1:AAA", "invalid ciphertext: could not decode base64"),
    ("vault:v1:_-_-", "invalid ciphertext: could not decode base64"),
    ("vault:v1:AAAA:AAAA", "invalid ciphertext: could not decode base64"),
    ("vault:v1:", "invalid ciphertext length"),
    ("vault:v1:AAAA", "invalid ciphertext length"),
    ("vault:v1:" + "A" * 40, TAG_FAILURE),
]


@pytest.mark.parametrize("operation", ["decrypt", "rewrap"])
@pytest.mark.parametrize("text, error", TEXT_ERRORS, ids=[text[:30] for text, _ in TEXT_ERRORS])
def test_a_malformed_ciphertext_is_told_what_is_wrong(api, operation, text, error):
    api.post(f"{operation}/{api.new_key()}", ciphertext=text).fails(error)


@pytest.mark.parametrize("operation", ["decrypt", "rewrap"])
def test_the_items_of_a_batch_carry_the_same_texts(api, operation):
    items = [{"ciphertext": text} for text, _ in TEXT_ERRORS]
    reply = api.post(f"{operation}/{api.new_key()}", batch_input=items)
    assert reply.status == (400 if operation == "decrypt" else 200)
    assert [item["error"] for item in reply.results] == [error for _, error in TEXT_ERRORS]


@pytest.mark.parametrize("operation", ["decrypt", "rewrap"])
@pytest.mark.parametrize("body", [b"", {}, {"ciphertext": ""}, {"ciphertext": None}, {"context": CONTEXT}])
def test_a_missing_ciphertext_is_400(api, operation, body):
    api.post(f"{operation}/{api.new_key()}", body).fails("missing ciphertext to decrypt")


@pytest.mark.parametrize("operation", ["decrypt", "rewrap"])
def test_an_absent_key_is_400_and_is_not_created(api, operation):
    name = unique("absent")
    api.post(f"{operation}/{name}", ciphertext="vault:v1:AAAA").fails(KEY_NOT_FOUND)
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize("operation", ["decrypt", "rewrap"])
def test_a_false_tag_is_a_user_error(api, operation, key_type):
    name = api.new_key(type=key_type)
    forged = "vault:v1:" + base64.b64encode(bytes(NONCE_LENGTH[key_type] + 18)).decode()
    reply = api.post(f"{operation}/{name}", ciphertext=forged)
    assert reply.status == 400
    if key_type in CONVERGENT_TYPES:
        assert reply.error == (TAG_FAILURE_CHACHA if "chacha" in key_type else TAG_FAILURE)
    else:
        assert reply.error.endswith("message authentication failed")


@pytest.mark.parametrize("key_type", TYPES)
def test_a_payload_shorter_than_the_nonce_has_an_invalid_length(api, key_type):
    name = api.new_key(type=key_type)
    length = NONCE_LENGTH[key_type]
    for count in range(length):
        text = "vault:v1:" + base64.b64encode(bytes(count)).decode()
        api.post(f"decrypt/{name}", ciphertext=text).fails("invalid ciphertext length")
    for count in range(length, length + 17):
        text = "vault:v1:" + base64.b64encode(bytes(count)).decode()
        reply = api.post(f"decrypt/{name}", ciphertext=text)
        assert reply.status == 400 and reply.error.endswith("message authentication failed")


@pytest.mark.parametrize("spelling", ["v0", "v+1", "v01", "v0001", "v+01"])
def test_other_spellings_of_version_one_are_read(api, spelling):
    name = api.new_key(versions=2)
    ciphertext = api.encrypt(name, key_version=1)
    assert api.decrypt(name, ciphertext.replace(":v1:", f":{spelling}:")) == HELLO


def test_line_ends_inside_a_ciphertext_are_skipped(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    assert api.decrypt(name, ciphertext[:20] + "\r\n" + ciphertext[20:] + "\n") == HELLO


def test_a_ciphertext_of_another_key_or_version_is_refused(api):
    first, second = api.new_key(versions=2), api.new_key(versions=2)
    ciphertext = api.encrypt(first, key_version=1)
    api.post(f"decrypt/{second}", ciphertext=ciphertext).fails(TAG_FAILURE)
    api.post(f"decrypt/{first}", ciphertext=ciphertext.replace(":v1:", ":v2:")).fails(TAG_FAILURE)


def test_a_bad_context_is_refused_on_decryption(api):
    name = api.new_key(derived=True)
    reply = api.post(f"decrypt/{name}", ciphertext=api.encrypt(name, context=CONTEXT), context="!!")
    assert reply.status == 400 and "base64" in reply.error


@pytest.mark.parametrize("key_type", TYPES)
def test_rewrap_moves_a_ciphertext_to_the_latest_version(api, key_type):
    name = api.new_key(type=key_type)
    first = api.encrypt(name)
    api.post(f"keys/{name}/rotate")
    data = api.post(f"rewrap/{name}", ciphertext=first).data
    assert list(data) == ["ciphertext", "key_version"] and data["key_version"] == 2
    assert data["ciphertext"].startswith("vault:v2:")
    assert api.decrypt(name, data["ciphertext"]) == HELLO


def test_rewrap_encrypts_anew_even_at_the_latest_version(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    again = api.post(f"rewrap/{name}", ciphertext=ciphertext).data["ciphertext"]
    assert again != ciphertext and again.startswith("vault:v1:")
    assert api.decrypt(name, again) == HELLO


@pytest.mark.parametrize("version, used", [(0, 3), (1, 1), (2, 2), ("2", 2)])
def test_rewrap_to_a_chosen_version(api, version, used):
    name = api.new_key(versions=3)
    data = api.post(f"rewrap/{name}", ciphertext=api.encrypt(name), key_version=version).data
    assert data["key_version"] == used and data["ciphertext"].startswith(f"vault:v{used}:")
    assert api.decrypt(name, data["ciphertext"]) == HELLO


def test_rewrap_of_a_derived_key_keeps_the_context(api):
    name = api.new_key(derived=True)
    first = api.encrypt(name, context=CONTEXT)
    api.post(f"keys/{name}/rotate")
    data = api.post(f"rewrap/{name}", ciphertext=first, context=CONTEXT).data
    assert data["key_version"] == 2 and api.decrypt(name, data["ciphertext"], context=CONTEXT) == HELLO


def test_rewrap_below_the_minimum_decryption_version_is_refused(api):
    name = api.new_key(versions=2)
    old = api.encrypt(name, key_version=1)
    api.config(name, min_decryption_version=2)
    api.post(f"rewrap/{name}", ciphertext=old).fails(TOO_OLD)


def test_rewrap_without_associated_data_cannot_open_a_ciphertext_that_has_some(api):
    name = api.new_key()
    api.post(f"rewrap/{name}", ciphertext=api.encrypt(name, associated_data="YWFk")).fails(TAG_FAILURE)


def test_a_batch_rewrap_answers_200_with_results_and_errors_in_order(api):
    name = api.new_key(versions=2)
    old = api.encrypt(name, key_version=1)
    items = [
        {"ciphertext": old, "reference": "a"},
        {"ciphertext": old.replace(":v1:", ":v9:"), "reference": "b"},
        {},
        {"ciphertext": old, "key_version": 1},
        {"ciphertext": old, "key_version": 7},
    ]
    reply = api.post(f"rewrap/{name}", batch_input=items)
    assert reply.status == 200
    good, failed = ["ciphertext", "key_version", "reference"], ["error", "reference"]
    assert [list(item) for item in reply.results] == [good, failed, failed, good, failed]
    assert [item["reference"] for item in reply.results] == ["a", "b", "", "", ""]
    assert [reply.results[n]["key_version"] for n in (0, 3)] == [2, 1]
    assert [reply.results[n]["error"] for n in (1, 2, 4)] == [
        "invalid ciphertext: version is too new",
        "missing ciphertext to decrypt",
        "requested version for encryption is higher than the latest key version",
    ]
    assert api.decrypt(name, reply.results[0]["ciphertext"]) == HELLO


def test_a_batch_rewrap_takes_numbers_for_text_and_text_for_numbers(api):
    name = api.new_key(versions=2)
    items = [{"ciphertext": 5}, {"ciphertext": api.encrypt(name), "key_version": "1", "reference": 7}]
    reply = api.post(f"rewrap/{name}", batch_input=items)
    assert reply.status == 200
    assert reply.results[0]["error"] == "invalid ciphertext: no prefix"
    assert reply.results[1]["key_version"] == 1 and reply.results[1]["reference"] == "7"


def test_partial_failure_response_code_means_nothing_to_rewrap(api):
    name = api.new_key()
    items = [{"ciphertext": api.encrypt(name)}, {"ciphertext": "x"}]
    assert api.post(f"rewrap/{name}", batch_input=items, partial_failure_response_code=207).status == 200


@pytest.mark.parametrize("operation, member", [("rewrap", "ciphertext"), ("hmac", "input")])
@pytest.mark.parametrize("given", [[1], {"a": 1}])
def test_a_loose_batch_names_the_item_member_that_is_no_text(api, operation, member, given):
    reply = api.post(f"{operation}/{api.new_key()}", batch_input=[{member: ""}, {member: given}])
    assert reply.status == 400
    assert f"[1][{member}]" in reply.error or f"[1].{member}" in reply.error


@pytest.mark.parametrize("operation", ["rewrap", "hmac"])
@pytest.mark.parametrize("given", ["x", 5, True])
def test_a_loose_batch_names_the_item_that_is_no_object(api, operation, given):
    reply = api.post(f"{operation}/{api.new_key()}", batch_input=[{}, given])
    assert reply.status == 400 and "[1]" in reply.error
