"""Starts the real binary once for the whole run, in dev mode on a port of its choosing."""

import os
import re
import signal
import subprocess
import threading

import pytest

from blackbox_client import TOKEN, Client, unique

START_SECONDS = 20
STOP_SECONDS = 5
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGILL, -signal.SIGTRAP, -signal.SIGBUS, -signal.SIGFPE}


class Server:
    """The running binary; its standard output and error are kept in `log`."""

    def __init__(self, binary, dash="-"):
        flags = ["dev", f"dev-root-token-id={TOKEN}", "dev-listen-address=127.0.0.1:0", "dev-engines=transit"]
        arguments = [binary, "server", *(dash + flag for flag in flags)]
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.log = []
        self.address = None
        self.ready = threading.Event()
        threading.Thread(target=self._read_log, daemon=True).start()
        if not self.ready.wait(START_SECONDS) or self.address is None:
            self.process.kill()
            pytest.exit(f"{binary} printed no address:\n{self.log_text()}", returncode=3)
        self.host, port = self.address.removeprefix("http://").split(":")
        self.port = int(port)

    def _read_log(self):
        for line in self.process.stdout:
            text = line.decode("utf-8", "replace")
            self.log.append(text)
            if found := re.search(r"export VAULT_ADDR='(http://127\.0\.0\.1:\d+)'", text):
                self.address = found[1]
                self.ready.set()
        self.ready.set()

    def log_text(self):
        return "".join(self.log)

    def is_alive(self):
        return self.process.poll() is None

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024

    def stop(self):
        """Ends the server and gives its exit status; None before means that it never crashed."""
        before = self.process.poll()
        if before is None:
            os.kill(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return before


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("STRONGROOM_BINARY")
    if not path:
        pytest.exit("STRONGROOM_BINARY must name the binary to test", returncode=3)
    return path


@pytest.fixture(scope="session")
def server(binary):
    running = Server(binary)
    yield running
    before = running.stop()
    assert before is None, f"the server died with {before}:\n{running.log_text()[-4000:]}"
    assert running.process.returncode not in CRASHES, f"crashed while stopping:\n{running.log_text()[-4000:]}"


@pytest.fixture(autouse=True)
def server_survives(server):
    """Every test also fails when the server has died under it."""
    assert server.is_alive(), f"died before this test:\n{server.log_text()[-4000:]}"
    yield
    assert server.is_alive(), f"died in this test:\n{server.log_text()[-4000:]}"


@pytest.fixture(scope="session")
def api(server):
    return Client(server.host, server.port)


@pytest.fixture
def own_mount(api):
    """A transit mount of the test's own, for settings that hold for a whole mount."""
    path = unique("mount")
    api.request("POST", f"sys/mounts/{path}", {"type": "transit"}).is_empty()
    yield api.at(path)
    api.request("DELETE", f"sys/mounts/{path}").is_empty()
