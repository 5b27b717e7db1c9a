"""`batch_input` of encrypt and decrypt: transit.md 1.3, 4.12 and 4.13."""

import pytest

from blackbox_client import CONTEXT, HELLO, KEY_NOT_FOUND, MISSING_CONTEXT, TAG_FAILURE, TYPES, unique

BAD = {"plaintext": "!!"}
GOOD = {"plaintext": HELLO}
HIGHER = "requested version for encryption is higher than the latest key version"
OVERRIDE_REFUSED = "invalid HTTP response code override from partial_failure_response_code, reverting to 400"


def flip(ciphertext):
    """Another ciphertext whose tag cannot match: the first payload character is exchanged."""
    prefix, version, body = ciphertext.split(":")
    return f"{prefix}:{version}:{'A' if body[0] != 'A' else 'B'}{body[1:]}"


@pytest.mark.parametrize("key_type", TYPES)
def test_a_batch_of_good_items_comes_back_in_order(api, key_type):
    name = api.new_key(type=key_type, versions=2)
    texts = ["", "YQ==", "YWI=", "YWJj", HELLO]
    reply = api.post(f"encrypt/{name}", batch_input=[{"plaintext": text} for text in texts])
    assert reply.status == 200
    assert [list(item) for item in reply.results] == [["ciphertext", "key_version", "reference"]] * 5
    assert [(item["key_version"], item["reference"]) for item in reply.results] == [(2, "")] * 5
    opened = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": item["ciphertext"]} for item in reply.results])
    assert opened.status == 200
    assert opened.results == [{"plaintext": text, "reference": ""} for text in texts]


def test_a_failed_item_makes_the_status_400_and_leaves_the_others_alone(api):
    name = api.new_key()
    items = [GOOD, BAD, {"plaintext": ""}, {**GOOD, "key_version": 9}, {**GOOD, "key_version": -1}]
    reply = api.post(f"encrypt/{name}", batch_input=items)
    assert reply.status == 400
    assert [list(item) for item in reply.results] == [
        ["ciphertext", "key_version", "reference"],
        ["error", "reference"],
        ["ciphertext", "key_version", "reference"],
        ["error", "reference"],
        ["error", "reference"],
    ]
    assert [item.get("error") for item in reply.results] == [
        None,
        "illegal base64 data at input byte 0",
        None,
        HIGHER,
        "requested version for encryption is negative",
    ]
    assert api.decrypt(name, reply.results[0]["ciphertext"]) == HELLO
    assert api.decrypt(name, reply.results[2]["ciphertext"]) == ""


def test_the_items_of_a_decryption_fail_one_by_one(api):
    name = api.new_key()
    good = api.encrypt(name)
    texts = {
        good: None,
        good.replace(":v1:", ":v9:"): "invalid ciphertext: version is too new",
        "": "missing ciphertext to decrypt",
        "foo": "invalid ciphertext: no prefix",
        "vault:v1": "invalid ciphertext: wrong number of fields",
        "vault:v1:!!!!": "invalid ciphertext: could not decode base64",
        "vault:v1:AAAA": "invalid ciphertext length",
        flip(good): TAG_FAILURE,
    }
    reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": text} for text in texts])
    assert reply.status == 400
    assert reply.results[0] == {"plaintext": HELLO, "reference": ""}
    assert reply.results[1:] == [{"plaintext": "", "error": t, "reference": ""} for t in texts.values() if t]
    assert all(list(item) == ["plaintext", "error", "reference"] for item in reply.results[1:])


@pytest.mark.parametrize("operation", ["encrypt", "decrypt"])
def test_the_reference_is_echoed_for_good_and_failed_items(api, operation):
    name = api.new_key()
    member, good = ("plaintext", HELLO) if operation == "encrypt" else ("ciphertext", api.encrypt(name))
    references = ["r0", "", 'é ✓ " \\ \n < &', "r3", None]
    items = [{member: good if n % 2 else "!!", "reference": ref} for n, ref in enumerate(references)]
    reply = api.post(f"{operation}/{name}", batch_input=items)
    assert reply.status == 400
    assert [item["reference"] for item in reply.results] == ["r0", "", 'é ✓ " \\ \n < &', "r3", ""]


