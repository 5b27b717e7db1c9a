"""Every command of the command line against a table of answers: what it asks, what it prints, how it ends."""

import json

import pytest

from cli_answers import ANSWERS, HELP, KV1, WRAPPED, envelope
from cli_runner import CannedServer, CommandLine, matches_snapshot

POLICY = 'path   "secret/data/*" {\ncapabilities=["read",   "list"]\n\n\n}\npath "a*b" { capabilities = ["deny", "read"] }\n'


@pytest.fixture(scope="module")
def canned():
    server = CannedServer()
    yield server
    server.stop()


@pytest.fixture
def cli(binary, canned, tmp_path):
    canned.answers = dict(ANSWERS)
    return CommandLine(binary, tmp_path, canned.address, server=canned)


GROUPS = {
    "generic": [
        ["read", "transit/keys/orders"],
        ["read", "-format=json", "transit/keys/orders"],
        ["read", "-format=yaml", "transit/keys/orders"],
        ["read", "-field=latest_version", "transit/keys/orders"],
        ["read", "--field", "exact", "transit/keys/orders"],
        ["read", "-field=nosuch", "transit/keys/orders"],
        ["read", "/v1/transit/keys/orders", "version=2"],
        ["read", "-output-curl-string", "transit/keys/orders"],
        ["read", "nosuch/thing"],
        ["write", "transit/keys/orders", "type=ed25519", "tag=a", "tag=b", "at=\\@home"],
        ["write", "-f", "transit/keys/orders"],
        ["write", "-force=true", "transit/keys/orders"],
        ["write", "-force=false", "transit/keys/orders"],
        ["write", "transit/keys/orders", "novalue"],
        ["write", "-output-policy", "transit/keys/orders", "a=b"],
        ["write", "-output-curl-string", "transit/keys/orders", "a=it's"],
        ["patch", "some/thing", "a=1"],
        ["delete", "transit/keys/orders"],
        ["list", "transit/keys"],
        ["list", "-format=json", "transit/keys"],
        ["list", "-format=yaml", "transit/keys"],
        ["list", "-after=orders", "-limit=1", "transit/keys"],
        ["list", "empty"],
        ["status"],
        ["unwrap", "hvs.wrapping"],
        ["version"],
        ["-version"],
    ],
    "kv": [
        ["kv", "get", "secret/app"],
        ["kv", "get", "-mount=secret", "-version=3", "app"],
        ["kv", "get", "-field=password", "secret/app"],
        ["kv", "get", "-format=json", "secret/app"],
        ["kv", "get", "secret/gone"],
        ["kv", "get", "old/app"],
        ["kv", "put", "-cas=2", "secret/app", "user=web", "password=-"],
        ["kv", "put", "old/app", "user=web"],
        ["kv", "patch", "secret/app", "user=new"],
        ["kv", "patch", "-method=rw", "-remove-data=password", "secret/app", "user=new"],
        ["kv", "delete", "secret/app"],
        ["kv", "delete", "-versions=1,2", "secret/app"],
        ["kv", "undelete", "-versions=1", "-versions=2", "secret/app"],
        ["kv", "undelete", "secret/app"],
        ["kv", "destroy", "-versions=1", "secret/app"],
        ["kv", "destroy", "-versions=x", "secret/app"],
        ["kv", "list", "secret"],
        ["kv", "list", "-recursive", "secret"],
        ["kv", "rollback", "-version=1", "secret/app"],
        ["kv", "metadata", "get", "secret/app"],
        ["kv", "metadata", "put", "-max-versions=5", "-cas-required=false", "-custom-metadata=owner=me", "secret/app"],
        ["kv", "metadata", "patch", "-remove-custom-metadata=owner", "-delete-version-after=1h", "secret/app"],
        ["kv", "metadata", "delete", "secret/app"],
        ["kv", "enable-versioning", "old/"],
        ["kv", "undelete", "-versions=1", "old/app"],
    ],
    "mounts": [
        ["secrets", "list"],
        ["secrets", "list", "-detailed"],
        ["secrets", "list", "-format=json"],
        ["secrets", "enable", "transit"],
        ["secrets", "enable", "-path=team/kv", "-version=2", "-description=of the team", "-max-lease-ttl=1h", "kv"],
        ["secrets", "disable", "transit"],
        ["secrets", "tune", "-default-lease-ttl=30m", "-audit-non-hmac-request-keys=a,b", "transit/"],
        ["secrets", "move", "transit", "sealed"],
        ["auth", "list"],
        ["auth", "enable", "-token-type=default-batch", "userpass"],
        ["auth", "disable", "userpass/"],
        ["auth", "tune", "-listing-visibility=unauth", "userpass"],
        ["auth", "move", "userpass", "people"],
        ["auth", "help", "userpass"],
        ["auth", "help", "nosuch"],
    ],
    "access": [
        ["policy", "list"],
        ["policy", "read", "Readers"],
        ["policy", "read", "nosuch"],
        ["policy", "write", "readers", "policy.hcl"],
        ["policy", "delete", "readers"],
        ["policy", "lint", "policy.hcl"],
        ["policy", "fmt", "-check", "policy.hcl"],
        ["policy", "fmt", "policy.hcl"],
        ["policy", "fmt", "-check", "policy.hcl"],
        ["policy", "explain", "-policy=policy.hcl", "-policy=readers", "secret/data/app"],
        ["policy", "explain", "-policy=readers", "b"],
        ["token", "create", "-policy=readers", "-ttl=1h", "-metadata=a=b", "-renewable=false", "-use-limit=2"],
        ["token", "create", "-orphan", "-field=token"],
        ["token", "lookup"],
        ["token", "lookup", "-accessor", "B"],
        ["token", "renew", "-increment=1h"],
        ["token", "renew", "hvs.x"],
        ["token", "revoke"],
        ["token", "revoke", "hvs.x"],
        ["token", "revoke", "-mode=orphan", "hvs.x"],
        ["token", "revoke", "-accessor", "B"],
        ["token", "revoke", "-self"],
        ["token", "capabilities", "secret/data/app"],
        ["token", "capabilities", "hvs.x", "secret/data/app"],
        ["token", "capabilities", "-accessor", "B", "secret/data/app"],
        ["lease", "lookup", "db/creds/a/1"],
        ["lease", "lookup", "db/creds/"],
        ["lease", "renew", "-increment=10m", "db/creds/a/1"],
        ["lease", "revoke", "db/creds/a/1"],
        ["lease", "revoke", "-prefix", "-sync", "db/creds"],
        ["lease", "revoke", "-prefix", "-force", "db/creds"],
        ["audit", "enable", "file", "file_path=/a"],
        ["audit", "list"],
        ["audit", "list", "-detailed"],
        ["audit", "disable", "file"],
        ["print", "token"],
    ],
    "operator": [
        ["operator", "init", "-status"],
        ["operator", "init", "-key-shares=2", "-key-threshold=2"],
        ["operator", "init", "-format=json"],
        ["operator", "unseal", "qg=="],
        ["operator", "unseal", "-reset"],
        ["operator", "seal"],
        ["operator", "step-down"],
        ["operator", "key-status"],
        ["operator", "rotate"],
        ["operator", "rekey", "-init", "-key-shares=3", "-key-threshold=2"],
        ["operator", "rekey", "-status"],
        ["operator", "rekey", "-nonce=n-1", "qg=="],
        ["operator", "rekey", "-cancel"],
        ["operator", "generate-root", "-init"],
        ["operator", "generate-root", "-status"],
        ["operator", "generate-root", "-nonce=n-2", "qg=="],
        ["operator", "generate-root", "-cancel"],
        ["operator", "generate-root", "-decode=AAAA", "-otp=abc"],
        ["operator", "generate-root", "-decode=AAAA", "-otp=abcd"],
        ["operator", "snapshot", "save", "out.snap"],
        ["operator", "snapshot", "save", "out.snap"],
        ["operator", "snapshot", "restore", "out.snap"],
        ["operator", "snapshot", "restore", "-force", "out.snap"],
    ],
    "mistakes": [
        ["sttaus"],
        ["kv", "gte", "secret/app"],
        ["operator", "rekye"],
        ["nonsense"],
        ["read"],
        ["read", "-nosuch", "a"],
        ["read", "-format=xml", "a"],
        ["transit", "rewrap", "-key=k", "-input=nofile"],
        ["transit", "encrypt", "-key=k", "nofile", "out"],
        ["login", "-method=userpass"],
    ],
}


