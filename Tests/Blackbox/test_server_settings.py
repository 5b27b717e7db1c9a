"""The durable server's configuration, listeners and signals, as an operator and as an attacker meet them."""

import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import time

import pytest

from durable_server import DurableServer, make_certificate

PLAIN = 'listener "tcp" {\n  address = "127.0.0.1:0"\n  tls_disable = true\n%s}\n'
STORAGE = 'storage "file" { path = "FOLDER/data" }\n'
STATIC = 'seal "static" {\n  current_key_id = "a"\n  current_key = "%s"\n}\n' % ("5a" * 32)


@pytest.fixture
def start(binary, tmp_path):
    """Starts servers in folders of their own; they are ended with the test."""
    running = []

    def make(configuration, name="s", wait=True, arguments=(), **environment):
        folder = tmp_path / f"{name}{len(running)}"
        folder.mkdir()
        server = DurableServer(binary, folder, configuration, arguments)
        running.append(server)
        return server.start(wait, **environment)

    yield make
    for server in running:
        server.stop()


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# Files, folders, the environment


def test_file_is_an_alias_of_sqlite_and_takes_the_folder_or_the_file(start):
    server = start(STORAGE + PLAIN % "").initialize()
    assert (server.folder / "data" / "strongroom.db").exists()
    assert server.call("GET", "sys/seal-status").json["storage_type"] == "file"
    token, keys = server.token, server.keys
    assert server.call("POST", "cubbyhole/a", {"v": "1"}).status == 204
    server.stop()
    again = start('storage "sqlite" { path = "%s/data/strongroom.db" }\n' % server.folder + PLAIN % "")
    again.token, again.keys = token, keys
    assert again.unseal().json["sealed"] is False
    assert again.call("GET", "cubbyhole/a").data == {"v": "1"}
    assert again.call("GET", "sys/seal-status").json["storage_type"] == "sqlite"


def test_a_folder_of_files_is_read_in_order_and_several_config_flags_add_up(binary, tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "10-listener.hcl").write_text(PLAIN % "")
    (folder / "20-names.json").write_text(json.dumps({"cluster_name": "first", "log_level": "debug"}))
    (folder / "ignored.txt").write_text("garbage {")
    (folder / ".hidden.hcl").write_text("garbage {")
    (tmp_path / "more.hcl").write_text('storage "inmem" {}\ncluster_name = "second"\n')
    home = tmp_path / "server"
    home.mkdir()
    server = DurableServer(binary, home, 'max_json_depth = 77\n', [f"-config={folder}", f"-config={tmp_path}/more.hcl"])
    with server.start():
        server.initialize()
        seen = server.call("GET", "sys/config/state/sanitized").data
        assert (seen["cluster_name"], seen["log_level"], seen["max_json_depth"]) == ("second", "debug", 77)
        assert "cluster_name replaces the value of" in server.log


def test_the_environment_wins_over_files_the_house_over_the_field_and_flags_over_all(start):
    server = start(
        STORAGE + PLAIN % "" + 'log_level = "warn"\napi_addr = "https://file.example:8200"\n',
        arguments=["-log-level=info"],
        STRONGROOM_API_ADDR="https://house.example:8200", VAULT_API_ADDR="https://field.example:8200",
        STRONGROOM_LOG_LEVEL="error", VAULT_CLUSTER_ADDR="https://field.example:8201",
    ).initialize()
    seen = server.call("GET", "sys/config/state/sanitized").data
    assert seen["api_addr"] == "https://house.example:8200"
    assert seen["cluster_addr"] == "https://field.example:8201"
    assert seen["log_level"] == "info"


def test_unknown_and_idle_settings_warn_with_file_and_line_and_the_server_starts(start):
    server = start(
        STORAGE + PLAIN % "  tls_cert_fil = 3\n" + 'lisstener "tcp" {}\nui = true\nplugin_directory = "/p"\n'
    )
    for line in (
        "server.hcl:5:3: listener[1].tls_cert_fil is not known; did you mean",
        "server.hcl:7:1: lisstener is not known; did you mean listener?",
        "server.hcl:8:1: ui has no effect in Strongroom",
        "server.hcl:9:1: plugin_directory has no effect in Strongroom",
    ):
        assert line in server.log, server.log


