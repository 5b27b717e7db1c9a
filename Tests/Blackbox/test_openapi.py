"""The OpenAPI document and `?help=1` against the routes of the running server."""

import json
import re

import pytest

from blackbox_client import TOKEN

MOUNTS = [
    ("sys/mounts/described-kv1", {"type": "kv"}),
    ("sys/mounts/described-transit", {"type": "transit"}),
    ("sys/auth/described-userpass", {"type": "userpass"}),
    ("sys/auth/described-approle", {"type": "approle"}),
]
VERBS = ("get", "post", "delete", "patch")
# What ends the server, the token or the mounts of this run: never sent.
UNSENT = re.compile(r"^/sys/(seal|step-down|init|unseal|storage/.*|rotate)$|^/auth/token/revoke-self$")

# Where another description's `{path}` covers it: `metadata` as a name that is refused, a mount at a path called tune.
COVERED = re.compile(r"^/secret/metadata$|/tune$|^/sys/leases/(lookup|queue|count|tidy)")


class Asker:
    def __init__(self, api):
        self.api = api

    def ask(self, method, path, body=None, token=TOKEN):
        headers = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else {}
        raw = b"" if body is None else json.dumps(body).encode()
        reply = self.api.send(method, "/v1/" + path, raw, headers, token=token)
        reply.body = reply.json
        return reply


@pytest.fixture(scope="module")
def client(api):
    return Asker(api)


@pytest.fixture(scope="module")
def document(client):
    for path, body in MOUNTS:
        client.ask("POST", path, body)
    reply = client.ask("GET", "sys/internal/specs/openapi")
    assert reply.status == 200
    yield reply.body
    for path, _ in MOUNTS:
        client.ask("DELETE", path)


def operations(document):
    for path, item in document["paths"].items():
        for verb in VERBS:
            yield path, verb, item.get(verb)


def test_the_document_says_what_it_is(document):
    assert document["openapi"] == "3.0.3"
    assert document["servers"] == [{"url": "/v1"}]
    identifiers = [operation["operationId"] for _, _, operation in operations(document) if operation]
    assert len(identifiers) == len(set(identifiers)) > 150
    for mount in ("/sys/", "/transit/", "/secret/", "/cubbyhole/", "/auth/token/", "/auth/described-userpass/"):
        assert any(path.startswith(mount) for path in document["paths"]), mount


def test_every_operation_says_what_it_does_and_answers(document):
    for path, verb, operation in operations(document):
        if operation:
            assert operation["summary"].endswith("."), (path, verb)
            assert set(operation["responses"]) - {"default"}, (path, verb)


def routed(client, path, verb):
    """Whether the server has the operation, and None where that cannot be seen."""
    body = {} if verb in ("post", "patch") else None
    filled = path.removeprefix("/").replace("sys/plugins/catalog/{type}", "sys/plugins/catalog/secret")
    filled = filled.replace("{algorithm}", "sha2-256").replace("catalog/secret/{name}", "catalog/secret/kv")
    filled = re.sub(r"\{[^}]*\}", "nothing-there", filled)
    reply = client.ask(verb.upper(), filled, body)
    assert reply.status < 500, (path, verb, reply.body)
    text = json.dumps(reply.body)
    return not (reply.status == 405 or "unsupported path" in text or "unsupported operation" in text)


def test_every_described_operation_is_routed_and_no_other(client, document):
    wrong = []
    for path, verb, operation in operations(document):
        if UNSENT.match(path):
            continue
        described = operation is not None
        if verb == "get" and described and any(
            parameter["name"] == "list" and parameter["required"] for parameter in operation.get("parameters", [])
        ):
            continue
        if not described and COVERED.search(path):
            continue
        if routed(client, path, verb) != described:
            wrong.append((verb, path, "described only" if described else "routed only"))
    assert not wrong


def test_lists_that_are_described_are_routed(client, document):
    wrong = []
    for path, verb, operation in operations(document):
        if verb != "get" or UNSENT.match(path):
            continue
        listed = bool(operation) and any(p["name"] == "list" for p in operation.get("parameters", []))
        if routed(client, path, "list") != listed:
            wrong.append((path, listed))
    assert not wrong


def test_help_is_there_for_every_path(client, document):
    for path in document["paths"]:
        reply = client.ask("GET", path.removeprefix("/") + "?help=1")
        assert reply.status == 200, path
        assert "Matching Route: " + path.removeprefix("/") in reply.body["help"], path
        assert list(reply.body["openapi"]["paths"]) == [path]


def test_help_of_a_mount_lists_its_paths(client):
    text = client.ask("GET", "transit/?help=1").body["help"]
    assert "encrypt/{name}" in text and "keys/{name}/rotate" in text


def test_help_asks_for_a_token_and_for_no_right(client):
    assert client.ask("GET", "transit/encrypt/k?help=1", token=None).status == 403
    made = client.ask("POST", "auth/token/create", {"policies": ["default"], "ttl": "1m"})
    token = made.body["auth"]["client_token"]
    assert client.ask("POST", "transit/encrypt/k", {}, token=token).status == 403
    assert client.ask("GET", "transit/encrypt/k?help=1", token=token).status == 200
    assert client.ask("GET", "transit/no/such?help=1", token=token).status == 404
    assert client.ask("GET", "nowhere/at/all?help=1", token=token).status == 404


def test_the_document_shows_only_mounts_that_the_caller_may_see(client):
    assert client.ask("GET", "sys/internal/specs/openapi", token=None).body["paths"] == {}
    client.ask("POST", "sys/policies/acl/described", {"policy": 'path "secret/data/a" { capabilities = ["read"] }'})
    made = client.ask("POST", "auth/token/create", {"policies": ["described"], "num_uses": 5, "ttl": "1m"})
    token = made.body["auth"]["client_token"]
    paths = client.ask("GET", "sys/internal/specs/openapi", token=token).body["paths"]
    assert "/secret/data/{path}" in paths
    assert not any(path.startswith("/transit/") for path in paths)


def test_a_token_of_few_uses_may_ask_which_mount_holds_a_path(client):
    """`kv get` asks that first; the token is known to storage alone."""
    client.ask("POST", "sys/policies/acl/described", {"policy": 'path "secret/data/a" { capabilities = ["read"] }'})
    made = client.ask("POST", "auth/token/create", {"policies": ["described"], "num_uses": 2, "ttl": "1m"})
    token = made.body["auth"]["client_token"]
    for _ in range(4):
        reply = client.ask("GET", "sys/internal/ui/mounts/secret/a", token=token)
        assert reply.status == 200 and reply.body["data"]["path"] == "secret/"
    assert client.ask("GET", "sys/internal/ui/mounts/secret/a", token="nobody").status == 403
    assert TOKEN != token
