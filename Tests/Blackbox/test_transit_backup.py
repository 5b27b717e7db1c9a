"""backup, member by member, and what comes back from it: transit.md 4.19 and 6."""

import re
import subprocess
import sys
import time

import pytest

from blackbox_backup import (
    ENTRY_ORDER,
    NEVER,
    OPTIONAL_IN_POLICY,
    POLICY_ORDER,
    TYPE_NUMBERS,
    check_order,
    unblob,
)
from blackbox_client import CONTEXT, HELLO, SOFT_DELETED, TOKEN, TYPES, Client, unique
from blackbox_crypto import CIPHER_SIZES, CMAC_SIZES, EC_TYPES, payload, public_key, shared_file, spki_pem, unb64
from conftest import Server

PAIRS = [*EC_TYPES, "ed25519", "rsa-2048"]
BOTH = {"exportable": True, "allow_plaintext_backup": True}
ANY_TYPE = [*TYPES, *PAIRS, "hmac", *CMAC_SIZES]


@pytest.fixture(scope="module")
def second(binary):
    """Another process of the same binary, with a memory of its own."""
    running = Server(binary)
    yield Client(running.host, running.port)
    assert running.stop() is None


@pytest.fixture(scope="module")
def keys(api):
    return {key_type: api.new_key(type=key_type, versions=2, **BOTH) for key_type in ANY_TYPE}


def backup(api, name):
    data = api.get(f"backup/{name}").data
    assert list(data) == ["backup"]
    return data["backup"]


def opened(api, name):
    return unblob(backup(api, name))[1]


def settings(data):
    return {m: value for m, value in data.items() if m not in ("backup_info", "restore_info", "usage", "name")}


@pytest.mark.parametrize("key_type", ANY_TYPE)
def test_the_members_of_a_backup(api, keys, key_type):
    name = keys[key_type]
    text, document = unblob(backup(api, name))
    assert list(document) == ["policy", "archived_keys"] and list(document["archived_keys"]) == ["keys"]
    policy = document["policy"]
    known = check_order(policy, POLICY_ORDER)
    assert set(POLICY_ORDER) - set(known) <= set(OPTIONAL_IN_POLICY)
    expected = {
        "name": name,
        "derived": False,
        "convergent_encryption": False,
        "exportable": True,
        "min_decryption_version": 1,
        "min_encryption_version": 0,
        "latest_version": 2,
        "archive_version": 2,
        "archive_min_version": 0,
        "min_available_version": 0,
        "deletion_allowed": False,
        "restore_info": None,
        "allow_plaintext_backup": True,
        "version_template": "",
        "storage_prefix": "",
        "auto_rotate_period": 0,
        "Imported": False,
        "AllowImportedKeyRotation": False,
    }
    assert {member: policy[member] for member in expected} == expected
    assert policy["kdf"] in (0, 1) and policy["backup_info"]["version"] == 2
    if key_type == "hmac":
        assert policy["type"] in (10, 11) and policy["key_size"] == 32
    elif key_type in TYPE_NUMBERS:
        assert policy["type"] == TYPE_NUMBERS[key_type] and policy.get("key_size", 0) == 0
    else:
        assert type(policy["type"]) is int
    assert list(policy["keys"]) == ["1", "2"]
    archive = document["archived_keys"]["keys"]
    assert len(archive) == 3 and archive[1:] == [policy["keys"]["1"], policy["keys"]["2"]]
    assert archive[0]["time"] == NEVER and not archive[0].get("key") and archive[0]["creation_time"] == 0
    assert all(check_order(value, ENTRY_ORDER)[:3] == ENTRY_ORDER[:3] for value in archive)
    assert text.count("\n") == 1


@pytest.mark.parametrize("key_type", ANY_TYPE)
def test_the_entries_of_a_backup(api, keys, key_type):
    policy = opened(api, keys[key_type])["policy"]
    for version, value in policy["keys"].items():
        assert abs(value["creation_time"] - time.time()) < 300
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z", value["time"])
        if key_type not in CMAC_SIZES:
            exported = api.get(f"export/hmac-key/{keys[key_type]}/{version}").data["keys"][version]
            assert value["hmac_key"] == exported
        if key_type in EC_TYPES:
            number = public_key(api, keys[key_type], version).public_numbers()
            assert (value["ec_x"], value["ec_y"]) == (number.x, number.y) and type(value["ec_d"]) is int
            assert value["public_key"] == spki_pem(public_key(api, keys[key_type], version))
        elif key_type == "rsa-2048":
            check_rsa(value["rsa_key"], public_key(api, keys[key_type], version).public_numbers())
            assert not value.get("key")
        elif key_type == "ed25519":
            assert value["key"] == api.get(f"export/signing-key/{keys[key_type]}/{version}").data["keys"][version]
            assert value["public_key"] == api.key(keys[key_type])["keys"][version]["public_key"]
        elif key_type in CIPHER_SIZES or key_type in CMAC_SIZES:
            kind = "cmac-key" if key_type in CMAC_SIZES else "encryption-key"
            assert value["key"] == api.get(f"export/{kind}/{keys[key_type]}/{version}").data["keys"][version]