def test_the_body_of_a_batch_escapes_as_go_does(api):
    reply = api.post(f"encrypt/{api.new_key()}", batch_input=[{**GOOD, "reference": "<&>"}])
    assert b'"reference":"\\u003c\\u0026\\u003e"' in reply.raw


@pytest.mark.parametrize("operation", ["encrypt", "decrypt", "rewrap", "hmac"])
def test_an_empty_batch_is_refused(api, operation):
    api.post(f"{operation}/{api.new_key()}", batch_input=[]).fails("missing batch input to process")


@pytest.mark.parametrize("operation, member", [("encrypt", "plaintext"), ("decrypt", "ciphertext")])
def test_a_null_batch_is_no_batch(api, operation, member):
    name = api.new_key()
    value = HELLO if operation == "encrypt" else api.encrypt(name)
    data = api.post(f"{operation}/{name}", batch_input=None, **{member: value}).data
    assert "batch_results" not in data


def test_a_batch_makes_the_members_of_a_single_message_void(api):
    name = api.new_key(versions=2)
    reply = api.post(f"encrypt/{name}", plaintext="!!", key_version=1, context="!!", batch_input=[GOOD])
    assert reply.status == 200 and reply.results[0]["key_version"] == 2
    reply = api.post(f"decrypt/{name}", ciphertext="foo", batch_input=[{"ciphertext": reply.results[0]["ciphertext"]}])
    assert reply.status == 200 and reply.results == [{"plaintext": HELLO, "reference": ""}]


@pytest.mark.parametrize(
    "given, kind", [('"x"', "string"), ("5", "json.Number"), ("true", "bool"), ('{"a":1}', "map[string]interface {}")]
)
@pytest.mark.parametrize("operation", ["encrypt", "decrypt"])
def test_a_batch_that_is_no_array_is_refused_as_a_whole(api, operation, given, kind):
    body = b'{"batch_input":%s}' % given.encode()
    api.post(f"{operation}/{api.new_key()}", body).fails(
        f"failed to parse batch input: source data must be an array or slice, got {kind}"
    )


@pytest.mark.parametrize(
    "given, kind",
    [('"x"', "string"), ("5", "json.Number"), ("true", "bool"), ("null", "<nil>"), ("[1]", "[]interface {}")],
)
@pytest.mark.parametrize("operation, good", [("encrypt", '{"plaintext":""}'), ("decrypt", '{"ciphertext":"x"}')])
def test_an_item_that_is_no_object_is_refused_with_its_place(api, operation, good, given, kind):
    body = f'{{"batch_input":[{good},{given},{good}]}}'.encode()
    api.post(f"{operation}/{api.new_key()}", body).fails(
        f"failed to parse batch input: [1] expected a map, got '{kind}'"
    )


KINDS = [("5", "json.Number"), ("true", "bool"), ("[1]", "[]interface {}"), ('{"a":1}', "map[string]interface {}")]


@pytest.mark.parametrize("given, kind", KINDS)
@pytest.mark.parametrize(
    "operation, member",
    [("encrypt", m) for m in ("plaintext", "context", "associated_data", "reference")]
    + [("decrypt", m) for m in ("ciphertext", "context", "associated_data", "reference")],
)
def test_a_member_of_an_item_that_is_no_string_is_refused_with_its_place(api, operation, member, given, kind):
    text = "plaintext" if operation == "encrypt" else "ciphertext"
    others = "" if member == text else f'"{text}":"aGVsbG8=",'
    body = f'{{"batch_input":[{{{others}"{member}":{given}}}]}}'.encode()
    api.post(f"{operation}/{api.new_key()}", body).fails(
        f"failed to parse batch input: '[0].{member}' expected type 'string', got unconvertible type '{kind}'"
    )


