"""Methods, paths and tokens: transit.md 1.1, 1.2, 1.5, 1.6 and system.md 1."""

import pytest

from blackbox_client import HELLO, UNSUPPORTED_OPERATION, UNSUPPORTED_PATH, Reply, unique

DENIED = b'{"errors":["permission denied"]}\n'
KNOWN_PATHS = {
    "keys": {"LIST"},
    "keys/{}": {"GET", "POST", "DELETE"},
    "keys/{}/config": {"POST"},
    "keys/{}/rotate": {"POST"},
    "keys/{}/trim": {"POST"},
    "encrypt/{}": {"POST"},
    "decrypt/{}": {"POST"},
    "rewrap/{}": {"POST"},
    "datakey/wrapped/{}": {"POST"},
    "hmac/{}": {"POST"},
    "hmac/{}/sha2-256": {"POST"},
    "hash": {"POST"},
    "hash/sha2-256": {"POST"},
    "random": {"POST"},
    "random/5": {"POST"},
    "cache-config": {"GET", "POST"},
    "config/keys": {"GET", "POST"},
}
WRONG_METHODS = [
    (method, path)
    for path, methods in KNOWN_PATHS.items()
    for method in ("GET", "POST", "DELETE")
    if method not in methods
]


@pytest.mark.parametrize("method, path", WRONG_METHODS)
def test_a_known_path_refuses_another_method_with_405(api, method, path):
    api.request(method, f"transit/{path.format(api.new_key())}").fails(UNSUPPORTED_OPERATION, 405)


@pytest.mark.parametrize("path", [p for p in KNOWN_PATHS if p != "keys"])
def test_head_is_405_without_a_body(api, path):
    reply = api.request("HEAD", f"transit/{path.format(api.new_key())}")
    assert (reply.status, reply.raw) == (405, b"")


@pytest.mark.parametrize("content_type", [None, "application/json", "application/merge-patch+json"])
def test_patch_is_refused(api, content_type):
    name = api.new_key()
    headers = {"Content-Type": content_type} if content_type else {}
    reply = api.request("PATCH", f"transit/keys/{name}/config", {"deletion_allowed": True}, headers=headers)
    assert reply.status in ((405,) if content_type == "application/merge-patch+json" else (405, 415))
    assert list(reply.json) == ["errors"]
    assert api.key(name)["deletion_allowed"] is False


@pytest.mark.parametrize(
    "method", ["RENEW", "REVOKE", "ROLLBACK", "HELP", "CREATE", "UPDATE", "OPTIONS", "TRACE", "get", "Post"]
)
def test_an_unknown_method_is_4xx_and_does_nothing(api, method):
    name = api.new_key()
    reply = api.request(method, f"transit/keys/{name}/rotate")
    assert 400 <= reply.status < 500
    assert api.key(name)["latest_version"] == 1


@pytest.mark.parametrize(
    "path",
    [
        "foo",
        "foo/bar",
        "encrypt",
        "key/x",
        "keys/{}/foo",
        "keys/{}/rotate/x",
        "encrypt/{}/x",
        "datakey/plaintext",
        "datakey/plaintext/{}/x",
        "Keys/{}",
        "config",
        "config/foo",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_404(api, method, path):
    api.request(method, f"transit/{path.format(api.new_key())}").fails(UNSUPPORTED_PATH, 404)


@pytest.mark.parametrize("path", ["keys/{}", "encrypt/{}", "foo"])
def test_listing_what_is_no_folder_is_404(api, path):
    api.list(path.format(api.new_key())).fails(UNSUPPORTED_PATH, 404)


@pytest.mark.parametrize("path", ["keys/{}/", "encrypt/{}/", "encrypt/", "hash/", "keys/"])
def test_writing_to_a_path_that_ends_in_a_slash_is_400(api, path):
    reply = api.post(path.format(api.new_key()), plaintext=HELLO, input=HELLO)
    assert reply.status == 400 and "cannot write to a path ending in '/'" in reply.error


@pytest.mark.parametrize("target", ["/v1", "/foo", "/v2/transit/keys/a", "/v1transit/keys/a"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_target_outside_the_api_is_404(api, method, target):
    reply = api.send(method, target)
    assert (reply.status, reply.raw) == (404, b'{"errors":[]}\n')


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "nosuch/keys/a"),
        ("POST", "nosuch/encrypt/a"),
        ("LIST", "nosuch/keys"),
        ("DELETE", "transitx/keys/a"),
        ("GET", "trans/keys/a"),
        ("GET", "Transit/keys/a"),
    ],
)
def test_an_unknown_mount_is_404_for_root(api, method, path):
    reply = api.request(method, path)
    assert reply.status == 404 and "no handler for route" in reply.error


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "transit/keys/a"),
        ("POST", "transit/keys/a"),
        ("POST", "transit/encrypt/a"),
        ("LIST", "transit/keys"),
        ("DELETE", "transit/keys/a"),
        ("POST", "transit/random"),
        ("GET", "transit/foo"),
        ("GET", "nosuch/a"),
        ("GET", "sys/mounts"),
        ("POST", "sys/mounts/denied"),
        ("DELETE", "sys/mounts/denied"),
    ],
)
@pytest.mark.parametrize("token", [None, "", "wrong", "Root", "root2", "roo", "root\t.", "r" * 5000])
def test_without_the_root_token_everything_is_permission_denied(api, method, path, token):
    reply = api.request(method, path, {"plaintext": HELLO} if method == "POST" else None, token=token)
    assert (reply.status, reply.raw) == (403, DENIED)


def test_a_denied_request_has_no_effect(api):
    name = unique()
    api.request("POST", f"transit/keys/{name}", {}, token="wrong")
    api.request("POST", f"transit/encrypt/{name}", {"plaintext": HELLO}, token=None)
    api.get(f"keys/{name}").is_not_found()


def test_the_token_is_also_taken_from_the_authorization_header(api):
    bearer = {"Authorization": "Bearer root"}
    assert api.request("POST", "transit/random", {}, token=None, headers=bearer).status == 200
    wrong = {"Authorization": "Bearer wrong"}
    assert api.request("POST", "transit/random", {}, token=None, headers=wrong).status == 403


def test_a_token_with_a_control_character_is_refused(api, server):
    from raw_http import RawConnection, request

    with RawConnection(server) as raw:
        raw.send(request("POST", "transit/random", b"", token="\x1b"))
        reply = raw.read()
    assert reply.status == 403 or (reply.status, reply.raw.strip()) == (400, b"400 Bad Request: invalid header value")


def test_put_is_post(api):
    name = api.new_key()
    for path, body in (
        (f"encrypt/{name}", {"plaintext": HELLO}),
        (f"keys/{name}/rotate", {}),
        ("hash", {"input": HELLO}),
        ("random/5", {}),
        (f"hmac/{name}", {"input": HELLO}),
        ("config/keys", {"disable_upsert": False}),
    ):
        assert api.request("PUT", f"transit/{path}", body).data


def test_one_connection_serves_many_requests(server):
    from blackbox_client import Client

    client = Client(server.host, server.port, keep_alive=True)
    name = client.new_key()
    socket = client.connection.sock
    for _ in range(30):
        assert client.decrypt(name, client.encrypt(name)) == HELLO
    client.post(f"encrypt/{name}", plaintext="!!")
    client.get("keys/none")
    assert isinstance(client.get(f"keys/{name}"), Reply) and client.connection.sock is socket
