"""Nothing that a client sends as a value comes out in clear: not in an audit entry, not in an error, not in the log.

A request goes to every endpoint with a marker of its own in each field, in the query, and in headers. Markers are
looked for in the audit file, in every answer that is an error, and in what the server prints.
CVE-2025-62513, CVE-2025-62705, CVE-2024-8365, CVE-2024-0831, CVE-2026-46358, CVE-2025-4166, CVE-2025-52893,
CVE-2020-13223.
"""

import itertools
import json
import os

import pytest

from audit_storm import Life

_numbers = itertools.count()


def marker():
    """Longer than anything that a sentence would quote as a name."""
    return f"taint-{next(_numbers):05d}-{os.urandom(20).hex()}"


# What is clear by definition: paths, names of policies, mounts and devices, the name that a token is shown with.
CLEAR = {"policies", "paths", "token_policies", "display_name", "type", "path", "name", "from", "to", "group_names", "plugin_name",
         "accessor", "mount_accessor", "role_name", "listing_visibility", "entity_alias"}

TRANSIT_KEY = ["derived", "exportable", "convergent_encryption", "context", "key_size", "auto_rotate_period"]
CRYPT = ["plaintext", "ciphertext", "context", "nonce", "associated_data", "key_version", "batch_input", "input", "hmac",
         "signature", "reference", "prehashed", "hash_algorithm", "signature_algorithm", "salt_length", "public_key",
         "peer_public_key", "encapsulated_key", "info", "padding_scheme", "marshaling_algorithm"]
TOKEN_PARAMETERS = ["token_ttl", "token_max_ttl", "token_bound_cidrs", "token_num_uses", "token_period", "token_type"]