@pytest.mark.parametrize("group", GROUPS)
def test_commands_ask_print_and_end_as_their_snapshots_say(cli, group):
    (cli.home / "policy.hcl").write_text(POLICY)
    text = "".join(cli.transcript(*arguments, stdin="geheim") for arguments in GROUPS[group])
    matches_snapshot(f"commands-{group}", text)


def test_every_command_of_the_tree_is_in_a_test(binary, cli):
    """Walks the tree of commands, and looks for each in the groups above or in the other files."""
    known = {" ".join(word for word in words if not word.startswith("-")) for group in GROUPS.values() for words in group}
    elsewhere = [
        "server", "login", "path-help", "bench", "completion", "generate-man", "transit", "operator validate-config",
        "operator diagnose", "operator restore", "operator migrate", "audit verify",
    ]

    def walk(tree, path):
        children = [child for child in tree.get("subcommands", []) if child["commandName"] != "help" or path]
        return [leaf for child in children for leaf in walk(child, [*path, child["commandName"]])] or [" ".join(path)]

    commands = walk(json.loads(cli.good("--experimental-dump-help"))["command"], [])
    assert len(commands) > 70
    missing = [
        command for command in commands
        if not any(one == command or one.startswith(command + " ") for one in known)
        and not any(command == one or command.startswith(one + " ") for one in elsewhere)
    ]
    assert not missing


