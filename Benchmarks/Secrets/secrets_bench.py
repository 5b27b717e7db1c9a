"""Durable writes of KV version 2, and logins of machines, by wrk against a server that keeps its data in SQLite.

    python3 Benchmarks/Secrets/secrets_bench.py .build/release/strongroom [SECONDS]

One client and 64 take turns, three rounds; the ratio is the median's. Every answer must have a status of 2xx. The
processors are shared with wrk, so the numbers are not the server's limit.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Tests" / "Blackbox"))
from durable_server import DurableServer  # noqa: E402

CONFIGURATION = """
listener "tcp" {
  address = "127.0.0.1:0"
  tls_disable = true
}
storage "sqlite" { path = "FOLDER/data" }
seal "static" {
  current_key_id = "bench"
  current_key = "%s"
}
log_level = "info"
""" % ("5a" * 32)
WRITES = """
local number = 0
local id = %d
function request()
  number = number + 1
  local path = "/v1/kv/data/bench/" .. id .. "-" .. (number %% 1000)
  return wrk.format("POST", path, {["X-Vault-Token"] = "%s"}, '{"data":{"user":"app","password":"s3cr3t-' .. number .. '"}}')
end
"""
LOGINS = """
wrk.method = "POST"
wrk.body = '{"role_id":"%s","secret_id":"%s"}'
"""
ROUNDS = 3


def processor_seconds(pid):
    """User and system time of a process, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(folder, address, script, clients, seconds, path="/"):
    """Requests a second, with an error for every answer that is not a success."""
    file = folder / "load.lua"
    file.write_text(script)
    told = subprocess.run(
        ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", str(file), f"http://{address}{path}"],
        capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in told and "Socket errors" not in told, told
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])


def main():
    binary, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with DurableServer(binary, folder, CONFIGURATION) as server:
            server.start()
            answer = server.call("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1}, token="")
            server.token = answer.json["root_token"]
            server.wait_for("unsealed")
            address = server.addresses[0][0]

            def ask(method, path, body=None):
                reply = server.call(method, path, body)
                assert reply.status in (200, 204), reply
                return reply.data

            ask("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
            ask("POST", "sys/auth/approle", {"type": "approle"})
            rates, spent = {1: [], 64: []}, {1: [], 64: []}
            for turn in range(ROUNDS):
                for clients, found in rates.items():
                    before = processor_seconds(server.process.pid)
                    found.append(load(folder, address, WRITES % (turn * 100 + clients, server.token), clients, seconds))
                    spent[clients].append((processor_seconds(server.process.pid) - before) / (found[-1] * seconds) * 1e6)
            one, many = (statistics.median(rates[clients]) for clients in (1, 64))
            print(f"durable KV writes a second: one client {one:.0f}, 64 clients {many:.0f}: {many / one:.1f} x (wanted 4), "
                  + " and ".join(f"{statistics.median(costs):.0f}" for costs in spent.values()) + " us of processor each")
            for kind, wanted in (("batch", " (wanted 5000)"), ("service", "")):
                ask("POST", "auth/approle/role/bench", {"token_type": kind, "token_ttl": "10m"})
                role = ask("GET", "auth/approle/role/bench/role-id")["role_id"]
                secret = ask("POST", "auth/approle/role/bench/secret-id", {})["secret_id"]
                script = LOGINS % (role, secret)
                best, costs = 0, []
                for _ in range(ROUNDS):
                    before = processor_seconds(server.process.pid)
                    rate = load(folder, address, script, 64, seconds, "/v1/auth/approle/login")
                    costs.append((processor_seconds(server.process.pid) - before) / (rate * seconds) * 1e6)
                    best = max(best, rate)
                cost = statistics.median(costs)
                print(f"AppRole logins a second, {kind} tokens, 64 clients: {best:.0f}{wanted}, "
                      f"{cost:.0f} us of processor each, {1e6 / cost:.0f} a processor second")


if __name__ == "__main__":
    main()