def check_rsa(value, number):
    assert list(value) == ["N", "E", "D", "Primes", "Precomputed"]
    assert (value["N"], value["E"]) == (number.n, number.e)
    p, q = value["Primes"]
    assert p * q == number.n and value["D"] * number.e % (p - 1) == value["D"] * number.e % (q - 1) == 1
    computed = value["Precomputed"]
    assert list(computed) == ["Dp", "Dq", "Qinv", "CRTValues"] and computed["CRTValues"] == []
    assert computed["Dp"] == value["D"] % (p - 1) and computed["Dq"] == value["D"] % (q - 1)
    assert computed["Qinv"] * q % p == 1


def test_large_numbers_are_bare(api, keys):
    for key_type, members in (("ecdsa-p521", ("ec_x", "ec_y", "ec_d")), ("rsa-2048", ("N", "D", "Dp", "Dq", "Qinv"))):
        text, _ = unblob(backup(api, keys[key_type]))
        for member in members:
            assert re.search(rf'"{member}":[1-9][0-9]{{100,}}[,}}]', text), member


def test_the_settings_are_in_the_backup(api):
    flags = {"derived": True, "convergent_encryption": True, "auto_rotate_period": "90m"}
    name = api.new_key(versions=4, **flags, **BOTH)
    api.config(name, min_decryption_version=2, min_encryption_version=3, deletion_allowed=True)
    policy = opened(api, name)["policy"]
    assert (policy["derived"], policy["kdf"], policy["convergent_encryption"]) == (True, 1, True)
    assert policy["convergent_version"] == -1 and policy["keys"]["4"]["convergent_version"] == 3
    assert policy["auto_rotate_period"] == 5400 * 10**9 and policy["deletion_allowed"] is True
    assert (policy["min_decryption_version"], policy["min_encryption_version"]) == (2, 3)
    assert list(policy["keys"]) == ["2", "3", "4"]


def test_the_archive_of_a_trimmed_key_begins_at_its_first_version(api):
    name = api.new_key(versions=5, **BOTH)
    api.config(name, min_decryption_version=3, min_encryption_version=3)
    before = opened(api, name)
    assert len(before["archived_keys"]["keys"]) == 6
    assert api.post(f"keys/{name}/trim", min_available_version=3).status == 200
    after = opened(api, name)
    assert after["archived_keys"]["keys"] == before["archived_keys"]["keys"][3:]
    assert (after["policy"]["archive_min_version"], after["policy"]["min_available_version"]) == (3, 3)
    assert after["policy"]["archive_version"] == 5


def test_a_backup_is_noted_in_the_key(api):
    name = api.new_key(**BOTH)
    assert "backup_info" not in api.key(name)
    backup(api, name)
    info = api.key(name)["backup_info"]
    assert list(info) == ["time", "version"] and info["version"] == 1
    api.post(f"keys/{name}/rotate")
    backup(api, name)
    assert api.key(name)["backup_info"]["version"] == 2


def test_what_is_not_backed_up(api):
    name = unique("absent")
    api.get(f"backup/{name}").fails(f'key "{name}" not found')
    api.get(f"backup/{api.new_key(allow_plaintext_backup=True)}").fails("exporting is disallowed on the policy")
    api.get(f"backup/{api.new_key(exportable=True)}").fails("plaintext backup is disallowed on the policy")
    api.get(f"backup/{api.new_key()}").fails("exporting is disallowed on the policy")
    deleted = api.new_key(**BOTH)
    api.delete(f"keys/{deleted}/soft-delete")
    api.get(f"backup/{deleted}").fails(SOFT_DELETED)


# From one server to another


