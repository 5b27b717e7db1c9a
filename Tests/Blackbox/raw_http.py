"""HTTP by hand over a socket, for what a proper client library refuses to send."""

import json
import select
import socket


class RawReply:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw

    def __repr__(self):
        return f"<{self.status} {self.raw[:300]!r}>"

    @property
    def json(self):
        return json.loads(self.raw)

    def is_api_error(self, *statuses):
        """One of the statuses, with the body in the API's form. Gives the texts."""
        assert self.status in statuses, self
        assert self.headers.get("content-type") == "application/json", (self, self.headers)
        assert list(self.json) == ["errors"] and isinstance(self.json["errors"], list), self
        return " ".join(self.json["errors"])


class RawConnection:
    def __init__(self, server, timeout=10):
        self.socket = socket.create_connection((server.host, server.port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send_until_answered(self, pieces):
        """Sends piece after piece, stops at the first sign of an answer. True if not all were sent."""
        for piece in pieces:
            if select.select([self.socket], [], [], 0)[0]:
                return True
            try:
                self.socket.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return True
        return False

    def _more(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.buffer += piece
        return bool(piece)

    def _take_line(self):
        while b"\r\n" not in self.buffer:
            if not self._more():
                raise EOFError(f"closed inside a line: {self.buffer[:200]!r}")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _take(self, count):
        while len(self.buffer) < count:
            if not self._more():
                raise EOFError(f"closed {count - len(self.buffer)} bytes early")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _take_chunks(self):
        body = b""
        while True:
            size = int(self._take_line().split(b";")[0], 16)
            body += self._take(size)
            if size:
                assert self._take_line() == b""
                continue
            while self._take_line():
                pass
            return body

    def read(self):
        """The next reply, or None when the server closed without one."""
        while not self.buffer:
            if not self._more():
                return None
        version, status = self._take_line().split(b" ")[:2]
        assert version in (b"HTTP/1.1", b"HTTP/1.0"), version
        headers = {}
        while line := self._take_line():
            name, value = line.decode("latin-1").split(":", 1)
            assert name.lower() not in headers, f"field {name} twice"
            headers[name.lower()] = value.strip()
        status = int(status)
        if status in (204, 304) or status < 200:
            return RawReply(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return RawReply(status, headers, self._take_chunks())
        if "content-length" not in headers:
            while self._more():
                pass
            return RawReply(status, headers, self._take(len(self.buffer)))
        return RawReply(status, headers, self._take(int(headers["content-length"])))

    def is_closed(self):
        """Whether the server ends the connection (waits up to the time-out) and has sent nothing more."""
        try:
            return not self.buffer and not self._more()
        except TimeoutError:
            return False


def head(method, path, *fields, token="root"):
    """The head of a request to `/v1/…`, without the empty line's body."""
    lines = [f"{method} /v1/{path} HTTP/1.1", "Host: strongroom"]
    if token is not None:
        lines.append(f"X-Vault-Token: {token}")
    return "\r\n".join([*lines, *fields, "", ""]).encode()


def request(method, path, body=b"", *fields, token="root"):
    return head(method, path, *fields, f"Content-Length: {len(body)}", token=token) + body


def chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