def test_login_keeps_the_token_readable_by_its_owner_only(cli, canned):
    text = cli.transcript("login", "-method=userpass", "username=alice", "password=-", stdin="pw", VAULT_TOKEN="")
    path = cli.home / ".strongroom-token"
    assert path.read_text() == "hvs." + "A" * 24
    assert path.stat().st_mode & 0o777 == 0o600
    text += cli.transcript("print", "token", VAULT_TOKEN="")
    text += cli.transcript("login", "-method=approle", "-path=machines", "role_id=r", "secret_id=s", "-no-store")
    text += cli.transcript("login", "-method=approle", "-path=machines", "-token-only", "role_id=r", "secret_id=s")
    text += cli.transcript("login", "hvs.mine", VAULT_TOKEN="")
    text += cli.transcript("login", "-", VAULT_TOKEN="", stdin="hvs.typed\n")
    assert path.read_text() == "hvs.typed"
    text += cli.transcript("login", "-no-print", "hvs.other")
    matches_snapshot("commands-login", text.replace(str(cli.home), "HOME"))


def test_the_token_file_of_the_field_is_read_where_there_is_no_own(cli):
    (cli.home / ".vault-token").write_text("hvs.field\n")
    assert cli.good("print", "token", VAULT_TOKEN="") == "hvs.field\n"
    (cli.home / ".strongroom-token").write_text("hvs.own")
    assert cli.good("print", "token", VAULT_TOKEN="") == "hvs.own\n"
    assert cli.good("print", "token", VAULT_TOKEN="hvs.env") == "hvs.env\n"
    assert cli.good("print", "token", VAULT_TOKEN="hvs.env", STRONGROOM_TOKEN="hvs.first") == "hvs.first\n"


def test_wrapping_is_asked_for_and_shown(cli, canned):
    canned.answers[("GET", "old/app")] = WRAPPED
    matches_snapshot("commands-wrapping", cli.transcript("read", "-wrap-ttl=5m", "old/app"))
    assert "wrap=60" in cli.transcript("read", "old/app", VAULT_WRAP_TTL="60")


def test_path_help_prints_the_words_of_the_server(cli, canned):
    canned.answers[("GET", "transit/keys/orders")] = HELP
    matches_snapshot("commands-path-help", cli.transcript("path-help", "transit/keys/orders"))


def test_data_comes_from_files_and_the_standard_input(cli, canned):
    (cli.home / "data.json").write_text('{"n": 12345678901234567890, "x": 1.10, "o": {"b": 1, "a": [true, null]}}')
    (cli.home / "value").write_text("two\nlines\n")
    for words, stdin in [(["@data.json"], ""), (["-"], (cli.home / "data.json").read_text())]:
        canned.taken()
        cli.good("write", "old/app", *words, stdin=stdin)
        assert canned.taken() == [
            'PUT /v1/old/app {"n":12345678901234567890,"x":1.10,"o":{"b":1,"a":[true,null]}}'
        ]
    cli.good("write", "old/app", "v=@value")
    assert canned.taken() == ['PUT /v1/old/app {"v":"two\\nlines\\n"}']
    for words in (["@nofile"], ["v=@nofile"], ["@value"]):
        outcome = cli.run("write", "old/app", *words)
        assert outcome.returncode == 1 and "Error:" in outcome.stderr and canned.taken() == []


