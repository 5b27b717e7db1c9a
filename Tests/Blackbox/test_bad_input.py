"""The issue's list of bad input, as far as the body is concerned: base64, JSON, types, sizes of numbers."""

import json

import pytest

import go_base64
from blackbox_client import CONTEXT, HELLO, unique
from raw_http import RawConnection, request

TEXT = "YWJjZGVmZ2hpamts"
STRANGERS = ["!", "-", "_", " ", "=", ".", "\x00", "\x7f", "é", "\t", "*", "Ａ", "😀"]
DECODE_FAILED = "failed to decode JSON input"
MARKER = "Sesame7391"


def malformed_texts():
    """A 16-character text with every stranger at every place, instead of and beside the character there."""
    for place in range(len(TEXT)):
        for stranger in STRANGERS:
            yield TEXT[:place] + stranger + TEXT[place + 1 :]
            yield TEXT[:place] + stranger + TEXT[place:]
    for length in range(len(TEXT)):
        yield TEXT[:length]
        yield TEXT[:length] + "="
        yield TEXT[:length] + "=="
        yield TEXT[:length] + "==="
    yield from (TEXT + "=", TEXT + "==", TEXT + "A", TEXT + "AA", TEXT + "AAA", TEXT + "\r\nA", "=", "==", "A===")


CASES = sorted(set(malformed_texts()))


def test_the_reference_decoder_agrees_with_the_offsets_in_the_specification():
    known = {"not base64!": 3, "!!": 0, "aGVsbG8": 4, "aGVsbG8==": 8, "aGVsbG8=aGVs": 8, "aGVs bG8=": 4, "_-8=": 0}
    assert {text: go_base64.error(text) for text in known} == {
        text: f"illegal base64 data at input byte {offset}" for text, offset in known.items()
    }
    assert go_base64.decode("aGVs\nbG9=\r\n") == b"hello"
    assert sum(go_base64.error(text) is not None for text in CASES) > 400


@pytest.mark.parametrize("member", ["plaintext", "context"])
def test_bad_base64_at_every_place_of_an_item_names_the_byte(api, member):
    name = api.new_key(derived=True)
    items = [{"plaintext": HELLO, "context": CONTEXT, member: text} for text in CASES if text]
    reply = api.post(f"encrypt/{name}", batch_input=items)
    expected = [go_base64.error(text) for text in CASES if text]
    assert [item.get("error") for item in reply.results] == expected


def test_bad_base64_at_every_place_of_a_hmac_input_names_the_byte(api):
    reply = api.post(f"hmac/{api.new_key()}", batch_input=[{"input": text} for text in CASES])
    expected = [go_base64.error(text, "unable to decode input as base64: ") for text in CASES]
    assert [item.get("error") for item in reply.results] == expected


@pytest.mark.parametrize("place", range(len(TEXT)))
def test_bad_base64_at_a_place_of_a_single_message_names_the_byte(api, place):
    name = api.new_key()
    for stranger in STRANGERS:
        text = TEXT[:place] + stranger + TEXT[place + 1 :]
        error = go_base64.error(text)
        reply = api.post(f"encrypt/{name}", plaintext=text)
        if error is None:
            assert reply.status == 200
        else:
            reply.fails(error)
            api.post("hash", input=text).fails(f"unable to decode input as base64: {error}")


