"""Bad HTTP over raw sockets: lengths, chunks, sizes, pipelining, slow clients."""

import base64
import hashlib
import json
import threading
import time

import pytest

from blackbox_client import HELLO, unique
from raw_http import RawConnection, chunked, head, request

MIB = 1 << 20
LIMIT = 32 * MIB
HASH_HELLO = b'{"input":"aGVsbG8="}'
SUM_HELLO = hashlib.sha256(b"hello").hexdigest()
CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture
def raw(server):
    with RawConnection(server) as connection:
        yield connection


def is_hash_of_hello(reply):
    return reply is not None and reply.status == 200 and reply.json["data"]["sum"] == SUM_HELLO


def check_too_large(reply):
    assert reply is not None, "closed without an answer"
    assert "max_request_size" in reply.is_api_error(413)


# Bodies over the limit


def test_a_body_announced_over_the_limit_is_413_before_it_is_sent(raw):
    raw.send(head("POST", "transit/hash", f"Content-Length: {33 * MIB}"))
    check_too_large(raw.read())


def test_a_body_announced_over_the_limit_is_413_in_place_of_100_continue(raw):
    raw.send(head("POST", "transit/hash", f"Content-Length: {33 * MIB}", "Expect: 100-continue"))
    check_too_large(raw.read())


def test_a_body_of_one_byte_over_the_limit_is_413(raw):
    raw.send(head("POST", "transit/hash", f"Content-Length: {LIMIT + 1}"))
    check_too_large(raw.read())


@pytest.mark.parametrize("length", ["9223372036854775807", "9223372036854775808", "18446744073709551616", "1" * 40])
def test_an_absurd_length_is_refused(raw, length):
    raw.send(head("POST", "transit/hash", f"Content-Length: {length}"))
    raw.read().is_api_error(400, 413)


def test_a_chunked_body_that_runs_over_the_limit_is_413(raw):
    raw.send(head("POST", "transit/hash", CHUNKED))
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    raw.send_until_answered(chunk for _ in range(33 * 16))
    check_too_large(raw.read())


def test_one_chunk_announced_over_the_limit_is_413(raw):
    raw.send(head("POST", "transit/hash", CHUNKED) + b"7fffffff\r\n")
    raw.send_until_answered(b" " * 65536 for _ in range(33 * 16))
    check_too_large(raw.read())


def test_a_body_of_exactly_the_limit_is_read(api):
    body = HASH_HELLO[:-1] + b" " * (LIMIT - len(HASH_HELLO)) + b"}"
    assert len(body) == LIMIT
    assert api.post("hash", body).data == {"sum": SUM_HELLO}


def test_a_body_that_is_expected_is_asked_for(raw):
    raw.send(head("POST", "transit/hash", f"Content-Length: {len(HASH_HELLO)}", "Expect: 100-continue"))
    assert raw.read().status == 100
    raw.send(HASH_HELLO)
    assert is_hash_of_hello(raw.read())


# Wrong lengths


def test_a_body_that_ends_early_creates_nothing(server, api):
    name = unique()
    for body in (b'{"type":"aes128-gcm96"}', b'{"type":'):
        with RawConnection(server) as raw:
            raw.send(head("POST", f"transit/keys/{name}", f"Content-Length: {len(body) + 10}") + body)
            raw.finish_sending()
            reply = raw.read()
            assert reply is None or reply.is_api_error(400) is not None
        api.get(f"keys/{name}").is_not_found()


def test_a_client_that_disappears_in_its_body_harms_nobody(server, api):
    for _ in range(20):
        with RawConnection(server) as raw:
            raw.send(head("POST", f"transit/keys/{unique()}", "Content-Length: 1000000") + b'{"type":"')
    assert api.post("hash", HASH_HELLO).data == {"sum": SUM_HELLO}


@pytest.mark.parametrize(
    "fields",
    [
        ["Content-Length: -1"],
        ["Content-Length: abc"],
        ["Content-Length: 0x14"],
        ["Content-Length: 20 20"],
        ["Content-Length: 1.5"],
        ["Content-Length: +20"],
        ["Content-Length: 20,21"],
        ["Content-Length: "],
        ["Content-Length: 20", "Content-Length: 21"],
        ["Content-Length: 21", "Content-Length: 20"],
    ],
    ids=lambda fields: "+".join(fields),
)
def test_a_wrong_length_is_400_and_ends_the_connection(raw, fields):
    raw.send(head("POST", "transit/hash", *fields) + HASH_HELLO)
    raw.read().is_api_error(400)
    assert raw.is_closed()


