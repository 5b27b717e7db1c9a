"""A recording made from Strongroom, in the form of the one made from the incumbent, replayed after a restart.

A recording holds, for each key, its backup, its key object, its exports, and operations with the answers they must give
again. It is made from one process, which is ended, and replayed against another, which knows nothing but the recording.
"""

import json
import os
import random
import subprocess
import sys

import pytest

from blackbox_client import TOKEN, Client
from blackbox_crypto import shared_file
from conftest import Server

CIPHERS = ["aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "xchacha20-poly1305", "aes256-gcm-siv", "xaes256-gcm192"]
SHAPES = [{}, {"derived": True}, {"derived": True, "convergent_encryption": True}]
CURVES = ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521"]
KEYS = (
    [(kind, flags) for flags in SHAPES for kind in CIPHERS]
    + [(kind, {}) for kind in CURVES]
    + [("ed25519", {}), ("ed25519", {"derived": True}), ("rsa-2048", {}), ("hmac", {"key_size": 32})]
    + [("ml-dsa", {"parameter_set": "65"}), ("ml-kem-768", {}), ("x-wing", {})]
)
HASHES = ["sha1", "sha2-224", "sha2-256", "sha2-384", "sha2-512", "sha3-256", "sha3-512"]
VIEW = [
    "type", "latest_version", "min_decryption_version", "min_encryption_version", "derived", "exportable",
    "deletion_allowed", "supports_encryption", "supports_decryption", "supports_signing", "supports_derivation", "keys",
    "name",
]
VERSIONS = 3


def b64(size):
    import base64

    return base64.b64encode(random.randbytes(size)).decode()


class Recorder:
    """Asks a server and writes down what must come out the same from another."""

    def __init__(self, api, name, kind, flags):
        self.api, self.name, self.kind, self.flags = api, name, kind, flags
        self.operations = []

    def ask(self, operation, request):
        return self.api.post(f"{operation}/{self.name}", request).data

    def keep(self, operation, request, version=None, **response):
        entry = {"op": operation, "request": request, "response": response}
        if version is not None:
            entry["key_version"] = version
        self.operations.append(entry)

    def context(self):
        return {"context": b64(random.randint(1, 40))} if self.flags.get("derived") else {}

    def encryptions(self):
        for version in range(1, VERSIONS + 1):
            for size in (0, 1, 31, 100):
                request = {"plaintext": b64(size), **self.context()}
                sealed = self.ask("encrypt", {**request, "key_version": version})["ciphertext"]
                opening = {"ciphertext": sealed, **{k: v for k, v in request.items() if k == "context"}}
                self.keep("decrypt", opening, plaintext=request["plaintext"])
                if self.flags.get("convergent_encryption"):
                    self.keep("encrypt", request, version, ciphertext=sealed)

    def signatures(self, is_stable, **parameters):
        for version in range(1, VERSIONS + 1):
            request = {"input": b64(random.randint(0, 200)), **parameters, **self.context()}
            answer = self.ask("sign", {**request, "key_version": version})
            self.keep("verify", {**request, "signature": answer["signature"]}, valid=True)
            if is_stable:
                self.keep("sign", request, version, signature=answer["signature"])

    def macs(self):
        for version in range(1, VERSIONS + 1):
            for algorithm in HASHES:
                request = {"input": b64(random.randint(0, 200)), "algorithm": algorithm}
                self.keep("hmac", request, version, **self.picked("hmac", request, version, "hmac"))

    def picked(self, operation, request, version, member):
        return {member: self.ask(operation, {**request, "key_version": version})[member]}

    def encapsulations(self):
        for _ in range(3):
            answer = self.ask("encapsulate", {})
            self.keep("decapsulate", {"ciphertext": answer["ciphertext"]}, shared_secret=answer["shared_secret"])

    def record(self):
        creation = {"type": self.kind, "exportable": True, "allow_plaintext_backup": True, **self.flags}
        self.api.post(f"keys/{self.name}", creation)
        for _ in range(VERSIONS - 1):
            self.api.post(f"keys/{self.name}/rotate", {})
        view = self.api.get(f"keys/{self.name}").data
        kinds = {"hmac-key"} if self.kind not in ("ml-kem-768", "x-wing") else set()
        if view["supports_encryption"]:
            self.encryptions()
            kinds.add("encryption-key")
        if self.kind in CURVES:
            for marshaling in ("asn1", "jws"):
                self.signatures(False, marshaling_algorithm=marshaling)
        elif self.kind == "rsa-2048":
            self.signatures(True, signature_algorithm="pkcs1v15")
            self.signatures(False, signature_algorithm="pss")
        elif self.kind in ("ed25519", "ml-dsa"):
            self.signatures(self.kind == "ed25519")
        if view["supports_signing"]:
            kinds.add("signing-key")
        if self.kind in ("ml-kem-768", "x-wing"):
            self.encapsulations()
        else:
            self.macs()
        exports = {kind: self.api.get(f"export/{kind}/{self.name}").data for kind in sorted(kinds)}
        blob = self.api.get(f"backup/{self.name}").data["backup"]
        return {
            "name": self.name, "type": self.kind, "flags": self.flags, "backup": blob, "exports": exports,
            "view": {member: view.get(member) for member in VIEW}, "operations": self.operations,
        }


@pytest.fixture(scope="module")
def recording(binary, tmp_path_factory):
    random.seed(20261127)
    running = Server(binary)
    try:
        api = Client(running.host, running.port)
        keys = [Recorder(api, f"r{n}-{kind}", kind, flags).record() for n, (kind, flags) in enumerate(KEYS)]
    finally:
        assert running.stop() is None
    path = tmp_path_factory.mktemp("recording") / "strongroom.json"
    path.write_text(json.dumps({"source": "strongroom", "keys": keys}))
    return path


@pytest.fixture(scope="module")
def restarted(binary):
    running = Server(binary)
    yield Client(running.host, running.port)
    assert running.stop() is None


def test_a_recording_restores_and_verifies_after_a_restart(recording, restarted):
    keys = json.loads(recording.read_text())["keys"]
    assert len(keys) == len(KEYS) and sum(len(key["operations"]) for key in keys) > 700
    for key in keys:
        name = key["name"]
        restarted.post(f"restore/{name}", {"backup": key["backup"]})
        view = restarted.get(f"keys/{name}").data
        assert {member: view.get(member) for member in VIEW} == key["view"], name
        for kind, exported in key["exports"].items():
            again = restarted.get(f"export/{kind}/{name}").data
            assert (again["keys"], again["type"]) == (exported["keys"], exported["type"]), f"{kind} of {name}"
        for entry in key["operations"]:
            request = dict(entry["request"])
            if "key_version" in entry:
                request["key_version"] = entry["key_version"]
            answer = restarted.post(f"{entry['op']}/{name}", request).data
            wrong = {member for member, value in entry["response"].items() if answer.get(member) != value}
            assert not wrong, f"{entry['op']} of {name}: {wrong}"


def test_the_replay_tool_of_the_field_agrees(recording, binary):
    tool = shared_file("tools/check_fixtures.py")
    running = Server(binary)
    try:
        command = [sys.executable, str(tool), running.address, TOKEN, str(recording)]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ})
    finally:
        assert running.stop() is None
    assert outcome.returncode == 0 and ", 0 failed" in outcome.stdout, outcome.stdout[-2000:] + outcome.stderr[-2000:]
