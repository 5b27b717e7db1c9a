"""Failures of the field that must not happen here: those that touch features which exist, one test each."""

import base64
import gzip
import hashlib
import hmac
import itertools
import time

import pytest

from blackbox_client import CONTEXT, CONVERGENT_TYPES, HELLO, NONCE_LENGTH, NONCE_NOT_ALLOWED, TYPES, unique
from raw_http import RawConnection, head, request

MIB = 1 << 20
FLAGS = ["derived", "convergent_encryption", "exportable", "allow_plaintext_backup"]
LATER_TYPES = ["rsa-2048", "ecdsa-p256", "ed25519", "hmac", "aes128-cmac", "managed_key", "ml-dsa", "external-key"]
MARKER = "Mellon4488"


def nonce_of(ciphertext, key_type="aes256-gcm96"):
    return base64.b64decode(ciphertext.split(":")[2])[: NONCE_LENGTH[key_type]]


# 1. CVE-2023-4680: caller nonces on keys that are not convergent


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize(
    "flags",
    [{}, {"derived": True}, {"derived": True, "convergent_encryption": True}],
    ids=["plain", "derived", "convergent"],
)
@pytest.mark.parametrize("length", [12, 24, 1, 16])
def test_CVE_2023_4680_a_nonce_of_the_caller_is_refused(api, key_type, flags, length):
    if "convergent_encryption" in flags and key_type not in CONVERGENT_TYPES:
        flags = {"derived": True}
    name = api.new_key(type=key_type, **flags)
    nonce = base64.b64encode(bytes(length)).decode()
    context = {"context": CONTEXT} if flags else {}
    api.post(f"encrypt/{name}", plaintext=HELLO, nonce=nonce, **context).fails(NONCE_NOT_ALLOWED)
    items = [{"plaintext": HELLO, **context}, {"plaintext": HELLO, "nonce": nonce, **context}]
    reply = api.post(f"encrypt/{name}", batch_input=items)
    assert reply.status == 400
    assert [item.get("error") for item in reply.results] == [None, NONCE_NOT_ALLOWED]
    api.post(f"datakey/plaintext/{name}", nonce=nonce, **context).fails(NONCE_NOT_ALLOWED)


def test_CVE_2023_4680_a_nonce_given_to_rewrap_is_never_used(api):
    name = api.new_key()
    nonce = base64.b64encode(b"N" * 12).decode()
    old = api.encrypt(name)
    single = api.post(f"rewrap/{name}", ciphertext=old, nonce=nonce)
    assert (
        single.status == 400 and single.error == NONCE_NOT_ALLOWED or nonce_of(single.data["ciphertext"]) != b"N" * 12
    )
    batch = api.post(f"rewrap/{name}", batch_input=[{"ciphertext": old, "nonce": nonce}])
    item = batch.results[0]
    assert item.get("error") == NONCE_NOT_ALLOWED or nonce_of(item["ciphertext"]) != b"N" * 12


def test_CVE_2023_4680_a_nonce_is_refused_for_a_key_that_is_about_to_be_created(api):
    nonce = base64.b64encode(bytes(12)).decode()
    api.post(f"encrypt/{unique()}", plaintext=HELLO, nonce=nonce).fails(NONCE_NOT_ALLOWED)


@pytest.mark.parametrize("key_type", TYPES)
def test_CVE_2023_4680_no_nonce_repeats_in_four_thousand_messages(api, key_type):
    name = api.new_key(type=key_type)
    results = api.post(f"encrypt/{name}", batch_input=[{"plaintext": ""}] * 4000).results
    assert len({nonce_of(item["ciphertext"], key_type) for item in results}) == 4000


# 3. CVE-2026-55776: a flag that does not suit the type crashed the server


@pytest.mark.parametrize("key_type", TYPES + tuple(LATER_TYPES))
def test_CVE_2026_55776_no_combination_of_type_and_flags_crashes_or_hangs(api, key_type):
    for values in itertools.product([False, True], repeat=len(FLAGS)):
        flags = dict(zip(FLAGS, values, strict=True))
        name = unique()
        reply = api.post(f"keys/{name}", type=key_type, **flags, key_size=0, auto_rotate_period="1h")
        if flags["convergent_encryption"] and not flags["derived"] and key_type in CONVERGENT_TYPES:
            reply.fails("convergent encryption requires derivation to be enabled")
        elif key_type in CONVERGENT_TYPES or key_type in TYPES and not flags["convergent_encryption"]:
            assert reply.status == 200
            context = {"context": CONTEXT} if flags["derived"] else {}
            ciphertext = api.encrypt(name, **context)
            assert api.decrypt(name, ciphertext, **context) == HELLO
        else:
            assert reply.status in (200, 400)
        assert api.post(f"keys/{name}/rotate").status == (200 if reply.status == 200 else 400)


# 6. Convergent encryption of the second kind let anyone with the context confirm a guessed plaintext