def test_bad_base64_far_into_a_long_text_names_the_byte(api):
    name = api.new_key()
    for length in (64, 128, 192, 256, 1000, 4096):
        for place in {0, 1, 15, 16, 31, 32, 47, 48, 63, length // 2, length - 5, length - 2, length - 1}:
            text = "A" * place + "!" + "A" * (length - place - 1)
            api.post(f"encrypt/{name}", plaintext=text).fails(f"illegal base64 data at input byte {place}")


MALFORMED = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"{]",
    b"[}",
    b'{"a"}',
    b'{"a":}',
    b'{"a":1,}',
    b'{,"a":1}',
    b'{"a" 1}',
    b"{'a':1}",
    b"{a:1}",
    b'{"a":01}',
    b'{"a":+1}',
    b'{"a":.5}',
    b'{"a":1.}',
    b'{"a":1e}',
    b'{"a":--1}',
    b'{"a":0x1}',
    b'{"a":NaN}',
    b'{"a":Infinity}',
    b'{"a":nul}',
    b'{"a":True}',
    b'{"a":"\n"}',
    b'{"a":"\x00"}',
    b'{"a":"\x1f"}',
    b'{"a":"\\x"}',
    b'{"a":"\\u12"}',
    b'{"a":"\\u12G4"}',
    b'{"a":"\\',
    b'{"a":"\\u',
    b'{"a":"b',
    b'{"a":1',
    b'{"a":',
    b'{"a":[1,]}',
    b'{"a":[1',
    b'{"a":[1}',
    b'{"a":{"b":1]}',
    b"// c\n{}",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b"nope",
    b"\xef\xbb\xbf{}",
    b"{\x00}",
    b'{"a":1 "b":2}',
    b'{"a":1;"b":2}',
    b"tru",
    b"-",
    b'{"a":tru}',
]
NO_OBJECT = [b"[]", b"[1]", b'[{"plaintext":"aGVsbG8="}]', b'"text"', b"5", b"-1.5e3", b"true", b"false"]


@pytest.mark.parametrize("body", MALFORMED + NO_OBJECT, ids=repr)
@pytest.mark.parametrize("path", ["encrypt/{}", "keys/{}", "hash"])
def test_a_body_that_is_no_json_object_is_400(api, path, body):
    name = unique()
    reply = api.post(path.format(name), body)
    assert reply.status == 400 and reply.error.startswith(DECODE_FAILED), reply
    api.get(f"keys/{name}").is_not_found()


def test_every_proper_beginning_of_a_body_is_400(api):
    name = api.new_key()
    body = b'{"batch_input":[{"plaintext":"aGVsbG8=","reference":"\\u00e9"}],"x":[1,-2.5e3,true,null,{}]}'
    assert api.post(f"encrypt/{name}", body).status == 200
    for length in range(1, len(body)):
        reply = api.post(f"encrypt/{name}", body[:length])
        assert reply.status == 400 and reply.error.startswith(DECODE_FAILED), (body[:length], reply)


def test_junk_after_the_object_is_ignored(api):
    name = api.new_key()
    for junk in (b" junk", b"{}", b"]", b"\n\x00"):
        assert api.post(f"encrypt/{name}", b'{"plaintext":"aGVsbG8="}' + junk).status == 200