@pytest.mark.parametrize(
    "text, said",
    [
        ('storage "inmem" {}\nlistener "tcp" {\n  address = "nowhere"\n  tls_disable = true\n}\n', "hcl:3:13: "),
        ('storage "inmem" {}\n', "listener is missing"),
        (PLAIN % "", "storage is missing"),
        ('storage "raft" { path = "x" }\n' + PLAIN % "", "server.hcl:1:1: storage: expected the type"),
        ('storage "inmem" {\n' + PLAIN % "", "server.hcl:"),
        (STORAGE + 'listener "tcp" { address = "127.0.0.1:0" }\n', "tls_cert_file is missing"),
        (STORAGE + PLAIN % "" + 'seal "static" { current_key_id = "a"\n current_key = "abc" }\n', "server.hcl:7:16: "),
        (STORAGE + PLAIN % "" + 'seal "static" { current_key_id = "a"\n current_key = "env://NOT_SET" }\n', "hcl:7:16: "),
        (STORAGE + PLAIN % "" + 'default_lease_ttl = "2h"\nmax_lease_ttl = "1h"\n', "default_lease_ttl is longer"),
        (STORAGE + PLAIN % "" + 'listener "unix" { address = "FOLDER/s"\n socket_user = "nobody-of-that-name" }\n',
         "cannot listen on"),
        (STORAGE + PLAIN % "" + 'log_file = "/nowhere/at/all"\n', "cannot write the log file"),
        (STORAGE + PLAIN % "" + 'pid_file = "/nowhere/at/all"\n', "pid_file"),
    ],
)
def test_a_wrong_configuration_ends_the_start_with_a_sentence(start, text, said):
    server = start(text, wait=False)
    assert server.process.wait(20) == 1
    assert said in server.log, server.log
    assert "Fatal error" not in server.log


def test_validate_config_and_a_start_agree(binary, tmp_path):
    good, bad = tmp_path / "good.hcl", tmp_path / "bad.json"
    good.write_text('storage "inmem" {}\n' + PLAIN % "")
    listener = '{"tcp": {"address": "127.0.0.1:0", "tls_disable": "perhaps"}}'
    bad.write_text('{"storage": {"inmem": {}}, "listener": %s}' % listener)
    for path, status, said in ((good, 0, "The configuration is valid"), (bad, 1, "tls_disable: expected true or false")):
        done = subprocess.run(
            [binary, "operator", "validate-config", path], capture_output=True, text=True, timeout=20, check=False
        )
        assert done.returncode == status and said in done.stdout, done


def test_lease_times_of_the_configuration_hold_for_tokens(start):
    server = start(STORAGE + PLAIN % "" + 'default_lease_ttl = "30m"\nmax_lease_ttl = "2h"\n').initialize()
    usual = server.call("POST", "auth/token/create", {"policies": ["default"]})
    assert usual.json["auth"]["lease_duration"] == 1800
    long = server.call("POST", "auth/token/create", {"policies": ["default"], "ttl": "9h"})
    assert long.json["auth"]["lease_duration"] == 7200
    assert 'TTL of "9h" exceeded the effective max_ttl of "2h"' in long.json["warnings"][0]
    tune = server.call("GET", "sys/auth/token/tune").data
    assert (tune["default_lease_ttl"], tune["max_lease_ttl"]) == (1800, 7200)