ENDPOINTS = [
    ("POST", "transit/keys/{}", TRANSIT_KEY), ("GET", "transit/keys/k", ["version"]), ("LIST", "transit/keys", ["after"]),
    ("POST", "transit/keys/k/config", ["min_decryption_version", "deletion_allowed", "usage_warn", "disabled_versions"]),
    ("POST", "transit/keys/k/rotate", ["x"]), ("POST", "transit/keys/k/trim", ["min_available_version"]),
    ("POST", "transit/keys/{}/import", ["ciphertext", "hash_function", "public_key", "context"]),
    ("POST", "transit/keys/k/import_version", ["ciphertext", "public_key"]),
    ("POST", "transit/encrypt/k", CRYPT), ("POST", "transit/encrypt/k", ["plaintext"]),
    ("POST", "transit/decrypt/k", CRYPT), ("POST", "transit/decrypt/k", ["ciphertext"]),
    ("POST", "transit/rewrap/k", CRYPT), ("POST", "transit/rewrap/k", ["ciphertext"]),
    ("POST", "transit/datakey/plaintext/k", ["context", "nonce", "bits"]), ("POST", "transit/sign/k", CRYPT),
    ("POST", "transit/verify/k", CRYPT), ("POST", "transit/hmac/k", ["input", "algorithm"]),
    ("POST", "transit/cmac/k", ["input", "mac_length"]), ("POST", "transit/hash", ["input", "algorithm", "format"]),
    ("POST", "transit/random", ["bytes", "format", "source"]), ("GET", "transit/export/encryption-key/k", ["x"]),
    ("POST", "transit/restore/{}", ["backup", "force"]), ("GET", "transit/backup/k", ["x"]),
    ("POST", "transit/cache-config", ["size"]), ("POST", "transit/config/keys", ["disable_upsert"]),
    ("POST", "transit/derive-key/k", CRYPT), ("POST", "transit/encapsulate/k", CRYPT),
    ("POST", "transit/decapsulate/k", CRYPT), ("POST", "transit/hpke/seal/k", CRYPT),
    ("POST", "transit/hpke/open/k", CRYPT), ("POST", "transit/keys/k/csr", ["csr"]),
    ("POST", "transit/keys/k/set-certificate", ["certificate_chain"]), ("POST", "transit/datakeys/wrapped/k", CRYPT),
    ("POST", "kv1/{}", ["v", "w"]), ("GET", "kv1/nothing", ["x"]), ("POST", "kv2/data/{}", ["data", "options"]),
    ("PATCH", "kv2/data/{}", ["data", "options"]), ("GET", "kv2/data/nothing", ["version"]),
    ("POST", "kv2/metadata/{}", ["max_versions", "cas_required", "custom_metadata", "delete_version_after"]),
    ("POST", "kv2/delete/nothing", ["versions"]), ("POST", "kv2/undelete/nothing", ["versions"]),
    ("POST", "kv2/destroy/nothing", ["versions"]), ("POST", "kv2/config", ["max_versions", "delete_version_after"]),
    ("POST", "cubbyhole/{}", ["v", "w"]), ("GET", "cubbyhole/nothing", ["x"]),
    ("POST", "auth/token/create", ["id", "ttl", "period", "meta", "num_uses", "explicit_max_ttl", "renewable"]),
    ("POST", "auth/token/create", ["policies", "meta"]), ("POST", "auth/token/create-orphan", ["ttl", "id"]),
    ("POST", "auth/token/lookup", ["token"]), ("POST", "auth/token/lookup-accessor", ["accessor"]),
    ("POST", "auth/token/renew", ["token", "increment"]), ("POST", "auth/token/renew-self", ["increment"]),
    ("POST", "auth/token/renew-accessor", ["accessor", "increment"]), ("POST", "auth/token/revoke", ["token"]),
    ("POST", "auth/token/revoke-orphan", ["token"]), ("POST", "auth/token/revoke-accessor", ["accessor"]),
    ("POST", "auth/token/roles/{}", ["allowed_policies", "orphan", "path_suffix", "bound_cidrs"] + TOKEN_PARAMETERS),
    ("POST", "auth/userpass/users/{}", ["password", "bound_cidrs"] + TOKEN_PARAMETERS),
    ("POST", "auth/userpass/users/{}/password", ["password"]), ("POST", "auth/userpass/login/nobody", ["password"]),
    ("POST", "auth/approle/role/{}", ["bind_secret_id", "secret_id_ttl", "secret_id_bound_cidrs"] + TOKEN_PARAMETERS),
    ("POST", "auth/approle/role/nobody/secret-id", ["metadata", "cidr_list", "token_bound_cidrs", "ttl"]),
    ("POST", "auth/approle/role/nobody/custom-secret-id", ["secret_id", "metadata"]),
    ("POST", "auth/approle/role/nobody/secret-id/lookup", ["secret_id"]),
    ("POST", "auth/approle/role/nobody/secret-id/destroy", ["secret_id"]),
    ("POST", "auth/approle/login", ["role_id", "secret_id"]),
    ("PUT", "sys/policies/acl/{}", ["policy"]), ("PUT", "sys/policy/{}", ["policy", "rules"]),
    ("PUT", "sys/policies/password/{}", ["policy"]), ("POST", "sys/policies/explain", ["token", "path", "capability"]),
    ("POST", "sys/capabilities", ["token", "paths"]), ("POST", "sys/capabilities-self", ["paths"]),
    ("POST", "sys/capabilities-accessor", ["accessor", "paths"]),
    ("POST", "sys/mounts/{}", ["type", "description", "config", "options"]), ("POST", "sys/remount", ["from", "to"]),
    ("POST", "sys/mounts/transit/tune", ["default_lease_ttl", "max_lease_ttl", "description", "options"]),
    ("POST", "sys/auth/{}", ["type", "description", "config"]),
    ("POST", "sys/auth/token/tune", ["default_lease_ttl", "description"]),
    ("PUT", "sys/audit/{}", ["type", "description", "options"]), ("POST", "sys/audit-hash/taint", ["input"]),
    ("POST", "sys/audit-hash/nosuch", ["input"]),
    ("PUT", "sys/config/auditing/request-headers/{}", ["hmac"]), ("POST", "sys/config/cors", ["allowed_origins"]),
    ("POST", "sys/tools/random", ["bytes", "format", "source"]), ("POST", "sys/tools/hash", ["input", "algorithm", "format"]),
    ("POST", "sys/leases/lookup", ["lease_id"]), ("POST", "sys/leases/renew", ["lease_id", "increment"]),
    ("POST", "sys/leases/revoke", ["lease_id", "sync"]), ("POST", "sys/renew", ["lease_id"]),
    ("POST", "sys/wrapping/wrap", ["a", "b"]), ("POST", "sys/wrapping/lookup", ["token"]),
    ("POST", "sys/wrapping/unwrap", ["token"]), ("POST", "sys/wrapping/rewrap", ["token"]),
    ("POST", "sys/quotas/rate-limit/{}", ["path", "rate", "interval", "block_interval", "role"]),
    ("POST", "sys/quotas/lease-count/{}", ["path", "max_leases"]), ("POST", "sys/quotas/config", ["x"]),
    ("POST", "sys/generate-root/attempt", ["otp", "pgp_key"]), ("POST", "sys/rekey/init", ["secret_shares", "pgp_keys"]),
    ("POST", "sys/rekey/update", ["key", "nonce"]), ("POST", "sys/rotate/config", ["max_operations", "interval"]),
    ("POST", "identity/entity", ["id", "metadata", "disabled"]), ("POST", "identity/group", ["id", "metadata"]),
    ("POST", "identity/entity-alias", ["canonical_id", "id", "custom_metadata"]),
    ("POST", "identity/lookup/entity", ["id", "alias_id", "alias_name"]),
    ("POST", "database/config/{}", ["connection_url", "password", "username", "allowed_roles"]),
    ("POST", "database/roles/{}", ["creation_statements", "default_ttl", "revocation_statements"]),
    ("GET", "sys/mounts", ["x"]), ("GET", "sys/auth", ["x"]), ("GET", "sys/internal/ui/mounts", ["x"]),
    ("GET", "sys/internal/ui/mounts/nothing", ["x"]), ("GET", "sys/metrics", ["format"]), ("POST", "nosuch/path", ["a"]),
]

