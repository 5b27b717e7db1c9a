"""Wrong shares, seals in a race, keys that change while others work, damaged and foreign databases: over the wire."""

import concurrent.futures
import itertools
import os
import pathlib
import subprocess
import threading

import pytest

from durable_server import DurableServer

CONFIGURATION = """
storage "file" { path = "FOLDER/data" }
listener "tcp" {
  address = "127.0.0.1:0"
  tls_disable = true
}
"""


@pytest.fixture
def start(binary, tmp_path):
    running = []

    def make(configuration=CONFIGURATION, wait=True, folder=None, **environment):
        if folder is None:
            folder = tmp_path / f"s{len(running)}"
            folder.mkdir()
        server = DurableServer(binary, folder, configuration)
        running.append(server)
        return server.start(wait, **environment)

    yield make
    for server in running:
        server.stop()


def give(server, *keys):
    for key in keys:
        answer = server.call("PUT", "sys/unseal", {"key": key}, token="")
    return answer


def test_shares_that_are_wrong_repeated_or_of_another_server_open_nothing_and_are_not_told_apart(start):
    server, other = start().initialize(5, 3), start().initialize(5, 3)
    server.call("PUT", "sys/seal")
    keys, foreign = server.keys, other.keys
    altered = f"{int(keys[1][:2], 16) ^ 1:02x}" + keys[1][2:]
    moved = keys[1][:-2] + keys[4][-2:]
    answers = set()
    for wrong, place in itertools.product((foreign[1], altered, moved, "00" * 33, "ff" * 33), range(3)):
        given = [keys[0], keys[2], keys[3]]
        given[place] = wrong
        answer = give(server, *given)
        answers.add((answer.status, answer.raw))
        assert server.call("GET", "sys/seal-status", token="").json["progress"] == 0
    answer = give(server, *foreign[:3])
    answers.add((answer.status, answer.raw))
    # One answer for all of them.
    assert answers == {(400, b'{"errors":["Unseal failed, invalid key"]}\n')}
    # The same share again is no progress, in hex or base64.
    assert give(server, keys[0]).json["progress"] == 1
    assert give(server, keys[0], keys[0].upper()).json["progress"] == 1
    for nonsense in ("", "zz", "ab", "ab" * 5000, "é"):
        assert server.call("PUT", "sys/unseal", {"key": nonsense}, token="").status == 400
    assert server.call("PUT", "sys/unseal", {"key": 5}, token="").status == 400
    assert server.call("PUT", "sys/unseal", {}, token="").status == 400
    assert server.call("GET", "sys/seal-status", token="").json["progress"] == 1
    assert give(server, keys[4], keys[2]).json["sealed"] is False


def test_sealing_unsealing_reading_and_writing_at_once_loses_nothing_and_crashes_nothing(start):
    server = start().initialize(3, 2)
    assert server.call("POST", "sys/mounts/kv", {"type": "kv"}).status == 204
    acknowledged, lock, ends = {}, threading.Lock(), threading.Event()

    def seal():
        for _ in range(12):
            assert server.call("PUT", "sys/seal").status in (204, 403, 503)
        ends.set()

    def unseal(turn):
        while not ends.is_set():
            for key in server.keys[turn : turn + 2]:
                answer = server.call("PUT", "sys/unseal", {"key": key}, token="")
                # A share of a round that another one's share has completed counts for the next.
                assert answer.status in (200, 400, 500, 503), answer

    def write(name):
        number = 0
        while not ends.is_set():
            number += 1
            answer = server.call("POST", f"kv/{name}", {"v": number})
            assert answer.status in (204, 403, 500, 503), answer
            if answer.status == 204:
                with lock:
                    acknowledged[name] = number

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tasks = [pool.submit(unseal, 0), pool.submit(unseal, 1), pool.submit(seal)]
        tasks += [pool.submit(write, f"w{number}") for number in range(4)]
        for task in tasks:
            task.result(60)
    assert server.process.poll() is None
    server.call("PUT", "sys/unseal", {"reset": True}, token="")
    give(server, *server.keys[:2])
    assert server.call("GET", "sys/health").status == 200
    for name, number in acknowledged.items():
        # A write that was under way when the seal fell may be there too.
        assert server.call("GET", f"kv/{name}").data["v"] >= number
    assert "Fatal error" not in server.log


def test_a_rekey_with_verification_takes_effect_when_the_new_shares_were_shown(start):
    server = start().initialize(3, 2)
    old = server.keys
    wish = {"secret_shares": 4, "secret_threshold": 3, "require_verification": True}
    assert server.call("PUT", "sys/rekey/init", wish, token="").status == 403
    begun = server.call("PUT", "sys/rekey/init", wish).json
    assert begun["started"] and begun["required"] == 2
    assert server.call("PUT", "sys/rekey/init", wish).status == 400
    wrong = server.call("PUT", "sys/rekey/update", {"key": old[0], "nonce": "0" * 36})
    assert wrong.status == 400
    assert server.call("PUT", "sys/rekey/update", {"key": old[0], "nonce": begun["nonce"]}).json["progress"] == 1
    done = server.call("PUT", "sys/rekey/update", {"key": old[2], "nonce": begun["nonce"]}).json
    assert done["complete"] and len(done["keys"]) == 4 and done["verification_required"]
    # Until then the old shares hold.
    server.call("PUT", "sys/seal")
    assert give(server, *old[:2]).json["sealed"] is False
    begun = server.call("PUT", "sys/rekey/init", wish).json
    for key in old[:2]:
        done = server.call("PUT", "sys/rekey/update", {"key": key, "nonce": begun["nonce"]}).json
    nonce = done["verification_nonce"]
    for key in done["keys"][:2]:
        assert server.call("PUT", "sys/rekey/verify", {"key": key, "nonce": nonce}).json["progress"] > 0
    assert server.call("PUT", "sys/rekey/verify", {"key": done["keys"][3], "nonce": nonce}).json["complete"] is True
    server.call("PUT", "sys/seal")
    assert give(server, *old[:3]).status == 400
    assert give(server, *done["keys"][1:]).json["sealed"] is False