@pytest.mark.parametrize("key_type", ANY_TYPE)
def test_a_key_moves_to_another_server(api, second, keys, key_type):
    name, copy = keys[key_type], unique("moved")
    text = backup(api, name)
    second.post(f"restore/{copy}", backup=text).is_empty()
    there, here = second.key(copy), api.key(name)
    assert there["name"] == copy and settings(there) == settings(here)
    for kind in ("encryption-key", "signing-key", "hmac-key", "cmac-key", "public-key"):
        mine, theirs = api.get(f"export/{kind}/{name}"), second.get(f"export/{kind}/{copy}")
        assert mine.status == theirs.status
        if mine.status == 200:
            assert mine.data["keys"] == theirs.data["keys"]
    again = unblob(second.get(f"backup/{copy}").data["backup"])[1]
    assert again["policy"]["keys"] == unblob(text)[1]["policy"]["keys"]
    assert again["archived_keys"] == unblob(text)[1]["archived_keys"]
    back = unique("back")
    api.post(f"restore/{back}", backup=second.get(f"backup/{copy}").data["backup"]).is_empty()
    assert settings(api.key(back)) == settings(here)


def record(api):
    """Keys of every type with what they made, as one server says it."""
    made = []
    for key_type in ANY_TYPE:
        derived = key_type in (*TYPES, "ed25519")
        for flags in ({}, {"derived": True}) if derived else ({},):
            name = api.new_key(type=key_type, versions=3, **flags, **BOTH)
            context = {"context": CONTEXT} if flags else {}
            for version in (1, 2, 3):
                made += operations(api, name, key_type, {"key_version": version, **context}, context)
            made.append((name, "backup", backup(api, name)))
    return made


def operations(api, name, key_type, asked, context):
    if key_type in TYPES or key_type == "rsa-2048":
        ciphertext = api.post(f"encrypt/{name}", plaintext=HELLO, **asked).data["ciphertext"]
        yield name, f"decrypt/{name}", ({"ciphertext": ciphertext, **context}, {"plaintext": HELLO})
    if key_type in PAIRS:
        signature = api.post(f"sign/{name}", input=HELLO, **asked).data["signature"]
        yield name, f"verify/{name}", ({"input": HELLO, "signature": signature, **context}, {"valid": True})
    if key_type in CMAC_SIZES:
        code = api.post(f"cmac/{name}", input=HELLO, **asked).data
        yield name, f"cmac/{name}", ({"input": HELLO, "key_version": asked["key_version"]}, code)
    else:
        code = api.post(f"hmac/{name}", input=HELLO, **asked).data
        yield name, f"hmac/{name}", ({"input": HELLO, "key_version": asked["key_version"]}, code)


def test_a_recording_of_this_server_plays_on_another(api, second):
    recording = record(api)
    for name, kind, text in recording:
        if kind == "backup":
            second.post("restore", backup=text).is_empty()
            assert second.key(name)["restore_info"]["version"] == 3
    for _, path, exchange in recording:
        if isinstance(exchange, tuple):
            assert second.post(path, exchange[0]).data == exchange[1], path


def test_a_restored_key_goes_on_living(api, second):
    name = api.new_key(type="ecdsa-p256", versions=3, **BOTH)
    signature = api.post(f"sign/{name}", input=HELLO, key_version=1).data["signature"]
    second.post("restore", backup=backup(api, name)).is_empty()
    assert second.post(f"keys/{name}/rotate").data["latest_version"] == 4
    second.config(name, min_decryption_version=3)
    assert second.post(f"verify/{name}", input=HELLO, signature=signature).status == 400
    second.config(name, min_decryption_version=1)
    assert second.post(f"verify/{name}", input=HELLO, signature=signature).data == {"valid": True}
    second.config(name, min_decryption_version=2, min_encryption_version=2)
    assert second.post(f"keys/{name}/trim", min_available_version=2).status == 200
    assert list(second.key(name)["keys"]) == ["2", "3", "4"]


def test_the_recording_of_the_incumbent_plays_here(server):
    tool, recording = shared_file("tools/check_fixtures.py"), shared_file("fixtures/vault-transit.json")
    command = [sys.executable, str(tool), server.address, TOKEN, str(recording)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.splitlines()[-1:] == ["724 passed, 0 failed"], done.stdout[-4000:] + done.stderr[-2000:]


def test_the_material_of_a_backup_is_the_one_in_use(api):
    name = api.new_key(type="aes256-gcm96", **BOTH)
    key = unb64(opened(api, name)["policy"]["keys"]["1"]["key"])
    assert len(key) == 32 and len(payload(api.encrypt(name))) == 12 + 5 + 16
