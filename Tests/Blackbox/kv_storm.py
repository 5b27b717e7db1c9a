"""Random operations on KV version 2 of a durable server and on a simple model, which must always say the same, also
when the server is killed in the middle of them.

    python kv_storm.py /path/to/strongroom 100000 [SEED]
"""

import copy
import http.client
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time

from durable_server import DurableServer

CONFIGURATION = """
listener "tcp" {
  address = "127.0.0.1:0"
  tls_disable = true
}
storage "sqlite" { path = "FOLDER/data" }
seal "static" {
  current_key_id = "test"
  current_key = "%s"
}
log_level = "info"
""" % ("5a" * 32)
PATHS = ["a", "b", "a/b", "a/b/c", "d/e", "d/f", "%C3%A9", "x%20y"]
MERGE = {"Content-Type": "application/merge-patch+json"}


class Broken(Exception):
    """The connection broke: nobody knows what became of the request."""


def merged(old, patch):
    """**Source** RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def names_only(value, depth):
    """What `subkeys` shows: names, and null where values are. A depth of 0 is none."""
    if not isinstance(value, dict) or not value:
        return None
    return {key: None if depth == 1 else names_only(inner, depth - 1) for key, inner in value.items()}


class Secret:
    def __init__(self):
        self.current = self.oldest = self.most = self.after = 0
        self.cas = False
        self.custom = None
        self.versions = {}


class Model:
    """A mount of version 2, as plainly as can be. Times are long or nothing, so that no clock matters."""

    def __init__(self):
        self.secrets = {}
        self.most = self.after = 0
        self.cas = False

    def is_timed(self, secret):
        return self.after >= 0 and bool(self.after > 0 or secret.after > 0)

    def write(self, path, data, cas):
        secret = self.secrets.get(path) or Secret()
        if cas is not None and cas != secret.current:
            return "mismatch"
        if cas is None and (self.cas or secret.cas):
            return "missing"
        secret.current += 1
        secret.versions[secret.current] = {"data": data, "gone": False, "timed": self.is_timed(secret), "destroyed": False}
        limit = secret.most or self.most or 10
        for number in [n for n in secret.versions if n <= secret.current - limit]:
            del secret.versions[number]
            secret.oldest = max(secret.oldest, secret.current - limit + 1)
        self.secrets[path] = secret
        return secret.current

    def read(self, path, wanted):
        """None, a version that is gone (its facts), or (data, number)."""
        secret = self.secrets.get(path)
        number = wanted or (secret.current if secret else 0)
        version = secret.versions.get(number) if secret else None
        if version is None:
            return None
        if version["gone"] or version["destroyed"]:
            return {"version": number, "destroyed": version["destroyed"]}
        return version["data"], number

    def change(self, path, verb, numbers):
        secret = self.secrets.get(path)
        for number in numbers if secret else ():
            version = secret.versions.get(number)
            if version is None:
                continue
            if verb == "destroy":
                version["destroyed"] = True
            elif version["destroyed"]:
                continue
            elif verb == "delete":
                if not version["gone"]:
                    version["gone"] = version["timed"] = True
            elif version["timed"]:
                version["gone"], version["timed"] = False, self.is_timed(secret)

    def patch(self, path, patch, cas):
        found = self.read(path, 0)
        if not isinstance(found, tuple):
            return found
        return self.write(path, merged(found[0], patch), cas)

    def keys(self, folder):
        result = set()
        for path in self.secrets:
            if path.startswith(folder):
                head, slash, _ = path[len(folder):].partition("/")
                result.add(head + slash)
        return result


class Storm:
    def __init__(self, binary, folder, seed):
        self.random = random.Random(seed)
        self.server = DurableServer(binary, pathlib.Path(folder), CONFIGURATION, arguments=["-threads=1"])
        self.model = Model()
        self.differences = []
        self.kills = self.unsure = self.steps = 0
        self.connection = None
        # Whether questions go to the server; else only the model goes on.
        self.is_live = True
        self.server.start()
        answer = self.server.call("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1}, token="")
        assert answer.status == 200, answer
        self.server.token = answer.json["root_token"]
        self.connect()
        assert self.ask("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})[0] == 204
        # Until the mount is a versioned one, writes would be told to wait.
        while self.ask("GET", "kv/config")[0] != 200:
            time.sleep(0.05)

    def connect(self):
        host, port = self.server.addresses[0][0].rsplit(":", 1)
        deadline = time.monotonic() + 60
        while True:
            self.connection = http.client.HTTPConnection(host, int(port), timeout=60)
            try:
                if self.ask("GET", "sys/health")[0] == 200:
                    return
            except Broken:
                pass
            assert time.monotonic() < deadline, self.server.log
            time.sleep(0.01)

    def ask(self, method, path, body=None, headers=()):
        if not self.is_live:
            return None, {}
        head = {"X-Vault-Token": self.server.token, **dict(headers)}
        try:
            self.connection.request(method, "/v1/" + path, json.dumps(body) if body is not None else None, head)
            answer = self.connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as fault:
            self.connection.close()
            raise Broken() from fault
        reply = json.loads(raw) if raw else {}
        if answer.status >= 500 and path != "sys/health":
            raise AssertionError(f"{method} {path}: {answer.status} {reply}")
        return answer.status, reply

    def differ(self, what, model, server):
        if model != server:
            self.differences.append(f"step {self.steps}: {what}: model {model!r}, server {server!r}")

    # One step

    def step(self):
        """One operation; when the server dies in it, the model goes the way that the server went."""
        self.steps += 1
        path = self.random.choice(PATHS)
        before, state = copy.deepcopy(self.model), self.random.getstate()
        try:
            self.operate(path)
        except Broken:
            after = self.after(before, path, state)
            self.restart()
            self.unsure += 1
            for candidate in (before, after):
                self.model, found = candidate, []
                self.compare(path, found)
                self.compare_config(found)
                if not found:
                    return
            self.differences.append(f"step {self.steps}: {path} is neither as before nor as after: {found}")

    def after(self, before, path, state):
        """The model as it is if the operation was done."""
        mine, self.model = self.model, copy.deepcopy(before)
        self.random.setstate(state)
        differences, self.differences = self.differences, []
        self.is_live = False
        try:
            self.operate(path)
            return self.model
        finally:
            self.model, self.is_live, self.differences = mine, True, differences

    def operate(self, path):
        choice = self.random.randrange(20)
        if choice < 6:
            self.write(path)
        elif choice < 10:
            self.read(path, self.random.randrange(15))
        elif choice == 10:
            secret = self.model.secrets.get(path)
            self.ask("DELETE", f"kv/data/{path}")
            self.model.change(path, "delete", [secret.current] if secret else [])
        elif choice < 14:
            self.change(path)
        elif choice == 14:
            self.settings(path)
        elif choice < 17:
            self.patch(path)
        elif choice == 17:
            folder = self.random.choice(["", "a/", "a/b/", "d/", "none/"])
            reply = self.ask("LIST", f"kv/metadata/{folder}")[1]
            keys = (reply.get("data") or {}).get("keys", [])
            self.differ(f"list {folder}", sorted(unquoted(self.model.keys(folder))), keys)
        elif choice == 18:
            self.subkeys(path)
        elif self.random.randrange(4) == 0:
            self.ask("DELETE", f"kv/metadata/{path}")
            self.model.secrets.pop(path, None)
        else:
            self.compare(path, self.differences)

    def value(self, depth=0):
        kinds = [lambda: self.random.randrange(10**6), lambda: "t%d" % self.random.randrange(99), lambda: True,
                 lambda: [1, {"x": None}]]
        if depth < 2:
            kinds.append(lambda: {k: self.value(depth + 1) for k in self.random.sample("pqrs", 2)})
        return self.random.choice(kinds)()

    def data(self):
        return {key: self.value() for key in self.random.sample("klmn", self.random.randrange(1, 4))}

    def cas(self, path):
        current = self.model.secrets[path].current if path in self.model.secrets else 0
        return self.random.choice([None, None, current, current, current, self.random.randrange(6)])

    def result(self, status, reply):
        if status == 200:
            return reply["data"]["version"]
        text = (reply.get("errors") or [""])[0]
        if "did not match" in text:
            return "mismatch"
        if "required for this call" in text:
            return "missing"
        if status == 404 and reply.get("data"):
            return self.gone(reply["data"])
        return None if status == 404 else (status, reply)

    @staticmethod
    def gone(data):
        facts = data.get("metadata", data)
        return {"version": facts["version"], "destroyed": facts["destroyed"]}

    def write(self, path):
        data, cas = self.data(), self.cas(path)
        body = {"data": data} | ({"options": {"cas": cas}} if cas is not None else {})
        answer = self.ask("POST", f"kv/data/{path}", body)
        self.differ(f"write {path} cas {cas}", self.model.write(path, data, cas), self.result(*answer))

    def patch(self, path):
        patch = {key: self.random.choice([None, self.value()]) for key in self.random.sample("klmn", 2)}
        cas = self.cas(path)
        body = {"data": patch} | ({"options": {"cas": cas}} if cas is not None else {})
        answer = self.ask("PATCH", f"kv/data/{path}", body, MERGE)
        self.differ(f"patch {path} cas {cas} {patch}", self.model.patch(path, patch, cas), self.result(*answer))

    def found(self, path, wanted):
        status, reply = self.ask("GET", f"kv/data/{path}?version={wanted}")
        data = reply.get("data")
        if status == 404:
            return self.gone(data) if data else None
        return data["data"], data["metadata"]["version"]

    def read(self, path, wanted):
        self.differ(f"read {path} {wanted}", self.model.read(path, wanted), self.found(path, wanted) if self.is_live else None)

    def change(self, path):
        verb = self.random.choice(["delete", "undelete", "destroy"])
        current = self.model.secrets[path].current if path in self.model.secrets else 0
        numbers = [max(current - self.random.randrange(-1, 9), 1) for _ in range(self.random.randrange(1, 4))]
        status, _ = self.ask("POST", f"kv/{verb}/{path}", {"versions": numbers})
        self.differ(f"{verb} {path}", 204, status)
        self.model.change(path, verb, numbers)

    def settings(self, path):
        most, after = self.random.randrange(7), self.random.choice([0, 0, 0, 3600, 7200])
        cas = self.random.randrange(8) == 0
        body = {"max_versions": most, "cas_required": cas, "delete_version_after": after}
        if self.random.randrange(3) == 0:
            after = body["delete_version_after"] = self.random.choice([after, after, -1])
            status, _ = self.ask("POST", "kv/config", body)
            self.differ("config", 204, status)
            self.model.most, self.model.cas, self.model.after = most, cas, after
        else:
            custom = {"k": "v%d" % self.random.randrange(9)}
            status, _ = self.ask("POST", f"kv/metadata/{path}", body | {"custom_metadata": custom})
            self.differ(f"metadata {path}", 204, status)
            secret = self.model.secrets.setdefault(path, Secret())
            secret.most, secret.cas, secret.after, secret.custom = most, cas, after, custom

    def subkeys(self, path):
        depth = self.random.randrange(4)
        status, reply = self.ask("GET", f"kv/subkeys/{path}?depth={depth}")
        found = self.model.read(path, 0)
        if isinstance(found, tuple):
            expected = {key: None if depth == 1 else names_only(inner, depth - 1) for key, inner in found[0].items()}
            self.differ(f"subkeys {path} {depth} of {found[0]}", expected, (reply.get("data") or {}).get("subkeys"))
        else:
            self.differ(f"subkeys {path}", 404, status)

    # The whole

    def compare(self, path, differences):
        """Everything of a secret, its versions included."""
        if not self.is_live:
            return
        status, reply = self.ask("GET", f"kv/metadata/{path}")
        secret = self.model.secrets.get(path)
        if secret is None or status == 404:
            if (secret is None) != (status == 404):
                differences.append(f"{path}: model {secret and secret.__dict__}, server {status} {reply}")
            return
        facts = reply["data"]
        mine = (secret.current, secret.oldest, secret.most, secret.cas, secret.custom, {
            str(number): (version["destroyed"], version["timed"]) for number, version in secret.versions.items()})
        theirs = (facts["current_version"], facts["oldest_version"], facts["max_versions"], facts["cas_required"],
                  facts["custom_metadata"], {
            number: (version["destroyed"], version["deletion_time"] != "") for number, version in facts["versions"].items()})
        if mine != theirs:
            differences.append(f"{path}: model {mine}, server {theirs}")
        for number in range(max(secret.current - 12, 1), secret.current + 1):
            expected, found = self.model.read(path, number), self.found(path, number)
            if expected != found:
                differences.append(f"{path} version {number}: model {expected!r}, server {found!r}")

    def compare_config(self, differences):
        data = self.ask("GET", "kv/config")[1]["data"]
        mine, theirs = (self.model.most, self.model.cas), (data["max_versions"], data["cas_required"])
        if mine != theirs:
            differences.append(f"config: model {mine}, server {theirs}")

    def compare_all(self):
        for path in PATHS:
            self.compare(path, self.differences)
        self.compare_config(self.differences)

    def restart(self):
        self.connection.close()
        self.server.process.wait(30)
        self.server.start()
        self.connect()

    def kill_soon(self):
        """SIGKILL at a moment of its own, mostly in the middle of a request."""
        process = self.server.process
        delay = self.random.random() * 0.02
        self.kills += 1
        threading.Timer(delay, lambda: process.poll() is None and os.kill(process.pid, signal.SIGKILL)).start()

    def run(self, steps, every):
        """Goes so many steps, with a kill every so many; stops at the first difference."""
        for number in range(steps):
            if every and number % every == every - 1:
                self.kill_soon()
            self.step()
            if self.differences:
                return
        if self.server.process.poll() is None:
            self.server.stop()
            self.server.start()
        else:
            self.server.start()
        self.connect()
        self.compare_all()


def unquoted(keys):
    import urllib.parse

    return [urllib.parse.unquote(key) for key in keys]


def main():
    binary, steps = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20261127
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(binary, folder, seed)
        try:
            storm.run(steps, max(steps // 200, 50))
        finally:
            storm.server.stop()
    print(f"{storm.steps} steps, {storm.kills} kills ({storm.unsure} in the middle of a request), seed {seed}, "
          f"{time.monotonic() - began:.0f} s: {len(storm.differences)} differences")
    print("\n".join(storm.differences[:5]))
    return bool(storm.differences)


if __name__ == "__main__":
    sys.exit(main())