def test_numbers_are_shown_with_the_digits_that_came(cli, canned):
    shown = cli.good("read", "-format=json", "transit/keys/orders")
    assert "12345678901234567890" in shown and json.loads(shown)["data"]["latest_version"] == 2


def test_text_of_a_server_cannot_command_the_terminal(cli, canned):
    canned.answers[("GET", "evil")] = envelope({"k\x1b[2J": "v\x1b]0;owned\x07"})
    canned.answers[("LIST", "evil")] = envelope({"keys": ["\x1b[31mred"]})
    canned.answers[("GET", "bad")] = (400, {"errors": ["\x1b[2Jgone"]})
    for arguments in (["read", "evil"], ["list", "evil"], ["read", "bad"]):
        outcome = cli.run(*arguments)
        assert "\x1b" not in outcome.stdout + outcome.stderr


def test_exit_codes_tell_here_from_there(cli, canned):
    assert cli.run("status").returncode == 0
    canned.answers[("GET", "sys/seal-status")] = (200, {"sealed": True, "t": 1, "n": 1, "type": "shamir"})
    assert cli.run("status").returncode == 2
    assert cli.run("status", STRONGROOM_ADDR="http://127.0.0.1:1").returncode == 1
    assert cli.run("read", "a/b", STRONGROOM_ADDR="http://127.0.0.1:1").returncode == 2
    assert cli.run("read", "a/b", STRONGROOM_ADDR="nonsense").returncode == 1
    assert cli.run("read", "a/b", VAULT_SKIP_VERIFY="perhaps").returncode == 1
    assert cli.run("read", "-nosuch", "a").returncode == 1
    canned.answers[("GET", "a/b")] = (503, {"errors": ["Vault is sealed"]})
    outcome = cli.run("read", "a/b")
    assert outcome.returncode == 2 and "operator unseal" in outcome.stderr


def test_a_busy_server_is_asked_again_and_a_write_that_failed_is_not(cli, canned):
    canned.answers[("GET", "busy")] = (500, {"errors": ["internal"]})
    canned.answers[("PUT", "busy")] = (500, {"errors": ["internal"]})
    canned.answers[("PUT", "slow")] = (429, {"errors": ["rate limit"]})
    canned.taken()
    cli.run("read", "busy", STRONGROOM_MAX_RETRIES="2")
    assert len(canned.taken()) == 3
    cli.run("write", "-f", "busy", STRONGROOM_MAX_RETRIES="2")
    assert len(canned.taken()) == 1
    cli.run("write", "-f", "slow", STRONGROOM_MAX_RETRIES="1")
    assert len(canned.taken()) == 2


TERMINAL = [
    ["status"], ["read", "transit/keys/orders"], ["list", "transit/keys"], ["kv", "get", "secret/app"],
    ["secrets", "list"], ["write", "-f", "transit/keys/orders"], ["read", "nosuch/thing"], ["sttaus"],
    ["policy", "lint", "policy.hcl"], ["operator", "rekey", "-status"], ["token", "create"], ["kv", "-help"],
]


def test_a_terminal_gets_colours_and_rules(cli):
    (cli.home / "policy.hcl").write_text(POLICY)
    text = ""
    for arguments in TERMINAL:
        output, status = cli.on_terminal(*arguments)
        text += f"$ strongroom {' '.join(arguments)}\n{output}= {status}\n\n"
    matches_snapshot("terminal", text)


def test_no_colour_where_it_is_not_wanted(cli):
    assert "␛" not in cli.on_terminal("status", "-no-color")[0]
    cli.environment["NO_COLOR"] = "1"
    assert "␛" not in cli.on_terminal("status")[0]


def test_help_pages_and_manual_pages_and_completions(cli):
    text = "".join(cli.transcript(*words) for words in ([], ["kv"], ["write", "-help"], ["help", "kv", "get"]))
    matches_snapshot("commands-help", text)
    cli.good("generate-man", "man")
    pages = sorted(path.name for path in (cli.home / "man").iterdir())
    assert "strongroom.1" in pages and "strongroom-transit.1" in pages
    for page in pages:
        assert (cli.home / "man" / page).read_text().startswith(".TH ")
    for shell in ("bash", "zsh", "fish"):
        assert "strongroom" in cli.good("completion", shell)


def test_secrets_do_not_reach_curl_strings(cli):
    shown = cli.good("kv", "put", "-output-curl-string", "old/app", "a=b", VAULT_TOKEN="hvs.verysecret")
    assert "hvs.verysecret" not in shown and "print token" in shown
    assert KV1["path"] in shown
