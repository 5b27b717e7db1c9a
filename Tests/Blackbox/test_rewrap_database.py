"""`transit rewrap` of the rows of a real PostgreSQL."""

import base64
import json
import pathlib
import signal
import subprocess
import tempfile
import time

import pytest

from blackbox_client import unique
from cli_runner import CommandLine, matches_snapshot, steady
from postgresql_server import PostgreSQL

ROWS = 6000
QUERY = "SELECT id, number FROM cards ORDER BY id"
UPDATE = "UPDATE cards SET number = $2 WHERE id = $1 AND number = $3"


@pytest.fixture(scope="module")
def database():
    # Not below pytest's own folder, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="strongroom-pg-") as place:
        pathlib.Path(place).chmod(0o755)
        running = PostgreSQL(pathlib.Path(place) / "pg")
        yield running
        running.stop()


@pytest.fixture
def cli(binary, server, tmp_path):
    return CommandLine(binary, tmp_path, server.address)


def seal(api, key, texts):
    items = [{"plaintext": base64.b64encode(text).decode()} for text in texts]
    results = api.request("POST", f"transit/encrypt/{key}", {"batch_input": items}).json["data"]["batch_results"]
    return [result["ciphertext"] for result in results]


def open_all(api, key, ciphertexts):
    found = []
    for at in range(0, len(ciphertexts), 2000):
        items = [{"ciphertext": text} for text in ciphertexts[at:at + 2000]]
        results = api.request("POST", f"transit/decrypt/{key}", {"batch_input": items}).json["data"]["batch_results"]
        found += [base64.b64decode(result["plaintext"]) for result in results]
    return found


@pytest.fixture
def cards(api, database):
    """A table of ciphertexts of version 1, whose key is at version 2."""
    key = unique("cards")
    api.request("POST", f"transit/keys/{key}", {})
    texts = []
    for at in range(0, ROWS, 2000):
        texts += seal(api, key, [b"%d" % number for number in range(at, at + 2000)])
    rows = "".join(f"{number}\t{text}\n" for number, text in enumerate(texts))
    database.sql(
        "DROP TABLE IF EXISTS cards; CREATE TABLE cards (id bigint PRIMARY KEY, number text);\n"
        "COPY cards (id, number) FROM STDIN;\n" + rows + "\\.\n"
    )
    api.request("POST", f"transit/keys/{key}/rotate", {})
    return key


def words(database, key, *more):
    return ["transit", "rewrap", f"-key={key}", f"-database={database.url}", f"-query={QUERY}", *more]


def test_the_rows_of_a_query_are_counted_by_version(cli, database, cards):
    database.sql("INSERT INTO cards VALUES (-1, 'nothing'), (-2, NULL)")
    census = json.loads(cli.good(*words(database, cards, "-census", "-format=json")))
    assert census == {"versions": {"1": ROWS}, "others": 2, "latest_version": 2}


def test_rewrapping_rows_that_is_killed_goes_on_without_loss(api, cli, database, cards):
    command = words(database, cards, f"-update={UPDATE}", "-batch=100", "-workers=2", "-advance-min-decryption-version")
    kills = 0
    done = 0
    for _ in range(30):
        process = subprocess.Popen(
            [cli.binary, *command], cwd=cli.home, env=cli.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline and kills < 3:
            fresh = int(database.sql("SELECT count(*) FROM cards WHERE number LIKE 'vault:v2:%'")[0][0])
            if done < fresh < ROWS:
                process.send_signal(signal.SIGKILL)
                kills += 1
                done = fresh
                break
        output, errors = process.communicate(timeout=120)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, errors
    assert process.returncode == 0 and kills >= 1, errors
    rows = database.sql("SELECT id, number FROM cards ORDER BY id")
    assert len(rows) == ROWS and all(number.startswith("vault:v2:") for _, number in rows)
    assert open_all(api, cards, [number for _, number in rows]) == [b"%d" % number for number in range(ROWS)]
    assert api.request("GET", f"transit/keys/{cards}").json["data"]["min_decryption_version"] == 2
    assert f"{ROWS:,}" in output


def test_rewrapping_rows_on_a_terminal_looks_as_its_snapshot(cli, database, cards):
    text = ""
    for more in (["-census"], [f"-update={UPDATE}"], ["-census"]):
        output, status = cli.on_terminal(*words(database, cards, *more))
        text += f"$ strongroom transit rewrap {' '.join(more)}\n{steady(output)}= {status}\n\n"
    matches_snapshot("terminal-rewrap", text)


def test_rows_that_others_change_meanwhile_are_left_alone(api, cli, database, cards):
    database.sql("CREATE OR REPLACE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
                 "CREATE TRIGGER busy BEFORE UPDATE ON cards FOR EACH ROW WHEN (OLD.id = 7) EXECUTE FUNCTION never();")
    outcome = cli.run(*words(database, cards, f"-update={UPDATE}"))
    assert outcome.returncode == 0 and "1 rows were changed by others" in outcome.stderr
    assert database.sql("SELECT id FROM cards WHERE number LIKE 'vault:v1:%'") == [["7"]]


def test_an_update_that_hits_many_rows_keeps_nothing(cli, database, cards):
    outcome = cli.run(*words(database, cards, "-update=UPDATE cards SET number = $2 WHERE id >= $1::bigint"))
    assert outcome.returncode == 1 and "rows at once" in outcome.stderr
    assert database.sql("SELECT count(*) FROM cards WHERE number LIKE 'vault:v2:%'") == [["0"]]


def test_derived_keys_take_their_context_from_the_third_column(api, cli, database):
    key = unique("derived")
    api.request("POST", f"transit/keys/{key}", {"derived": True})
    items = [{"plaintext": "aGVsbG8=", "context": base64.b64encode(b"%d" % n).decode()} for n in range(20)]
    results = api.request("POST", f"transit/encrypt/{key}", {"batch_input": items}).json["data"]["batch_results"]
    values = ",".join(f"({n}, '{results[n]['ciphertext']}', '{items[n]['context']}')" for n in range(20))
    database.sql(f"DROP TABLE IF EXISTS notes; CREATE TABLE notes (id int, body text, owner text); INSERT INTO notes VALUES {values}")
    api.request("POST", f"transit/keys/{key}/rotate", {})
    cli.good("transit", "rewrap", f"-key={key}", f"-database={database.url}", "-query=SELECT id, body, owner FROM notes",
             "-update=UPDATE notes SET body = $2 WHERE id = $1::int")
    for _, body, owner in database.sql("SELECT id, body, owner FROM notes"):
        assert body.startswith("vault:v2:")
        assert api.request("POST", f"transit/decrypt/{key}", {"ciphertext": body, "context": owner}).data["plaintext"] == "aGVsbG8="


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["-query=SELECT 1"], "-query gives 1 columns"),
        (["-query=SELECT 1, 'a'", "-update=DELETE FROM cards"], "must have the parameters"),
        (["-query=SELECT nonsense"], "the database refused"),
        (["-query=SELECT 1, 'a'", "-database=nonsense"], "no PostgreSQL connection string"),
    ],
)
def test_what_cannot_be_done_is_said(cli, database, cards, more, text):
    base = ["transit", "rewrap", f"-key={cards}", f"-database={database.url}"]
    if "-update" not in str(more):
        more = [*more, f"-update={UPDATE}"]
    outcome = cli.run(*base, *more)
    assert outcome.returncode == 1 and text in outcome.stderr, outcome.stderr
    assert "root-password" not in outcome.stderr