def test_audit_devices_of_the_configuration_are_there_after_the_unsealing_and_record(start):
    audit = 'audit "file" "given" {\n  description = "by the file"\n  options { file_path = "FOLDER/audit.log" }\n}\n'
    server = start(STORAGE + PLAIN % "" + audit).initialize()
    devices = server.call("GET", "sys/audit").data
    assert devices["given/"]["description"] == "by the file"
    server.call("POST", "cubbyhole/a", {"v": "1"})
    lines = (server.folder / "audit.log").read_text().splitlines()
    assert any(json.loads(line)["request"]["path"] == "cubbyhole/a" for line in lines)
    # It is stored: a second unsealing finds it, and does not make it twice.
    server.call("PUT", "sys/seal")
    server.unseal()
    assert list(server.call("GET", "sys/audit").data) == ["given/"]


def test_an_audit_device_of_the_configuration_that_cannot_be_had_keeps_the_server_closed(start):
    server = start(STORAGE + PLAIN % "" + 'audit "file" "x" {\n  options { file_path = "/proc/nothing/audit" }\n}\n')
    server.keys = server.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1}, token="").json["keys"]
    assert server.call("PUT", "sys/unseal", {"key": server.keys[0]}, token="").status == 500
    assert server.call("GET", "sys/health").status == 503
    assert 'audit \\"file\\" \\"x\\"' in server.log or 'audit "file" "x"' in server.log


# Listeners


def test_a_unix_listener_has_its_mode_and_owner_and_replaces_what_a_dead_server_left(start):
    if os.getuid() != 0:
        pytest.skip("gives the socket to somebody else")
    server = start(
        STORAGE + PLAIN % "" + 'listener "unix" {\n  address = "FOLDER/api"\n  socket_mode = "0620"\n'
        '  socket_user = "nobody"\n  socket_group = "65534"\n}\n'
    )
    path = server.folder / "api"
    facts = path.stat()
    assert stat.S_ISSOCK(facts.st_mode) and facts.st_mode & 0o777 == 0o620
    assert (facts.st_uid, facts.st_gid) == (65534, 65534)
    curl = ["curl", "-sS", "--unix-socket", str(path), "http://x/v1/sys/seal-status"]
    assert '"initialized":false' in subprocess.run(curl, capture_output=True, text=True, check=True).stdout
    server.process.kill()
    server.process.wait()
    assert path.exists()
    server.start()
    assert '"initialized":false' in subprocess.run(curl, capture_output=True, text=True, check=True).stdout


def bound_token(server, cidr):
    answer = server.call("POST", "auth/token/create", {"policies": ["default"], "bound_cidrs": [cidr]})
    token = server.call(
        "POST", "auth/token/roles/bound", {"token_bound_cidrs": [cidr], "allowed_policies": ["default"]}
    )
    assert token.status in (200, 204), token
    answer = server.call("POST", "auth/token/create/bound", {"policies": ["default"]})
    assert answer.status == 200, answer
    return answer.json["auth"]["client_token"]


