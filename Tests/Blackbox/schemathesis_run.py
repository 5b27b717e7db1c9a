"""Schemathesis over the OpenAPI document of a running server.

    python schemathesis_run.py ADDRESS TOKEN [--cases 200] [--seconds 0] [--seed 1]

Mounts one of everything, asks for the document, and sends generated requests to every operation: good ones and bad
ones. A status of 5xx, a status or a body that the document does not have, a body of another media type: all are
failures. Without `--seconds` there is no end but the cases'.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"

PHASES = "examples,coverage,fuzzing"

# Operations that end what the others need, each with its reason.
EXCLUDED = {
    r"^/sys/seal$": "seals the server: everything after it is 503",
    r"^/sys/step-down$": "a standby would answer the rest",
    r"^/sys/storage/.*": "a restored snapshot replaces the database and its tokens; a copy is no JSON",
    r"^/sys/audit/\{path\}$": "a file device at a generated path writes anywhere; one that blocks stops every request",
    r"^/sys/generate-root/.*": "starts that are never ended hold up each other; has its own tests",
    r"^/sys/rekey.*": "the same",
    r"^/auth/token/revoke-self$": "ends the token of the run",
    r"^/auth/token/revoke-orphan$": "may end the token of the run: it is among the generated values",
    r"^/sys/mounts/\{path\}$": "may end or cover the mounts that the document describes",
    r"^/sys/auth/\{path\}$": "the same for login methods",
    r"^/sys/remount$": "moves the mounts that the document describes",
}

MOUNTS = [
    ("sys/mounts/kv1", {"type": "kv"}),
    ("sys/auth/userpass", {"type": "userpass"}),
    ("sys/auth/approle", {"type": "approle"}),
    ("sys/mounts/database", {"type": "database"}),
]


def ask(address, token, method, path, body=None):
    request = urllib.request.Request(
        f"{address}/v1/{path}", method=method, headers={"X-Vault-Token": token},
        data=None if body is None else json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        raw = answer.read()
    return json.loads(raw) if raw else None


def prepare(address, token):
    """Mounts everything, and makes things whose names the generated requests may meet."""
    for path, body in MOUNTS:
        try:
            ask(address, token, "POST", path, body)
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
    for name, kind in (("0", "aes256-gcm96"), ("1", "ed25519"), ("a", "rsa-2048"), ("b", "ml-kem-768")):
        ask(address, token, "POST", f"transit/keys/{name}", {"type": kind, "exportable": True})
    ask(address, token, "POST", "secret/data/0", {"data": {"a": 1}})
    ask(address, token, "POST", "kv1/0", {"a": 1})
    ask(address, token, "POST", "auth/userpass/users/0", {"password": "0"})
    ask(address, token, "POST", "auth/approle/role/0", {"role_id": "0", "bind_secret_id": False, "secret_id_bound_cidrs": "127.0.0.0/8"})
    ask(address, token, "POST", "identity/entity", {"name": "0"})
    ask(address, token, "POST", "identity/group", {"name": "0"})
    ask(address, token, "POST", "identity/oidc/key/0", {"allowed_client_ids": "*"})
    ask(address, token, "POST", "identity/oidc/role/0", {"key": "0"})
    return ask(address, token, "GET", "sys/internal/specs/openapi")


def run(address, token, cases, seconds=0, seed=1, folder=None, workers=1, only=None, phases=PHASES):
    """The report's lines and the exit status of schemathesis."""
    document = prepare(address, token)
    excluded = [path for path in document["paths"] if any(re.match(pattern, path) for pattern in EXCLUDED)]
    for path in excluded:
        del document["paths"][path]
    health = document["paths"]["/sys/health"]["get"]
    # The statuses that a caller chooses would be drawn from all there are: a 517 that was asked for is no failure.
    health["parameters"] = [each for each in health["parameters"] if not each["name"].endswith("code")]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        file = os.path.join(place, "openapi.json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump(document, out)
        command = [
            os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", file, "--url", address + "/v1",
            "-H", f"X-Vault-Token: {token}", "--checks", CHECKS, "--max-examples", str(cases), "--seed", str(seed),
            "--phases", phases, "--workers", str(workers), "--continue-on-failure", "--no-shrink",
            "--suppress-health-check", "all", "--warnings", "off", "--request-timeout", "30", "--no-color",
            "--generation-database", "none", "--output-truncate", "true",
        ]
        if seconds:
            command += ["--max-time", str(seconds)]
        if only:
            command += ["--include-path-regex", only]
        done = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout, done.returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("token")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--phases", default=PHASES)
    parser.add_argument("--only")
    wish = parser.parse_args()
    for pattern, reason in EXCLUDED.items():
        print(f"not sent: {pattern}: {reason}")
    text, status = run(
        wish.address, wish.token, wish.cases, wish.seconds, wish.seed, workers=wish.workers, only=wish.only,
        phases=wish.phases)
    print(text)
    sys.exit(status)


if __name__ == "__main__":
    main()
