"""The quick start for production in README.md, run as it is written there."""

import os
import pathlib
import re
import socket
import subprocess

README = pathlib.Path(__file__).parents[2] / "README.md"


def commands():
    """The commands of the section's first block: a line after `$ `, and what belongs to it."""
    section = README.read_text().split("## Production quick start", 1)[1]
    block = section.split("```console\n", 1)[1].split("\n```", 1)[0]
    return [command.strip("\n") for command in re.split(r"^\$ ", block, flags=re.M) if command.strip()]


def following():
    """Those of the second block."""
    section = README.read_text().split("## Production quick start", 1)[1]
    block = section.split("```console\n")[2].split("\n```", 1)[0]
    return [line.removeprefix("$ ") for line in block.splitlines()]


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_production_quick_start_leads_to_an_unsealed_server_with_tls(binary, tmp_path):
    steps = commands()
    assert len(steps) < 10
    assert "swift build -c release" in steps[0] and steps[1].startswith("export PATH=")
    lines = [
        "set -e",
        "trap 'kill $(jobs -p); wait' EXIT",
        *steps[2:],
        "strongroom status -format=json > status.json",
        "export VAULT_TOKEN=$(sed -n 's/^Initial Root Token: //p' init.txt)",
        *following(),
        "curl -sS --cacert cert.pem $VAULT_ADDR/v1/sys/health > health.json",
    ]
    script = "\n".join(lines)
    if not is_free(8200):
        # Somebody else's server: the only thing that is not as it is written.
        script = script.replace("8200", str(free_port()))
    environment = {
        "HOME": str(tmp_path), "PATH": f"{pathlib.Path(binary).parent}:{os.environ['PATH']}", "TERM": "dumb",
        # The server that is tested here takes longer to start than the one that users build.
        "STRONGROOM_MAX_RETRIES": "6",
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
        stdin=subprocess.DEVNULL,
    )
    folder = tmp_path / "strongroom"
    log = (folder / "server.log").read_text() if (folder / "server.log").exists() else ""
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{log}"
    status = (folder / "status.json").read_text()
    assert re.search(r'"sealed":\s*false', status) and re.search(r'"type":\s*"shamir"', status), status
    assert '"sealed":false' in (folder / "health.json").read_text()
    assert "vault:v1:" in done.stdout
    assert (folder / "backup.snap").stat().st_size > 1000
    # Nobody else reads the data, the log tells no secret, and the shares are only where they were told.
    assert all(file.stat().st_mode & 0o077 == 0 for file in [folder, *(folder / "data").iterdir()])
    shares = re.findall(r"^Unseal Key \d: (\S+)$", (folder / "init.txt").read_text(), flags=re.M)
    token = re.search(r"^Initial Root Token: (\S+)$", (folder / "init.txt").read_text(), flags=re.M)[1]
    assert len(shares) == 5
    for secret in [*shares, token]:
        assert secret not in log
        assert not any(secret.encode() in file.read_bytes() for file in (folder / "data").iterdir())
