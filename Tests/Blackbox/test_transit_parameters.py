"""Coercion of parameters, warnings, bodies and the envelope: transit.md 1.1 to 1.3."""

import base64
import json

import pytest

from blackbox_client import CONTEXT, HELLO, unique

PATHS = {
    "create": "keys/{absent}",
    "config": "keys/{key}/config",
    "trim": "keys/{key}/trim",
    "encrypt": "encrypt/{key}",
    "upsert": "encrypt/{absent}",
    "decrypt": "decrypt/{key}",
    "rewrap": "rewrap/{key}",
    "datakey": "datakey/plaintext/{key}",
    "hmac": "hmac/{key}",
    "hash": "hash",
    "random": "random",
    "cache": "cache-config",
    "keysconfig": "config/keys",
}
GOOD = {
    "encrypt": {"plaintext": HELLO},
    "upsert": {"plaintext": HELLO},
    "decrypt": {"ciphertext": "vault:v1:AAAA"},
    "rewrap": {"ciphertext": "vault:v1:AAAA"},
    "hmac": {"input": HELLO},
    "hash": {"input": HELLO},
}
FIELDS = {
    "string": [
        "create.type",
        "encrypt.plaintext",
        "encrypt.context",
        "encrypt.associated_data",
        "upsert.type",
        "decrypt.ciphertext",
        "decrypt.context",
        "decrypt.associated_data",
        "rewrap.ciphertext",
        "rewrap.context",
        "datakey.context",
        "datakey.associated_data",
        "hmac.input",
        "hmac.algorithm",
        "hash.input",
        "hash.algorithm",
        "hash.format",
        "random.format",
    ],
    "int": [
        "create.key_size",
        "config.min_decryption_version",
        "config.min_encryption_version",
        "trim.min_available_version",
        "encrypt.key_version",
        "rewrap.key_version",
        "datakey.bits",
        "datakey.key_version",
        "hmac.key_version",
        "random.bytes",
        "cache.size",
    ],
    "bool": [
        "create.derived",
        "create.convergent_encryption",
        "create.exportable",
        "create.allow_plaintext_backup",
        "config.deletion_allowed",
        "config.exportable",
        "config.allow_plaintext_backup",
        "upsert.convergent_encryption",
        "keysconfig.disable_upsert",
    ],
    "duration": ["create.auto_rotate_period", "config.auto_rotate_period"],
}
WRONG = {
    "string": ['["x"]', '{"a":"x"}'],
    "int": ['"x"', "1.5", "[1]", '{"a":1}', "9223372036854775808", '"0x"', '"1 "'],
    "bool": ['"maybe"', '"yes"', "[true]", '{"a":true}'],
    "duration": ['"soon"', '"5x"', "[3600]", '{"a":3600}'],
}
CASES = [(field, value) for kind, fields in FIELDS.items() for field in fields for value in WRONG[kind]]


@pytest.mark.parametrize("field, value", CASES, ids=[f"{field}={value}" for field, value in CASES])
def test_a_value_that_cannot_be_converted_is_400_and_names_the_field(own_mount, field, value):
    operation, parameter = field.split(".")
    path = PATHS[operation].format(absent="absent", key=own_mount.new_key())
    members = [f"{json.dumps(k)}:{json.dumps(v)}" for k, v in GOOD.get(operation, {}).items() if k != parameter]
    body = "{%s}" % ",".join([*members, f'"{parameter}":{value}'])
    reply = own_mount.post(path, body.encode())
    assert reply.status == 400 and "error converting input" in reply.error, reply
    assert f'for field "{parameter}"' in reply.error
    own_mount.get("keys/absent").is_not_found()


@pytest.mark.parametrize("operation", ["encrypt", "decrypt"])
def test_a_partial_failure_response_code_that_is_no_number_is_400(api, operation):
    item = {"plaintext": HELLO} if operation == "encrypt" else {"ciphertext": "vault:v1:AAAA"}
    reply = api.post(f"{operation}/{api.new_key()}", batch_input=[item], partial_failure_response_code="x")
    assert reply.status == 400 and 'for field "partial_failure_response_code"' in reply.error


