"""A small HTTP client for the black-box suite: one request, one fresh connection, everything kept for inspection."""

import http.client
import itertools
import json
import os
import re

TYPES = ("aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "aes256-gcm-siv", "xaes256-gcm192")
CONVERGENT_TYPES = TYPES[:4]
NONCE_LENGTH = {
    "aes128-gcm96": 12,
    "aes256-gcm96": 12,
    "chacha20-poly1305": 12,
    "xchacha20-poly1305": 24,
    "aes256-gcm-siv": 12,
    "xaes256-gcm192": 24,
}
TAG_LENGTH = 16
TOKEN = "root"
HELLO = "aGVsbG8="
CONTEXT = "YWJj"

UNSUPPORTED_OPERATION = "1 error occurred:\n\t* unsupported operation\n\n"
UNSUPPORTED_PATH = "1 error occurred:\n\t* unsupported path\n\n"
KEY_NOT_FOUND = "encryption key not found"
MISSING_CONTEXT = (
    "missing 'context' for key derivation; the key was created using a derived key, which means additional, "
    "per-request information must be included in order to perform operations with the key"
)
TAG_FAILURE = "cipher: message authentication failed"
TAG_FAILURE_CHACHA = "chacha20poly1305: message authentication failed"
NONCE_NOT_ALLOWED = "nonce provided when not allowed"
TOO_OLD = "ciphertext or signature version is disallowed by policy (too old)"
SOFT_DELETED = "refusing to use soft-deleted key"

_ENVELOPE = [
    "request_id",
    "lease_id",
    "renewable",
    "lease_duration",
    "data",
    "wrap_info",
    "warnings",
    "auth",
    "mount_type",
]
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_names = itertools.count(1)


def unique(stem="k"):
    """A name that no other test uses."""
    return f"{stem}-{os.getpid()}-{next(_names)}"


def go_json(value):
    """The bytes that Go's encoder writes: compact, `<`, `>` and `&` escaped."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode()


class Reply:
    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = headers
        self.raw = raw
        try:
            self.json = json.loads(raw.decode("utf-8", "strict")) if raw else None
        except ValueError:
            self.json = None

    def __repr__(self):
        return f"<{self.status} {self.raw[:400]!r}>"

    @property
    def data(self):
        """`data` of a 200 with the common envelope, whose form is checked on the way."""
        assert self.status == 200, self
        return self.envelope()["data"]

    def envelope(self, mount_type="transit"):
        assert list(self.json) == _ENVELOPE, self
        assert _UUID.fullmatch(self.json["request_id"]), self
        assert self.json["lease_id"] == "" and self.json["renewable"] is False, self
        assert self.json["lease_duration"] == 0, self
        assert self.json["wrap_info"] is None and self.json["auth"] is None, self
        assert self.json["mount_type"] == mount_type, self
        if isinstance(self.json["data"], dict):
            assert list(self.json["data"]) == sorted(self.json["data"]), f"members of data out of order: {self}"
        return self.json

    @property
    def warnings(self):
        return self.envelope()["warnings"]

    @property
    def results(self):
        """`batch_results`, whatever the status."""
        data = self.envelope()["data"]
        assert list(data) == ["batch_results"], self
        return data["batch_results"]

    @property
    def error(self):
        """The single error text of an error reply, whose bytes are checked on the way."""
        assert self.status >= 400, self
        assert isinstance(self.json, dict) and list(self.json) == ["errors"], self
        assert len(self.json["errors"]) == 1, self
        assert self.raw == go_json(self.json) + b"\n", self
        return self.json["errors"][0]

    def fails(self, text, status=400):
        assert (self.status, self.error) == (status, text), self

    def is_not_found(self):
        assert (self.status, self.raw) == (404, b'{"errors":[]}\n'), self

    def is_empty(self):
        assert (self.status, self.raw) == (204, b""), self


class Client:
    """`mount` is prefixed to the paths given to the transit helpers, `/v1/` to those given to `request`."""

    def __init__(self, host, port, token=TOKEN, mount="transit", keep_alive=False):
        self.host, self.port, self.token, self.mount = host, port, token, mount
        self.keep_alive = keep_alive
        self.connection = None

    def at(self, mount):
        return Client(self.host, self.port, self.token, mount)

    def send(self, method, target, body=b"", headers=None, token=..., timeout=30, server_error_is_asked_for=False):
        """One request with the target exactly as given."""
        connection = self.connection or http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        if self.keep_alive:
            self.connection = connection
        token = self.token if token is ... else token
        fields = {} if token is None else {"X-Vault-Token": token}
        fields.update(headers or {})
        try:
            connection.request(method, target, body=body if body else None, headers=fields)
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.headers, answer.read())
        finally:
            if not self.keep_alive:
                connection.close()
        assert reply.status < 500 or server_error_is_asked_for, f"{method} {target}: {reply}"
        assert answer.headers["Cache-Control"] == "no-store", f"{method} {target}: {dict(answer.headers)}"
        if method != "HEAD" and reply.status != 301:
            assert answer.headers["Content-Type"] == "application/json", f"{method} {target}: {dict(answer.headers)}"
        return reply

    def request(self, method, path, body=None, **options):
        """`body` may be bytes, sent as they are, or a value, sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        return self.send(method, f"/v1/{path}", body or b"", **options)

    def get(self, path):
        return self.request("GET", f"{self.mount}/{path}")

    def list(self, path):
        return self.request("LIST", f"{self.mount}/{path}")

    def delete(self, path):
        return self.request("DELETE", f"{self.mount}/{path}")

    def post(self, path, body=None, **members):
        return self.request("POST", f"{self.mount}/{path}", members if body is None else body)

    def new_key(self, versions=1, **parameters):
        """Creates a key under a name of its own, with that many versions."""
        name = unique()
        assert self.post(f"keys/{name}", **parameters).status == 200
        for _ in range(versions - 1):
            assert self.post(f"keys/{name}/rotate").status == 200
        return name

    def key(self, name):
        return self.get(f"keys/{name}").data

    def encrypt(self, name, plaintext=HELLO, **parameters):
        return self.post(f"encrypt/{name}", plaintext=plaintext, **parameters).data["ciphertext"]

    def decrypt(self, name, ciphertext, **parameters):
        return self.post(f"decrypt/{name}", ciphertext=ciphertext, **parameters).data["plaintext"]

    def config(self, name, **parameters):
        reply = self.post(f"keys/{name}/config", **parameters)
        assert reply.status == 200, reply
        return reply
