"""`operator migrate`: a database moves to another storage, and nothing of it is lost."""

import re
import signal
import subprocess
import time

import pytest

from cli_runner import CommandLine, matches_snapshot, steady
from durable_server import DurableServer

CONFIGURATION = """
listener "tcp" { address = "127.0.0.1:0" tls_disable = true }
storage "sqlite" { path = "FOLDER/PLACE" }
disable_mlock = true
"""
SECRETS = 300


def migration(tmp_path, source="old", destination="new", kind="sqlite"):
    (tmp_path / "migrate.hcl").write_text(
        f'storage_source "sqlite" {{ path = "{tmp_path}/{source}" }}\n'
        f'storage_destination "{kind}" {{ path = "{tmp_path}/{destination}" }}\n'
    )
    return ["operator", "migrate", "-config=migrate.hcl"]


@pytest.fixture
def cli(binary, tmp_path):
    return CommandLine(binary, tmp_path, "http://127.0.0.1:1")


@pytest.fixture
def filled(binary, tmp_path):
    """A server that was filled and ended; its data are in `old`."""
    with DurableServer(binary, tmp_path, CONFIGURATION.replace("PLACE", "old")) as server:
        server.start().initialize()
        assert server.call("POST", "sys/mounts/kv", {"type": "kv"}).status == 204
        assert server.call("POST", "sys/mounts/transit", {"type": "transit"}).status == 204
        server.call("POST", "transit/keys/k", {})
        server.sealed = server.call("POST", "transit/encrypt/k", {"plaintext": "aGVsbG8="}).data["ciphertext"]
        for number in range(SECRETS):
            server.call("POST", f"kv/{number}", {"n": number})
        assert server.stop() == 0
        yield server


def check(server):
    server.configure(CONFIGURATION.replace("PLACE", "new"))
    server.start()
    assert server.unseal().json["sealed"] is False
    assert server.call("POST", "transit/decrypt/k", {"ciphertext": server.sealed}).data["plaintext"] == "aGVsbG8="
    for number in range(0, SECRETS, 7):
        assert server.call("GET", f"kv/{number}").data == {"n": number}
    assert len(server.call("LIST", "kv").data["keys"]) == SECRETS
    assert server.call("POST", "kv/new", {"a": 1}).status == 204


def test_a_database_moves_with_its_keys_and_its_token(cli, filled, tmp_path):
    output = cli.good(*migration(tmp_path))
    assert int(re.search(r"Moved ([\d,]+) rows", output)[1].replace(",", "")) > SECRETS
    check(filled)


def test_a_rehearsal_reads_everything_and_keeps_nothing(cli, filled, tmp_path):
    assert "nothing was kept" in cli.good(*migration(tmp_path, kind="inmem"))
    assert not (tmp_path / "new").exists()


def test_a_migration_on_a_terminal_looks_as_its_snapshot(cli, filled, tmp_path):
    text = ""
    for kind in ("inmem", "sqlite", "sqlite"):
        what = migration(tmp_path, kind=kind)
        output, status = cli.on_terminal(*what)
        text += f"$ strongroom {' '.join(what)}\n{steady(output)}= {status}\n\n"
    matches_snapshot("terminal-migrate", text)


def test_a_migration_that_is_killed_is_run_again(cli, filled, tmp_path):
    command = [cli.binary, *migration(tmp_path)]
    for pause in (0.02, 0.05, 0.1):
        process = subprocess.Popen(command, cwd=cli.home, env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == 0:
            break
    else:
        cli.good(*migration(tmp_path))
    check(filled)


def test_a_destination_that_holds_a_database_is_left_alone(cli, filled, tmp_path):
    cli.good(*migration(tmp_path))
    outcome = cli.run(*migration(tmp_path))
    assert outcome.returncode == 1 and "destination holds a database" in outcome.stderr
    outcome = cli.run(*migration(tmp_path, source="nowhere", destination="elsewhere"))
    assert outcome.returncode == 1 and "source holds no database" in outcome.stderr


def test_a_running_server_keeps_its_database(cli, filled, tmp_path):
    filled.configure(CONFIGURATION.replace("PLACE", "old"))
    filled.start()
    outcome = cli.run(*migration(tmp_path))
    assert outcome.returncode == 1 and "ended first" in outcome.stderr, outcome.stderr


def test_a_configuration_that_is_none_is_told_with_its_line(cli, tmp_path):
    (tmp_path / "bad.hcl").write_text('storage_source "sqlite" { path = "a" }\nstorage_destination "nosuch" {}\n')
    outcome = cli.run("operator", "migrate", "-config=bad.hcl")
    assert outcome.returncode == 1 and "bad.hcl:2" in outcome.stderr
    outcome = cli.run("operator", "migrate")
    assert outcome.returncode == 1