def test_operators_snapshot_verbs_take_a_server_back_and_onto_an_empty_machine(start, binary, tmp_path):
    server = start().initialize(3, 2)
    assert server.call("POST", "sys/mounts/kv", {"type": "kv"}).status == 204
    assert server.call("POST", "kv/a", {"v": "MARKER-ONE"}).status == 204
    environment = {**os.environ, "VAULT_ADDR": server.url(), "VAULT_TOKEN": server.token, "HOME": str(tmp_path)}

    def run(*arguments, stdin=""):
        return subprocess.run(
            [binary, *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )

    snapshot = tmp_path / "backup.snap"
    done = run("operator", "snapshot", "save", str(snapshot))
    assert done.returncode == 0, done
    assert snapshot.stat().st_mode & 0o077 == 0
    assert b"MARKER" not in snapshot.read_bytes()
    assert server.call("POST", "kv/a", {"v": "MARKER-TWO"}).status == 204
    done = run("operator", "snapshot", "restore", str(snapshot))
    assert done.returncode == 0, done
    assert server.call("GET", "kv/a").data == {"v": "MARKER-ONE"}
    broken = tmp_path / "broken.snap"
    broken.write_bytes(snapshot.read_bytes()[:-1] + b"\0")
    assert run("operator", "snapshot", "restore", str(broken)).returncode != 0
    assert server.call("GET", "kv/a").data == {"v": "MARKER-ONE"}
    folder = tmp_path / "empty"
    folder.mkdir()
    config = folder / "server.hcl"
    config.write_text(CONFIGURATION.replace("FOLDER", str(folder)))
    wrong = run("operator", "restore", f"-config={config}", str(snapshot), stdin="00" * 33 + "\n" + "01" * 33 + "\n")
    assert wrong.returncode == 1 and "nothing was changed" in wrong.stderr
    done = run("operator", "restore", f"-config={config}", str(snapshot), stdin="\n".join(server.keys[1:]) + "\n")
    assert done.returncode == 0, done
    second = start(folder=folder)
    second.token, second.keys = server.token, server.keys
    assert second.unseal().json["sealed"] is False
    assert second.call("GET", "kv/a").data == {"v": "MARKER-ONE"}


def test_a_database_that_was_rolled_back_is_refused_with_both_epochs_and_taken_on_purpose(start):
    server = start().initialize(1, 1)
    data = server.folder / "data"
    server.stop()
    old = {name: (data / name).read_bytes() for name in ("strongroom.db",)}
    server.start()
    give(server, server.keys[0])
    for number in range(5):
        assert server.call("POST", "cubbyhole/a", {"v": number}).status == 204
    server.stop()
    for name, content in old.items():
        (data / name).write_bytes(content)
    server.start()
    answer = give(server, server.keys[0])
    assert answer.status >= 400
    status = server.call("GET", "sys/seal-status", token="").json
    assert status["sealed"] is True
    text = answer.raw.decode() + str(status) + server.log
    assert "epoch" in text, text
    server.stop()
    (data / "strongroom.epoch").unlink()
    server.start(STRONGROOM_ACCEPT_NEW_EPOCH_FILE="1")
    assert give(server, server.keys[0]).json["sealed"] is False


def test_a_medium_that_is_read_only_or_a_place_that_cannot_be_is_told(start, tmp_path):
    for place in ("/proc/strongroom", "/dev/null/x", "/sys/strongroom"):
        folder = tmp_path / place.replace("/", "_")
        folder.mkdir()
        server = start(CONFIGURATION.replace("FOLDER/data", place), wait=False, folder=folder)
        assert server.process.wait(20) == 1
        assert f'cannot open storage "{place}"' in server.log and "Fatal error" not in server.log


def test_nothing_of_a_secret_is_in_the_log_the_process_arguments_or_a_core(start):
    server = start(CONFIGURATION + 'log_level = "trace"\n').initialize(2, 2)
    server.call("POST", "sys/mounts/kv", {"type": "kv"})
    server.call("POST", "kv/a", {"v": "MARKER-SECRET"})
    server.call("GET", "kv/a", token="hvs.MARKER-TOKEN-NOT-KNOWN")
    server.call("PUT", "sys/unseal", {"key": "MARKER-KEY"}, token="")
    for secret in (server.token, *server.keys, "MARKER"):
        assert secret not in server.log
    limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
