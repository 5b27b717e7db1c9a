"""A durable server of a test's own: SQLite storage, unsealed by itself; it may be killed and started again."""

import json
import subprocess
import time
import urllib.error
import urllib.request

import hvac

from databases import free_port

_CONFIGURATION = """
storage "sqlite" {{ path = "{folder}/data" }}
listener "tcp" {{
  address     = "127.0.0.1:{port}"
  tls_disable = true
}}
seal "static" {{
  current_key_id = "test"
  current_key    = "{key}"
}}
log_level = "error"
{more}
"""


class DurableServer:
    def __init__(self, binary, folder, more=""):
        self.binary, self.folder, self.port = binary, str(folder), free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = None
        with open(f"{self.folder}/server.hcl", "w", encoding="utf-8") as file:
            file.write(_CONFIGURATION.format(folder=self.folder, port=self.port, key="5a" * 32, more=more))
        self.start()
        made = self._ask("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})
        self.token = made["root_token"]
        self.wait_until_open()

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/v1/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def _wait_for(self, path):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                return self._ask("GET", path)
            except (urllib.error.URLError, OSError, ValueError):
                assert self.process.poll() is None, f"the server ended with {self.process.returncode}"
                time.sleep(0.01)
        raise TimeoutError(f"no good answer from {path}")

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "server", f"-config={self.folder}/server.hcl"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log,
            )
        self._wait_for("sys/seal-status")

    def wait_until_open(self):
        self._wait_for("sys/health")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()
        self.wait_until_open()

    def client(self, token=None):
        return hvac.Client(url=self.address, token=token or self.token)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
