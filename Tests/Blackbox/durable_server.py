"""A server of the real binary that keeps its data in a folder of its own: started, initialised, unsealed, ended."""

import json
import os
import re
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request

START_SECONDS = 30


class Answer:
    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = headers
        self.raw = raw
        try:
            self.json = json.loads(raw) if raw else {}
        except ValueError:
            self.json = {}
        self.data = self.json.get("data") or {} if isinstance(self.json, dict) else {}
        self.errors = self.json.get("errors", []) if isinstance(self.json, dict) else []

    def __repr__(self):
        return f"<{self.status} {self.raw[:300]!r}>"


class DurableServer:
    """CONFIGURATION may name FOLDER, which is the server's own. Listeners have port 0; the log tells the true one."""

    def __init__(self, binary, folder, configuration, arguments=()):
        self.binary = binary
        self.folder = folder
        self.arguments = list(arguments)
        self.configuration = folder / "server.hcl"
        self.configure(configuration)
        self.process = None
        self.token = None
        self.keys = []
        self.ca = None

    def configure(self, text):
        self.configuration.write_text(text.replace("FOLDER", str(self.folder)))

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def start(self, wait=True, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("VAULT_", "STRONGROOM_"))}
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [self.binary, "server", f"-config={self.configuration}", *self.arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env={**clean, **environment},
            )
        if wait:
            self.wait_for(r"core: started|\"started\"")
            self.addresses = re.findall(r"listening: address=(\S+) tls=(\w+)", self.log)
        return self

    def wait_for(self, pattern, seconds=START_SECONDS):
        """Waits for a line of the log."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.log):
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log}"
            assert time.monotonic() < deadline, f"no {pattern!r} in the log:\n{self.log}"
            time.sleep(0.02)

    def url(self, index=0):
        address, tls = self.addresses[index]
        return f"{'https' if tls == 'true' else 'http'}://{address}"

    def call(self, method, path, body=None, token=None, headers=(), index=0, context=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url(index) + "/v1/" + path, data=data, method=method)
        token = self.token if token is None else token
        if token:
            request.add_header("X-Vault-Token", token)
        for name, value in dict(headers).items():
            request.add_header(name, value)
        if context is None and self.ca:
            context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as reply:
                return Answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers, refusal.read())

    def initialize(self, shares=3, threshold=2):
        answer = self.call("PUT", "sys/init", {"secret_shares": shares, "secret_threshold": threshold}, token="")
        assert answer.status == 200, answer
        self.keys = answer.json["keys"]
        self.token = answer.json["root_token"]
        for key in self.keys[:threshold]:
            answer = self.call("PUT", "sys/unseal", {"key": key}, token="")
        assert answer.json["sealed"] is False, answer
        return self

    def unseal(self, count=2):
        for key in self.keys[:count]:
            answer = self.call("PUT", "sys/unseal", {"key": key}, token="")
        return answer

    def hang_up(self):
        os.kill(self.process.pid, signal.SIGHUP)

    def stop(self, seconds=20):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def make_certificate(folder, name="server", kind="ec", subject="/CN=localhost", days=2):
    """A self-signed certificate for localhost by `openssl`, as an operator makes one."""
    new = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}[kind]
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", *new, "-nodes", "-days", str(days), "-subj", subject, "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )
    return certificate, key
