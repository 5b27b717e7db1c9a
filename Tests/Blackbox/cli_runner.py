"""Runs commands of the real binary, and keeps what they print as snapshots.

A snapshot is a text below `snapshots/`: the command, the requests that reached the server, what was printed, and the
exit status. STRONGROOM_WRITE_SNAPSHOTS=1 writes them anew; look at the difference before it is committed.
"""

import http.server
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import threading
import time

SNAPSHOTS = pathlib.Path(__file__).parent / "snapshots"
SECONDS = 60

# What differs from run to run, in the order in which it is masked.
MASKS = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "TIME"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"http://127\.0\.0\.1:\d+", "ADDRESS"),
    (r"vault:v(\d+):[A-Za-z0-9+/=]+", r"vault:v\1:SEALED"),
    (r"hvs\.[A-Za-z0-9]{24,}", "hvs.TOKEN"),
    (r"\b([a-z]+)_[0-9a-f]{8}\b", r"\1_ACCESSOR"),
    (r"\b1[789]\d{8}\b", "SECONDS"),
]


def masked(text, extra=()):
    for pattern, name in [*extra, *MASKS]:
        text = re.sub(pattern, name, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + ("\n" if text else "")


class CannedServer:
    """Answers from a table and remembers what it was asked: for commands, not for servers."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        canned = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode() if length else ""
                wrap = self.headers.get("X-Vault-Wrap-TTL")
                canned.requests.append(
                    f"{self.command} {self.path}" + (f" wrap={wrap}" if wrap else "") + (f" {body}" if body else "")
                )
                path = self.path.removeprefix("/v1/").partition("?")[0]
                status, reply = canned.answers.get((self.command, path), (404, {"errors": []}))
                payload = b"" if reply is None else json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_PUT = do_POST = do_DELETE = do_LIST = do_PATCH = answer

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def taken(self):
        requests, self.requests = self.requests, []
        return requests

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


class CommandLine:
    """The binary with an environment of its own: a home folder, an address, a token."""

    def __init__(self, binary, home, address, token="root", server=None):
        self.binary = binary
        self.server = server
        self.home = pathlib.Path(home)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "STRONGROOM_ADDR": address,
            "VAULT_TOKEN": token,
            "STRONGROOM_MAX_RETRIES": "0",
            "TERM": "xterm-256color",
        }

    def run(self, *arguments, stdin="", **environment):
        return subprocess.run(
            [self.binary, *arguments], input=stdin, capture_output=True, text=True, timeout=SECONDS, cwd=self.home,
            env={**self.environment, **environment}, check=False,
        )

    def good(self, *arguments, stdin="", **environment):
        outcome = self.run(*arguments, stdin=stdin, **environment)
        assert outcome.returncode == 0, (arguments, outcome.stdout, outcome.stderr)
        return outcome.stdout

    def on_terminal(self, *arguments, columns=100):
        """What a terminal of that width gets, escape sequences included, and the exit status."""
        master, slave = pty.openpty()
        import fcntl
        import struct
        import termios

        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        process = subprocess.Popen(
            [self.binary, *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=self.home, env=self.environment,
            close_fds=True,
        )
        os.close(slave)
        output, end = b"", time.monotonic() + SECONDS
        while time.monotonic() < end:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    piece = os.read(master, 65536)
                except OSError:
                    break
                if not piece:
                    break
                output += piece
            elif process.poll() is not None:
                break
        status = process.wait(5)
        os.close(master)
        return output.decode().replace("\r\n", "\n").replace("\x1b", "␛"), status

    def transcript(self, *arguments, stdin="", **environment):
        """One command as a snapshot has it."""
        if self.server:
            self.server.taken()
        outcome = self.run(*arguments, stdin=stdin, **environment)
        words = " ".join(word if re.fullmatch(r"[\w./=@:,+-]+", word) else f"'{word}'" for word in arguments)
        lines = [f"$ strongroom {words}"]
        if self.server:
            lines += ["> " + request for request in self.server.taken()]
        lines += outcome.stdout.splitlines()
        lines += ["! " + line for line in outcome.stderr.splitlines()]
        return "\n".join([*lines, f"= {outcome.returncode}", ""]) + "\n"


def steady(output):
    """Long work as a terminal got it: one picture of each progress line, and the end, with what a machine's speed
    changes left out: numbers, the length of bars and rules."""
    pictures = []
    for picture in output.split("\r␛[K"):
        picture = re.sub(r"[█▉▊▋▌▍▎▏·]+", lambda bar: "·" if bar[0][0] == "·" else "█", picture)
        picture = re.sub(r"\d[\d,.:]*", "N", re.sub(r"␛\[[\d;]*[mK]", lambda code: code[0].translate(TO_LETTERS), picture))
        picture = re.sub(r" {2,}", "  ", re.sub("─+", "─", picture)).translate(TO_DIGITS)
        if picture and (not pictures or picture.split()[0] != pictures[-1].split()[0]):
            pictures.append(picture)
    return "\\r\n".join(pictures)


# Digits of escape sequences are no numbers.
TO_LETTERS = {ord("0") + digit: 0xE000 + digit for digit in range(10)}
TO_DIGITS = {letter: digit for digit, letter in TO_LETTERS.items()}


def matches_snapshot(name, text, extra=()):
    """Compares with the snapshot of that name, or writes it."""
    fresh = masked(text, extra)
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("STRONGROOM_WRITE_SNAPSHOTS") == "1":
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(fresh)
        return
    assert path.exists(), f"there is no snapshot {path}; write it with STRONGROOM_WRITE_SNAPSHOTS=1"
    assert fresh == path.read_text(), f"differs from snapshots/{name}.txt"
