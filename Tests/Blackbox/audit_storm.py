"""Requests by the thousand against a server with three audit devices in trouble, and what the devices have of them.

Each life of the server is ended with SIGKILL at a moment of its own. Requests go out pipelined over a few connections;
the ids of all answers with a 2xx status are kept and looked for in the end.
"""

import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

TOKEN = "root"
_REPLY = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb'^\{"request_id":"([0-9a-f-]{36})"')


class Life:
    """One run of a development server."""

    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary, "server", "-dev", f"-dev-root-token-id={TOKEN}", "-dev-listen-address=127.0.0.1:0",
             "-dev-engines=transit"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.log = []
        self.port = None
        ready = threading.Event()

        def read():
            for line in self.process.stdout:
                self.log.append(line.decode("utf-8", "replace"))
                if found := re.search(rb"export VAULT_ADDR='http://127\.0\.0\.1:(\d+)'", line):
                    self.port = int(found[1])
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        assert ready.wait(30) and self.port, "".join(self.log)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, method, path, body=None):
        """One request; status and JSON."""
        with self.connect() as connection:
            connection.sendall(request(method, path, body))
            replies = Replies(connection)
            status, text = replies.next()
        return status, json.loads(text) if text else None

    def end(self, how=signal.SIGKILL):
        os.kill(self.process.pid, how)
        self.process.wait(20)


def request(method, path, body=None):
    text = json.dumps(body).encode() if body is not None else b""
    return (f"{method} /v1/{path} HTTP/1.1\r\nHost: s\r\nX-Vault-Token: {TOKEN}\r\n"
            f"Content-Length: {len(text)}\r\n\r\n").encode() + text


class Replies:
    """Takes answers off a connection, in order."""

    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def next(self):
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._more()
        head = self.buffer[: end + 4]
        length = int(found[1]) if (found := _LENGTH.search(head)) else 0
        while len(self.buffer) < end + 4 + length:
            self._more()
        body = self.buffer[end + 4 : end + 4 + length]
        self.buffer = self.buffer[end + 4 + length :]
        return int(_REPLY.match(head)[1]), body

    def _more(self):
        more = self.connection.recv(1 << 18)
        if not more:
            raise ConnectionError("closed")
        self.buffer += more


class Collector:
    """A unix socket that takes lines, and at times takes none."""

    def __init__(self, path):
        self.path, self.blocked, self.over = path, threading.Event(), threading.Event()
        self.streams = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.over.is_set():
            peer, _ = self.listener.accept()
            stream = bytearray()
            self.streams.append(stream)
            threading.Thread(target=self._read, args=(peer, stream), daemon=True).start()

    def _read(self, peer, stream):
        while not self.over.is_set():
            if self.blocked.is_set():
                time.sleep(0.01)
                continue
            try:
                more = peer.recv(1 << 18)
            except OSError:
                return
            if not more:
                return
            stream += more


class Ledger:
    """The lines of one device: which ids have a request line, which a response line."""

    def __init__(self):
        self.requests, self.responses = set(), set()
        self.torn = 0

    def take(self, data):
        for line in data.split(b"\n"):
            if not line:
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                self.torn += 1
                continue
            lines = self.requests if entry["type"] == "request" else self.responses
            lines.add(entry["request"]["id"])

    @property
    def whole(self):
        return self.requests & self.responses


def shoot(life, count, ids, refused, seed):
    """Sends requests in volleys until there were so many or the server is gone; keeps the ids of the 2xx."""
    rng = random.Random(seed)
    try:
        connection = life.connect()
        replies = Replies(connection)
        done = 0
        while done < count:
            volley = []
            for index in range(32):
                if rng.random() < 0.02:
                    volley.append(request("POST", f"transit/keys/k{rng.randrange(50)}", {}))
                else:
                    volley.append(request("POST", "transit/encrypt/k", {"plaintext": "aGVsbG8="}))
            connection.sendall(b"".join(volley))
            for _ in volley:
                status, body = replies.next()
                done += 1
                if status == 200:
                    ids.append(_ID.match(body)[1].decode())
                elif status >= 500:
                    refused.append(status)
                else:
                    raise AssertionError((status, body))
    except OSError:
        pass


class Tiny:
    """A file system with room for little, when it may be mounted; otherwise None is its path."""

    def __init__(self, folder, size="1m"):
        self.path = os.path.join(folder, "tiny")
        os.makedirs(self.path, exist_ok=True)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path], capture_output=True, check=False)
        self.is_mounted = mounted.returncode == 0

    def end(self):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.path], capture_output=True, check=False)