@pytest.mark.parametrize("given, kind", [('"1"', "string"), *KINDS[1:]])
def test_the_key_version_of_an_item_must_be_a_number(api, given, kind):
    body = f'{{"batch_input":[{{"plaintext":"aGVsbG8=","key_version":{given}}}]}}'.encode()
    api.post(f"encrypt/{api.new_key()}", body).fails(
        f"failed to parse batch input: '[0].key_version' expected type 'int', got unconvertible type '{kind}'"
    )


def test_a_null_plaintext_in_an_item_is_refused(api):
    api.post(f"encrypt/{api.new_key()}", batch_input=[{"plaintext": None}]).fails(
        "failed to parse batch input: '[0].plaintext' expected type 'string', got unconvertible type '<nil>'"
    )


def test_other_null_members_of_an_item_count_as_absent(api):
    name = api.new_key()
    nulls = {"context": None, "associated_data": None, "reference": None, "key_version": None}
    reply = api.post(f"encrypt/{name}", batch_input=[{**GOOD, **nulls}])
    assert reply.status == 200 and reply.results[0]["key_version"] == 1
    assert api.decrypt(name, reply.results[0]["ciphertext"]) == HELLO


@pytest.mark.parametrize(
    "operation, text", [("encrypt", "missing plaintext to encrypt"), ("decrypt", "missing ciphertext to decrypt")]
)
def test_an_item_without_its_text_is_refused_with_its_place(api, operation, text):
    member = text.split()[1]
    good = {member: HELLO}
    api.post(f"{operation}/{api.new_key()}", batch_input=[good, {"reference": "r"}]).fails(
        f"failed to parse batch input: '[1].{member}' {text}"
    )


def test_several_malformed_items_are_all_named(api):
    body = {"batch_input": [{"plaintext": 5}, GOOD, {**GOOD, "context": True}]}
    api.post(f"encrypt/{api.new_key()}", body).fails(
        "failed to parse batch input: '[0].plaintext' expected type 'string', got unconvertible type 'json.Number'\n"
        "'[2].context' expected type 'string', got unconvertible type 'bool'"
    )


def test_unknown_members_of_an_item_are_ignored(api):
    reply = api.post(f"encrypt/{api.new_key()}", batch_input=[{**GOOD, "colour": {"red": [1]}}])
    assert reply.status == 200 and reply.warnings is None


@pytest.mark.parametrize("partial", [200, 202, 207, 299, 409, 422, 500, 599, "207"])
def test_a_partly_failed_batch_answers_the_code_asked_for(api, partial):
    name = api.new_key()
    batches = {"encrypt": [GOOD, BAD], "decrypt": [{"ciphertext": api.encrypt(name)}, {"ciphertext": "x"}]}
    for operation, items in batches.items():
        body = {"batch_input": items, "partial_failure_response_code": partial}
        reply = api.request("POST", f"transit/{operation}/{name}", body, server_error_is_asked_for=True)
        assert reply.status == int(partial) and reply.warnings is None
        assert ["error" in item for item in reply.results] == [False, True]


@pytest.mark.parametrize("partial", [600, 1000, 199, 99, 1, -1])
def test_a_code_out_of_range_is_ignored_with_a_warning(api, partial):
    body = {"batch_input": [GOOD, BAD], "partial_failure_response_code": partial}
    reply = api.post(f"encrypt/{api.new_key()}", body)
    assert reply.status == 400 and reply.warnings == [OVERRIDE_REFUSED]
    assert len(reply.results) == 2


def test_the_code_asked_for_is_not_used_when_all_items_fail_or_none(api):
    name = api.new_key()
    assert api.post(f"encrypt/{name}", batch_input=[BAD, BAD], partial_failure_response_code=207).status == 400
    assert api.post(f"encrypt/{name}", batch_input=[GOOD, GOOD], partial_failure_response_code=207).status == 200