@pytest.mark.parametrize("key_type", CONVERGENT_TYPES)
def test_convergent_nonces_do_not_confirm_a_guessed_plaintext(api, key_type):
    name = api.new_key(type=key_type, derived=True, convergent_encryption=True)
    nonce = nonce_of(api.encrypt(name, context=CONTEXT), key_type)
    guess = hmac.new(base64.b64decode(CONTEXT), b"hello", hashlib.sha256).digest()
    assert nonce != guess[: len(nonce)]
    other = api.new_key(type=key_type, derived=True, convergent_encryption=True)
    assert nonce != nonce_of(api.encrypt(other, context=CONTEXT), key_type)


# 26. CVE-2026-3605: path segments that mean another path to the policy than to the handler


@pytest.mark.parametrize(
    "target",
    [
        "transit/encrypt/../keys/{}",
        "transit/./keys/{}",
        "transit//keys/{}",
        "//transit/keys/{}",
        "transit/keys/./{}",
        "transit/keys/%2e/{}",
        "transit/encrypt/%2e%2e/keys/{}",
        "transit/x%2f..%2fkeys/{}",
        "transit/keys%2f..%2fkeys/{}",
        "sys/../transit/keys/{}",
        "transit/keys/{}/.",
        "transit/keys/{}/..",
        "transit/keys/x/../{}",
        "transit/keys/{}/%2e%2e/{}",
        "transit/keys//{}",
        "transit/keys/{}//",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_CVE_2026_3605_dot_segments_and_empty_segments_reach_no_handler(server, api, target, method):
    name = api.new_key() if method == "GET" else unique()
    with RawConnection(server) as raw:
        raw.send(request(method, target.replace("{}", name), b"{}" if method == "POST" else b""))
        reply = raw.read()
    assert reply is not None and 300 <= reply.status < 500, reply
    if method == "POST":
        api.get(f"keys/{name}").is_not_found()


# 30. Internal operation types reached from outside


@pytest.mark.parametrize(
    "header",
    [
        "X-Vault-Inline-Auth-Path: auth/token",
        "X-Vault-Inline-Auth-Operation: renew",
        "X-Vault-Token: wrong",
        "X-HTTP-Method-Override: DELETE",
    ],
)
def test_GHSA_rh46_no_header_stands_in_for_the_token_or_the_method(server, api, header):
    name = api.new_key()
    api.config(name, deletion_allowed=True)
    with RawConnection(server) as raw:
        raw.send(request("GET", f"transit/keys/{name}", b"", header, token=None))
        assert raw.read().is_api_error(403) == "permission denied"
    with RawConnection(server) as raw:
        raw.send(request("GET", f"transit/keys/{name}", b"", header.replace("X-Vault-Token", "X-Other")))
        assert raw.read().status == 200
    assert api.get(f"keys/{name}").status == 200


# 38 and 40. CVE-2025-4166, CVE-2025-52893, CVE-2020-13223: secrets in error texts and in the log


def test_CVE_2025_4166_and_52893_malformed_bodies_are_not_echoed(api):
    for body in (
        f'{{"plaintext":"{MARKER}"',
        f'{{"plaintext":{MARKER}}}',
        f'{{"plaintext":"x","{MARKER}}}',
        f"{MARKER}={MARKER}",
        f'{{"plaintext":["{MARKER}"]}}',
        f'{{"plaintext":{{"a":"{MARKER}"}}}}',
        f'{{"batch_input":"{MARKER}"}}',
        f'{{"batch_input":["{MARKER}"]}}',
        f'{{"batch_input":[{{"plaintext":["{MARKER}"]}}]}}',
        f'{{"batch_input":[{{"context":"{MARKER}"}}]}}',
        f'{{"ciphertext":"vault:v1:{MARKER}"}}',
    ):
        for operation in ("encrypt", "decrypt", "rewrap", "hmac", "datakey/plaintext", "keys"):
            reply = api.post(f"{operation}/{api.new_key()}", body.encode())
            assert MARKER not in reply.raw.decode(), reply


def test_CVE_2020_13223_no_secret_reaches_the_log(api, server):
    secret = base64.b64encode(f"{MARKER}-{unique()}".encode()).decode()
    name = api.new_key(derived=True)
    ciphertext = api.encrypt(name, secret, context=secret, associated_data=secret)
    assert api.decrypt(name, ciphertext, context=secret, associated_data=secret) == secret
    api.post(f"encrypt/{name}", plaintext=secret + "!", context=secret)
    api.post(f"decrypt/{name}", ciphertext=ciphertext[:-4], context=secret)
    api.post(f"hmac/{name}", input=secret)
    key = api.post(f"datakey/plaintext/{name}", context=secret).data["plaintext"]
    time.sleep(0.2)
    log = server.log_text()
    for text in (secret, secret[:-4], MARKER, ciphertext, ciphertext[9:40], key):
        assert text not in log


# 42. CVE-2025-6203, CVE-2025-59043, CVE-2025-12044: deep and wide JSON, and who may send it


@pytest.mark.parametrize(
    "body",
    [
        b'{"x":' + b"[" * 4000 + b"]" * 4000 + b"}",
        b'{"x":' * 4000 + b"1" + b"}" * 4000,
        b"[" * 1_000_000,
        b'{"x":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b'{"a":[' * 300_000,
    ],
    ids=["arrays", "objects", "million", "half-a-million", "mixed"],
)
def test_CVE_2025_6203_deep_json_is_refused_quickly(api, body):
    started = time.monotonic()
    assert api.post(f"encrypt/{unique()}", body).status in (400, 413)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"plaintext":"aGVsbG8=","x":[' + b"[]," * 300_000 + b"[]]}",
        b'{"plaintext":"aGVsbG8=","x":[' + b"1," * 500_000 + b"1]}",
        b'{"plaintext":"aGVsbG8=","x":{' + b",".join(b'"%d":{}' % n for n in range(100_000)) + b"}}",
        b'{"plaintext":"aGVsbG8=","x":"' + b"\\u0041" * 200_000 + b'"}',
        b'{"plaintext":"aGVsbG8=","x":' + b"9" * MIB + b"}",
    ],
    ids=["arrays", "numbers", "members", "escapes", "digits"],
)
def test_CVE_2025_59043_wide_json_in_an_unknown_member_costs_little(api, server, body):
    name = api.new_key()
    before, started = server.resident_bytes(), time.monotonic()
    reply = api.post(f"encrypt/{name}", body)
    assert reply.status in (200, 400, 413)
    assert time.monotonic() - started < 5
    assert server.resident_bytes() - before < 200 * MIB


def test_CVE_2025_12044_a_body_without_a_token_is_not_parsed(api):
    for body in (b"[" * 100_000, b"nonsense", b"{" * 10, b'{"batch_input":5}', b'{"plaintext":"!!"}'):
        for path in (f"transit/encrypt/{unique()}", "transit/hash", "sys/mounts/x"):
            for token in (None, "wrong"):
                reply = api.request("POST", path, body, token=token)
                assert (reply.status, reply.error) == (403, "permission denied")


# 43. CVE-2023-6337: bodies held in memory for clients that nobody knows


@pytest.mark.parametrize("token", [None, "wrong"])
def test_CVE_2023_6337_a_huge_body_without_a_token_is_refused_before_it_is_sent(server, token):
    with RawConnection(server) as raw:
        started = time.monotonic()
        raw.send(head("POST", "transit/encrypt/a", f"Content-Length: {1000 * MIB}", token=token))
        reply = raw.read()
        assert reply is not None and reply.status in (403, 413)
        assert time.monotonic() - started < 2


# 45. CVE-2023-5954: memory that is never given back


def test_CVE_2023_5954_large_requests_leave_no_memory_behind(api, server):
    name = api.new_key()
    body = b'{"plaintext":"' + b"A" * (3 * MIB) + b'"}'
    for _ in range(3):
        assert api.post(f"encrypt/{name}", body).status == 200
    before = server.resident_bytes()
    for _ in range(15):
        assert api.post(f"encrypt/{name}", body).status == 200
        assert api.post(f"encrypt/{name}", body[:-1]).status == 400
    assert server.resident_bytes() - before < 40 * MIB


# 46. CVE-2024-6468: a PROXY header from a stranger exhausted the listener


@pytest.mark.parametrize(
    "line",
    [
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        b"PROXY UNKNOWN\r\n",
        b"PROXY nonsense\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12),
    ],
    ids=repr,
)
def test_CVE_2024_6468_proxy_headers_do_not_harm_the_listener(server, api, line):
    for _ in range(20):
        with RawConnection(server) as raw:
            raw.send(line + request("GET", "sys/health"))
            raw.finish_sending()
            reply = raw.read()
            assert reply is None or reply.status == 400, reply
    assert api.request("GET", "sys/health").status == 200


# 48. CVE-2026-39396: decompression bombs


def test_CVE_2026_39396_a_compressed_body_is_not_unpacked(api, server):
    bomb = gzip.compress(b'{"plaintext":"' + b"A" * (64 * MIB) + b'"}')
    before = server.resident_bytes()
    for coding in ("gzip", "deflate", "br"):
        reply = api.request("POST", f"transit/encrypt/{unique()}", bomb, headers={"Content-Encoding": coding})
        assert reply.status in (400, 415)
    assert server.resident_bytes() - before < 32 * MIB


# Names that a storage layer could misread (50: CVE-2023-0620, CVE-2026-39946)


@pytest.mark.parametrize(
    "name", ["a%27b", "a%22b", "a;b", "a%3B--b", "a%60b", "a%E2%80%AEb", "a%25b", "a*b", "a%5Cb", "$a"]
)
def test_CVE_2023_0620_a_name_with_quotes_or_unicode_is_no_name(api, name):
    for method in ("GET", "POST", "DELETE"):
        assert api.request(method, f"transit/keys/{name}").status in (400, 404)
    assert api.post(f"encrypt/{name}", plaintext=HELLO).status in (400, 404)
