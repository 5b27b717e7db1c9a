"""`sys/tools`, and the small answers that clients look for."""

import base64
import hashlib

import hvac
import pytest

from blackbox_client import TOKEN

HASHES = {"sha2-224": hashlib.sha224, "sha2-256": hashlib.sha256, "sha2-384": hashlib.sha384, "sha2-512": hashlib.sha512}


def data(reply):
    assert reply.status == 200, reply
    return reply.json["data"]


@pytest.mark.parametrize("path,body,count", [("", {}, 32), ("/7", {}, 7), ("", {"bytes": 16}, 16), ("", {"bytes": "3"}, 3),
                                             ("/platform/9", {}, 9)])
def test_random_bytes(api, path, body, count):
    text = data(api.request("POST", f"sys/tools/random{path}", body))["random_bytes"]
    assert len(base64.b64decode(text, validate=True)) == count
    text = data(api.request("POST", f"sys/tools/random{path}", {**body, "format": "hex"}))["random_bytes"]
    assert len(bytes.fromhex(text)) == count


@pytest.mark.parametrize("body,text", [
    ({"bytes": 0}, '"bytes" cannot be less than 1'), ({"bytes": -5}, '"bytes" cannot be less than 1'),
    ({"bytes": 131073}, '"bytes" should be less than 131072'), ({"bytes": 1 << 62}, '"bytes" should be less than 131072'),
    ({"format": "x"}, 'unsupported encoding format; must be "hex" or "base64"'),
])
def test_random_bytes_that_cannot_be(api, body, text):
    api.request("POST", "sys/tools/random", body).fails(text)


@pytest.mark.parametrize("name", HASHES)
def test_hashes(api, name):
    digest = HASHES[name](b"hello").digest()
    body = {"input": base64.b64encode(b"hello").decode()}
    assert data(api.request("POST", f"sys/tools/hash/{name}", body))["sum"] == digest.hex()
    body.update(algorithm=name, format="base64")
    assert base64.b64decode(data(api.request("POST", "sys/tools/hash", body))["sum"]) == digest


def test_hashes_that_cannot_be(api):
    api.request("POST", "sys/tools/hash/md5", {"input": ""}).fails("unsupported algorithm md5")
    reply = api.request("POST", "sys/tools/hash", {"input": "not base64!"})
    assert reply.status == 400 and "unable to decode input as base64: illegal base64 data" in reply.error


def test_standing_answers(api, server):
    assert data(api.request("GET", "sys/config/cors")) == {"enabled": False}
    assert data(api.request("GET", "sys/replication/status")) == {"mode": "disabled"}
    assert api.send("GET", "/v1/sys/replication/status", token=None).status == 200
    vault = hvac.Client(url=server.address, token=TOKEN)
    assert "transit" in vault.adapter.get("/v1/sys/plugins/catalog")["data"]["secret"]
    assert api.request("GET", "sys/config/nothing").status == 404


def test_headers_are_configured(api):
    assert api.request("PUT", "sys/config/auditing/request-headers/X-Foo", {"hmac": True}).status == 204
    assert data(api.request("GET", "sys/config/auditing/request-headers"))["headers"] == {"x-foo": {"hmac": True}}
    assert data(api.request("GET", "sys/config/auditing/request-headers/x-foo")) == {"x-foo": {"hmac": True}}
    assert api.request("DELETE", "sys/config/auditing/request-headers/x-foo").status == 204
    api.request("DELETE", "sys/config/auditing/request-headers/x-foo").fails("Could not find header in config")
    api.request("GET", "sys/config/auditing/request-headers/x-foo").fails("Could not find header in config")