def test_x_forwarded_for_is_believed_from_the_listed_proxies_only(start):
    may_lack = "  x_forwarded_for_reject_not_present = false\n"
    trusted = PLAIN % ('  x_forwarded_for_authorized_addrs = "127.0.0.0/8"\n' + may_lack)
    strange = PLAIN % ('  x_forwarded_for_authorized_addrs = "192.0.2.1"\n' + may_lack)
    lenient = PLAIN % (
        '  x_forwarded_for_authorized_addrs = "192.0.2.1"\n  x_forwarded_for_reject_not_present = false\n'
        "  x_forwarded_for_reject_not_authorized = false\n"
    )
    skipping = PLAIN % '  x_forwarded_for_authorized_addrs = "127.0.0.1"\n  x_forwarded_for_hop_skips = 1\n'
    server = start(STORAGE + PLAIN % "" + trusted + strange + lenient + skipping).initialize()
    token = bound_token(server, "198.51.100.7/32")
    header = {"X-Forwarded-For": "198.51.100.7"}

    def status(index, headers=()):
        return server.call("GET", "auth/token/lookup-self", token=token, index=index, headers=headers).status

    # Nobody is believed where nothing is said.
    assert status(0, header) == 403
    assert status(1, header) == 200 and status(1) == 403
    # What a client wrote stands to the left of what the proxy appended.
    assert status(1, {"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}) == 403
    assert status(1, {"X-Forwarded-For": "203.0.113.5, 198.51.100.7"}) == 200
    assert status(1, {"X-Forwarded-For": "nonsense"}) == 400
    assert status(2, header) == 400 and status(2) == 403
    assert status(3, header) == 403
    assert status(4, {"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}) == 200
    assert status(4, header) == 400 and status(4) == 400


def test_limits_and_timeouts_of_a_listener_hold_for_it_alone(start):
    tight = PLAIN % (
        "  max_request_size = 2000\n  max_json_depth = 5\n  max_header_size = 2048\n"
        '  http_read_header_timeout = "1s"\n  http_idle_timeout = "1s"\n  max_request_duration = "2s"\n'
    )
    server = start(STORAGE + PLAIN % "" + tight).initialize()
    long, deep = {"v": "x" * 3000}, {"v": [[[[[1]]]]]}
    assert server.call("POST", "cubbyhole/a", long).status == 204
    assert server.call("POST", "cubbyhole/a", long, index=1).status == 413
    assert server.call("POST", "cubbyhole/a", deep).status == 204
    assert server.call("POST", "cubbyhole/a", deep, index=1).status in (400, 413)
    assert server.call("GET", "sys/health", headers={"X-Long": "x" * 2500}, index=1).status in (400, 413, 431)
    assert server.call("GET", "sys/health", headers={"X-Long": "x" * 2500}).status == 200
    port = int(server.addresses[1][0].rpartition(":")[2])
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow, socket.create_connection(
        ("127.0.0.1", port), timeout=10
    ) as idle, socket.create_connection(("127.0.0.1", port), timeout=10) as trickling:
        slow.sendall(b"GET /v1/sys/hea")
        idle.sendall(b"GET /v1/sys/health HTTP/1.1\r\nHost: x\r\n\r\n")
        trickling.sendall(b"POST /v1/cubbyhole/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        assert b"200" in idle.recv(4096)
        idle.settimeout(8)
        assert idle.recv(10) == b""
        assert time.monotonic() - began < 8
        while slow.recv(4096):
            pass
        for _ in range(80):
            try:
                trickling.sendall(b" ")
            except OSError:
                break
            time.sleep(0.1)
            if time.monotonic() - began > 9:
                pytest.fail("a request that trickles in was waited for without end")


def test_metrics_and_requests_in_flight_are_open_where_a_listener_says_so(start):
    wide = PLAIN % (
        "  telemetry { unauthenticated_metrics_access = true }\n"
        "  inflight_requests_logging { unauthenticated_in_flight_requests_access = true }\n"
    )
    none = PLAIN % "  telemetry { disallow_metrics = true }\n"
    server = start(STORAGE + PLAIN % "" + wide + none).initialize()
    for path, expected in (("sys/metrics", (403, 200, 403)), ("sys/in-flight-req", (403, 200, 403))):
        assert tuple(server.call("GET", path, token="", index=index).status for index in range(3)) == expected
    assert server.call("GET", "sys/metrics", index=0).status == 200
    assert server.call("GET", "sys/metrics", index=2).status == 404
    assert server.call("GET", "sys/host-info", token="", index=1).status == 403
    # A token whose uses are counted goes to storage first, in a task, which is what the list is about.
    counted = server.call("POST", "auth/token/create", {"policies": ["root"], "num_uses": 3}).json["auth"]
    seen = server.call("GET", "sys/in-flight-req", token=counted["client_token"]).json
    assert [one["client_remote_address"] for one in seen.values()] == ["127.0.0.1"]


def test_client_certificates_are_asked_for_and_verified_as_the_listener_says(start, tmp_path):
    for name in ("server", "client", "stranger"):
        make_certificate(tmp_path, name)
    tls = f'  tls_cert_file = "{tmp_path}/server.pem"\n  tls_key_file = "{tmp_path}/server-key.pem"\n'
    base = 'listener "tcp" {\n  address = "127.0.0.1:0"\n' + tls
    server = start(
        STORAGE + base + "}\n"
        + base + f'  tls_client_ca_file = "{tmp_path}/client.pem"\n  tls_require_and_verify_client_cert = true\n}}\n'
        + base + f'  tls_client_ca_file = "{tmp_path}/client.pem"\n}}\n'
    )

    def works(index, name=None):
        shown = ["--cert", f"{tmp_path}/{name}.pem", "--key", f"{tmp_path}/{name}-key.pem"] if name else []
        done = subprocess.run(
            ["curl", "-sS", "--cacert", f"{tmp_path}/server.pem", *shown, server.url(index) + "/v1/sys/seal-status"],
            capture_output=True, text=True, check=False,
        )
        return done.returncode == 0 and "initialized" in done.stdout

    assert [works(0), works(0, "client"), works(0, "stranger")] == [True, True, True]
    assert [works(1), works(1, "client"), works(1, "stranger")] == [False, True, False]
    assert [works(2), works(2, "client"), works(2, "stranger")] == [True, True, False]


# Signals and the log


def served_serial(server):
    host, port = server.addresses[0][0].rsplit(":", 1)
    told = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}"], input="", capture_output=True, text=True, check=False
    ).stdout
    return subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=told, capture_output=True, text=True, check=False
    ).stdout


def test_hang_up_loads_certificates_and_the_level_of_the_log_and_keeps_what_was_good(start, tmp_path):
    make_certificate(tmp_path, "server")
    configuration = (
        STORAGE + f'listener "tcp" {{\n  address = "127.0.0.1:0"\n  tls_cert_file = "{tmp_path}/server.pem"\n'
        f'  tls_key_file = "{tmp_path}/server-key.pem"\n}}\nlog_file = "FOLDER/server.log"\nlog_format = "json"\n'
    )
    folder_log = tmp_path / "s0" / "server.log"
    server = start(configuration + 'log_level = "error"\n', wait=False)
    wait_until(lambda: folder_log.exists())
    # With the level error nothing says where it listens: only a connection tells that it is up.
    ports = []

    def listening():
        table = pathlib.Path(f"/proc/{server.process.pid}/net/tcp").read_text().splitlines()[1:]
        inodes = set()
        for name in os.listdir(f"/proc/{server.process.pid}/fd"):
            try:
                link = os.readlink(f"/proc/{server.process.pid}/fd/{name}")
            except OSError:
                continue
            if link.startswith("socket:["):
                inodes.add(link[8:-1])
        ports[:] = [int(row.split()[1].split(":")[1], 16) for row in table if row.split()[3] == "0A"
                    and row.split()[9] in inodes]
        return bool(ports)

    wait_until(listening)
    server.addresses = [(f"127.0.0.1:{ports[0]}", "true")]
    first = served_serial(server)
    assert first.startswith("serial=")
    assert folder_log.read_text() == ""
    make_certificate(tmp_path, "server")
    server.configure(configuration + 'log_level = "info"\n')
    server.hang_up()
    wait_until(lambda: "reloaded certificates and log file" in folder_log.read_text())
    second = served_serial(server)
    assert second.startswith("serial=") and second != first
    # A key that does not belong to the certificate, and a configuration that is none: all stays as it was.
    make_certificate(tmp_path, "other")
    (tmp_path / "server-key.pem").write_bytes((tmp_path / "other-key.pem").read_bytes())
    server.hang_up()
    wait_until(lambda: "certificates were not reloaded" in folder_log.read_text())
    (tmp_path / "server.pem").unlink()
    server.configure("garbage {")
    server.hang_up()
    wait_until(lambda: "the configuration was not reread" in folder_log.read_text())
    assert served_serial(server) == second
    assert all(json.loads(line)["@level"] in ("info", "error") for line in folder_log.read_text().splitlines())


def test_a_hang_up_as_early_as_the_pid_file_does_not_end_the_server(start):
    server = start(STORAGE + PLAIN % "" + 'pid_file = "FOLDER/pid"\n', wait=False)
    pid, deadline = server.folder / "pid", time.monotonic() + 60
    while not pid.exists():
        assert time.monotonic() < deadline
    server.hang_up()
    server.wait_for("reloaded certificates and log file")
    server.wait_for("core: started")
    assert server.process.poll() is None


def test_a_log_file_is_changed_by_size_and_old_ones_are_removed(start):
    server = start(
        STORAGE + PLAIN % "" + 'log_file = "FOLDER/logs/server.log"\n'.replace("logs/", "")
        + "log_rotate_bytes = 600\nlog_rotate_max_files = 2\n", wait=False,
    )
    log = server.folder / "server.log"
    wait_until(lambda: log.exists() and "started" in log.read_text())

    def has_changed_twice():
        # Signals that come while one is handled are one signal.
        server.hang_up()
        return len(list(server.folder.glob("server.log.*"))) == 2

    wait_until(has_changed_twice)
    time.sleep(0.5)
    old = sorted(server.folder.glob("server.log.*"))
    assert all(file.stat().st_size <= 600 and file.stat().st_mode & 0o777 == 0o600 for file in [log, *old])
    assert all(re.fullmatch(r"\S+ \[\w+\] .*", line) for file in old for line in file.read_text().splitlines())


def test_terms_ends_in_good_order_while_clients_hold_connections(start):
    server = start(STORAGE + PLAIN % "" + 'pid_file = "FOLDER/pid"\n').initialize()
    assert int((server.folder / "pid").read_text()) == server.process.pid
    host, port = server.addresses[0][0].rsplit(":", 1)
    with socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"GET /v1/sys/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in idle.recv(4096)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8
    assert not (server.folder / "pid").exists()
    assert "core: stopped" in server.log


# What the server tells of itself


def test_health_has_its_codes_and_takes_others_from_the_query(start):
    server = start(STORAGE + PLAIN % "")
    assert server.call("GET", "sys/health").status == 501
    assert server.call("HEAD", "sys/health").status == 501
    assert server.call("GET", "sys/health?uninitcode=299").status == 299
    server.initialize()
    assert server.call("GET", "sys/health").status == 200
    assert server.call("GET", "sys/health?activecode=203&sealedcode=222").status == 203
    assert server.call("GET", "sys/health?standbyok=true&perfstandbyok=true").status == 200
    for nonsense in ("9999", "-1", "100", "99999999999999999999"):
        assert server.call("GET", f"sys/health?activecode={nonsense}").status in (200, 400)
    assert server.call("PUT", "sys/seal").status == 204
    assert server.call("GET", "sys/health").status == 503
    assert server.call("GET", "sys/health?sealedcode=204").raw == b""
    answer = server.call("GET", "sys/health?sealedcode=298")
    assert answer.status == 298 and answer.json["sealed"] is True and "cluster_id" not in answer.json


def test_reports_of_the_server_need_a_token_and_hold_no_secret(start):
    server = start(STORAGE + STATIC + PLAIN % "")
    answer = server.call("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1}, token="")
    server.token = answer.json["root_token"]
    wait_until(lambda: server.call("GET", "sys/health").status == 200)
    for path in ("sys/host-info", "sys/config/state/sanitized", "sys/version-history", "sys/in-flight-req"):
        assert server.call("GET", path, token="").status == 403
        answer = server.call("GET", path)
        assert answer.status == 200, answer
        assert b"5a5a" not in answer.raw and server.token.encode() not in answer.raw
    assert server.call("GET", "sys/config/state/sanitized").data["seals"] == [{"disabled": False, "type": "static"}]
    history = server.call("LIST", "sys/version-history").data
    assert history["keys"] == [server.call("GET", "sys/health").json["strongroom_version"]]
    host = server.call("GET", "sys/host-info").data
    assert host["host"]["hostname"] and host["memory"]["total"] > 0 and host["cpu"]
    leader = server.call("GET", "sys/leader", token="").json
    assert leader["ha_enabled"] is False
    assert server.call("GET", "sys/seal-status", token="").json["recovery_seal"] is True