@pytest.mark.parametrize(
    "bytes_",
    [b"\xff", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\x80", b"\xf0\x9f\x98"],
)
def test_invalid_utf8_is_answered_and_never_echoed(api, bytes_):
    name = api.new_key()
    reply = api.post(f"encrypt/{name}", b'{"plaintext":"aGVs' + bytes_ + b'bG8="}')
    assert reply.status == 400
    assert reply.error == "illegal base64 data at input byte 4" or reply.error.startswith(DECODE_FAILED)
    for body in (
        b'{"plaintext":"aGVsbG8=","other":"' + bytes_ + b'"}',
        b'{"plaintext":"aGVsbG8=","' + bytes_ + b'":1}',
        b'{"batch_input":[{"plaintext":"aGVsbG8=","reference":"' + bytes_ + b'"}]}',
        b'{"type":"' + bytes_ + b'"}',
    ):
        reply = api.post(f"encrypt/{name}", body)
        assert reply.status in (200, 400) and reply.json is not None, reply


@pytest.mark.parametrize(
    "escape", [rb"\ud800", rb"\udc00", rb"\udc00\ud800", rb"\ud800A", rb"\ud800\n", rb"\udfff", rb"\ud800\u0041"]
)
def test_a_lone_surrogate_is_answered_with_valid_utf8(api, escape):
    name = api.new_key()
    reply = api.post(f"encrypt/{name}", b'{"plaintext":"aGVs' + escape + b'bG8="}')
    assert reply.status == 400
    assert reply.error == "illegal base64 data at input byte 4" or reply.error.startswith(DECODE_FAILED)
    reply = api.post(f"encrypt/{name}", b'{"batch_input":[{"plaintext":"","reference":"' + escape + b'"}]}')
    assert reply.status in (200, 400) and reply.json is not None
    if reply.status == 200:
        assert "�" in reply.results[0]["reference"]


def test_a_pair_of_surrogates_is_one_character(api):
    reply = api.post(f"encrypt/{api.new_key()}", rb'{"batch_input":[{"plaintext":"","reference":"\ud83d\ude00"}]}')
    assert reply.results[0]["reference"] == "😀"


def test_nul_in_strings_is_a_character_like_others(api):
    name = api.new_key()
    api.post(f"encrypt/{name}", plaintext="aGVs\x00bG8=").fails("illegal base64 data at input byte 4")
    api.post(f"encrypt/{name}", plaintext="aGVsbG8=\x00").fails("illegal base64 data at input byte 8")
    api.post(f"decrypt/{name}", ciphertext="vault:v1\x00:AAAA").fails(
        "invalid ciphertext: version number could not be decoded"
    )
    api.post(f"decrypt/{name}", ciphertext="\x00").fails("invalid ciphertext: no prefix")
    api.post(f"keys/{unique()}", type="aes256-gcm96\x00").fails("unknown key type aes256-gcm96\x00")
    reply = api.post(f"encrypt/{name}", batch_input=[{"plaintext": "", "reference": "a\x00b"}])
    assert reply.results[0]["reference"] == "a\x00b"


@pytest.mark.parametrize(
    "number",
    [
        "1e400",
        "-1e400",
        "9" * 400,
        "-" + "9" * 400,
        "0." + "0" * 400 + "1",
        "1E+2",
        "-0",
        "2147483648",
        "18446744073709551616",
        "1e18",
    ],
)
def test_numbers_of_any_size_are_answered(own_mount, number):
    name = own_mount.new_key()
    for path, field in (
        (f"encrypt/{name}", "key_version"),
        ("random", "bytes"),
        (f"datakey/wrapped/{name}", "bits"),
        (f"keys/{name}/config", "min_decryption_version"),
        (f"keys/{unique()}", "auto_rotate_period"),
        ("cache-config", "size"),
    ):
        reply = own_mount.post(path, b'{"plaintext":"aGVsbG8=","%s":%s}' % (field.encode(), number.encode()))
        assert reply.status in (200, 400), (path, number, reply)
    body = b'{"batch_input":[{"plaintext":"aGVsbG8=","key_version":%s}]}' % number.encode()
    assert own_mount.post(f"encrypt/{name}", body).status in (200, 400)
    assert own_mount.decrypt(name, own_mount.encrypt(name)) == HELLO


def nested(depth, opening="[", closing="]", core=""):
    return (opening * depth + core + closing * depth).encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"x":' + nested(10000) + b"}",
        b'{"plaintext":' + nested(10000) + b"}",
        b'{"batch_input":' + nested(10000) + b"}",
        nested(10000, '{"a":', "}", "1"),
        nested(10000, '[{"a":', "}]", "1"),
        b'{"batch_input":[{"plaintext":"","x":' + nested(10000) + b"}]}",
    ],
    ids=["unknown", "plaintext", "batch", "objects", "mixed", "item"],
)
@pytest.mark.parametrize("path", ["encrypt/{}", "rewrap/{}", "hash"])
def test_nesting_ten_thousand_deep_is_413_and_names_the_limit(api, path, body):
    reply = api.post(path.format(api.new_key()), body)
    assert reply.status == 413 and "max_json_depth" in reply.error


