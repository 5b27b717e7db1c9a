"""Commands against the real server: files by envelope, imports, rewrapping that is killed and goes on, operators."""

import base64
import collections
import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from blackbox_client import TOKEN, unique
from cli_runner import CommandLine

COUNT = 20_000


@pytest.fixture
def cli(binary, server, tmp_path):
    return CommandLine(binary, tmp_path, server.address, TOKEN)


@pytest.fixture
def key(cli):
    name = unique("cli")
    cli.good("transit", "create", name)
    return name


def sealed_under(api, key, count, version, plaintext=b"hello"):
    item = {"plaintext": base64.b64encode(plaintext).decode(), "key_version": version}
    reply = api.request("POST", f"transit/encrypt/{key}", {"batch_input": [item] * count})
    return [one["ciphertext"] for one in reply.json["data"]["batch_results"]]


def opened(api, key, ciphertexts):
    items = [{"ciphertext": text} for text in ciphertexts]
    reply = api.request("POST", f"transit/decrypt/{key}", {"batch_input": items})
    return [base64.b64decode(one["plaintext"]) for one in reply.json["data"]["batch_results"]]


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 300_001])
def test_a_file_comes_back_from_its_envelope(cli, key, size):
    data = os.urandom(size)
    (cli.home / "plain").write_bytes(data)
    cli.good("transit", "encrypt", f"-key={key}", "plain", "sealed")
    assert data[:64] not in (cli.home / "sealed").read_bytes() or size < 16
    cli.good("transit", "decrypt", "sealed", "back")
    assert (cli.home / "back").read_bytes() == data
    assert (cli.home / "back").stat().st_mode & 0o777 == 0o600


def test_an_envelope_that_was_altered_leaves_nothing_behind(cli, key):
    (cli.home / "plain").write_bytes(os.urandom(200_000))
    cli.good("transit", "encrypt", f"-key={key}", "plain", "sealed")
    sealed = (cli.home / "sealed").read_bytes()
    start = len(sealed) - 200_000 - 4 * 16
    piece = 65536 + 16
    swapped = sealed[:start] + sealed[start + piece:start + 2 * piece] + sealed[start:start + piece] + sealed[start + 2 * piece:]
    bad = {
        "cut in a piece": sealed[:-1000], "cut between pieces": sealed[:start + piece], "no pieces": sealed[:start],
        "a bit": sealed[:-5] + bytes([sealed[-5] ^ 1]) + sealed[-4:], "swapped": swapped, "longer": sealed + b"x" * 16,
        "header": sealed.replace(b'"piece":65536', b'"piece":65535'), "no magic": b"x" + sealed[1:], "empty": b"",
        "huge header": sealed[:8] + b"\xff\xff\xff\xff" + sealed[12:], "magic alone": sealed[:8],
        "deep header": sealed[:8] + (4000).to_bytes(4, "big") + b"[" * 4000,
    }
    for what, data in bad.items():
        (cli.home / "bad").write_bytes(data)
        outcome = cli.run("transit", "decrypt", "bad", "back")
        assert outcome.returncode == 1, (what, outcome.stdout, outcome.stderr)
        assert not (cli.home / "back").exists() and not (cli.home / "back.partial").exists(), what


def test_files_are_not_written_over_without_force(cli, key):
    (cli.home / "plain").write_bytes(b"a")
    (cli.home / "sealed").write_bytes(b"precious")
    outcome = cli.run("transit", "encrypt", f"-key={key}", "plain", "sealed")
    assert outcome.returncode == 1 and "-force" in outcome.stderr
    assert (cli.home / "sealed").read_bytes() == b"precious"
    cli.good("transit", "encrypt", f"-key={key}", "-force", "plain", "sealed")


def test_envelopes_stream_through_pipes(cli, key):
    sealed = subprocess.run(
        [cli.binary, "transit", "encrypt", f"-key={key}", "-", "-"], input=b"abc" * 50_000, capture_output=True,
        env=cli.environment, timeout=60, check=True,
    ).stdout
    back = subprocess.run(
        [cli.binary, "transit", "decrypt", "-", "-"], input=sealed, capture_output=True, env=cli.environment, timeout=60,
        check=True,
    ).stdout
    assert back == b"abc" * 50_000