@pytest.mark.parametrize(
    "value, length", [(5, 5), ("5", 5), ("0x10", 16), ("010", 8), ("0b11", 3), ("0o17", 15), (True, 1)]
)
def test_an_integer_is_a_number_a_numeral_of_go_or_a_boolean(api, value, length):
    assert len(api.post("random", bytes=value, format="hex").data["random_bytes"]) == 2 * length


@pytest.mark.parametrize("value", [True, 1, 2, -1, "1", "t", "T", "TRUE", "true", "True"])
def test_a_boolean_is_true_in_these_spellings(api, value):
    assert api.post(f"keys/{unique()}", exportable=value).data["exportable"] is True


@pytest.mark.parametrize("value", [False, 0, "0", "f", "F", "FALSE", "false", "False", ""])
def test_a_boolean_is_false_in_these_spellings(api, value):
    assert api.post(f"keys/{unique()}", exportable=value).data["exportable"] is False


def test_numbers_and_booleans_become_text(api):
    name = api.new_key()
    assert api.decrypt(name, api.encrypt(name, 1234)) == "1234"
    api.post(f"encrypt/{name}", plaintext=True).fails("illegal base64 data at input byte 0")
    api.post(f"keys/{unique()}", type=5).fails("unknown key type 5")
    api.post(f"keys/{unique()}", type=True).fails("unknown key type 1")
    api.post(f"keys/{unique()}", type=False).fails("unknown key type 0")


def test_a_number_keeps_its_digits_when_it_becomes_text(api):
    api.post(f"keys/{unique()}", b'{"type":12345678901234567890}').fails("unknown key type 12345678901234567890")
    api.post(f"keys/{unique()}", b'{"type":1.10}').fails("unknown key type 1.10")


def test_unrecognized_parameters_are_named_in_a_warning_in_order(api):
    name = api.new_key()
    expected = ["Endpoint ignored these unrecognized parameters: [aa zz]"]
    extra = {"zz": 1, "aa": {"b": []}}
    assert api.post(f"keys/{unique()}", **extra).warnings == expected
    assert api.post(f"keys/{name}/config", **extra).warnings == expected
    assert api.post(f"keys/{name}/rotate", **extra).warnings == expected
    assert api.post(f"encrypt/{name}", plaintext=HELLO, **extra).warnings == expected
    assert api.post(f"decrypt/{name}", ciphertext=api.encrypt(name), **extra).warnings == expected
    assert api.post(f"rewrap/{name}", ciphertext=api.encrypt(name), **extra).warnings == expected
    assert api.post(f"datakey/wrapped/{name}", **extra).warnings == expected
    assert api.post(f"hmac/{name}", input=HELLO, **extra).warnings == expected
    assert api.post("hash", input=HELLO, **extra).warnings == expected
    assert api.post("random", **extra).warnings == expected
    assert api.post(f"encrypt/{name}", batch_input=[{"plaintext": HELLO}], **extra).warnings == expected


def test_one_unrecognized_parameter_is_named_alone(api):
    reply = api.post(f"encrypt/{api.new_key()}", plaintext=HELLO, Plaintext=HELLO)
    assert reply.warnings == ["Endpoint ignored these unrecognized parameters: [Plaintext]"]


def test_a_parameter_of_the_path_in_the_body_is_replaced_with_a_warning(api):
    name, other = unique(), api.new_key()
    replaced = [
        "Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [name]"
    ]
    reply = api.post(f"keys/{name}", name=other)
    assert reply.data["name"] == name and reply.warnings == replaced
    reply = api.post(f"encrypt/{name}", plaintext=HELLO, name=other)
    assert reply.warnings == replaced
    assert api.decrypt(name, reply.data["ciphertext"]) == HELLO


def test_known_parameters_draw_no_warning(api):
    name = api.new_key()
    assert api.post(f"keys/{unique()}", type="aes128-gcm96", derived=False, context=CONTEXT).warnings is None
    assert api.post(f"encrypt/{name}", plaintext=HELLO, context=CONTEXT, key_version=1).warnings is None
    assert api.post("random/5", format="hex").warnings is None