@pytest.mark.parametrize("order", [1, -1])
def test_a_length_beside_transfer_encoding_smuggles_no_request(raw, order, api):
    name = unique()
    hidden = request("POST", f"transit/keys/{name}")
    body = b"0\r\n\r\n" + hidden
    fields = [f"Content-Length: {len(body)}", CHUNKED][::order]
    raw.send(head("POST", "transit/hash", *fields) + body)
    assert 400 <= raw.read().status < 500
    assert raw.is_closed()
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("coding", ["xchunked", "chunked, identity", "identity", "gzip", "chunked;q=1", "\x0bchunked"])
def test_an_unknown_transfer_encoding_is_refused(raw, coding):
    raw.send(head("POST", "transit/hash", f"Transfer-Encoding: {coding}") + chunked(HASH_HELLO))
    reply = raw.read()
    assert reply is not None and reply.status in (400, 411, 501), reply
    assert raw.is_closed()


# Chunks


@pytest.mark.parametrize(
    "pieces",
    [[HASH_HELLO], [HASH_HELLO[:1], HASH_HELLO[1:]], [HASH_HELLO[n : n + 1] for n in range(len(HASH_HELLO))]],
    ids=len,
)
def test_a_chunked_body_is_read(raw, pieces):
    for _ in range(3):
        raw.send(head("POST", "transit/hash", CHUNKED) + chunked(*pieces))
        assert is_hash_of_hello(raw.read())


def test_a_chunked_body_that_dribbles_in_is_read(raw):
    raw.send(head("POST", "transit/hash", CHUNKED))
    for byte in chunked(HASH_HELLO[:7], HASH_HELLO[7:]):
        raw.send(bytes([byte]))
    assert is_hash_of_hello(raw.read())


def test_chunk_extensions_and_trailers_are_read_over(raw):
    body = b"%x;name=value\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(HASH_HELLO), HASH_HELLO)
    raw.send((head("POST", "transit/hash", CHUNKED) + body) * 2)
    assert is_hash_of_hello(raw.read()) and is_hash_of_hello(raw.read())


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n",
        b"-1\r\n\r\n",
        b"\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"5\r\naGVsbG8=\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n",
        b"5 5\r\nhello\r\n",
        b"\x00\r\n",
    ],
    ids=repr,
)
def test_a_malformed_chunk_is_4xx_and_ends_the_connection(raw, body):
    raw.send(head("POST", "transit/hash", CHUNKED) + body + b"\r\n" * 2)
    raw.read().is_api_error(400, 413)
    assert raw.is_closed()


# Heads


@pytest.mark.parametrize(
    "first",
    [
        b"GARBAGE",
        b"GET",
        b"\x16\x03\x01",
        b"GET /v1/sys/health HTTP/9.9",
        b"/v1/sys/health",
        b"GET /v1/\x00 HTTP/1.1",
        b"POST /v1/transit/hash HTTP/1.1 x",
        b"PRI * HTTP/2.0",
        b"\xff\xfe\xfd",
    ],
    ids=repr,
)
def test_a_malformed_request_line_is_answered_or_cut_off(raw, api, first):
    raw.send(first + b"\r\nHost: x\r\n\r\n")
    raw.finish_sending()
    reply = raw.read()
    assert reply is None or reply.status in (400, 403, 404, 405, 501, 505), reply
    assert api.post("hash", HASH_HELLO).data == {"sum": SUM_HELLO}


@pytest.mark.parametrize("field", ["X: a\rb", "X: a\x00b"], ids=repr)
def test_a_control_character_in_a_field_has_the_wire_s_own_answer(raw, field):
    raw.send(head("POST", "transit/hash", field, f"Content-Length: {len(HASH_HELLO)}") + HASH_HELLO)
    reply = raw.read()
    assert (reply.status, reply.raw) == (400, b"400 Bad Request: invalid header value"), reply
    assert raw.is_closed()


@pytest.mark.parametrize("field", ["No colon here", ": empty", "Sp ace: x"], ids=repr)
def test_a_malformed_field_is_refused(raw, field):
    raw.send(head("POST", "transit/hash", field, f"Content-Length: {len(HASH_HELLO)}") + HASH_HELLO)
    raw.read().is_api_error(400)
    assert raw.is_closed()


def check_head_too_large(raw, pieces):
    raw.send_until_answered(pieces)
    reply = raw.read()
    assert reply is not None, "closed without an answer"
    reply.is_api_error(431)
    assert raw.is_closed()


def test_a_field_of_a_mebibyte_is_431(raw):
    start = head("GET", "transit/keys/a")[:-2]
    check_head_too_large(raw, [start, b"X-Long: ", *[b"a" * 16384] * 64, b"\r\n\r\n"])


def test_a_field_without_end_is_431(raw):
    check_head_too_large(raw, [head("GET", "transit/keys/a")[:-2], b"X-Long: ", *[b"a" * 16384] * 1024])


def test_a_hundred_thousand_fields_are_431(raw):
    lines = [b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(m, m + 1000)) for m in range(0, 100_000, 1000)]
    check_head_too_large(raw, [head("GET", "transit/keys/a")[:-2], *lines, b"\r\n"])


def test_a_target_of_a_mebibyte_is_refused(raw):
    raw.send_until_answered([b"GET /v1/transit/keys/", *[b"a" * 16384] * 64, b" HTTP/1.1\r\nHost: x\r\n\r\n"])
    reply = raw.read()
    assert reply is not None and reply.status in (414, 431), reply


