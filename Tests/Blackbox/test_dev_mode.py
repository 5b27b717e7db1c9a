"""`strongroom server -dev`: issue A, part 6."""

import subprocess

from blackbox_client import HELLO, TOKEN, Client
from conftest import STOP_SECONDS, Server


def test_flags_are_also_taken_with_two_dashes_and_the_data_lives_in_memory_only(binary, api):
    name = api.new_key()
    second = Server(binary, dash="--")
    try:
        client = Client(second.host, second.port)
        client.get(f"keys/{name}").is_not_found()
        assert client.decrypt("own", client.encrypt("own")) == HELLO
        api.get("keys/own").is_not_found()
    finally:
        assert second.stop() is None


def test_the_start_prints_the_address_and_the_token(server):
    assert f"export VAULT_ADDR='{server.address}'" in server.log_text()
    assert TOKEN in server.log_text()


def test_sigterm_ends_the_server_in_good_order(binary):
    second = Server(binary)
    client = Client(second.host, second.port, keep_alive=True)
    assert client.request("GET", "sys/health").status == 200
    second.process.terminate()
    assert second.process.wait(STOP_SECONDS) == 0


def test_version_prints_a_version_as_the_second_word(binary):
    for spelling in ("version", "-version"):
        done = subprocess.run([binary, spelling], capture_output=True, text=True, timeout=10, check=True)
        assert done.stdout.splitlines()[0].split()[1].lstrip("v")[0].isdecimal()