def test_contexts_are_given_to_all_items_or_to_none(api):
    name = api.new_key(derived=True)
    api.post(f"encrypt/{name}", batch_input=[{**GOOD, "context": CONTEXT}, GOOD]).fails(
        "context should be set either in all the request blocks or in none"
    )


def test_each_item_of_a_batch_has_its_own_context(api):
    name = api.new_key(derived=True)
    contexts = [CONTEXT, "YWJk", "YWJl"]
    reply = api.post(f"encrypt/{name}", batch_input=[{**GOOD, "context": c} for c in contexts])
    sealed = [item["ciphertext"] for item in reply.results]
    items = [{"ciphertext": s, "context": c} for s, c in zip(sealed, contexts, strict=True)]
    assert [item["plaintext"] for item in api.post(f"decrypt/{name}", batch_input=items).results] == [HELLO] * 3
    swapped = [{"ciphertext": s, "context": c} for s, c in zip(sealed, contexts[1:] + contexts[:1], strict=True)]
    reply = api.post(f"decrypt/{name}", batch_input=swapped)
    assert reply.status == 400 and [item["error"] for item in reply.results] == [TAG_FAILURE] * 3


def test_a_batch_without_contexts_on_a_derived_key_fails_item_by_item(api):
    reply = api.post(f"encrypt/{api.new_key(derived=True)}", batch_input=[GOOD, GOOD])
    assert reply.status == 400 and [item["error"] for item in reply.results] == [MISSING_CONTEXT] * 2


def test_each_item_of_a_batch_has_its_own_associated_data(api):
    name = api.new_key()
    extras = ["YWE=", "YmI="]
    sealed = api.post(f"encrypt/{name}", batch_input=[{**GOOD, "associated_data": a} for a in extras]).results
    items = [{"ciphertext": s["ciphertext"], "associated_data": a} for s, a in zip(sealed, extras, strict=True)]
    assert api.post(f"decrypt/{name}", batch_input=items).status == 200
    items.reverse()
    items[0]["associated_data"] = "YWE="
    reply = api.post(f"decrypt/{name}", batch_input=items)
    assert reply.status == 400 and [item.get("error") for item in reply.results] == [TAG_FAILURE, None]


def test_bad_associated_data_fails_its_item_with_400(api):
    reply = api.post(f"encrypt/{api.new_key()}", batch_input=[{**GOOD, "associated_data": "!!"}])
    assert reply.status == 400
    assert reply.results[0]["error"].endswith("illegal base64 data at input byte 0")


def test_a_batch_creates_an_absent_key(api):
    name = unique()
    reply = api.post(f"encrypt/{name}", batch_input=[{**GOOD, "context": CONTEXT}] * 2, type="aes128-gcm96")
    assert reply.status == 200
    data = api.key(name)
    assert (data["type"], data["derived"]) == ("aes128-gcm96", True)
    first = reply.results[0]["ciphertext"]
    assert api.decrypt(name, first, context=CONTEXT) == HELLO


def test_a_batch_decryption_with_an_absent_key_is_refused_as_a_whole(api):
    api.post(f"decrypt/{unique('absent')}", batch_input=[{"ciphertext": "vault:v1:AAAA"}]).fails(KEY_NOT_FOUND)


def test_convergent_items_are_equal_inside_one_batch(api):
    name = api.new_key(derived=True, convergent_encryption=True)
    results = api.post(f"encrypt/{name}", batch_input=[{**GOOD, "context": CONTEXT}] * 3).results
    assert len({item["ciphertext"] for item in results}) == 1


@pytest.mark.parametrize("count", [1, 499, 500, 1001, 5000])
def test_only_bytes_bound_a_batch(api, count):
    name = api.new_key()
    reply = api.post(f"encrypt/{name}", batch_input=[GOOD] * count)
    assert reply.status == 200 and len(reply.results) == count
    sealed = [item["ciphertext"] for item in reply.results]
    assert len(set(sealed)) == count
    opened = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": text} for text in sealed])
    assert opened.status == 200 and opened.results == [{"plaintext": HELLO, "reference": ""}] * count