def test_a_head_of_four_kilobytes_is_read(raw):
    raw.send(request("POST", "transit/hash", HASH_HELLO, "X-Long: " + "a" * 4096))
    assert is_hash_of_hello(raw.read())


def test_a_head_that_dribbles_in_is_read(raw):
    for byte in request("POST", "transit/hash", HASH_HELLO):
        raw.send(bytes([byte]))
    assert is_hash_of_hello(raw.read())


# Bodies where none belongs


def test_a_body_on_get_list_or_delete_is_read_over(api, raw):
    name = api.new_key()
    api.config(name, deletion_allowed=True)
    for body in (b"{}", b"nonsense", b'{"context":"!!"}', b"x" * 100_000):
        raw.send(request("GET", f"transit/keys/{name}", body))
        assert raw.read().status == 200
        raw.send(request("LIST", "transit/keys", body))
        assert raw.read().status == 200
    raw.send(head("GET", f"transit/keys/{name}", CHUNKED) + chunked(b"nonsense"))
    assert raw.read().status == 200
    raw.send(request("DELETE", f"transit/keys/{name}", b"nonsense"))
    assert raw.read().status == 204
    raw.send(request("GET", f"transit/keys/{name}"))
    assert raw.read().status == 404


def test_a_refused_body_does_not_disturb_the_next_request(raw):
    for body in (b"{", b"[]", b"nonsense", b'{"input":"!!"}'):
        raw.send(request("POST", "transit/hash", body) + request("POST", "transit/hash", HASH_HELLO))
        assert raw.read().status == 400
        assert is_hash_of_hello(raw.read())


# Order and patience


def test_fifty_pipelined_requests_are_answered_in_order(raw):
    name = unique()
    requests, sums = [], {}
    for n in range(50):
        if n in (10, 30):
            requests.append(request("POST", f"transit/keys/{name}{n}", b"{}"))
        elif n in (11, 31):
            requests.append(request("POST", f"transit/encrypt/{name}{n - 1}", b'{"plaintext":"aGVsbG8="}'))
        elif n == 20:
            requests.append(request("POST", f"transit/keys/{name}10/rotate"))
        elif n == 21:
            requests.append(request("GET", f"transit/keys/{name}10"))
        elif n == 40:
            requests.append(request("GET", f"transit/keys/{name}absent"))
        else:
            sums[n] = hashlib.sha256(bytes([n] * 3)).hexdigest()
            text = json.dumps({"input": base64.b64encode(bytes([n] * 3)).decode()})
            requests.append(request("POST", "transit/hash", text.encode()))
    raw.send(b"".join(requests))
    replies = [raw.read() for _ in requests]
    assert [reply.status for reply in replies] == [404 if n == 40 else 200 for n in range(50)]
    assert {n: replies[n].json["data"]["sum"] for n in sums} == sums
    assert [replies[n].json["data"]["name"] for n in (10, 30)] == [f"{name}10", f"{name}30"]
    assert [replies[n].json["data"]["key_version"] for n in (11, 31)] == [1, 1]
    assert [replies[n].json["data"]["latest_version"] for n in (20, 21)] == [2, 2]


def test_a_large_batch_in_a_pipeline_keeps_its_place(raw):
    name = unique()
    batch = json.dumps({"batch_input": [{"plaintext": HELLO}] * 3000}).encode()
    hashes = request("POST", "transit/hash", HASH_HELLO)
    raw.send(request("POST", f"transit/encrypt/{name}", batch) + hashes * 5)
    first = raw.read()
    assert first.status == 200 and len(first.json["data"]["batch_results"]) == 3000
    assert all(is_hash_of_hello(raw.read()) for _ in range(5))


def test_connection_close_is_obeyed(raw):
    raw.send(request("POST", "transit/hash", HASH_HELLO, "Connection: close"))
    assert is_hash_of_hello(raw.read())
    assert raw.is_closed()


@pytest.mark.slow
def test_a_client_that_stalls_in_its_head_is_cut_off(server, api):
    """Three at once: one byte only, half a head, and a head that dribbles on for ever (slow loris)."""
    started = time.monotonic()
    starts = [b"P", b"POST /v1/transit/hash HTTP/1.1\r\nHost: x\r\nX-Token: r", b"GET /v1/sys/health HTTP/1.1\r\n"]
    clients = [RawConnection(server, timeout=20) for _ in starts]
    for client, start in zip(clients, starts, strict=True):
        client.send(start)
    stop = threading.Event()

    def dribble():
        try:
            while not stop.wait(0.5):
                clients[2].send(b"X-A: b\r\n")
        except OSError:
            pass

    thread = threading.Thread(target=dribble)
    thread.start()
    try:
        for client in clients:
            before = time.monotonic()
            assert api.request("GET", "sys/health").status == 200 and time.monotonic() - before < 1
            reply = client.read()
            assert reply is None or reply.status == 408, reply
            assert client.is_closed()
            assert time.monotonic() - started < 16
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.socket.close()