def test_keys_are_imported_wrapped(cli, api):
    name = unique("imported")
    raw = os.urandom(32)
    (cli.home / "key").write_text(base64.b64encode(raw).decode() + "\n")
    cli.good("transit", "import", f"transit/keys/{name}", "@key", "type=aes256-gcm96", "exportable=true", "allow_rotation=true")
    exported = api.request("GET", f"transit/export/encryption-key/{name}").json["data"]["keys"]["1"]
    assert base64.b64decode(exported) == raw
    cli.good("transit", "import-version", f"transit/keys/{name}", "@key")
    for words in (["transit/keys/x", "@nofile"], ["transit/keys/x", "no base64!"], ["keys", "@key"]):
        assert cli.run("transit", "import", *words).returncode == 1


def rewrap(cli, key, *words):
    return ["transit", "rewrap", f"-key={key}", *words]


def test_lines_are_rewrapped_and_others_kept(cli, api, key):
    old = sealed_under(api, key, 2500, 1)
    cli.good("transit", "rotate", key)
    current = sealed_under(api, key, 10, 2)
    lines = ["# a comment", *old, "", *current, "vault:v1:broken"]
    (cli.home / "in").write_text("\r\n".join(lines))
    census = json.loads(cli.good(*rewrap(cli, key, "-input=in", "-census", "-format=json")))
    assert census == {"versions": {"1": 2501, "2": 10}, "others": 2, "latest_version": 2}
    outcome = cli.run(*rewrap(cli, key, "-input=in", "-output=out", "-advance-min-decryption-version"))
    assert outcome.returncode == 1 and "refused 1 ciphertexts" in outcome.stderr
    fresh = (cli.home / "out").read_bytes().decode().split("\r\n")
    assert len(fresh) == len(lines)
    assert [fresh[0], fresh[2501], fresh[-1]] == [lines[0], "", lines[-1]] and fresh[2502:-1] == current
    assert all(text.startswith("vault:v2:") for text in fresh[1:2501])
    assert set(opened(api, key, fresh[1:2501])) == {b"hello"}
    # One was refused: the key must still open what is old.
    assert api.request("GET", f"transit/keys/{key}").json["data"]["min_decryption_version"] == 1
    assert not (cli.home / "out.journal").exists()


def test_a_column_is_rewrapped_and_the_rest_of_the_row_stays(cli, api, key):
    old = sealed_under(api, key, 300, 1)
    cli.good("transit", "rotate", key)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "the number", "note"])
    for number, ciphertext in enumerate(old):
        writer.writerow([number, ciphertext, 'a "quoted"\nnote, long' if number % 3 else ""])
    writer.writerow(["short"])
    (cli.home / "in.csv").write_bytes(text.getvalue().encode())
    cli.good(*rewrap(cli, key, "-input=in.csv", "-column=the number", "-output=out.csv", "-advance-min-decryption-version"))
    before = list(csv.reader(io.StringIO(text.getvalue())))
    after = list(csv.reader(io.StringIO((cli.home / "out.csv").read_bytes().decode())))
    assert [row[:1] + row[2:] for row in before] == [row[:1] + row[2:] for row in after]
    assert set(opened(api, key, [row[1] for row in after[1:-1]])) == {b"hello"}
    assert api.request("GET", f"transit/keys/{key}").json["data"]["min_decryption_version"] == 2
    outcome = cli.run(*rewrap(cli, key, "-input=in.csv", "-column=nosuch", "-output=x.csv"))
    assert outcome.returncode == 1 and "the number" in outcome.stderr