def test_nesting_ten_thousand_deep_without_an_end_or_an_object_is_refused(api):
    for body in (nested(10000), b"[" * 10000, b'{"a":' * 10000, b'{"batch_input":' + b"[" * 10000):
        reply = api.post(f"encrypt/{api.new_key()}", body)
        assert reply.status in (400, 413)


def test_ordinary_nesting_is_read(api):
    body = b'{"plaintext":"aGVsbG8=","x":' + nested(20, '[{"a":', "}]", "1") + b"}"
    assert api.post(f"encrypt/{api.new_key()}", body).status == 200


def test_many_members_and_long_names_are_read(api):
    name = api.new_key()
    members = {f"m{n}": n for n in range(20000)}
    assert api.post(f"encrypt/{name}", {"plaintext": HELLO, **members}).status == 200
    assert api.post(f"encrypt/{name}", {"plaintext": HELLO, "n" * 100_000: "v" * 100_000}).status == 200


SECRETS = {
    "plaintext": "encrypt",
    "context": "encrypt",
    "associated_data": "encrypt",
    "nonce": "encrypt",
    "ciphertext": "decrypt",
    "input": "hmac",
}
DISGUISES = [
    f'"{MARKER}!!"',
    f'["{MARKER}"]',
    f'{{"{MARKER}":"{MARKER}"}}',
    f'"{MARKER}',
    f'"{MARKER}\\x"',
    f'"vault:v1:{MARKER}!"',
    f'"vault:v{MARKER}:AAAA"',
    f'"vault:v1:{MARKER}"',
    f'"\\ud800{MARKER}"',
]


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("member, operation", SECRETS.items())
def test_an_error_never_repeats_a_secret_value(api, server, member, operation, disguise):
    name = api.new_key(derived=True)
    required = {"encrypt": '"plaintext":"aGVsbG8="', "decrypt": '"ciphertext":"vault:v1:AAAA"', "hmac": '"input":""'}
    others = "" if member in required[operation] else required[operation] + ","
    single, item = f'{{{others}"{member}":{disguise}}}', f'{{"batch_input":[{{{others}"{member}":{disguise}}}]}}'
    for body in (single, item):
        for path in (f"{operation}/{name}", f"rewrap/{name}", "hash"):
            reply = api.post(path, body.encode())
            assert MARKER.encode() not in reply.raw, reply
    assert MARKER not in server.log_text()


def test_a_parameter_in_the_wrong_place_is_not_repeated_either(api):
    for body in (
        f"{MARKER}",
        f'"{MARKER}"',
        f'["{MARKER}"]',
        f'{{"plaintext":{MARKER}}}',
        f'{{"key_version":"{MARKER}"',
    ):
        reply = api.post(f"encrypt/{api.new_key()}", body.encode())
        assert reply.status == 400 and MARKER not in reply.error


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "%2e%2e",
        "%2E%2e",
        "%2e",
        "a/../b",
        "a/./b",
        "a%2f..%2fb",
        "..%2f..%2fsys%2fmounts",
        "a//b",
        "%00",
        "a%00",
        "%0a",
        "%2f",
        "%5c..%5c",
        "%ff",
        "%zz",
        "%",
        "a%2",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "LIST", "DELETE"])
@pytest.mark.parametrize("folder", ["keys", "encrypt"])
def test_a_strange_name_is_refused_or_redirected_and_creates_nothing(own_mount, server, folder, method, name):
    with RawConnection(server) as raw:
        body = json.dumps({"plaintext": HELLO}).encode() if method == "POST" else b""
        raw.send(request(method, f"{own_mount.mount}/{folder}/{name}", body))
        reply = raw.read()
    assert reply is not None and 300 <= reply.status < 500, reply
    own_mount.list("keys").is_not_found()