def envelope_bytes(reply):
    return json.dumps({**reply.json}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def test_the_envelope_of_every_operation_is_compact_in_order_and_ends_with_a_newline(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    replies = [
        api.post(f"keys/{unique()}"),
        api.get(f"keys/{name}"),
        api.list("keys"),
        api.post(f"keys/{name}/config"),
        api.post(f"keys/{name}/rotate"),
        api.post(f"encrypt/{name}", plaintext=HELLO),
        api.post(f"decrypt/{name}", ciphertext=ciphertext),
        api.post(f"rewrap/{name}", ciphertext=ciphertext),
        api.post(f"datakey/plaintext/{name}"),
        api.post(f"hmac/{name}", input=HELLO),
        api.post("hash", input=HELLO),
        api.post("random"),
        api.get("cache-config"),
        api.get("config/keys"),
        api.delete(f"keys/{name}/soft-delete"),
        api.post(f"keys/{name}/soft-delete-restore"),
    ]
    for reply in replies:
        assert reply.data and reply.warnings is None
        assert reply.raw == envelope_bytes(reply)
        assert int(reply.headers["Content-Length"]) == len(reply.raw)
    assert len({reply.json["request_id"] for reply in replies}) == len(replies)


def test_a_reply_without_content_has_the_same_headers(own_mount):
    name = own_mount.new_key()
    own_mount.config(name, deletion_allowed=True)
    reply = own_mount.delete(f"keys/{name}")
    reply.is_empty()
    assert reply.headers["Content-Type"] == "application/json" and reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("space", [b"", b"  \r\n\t"])
def test_a_json_body_is_read_whatever_its_content_type(api, content_type, space):
    name = api.new_key()
    headers = {"Content-Type": content_type} if content_type else {}
    body = space + b'{"plaintext":"aGVsbG8="}' + space
    reply = api.request("POST", f"transit/encrypt/{name}", body, headers=headers)
    assert api.decrypt(name, reply.data["ciphertext"]) == HELLO


def test_a_form_body_is_read(api):
    name = api.new_key(versions=2)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"plaintext=aGVsbG8=&key_version=1", b"plaintext=aGVsbG8%3D&key_version=1"):
        data = api.request("POST", f"transit/encrypt/{name}", body, headers=form).data
        assert data["key_version"] == 1 and api.decrypt(name, data["ciphertext"]) == HELLO


def test_the_query_is_ignored_on_post_and_the_body_on_get(api):
    name = api.new_key()
    api.post(f"encrypt/{name}?plaintext=aGVsbG8=").fails("missing plaintext to encrypt")
    reply = api.request("GET", "transit/keys", b'{"list":true}')
    assert reply.status == 405


def test_duplicate_members_are_settled_by_the_last(api):
    name = api.new_key()
    body = b'{"plaintext":"!!","plaintext":"aGVsbG8=","plaintext":"d29ybGQ="}'
    assert api.decrypt(name, api.post(f"encrypt/{name}", body).data["ciphertext"]) == "d29ybGQ="
    api.post(f"encrypt/{name}", b'{"plaintext":"aGVsbG8=","plaintext":"!!"}').fails(
        "illegal base64 data at input byte 0"
    )
    body = b'{"batch_input":[{"plaintext":"!!","plaintext":"aGVsbG8="}]}'
    assert api.decrypt(name, api.post(f"encrypt/{name}", body).results[0]["ciphertext"]) == HELLO
    body = b'{"batch_input":[{"plaintext":"!!"}],"batch_input":[{"plaintext":"aGVsbG8="}]}'
    assert api.post(f"encrypt/{name}", body).status == 200


def test_escaped_member_names_and_values_are_the_same_as_plain_ones(api):
    name = api.new_key()
    body = rb'{"\u0070laintext":"aGVsbG8\u003d"}'
    reply = api.post(f"encrypt/{name}", body)
    assert reply.warnings is None and api.decrypt(name, reply.data["ciphertext"]) == HELLO
    slashes = base64.b64encode(b"\xff\xff\xff").decode()
    body = b'{"plaintext":"%s"}' % slashes.replace("/", "\\/").encode()
    assert api.decrypt(name, api.post(f"encrypt/{name}", body).data["ciphertext"]) == slashes