def test_rewrapping_that_is_killed_goes_on_without_loss(cli, api, key):
    parts = [sealed_under(api, key, COUNT // 2, 1, b"%d" % half) for half in range(2)]
    (cli.home / "in").write_text("".join(line + "\n" for part in parts for line in part))
    cli.good("transit", "rotate", key)
    words = rewrap(cli, key, "-input=in", "-output=out", "-batch=50", "-workers=3")
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(
            [cli.binary, *words], cwd=cli.home, env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        # Killed once it has worked for a while, at no moment in particular.
        deadline = time.monotonic() + 60
        size = (cli.home / "out.partial").stat().st_size if (cli.home / "out.partial").exists() else 0
        while process.poll() is None and time.monotonic() < deadline:
            partial = cli.home / "out.partial"
            if partial.exists() and partial.stat().st_size > size + 150_000 and (cli.home / "out.journal").exists():
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.01)
        output, errors = process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, errors
        assert not (cli.home / "out").exists()
    assert process.returncode == 0 and kills >= 2
    fresh = (cli.home / "out").read_text().splitlines()
    assert len(fresh) == COUNT and all(line.startswith("vault:v2:") for line in fresh)
    found = [text for at in range(0, COUNT, 5000) for text in opened(api, key, fresh[at:at + 5000])]
    assert found == [b"0"] * (COUNT // 2) + [b"1"] * (COUNT // 2)
    assert "20,000" in output


def test_a_journal_of_another_job_is_refused(cli, api, key):
    (cli.home / "in").write_text("\n".join(sealed_under(api, key, 3, 1)))
    (cli.home / "out.journal").write_text('{"job":"another","input_offset":100,"output_bytes":100}')
    outcome = cli.run(*rewrap(cli, key, "-input=in", "-output=out"))
    assert outcome.returncode == 1 and "journal" in outcome.stderr
    (cli.home / "out.journal").write_text("nonsense")
    assert cli.run(*rewrap(cli, key, "-input=in", "-output=out")).returncode == 1


def test_bench_measures_and_removes_its_key(cli, api):
    rows = json.loads(cli.good("bench", "-seconds=1", "-connections=2", "-batch=10", "-format=json"))
    assert collections.Counter(row["requests_per_second"] > 0 for row in rows) == {True: 4}
    names = api.request("LIST", "transit/keys").json["data"]["keys"]
    assert not [name for name in names if name.startswith("bench-")]


def test_diagnose_names_what_is_wrong(cli):
    (cli.home / "bad.hcl").write_text(
        f'storage "sqlite" {{ path = "{cli.home}/data" }}\nlistener "tcp" {{ address = "0.0.0.0:1" tls_disable = true }}\n'
    )
    outcome = cli.run("operator", "diagnose", "-config=bad.hcl", "-json")
    findings = json.loads(outcome.stdout)
    assert outcome.returncode == 1
    assert [one["check"] for one in findings if one["level"] == "wrong"] == ["listener"]
    assert {"self-tests", "processor", "memory lock", "storage"} <= {one["check"] for one in findings}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_operators_bring_a_durable_server_to_life(binary, tmp_path):
    address = f"127.0.0.1:{free_port()}"
    (tmp_path / "server.hcl").write_text(
        f'storage "sqlite" {{ path = "{tmp_path}/data" }}\nlistener "tcp" {{ address = "{address}" tls_disable = true }}\n'
    )
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen([binary, "server", f"-config={tmp_path}/server.hcl"], stdout=log, stderr=log)
    cli = CommandLine(binary, tmp_path, f"http://{address}", "")
    try:
        for _ in range(100):
            if cli.run("status").returncode == 2:
                break
            time.sleep(0.1)
        assert cli.run("operator", "init", "-status").returncode == 2
        made = json.loads(cli.good("operator", "init", "-key-shares=3", "-key-threshold=2", "-format=json"))
        assert cli.run("status").returncode == 2
        shares = made["unseal_keys_b64"]
        cli.good("operator", "unseal", shares[0])
        cli.good("operator", "unseal", stdin=shares[1] + "\n")
        assert cli.run("status").returncode == 0
        cli.environment["VAULT_TOKEN"] = made["root_token"]
        assert "Key Term" in cli.good("operator", "rotate")
        cli.good("operator", "rekey", "-init", "-key-shares=1", "-key-threshold=1")
        cli.good("operator", "rekey", shares[0])
        fresh = json.loads(cli.good("operator", "rekey", "-format=json", shares[1]))["keys_base64"]
        otp = json.loads(cli.good("operator", "generate-root", "-init", "-format=json"))["otp"]
        encoded = json.loads(cli.good("operator", "generate-root", "-format=json", fresh[0]))["encoded_token"]
        token = cli.good("operator", "generate-root", f"-decode={encoded}", f"-otp={otp}", "-field=token")
        assert re.fullmatch(r"hvs\.[A-Za-z0-9]{24}", token)
        cli.environment["VAULT_TOKEN"] = token
        cli.good("operator", "seal")
        assert cli.run("status").returncode == 2
        outcome = cli.run("secrets", "list")
        assert outcome.returncode == 2 and "operator unseal" in outcome.stderr
        cli.good("operator", "unseal", *fresh)
        cli.good("secrets", "list")
    finally:
        process.kill()
        process.wait()