SHAPES = {
    "text": lambda m: m, "list": lambda m: [m, {"deep": m}], "map": lambda m: {"inner": m, "more": [m]},
    "escaped": None,
}


def field(shape, mark):
    return mark if SHAPES[shape] is None else SHAPES[shape](mark)


def body_of(shape, fields, marks):
    values = {}
    for name in fields:
        mark = marker()
        if name not in CLEAR:
            marks.append((name, mark))
        values[name] = field(shape, mark)
    text = json.dumps(values)
    if shape == "escaped":
        text = text.replace("taint-", "\\u0074aint\\u002d")
    return text.encode()


def raw(life, method, path, body, headers, query=""):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with life.connect() as connection:
        connection.sendall(
            f"{method} /v1/{path}{query} HTTP/1.1\r\nHost: s\r\nConnection: close\r\n{lines}"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        while more := connection.recv(1 << 18):
            answer += more
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), text


@pytest.fixture(scope="module")
def taint(binary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("taint")
    life = Life(binary)
    life.ask("PUT", "sys/audit/taint", {"type": "file", "options": {"file_path": str(folder / "audit.log")}})
    life.ask("PUT", "sys/config/auditing/request-headers/x-hashed", {"hmac": True})
    life.ask("PUT", "sys/config/auditing/request-headers/x-vault-token", {"hmac": False})
    life.ask("POST", "transit/keys/k", {})
    for kind, path, options in (("kv", "kv1", {}), ("kv", "kv2", {"version": "2"}), ("database", "database", {})):
        life.ask("POST", f"sys/mounts/{path}", {"type": kind, "options": options})
    for kind in ("userpass", "approle"):
        life.ask("POST", f"sys/auth/{kind}", {"type": kind})
    yield life, folder / "audit.log"
    life.end()


@pytest.mark.parametrize("shape", SHAPES)
def test_no_marker_comes_out_of_any_endpoint_in_clear(taint, shape):
    life, log = taint
    marks, echoes, statuses = [], [], {}
    for method, pattern, fields in ENDPOINTS:
        path = pattern.format(f"n{next(_numbers)}")
        for token in ("root", "bad"):
            secret, header = marker(), marker()
            own = [("token", secret), ("header", header)]
            body = body_of(shape, fields, own)
            query = f"?{fields[0]}={secret}" if method in ("GET", "LIST") else ""
            headers = {"X-Vault-Token": "root" if token == "root" else secret, "X-Hashed": header, "X-Other": header}
            status, answer = raw(life, method, path, body, headers, query)
            statuses[status] = statuses.get(status, 0) + 1
            assert status != 500, (method, path, answer)
            if status >= 400:
                echoes += [(method, path, name, answer[:300]) for name, mark in own if mark.encode() in answer]
            marks += [(method, path, *mark) for mark in own]
    # Bodies that are no JSON at all.
    for text in (b"%s", b'{"a":"%s"', b'["%s"]', b'"%s"', b'{"%s'):
        mark = marker()
        status, answer = raw(life, "POST", "transit/encrypt/k", text.replace(b"%s", mark.encode()), {"X-Vault-Token": "root"})
        marks.append(("POST", "broken", "body", mark))
        if mark.encode() in answer:
            echoes.append(("POST", "broken", "body", answer[:300]))
    entries = log.read_text()
    clear = [entry for entry in marks if entry[3] in entries]
    printed = [entry for entry in marks if entry[3] in "".join(life.log)]
    print(f"{len(marks)} markers, statuses {statuses}, {entries.count(chr(10))} lines")
    assert entries.count("\n") > len(ENDPOINTS)
    assert '"headers":{"x-hashed":["hmac-sha256:' in entries
    assert not clear, clear[:10]
    assert not printed, printed[:10]
    assert not echoes, "\n".join(map(str, echoes[:10]))


def test_an_audit_hash_finds_what_was_sent(taint):
    life, log = taint
    secret = marker()
    life.ask("POST", "transit/hash", {"input": secret})
    hashed = life.ask("POST", "sys/audit-hash/taint", {"input": secret})[1]["data"]["hash"]
    assert hashed in log.read_text() and secret not in log.read_text()
