"""Thousands of versions, and versions that are disabled one by one: transit.md 7, and our own `disabled_versions`."""

import pytest

from blackbox_client import CONTEXT, HELLO, Client
from blackbox_crypto import wire

MANY = 2000


@pytest.fixture(scope="module")
def old(server):
    """A key of two thousand versions and a ciphertext of its first."""
    client = Client(server.host, server.port, keep_alive=True)
    name = client.new_key()
    first = client.encrypt(name)
    for _ in range(MANY - 1):
        assert client.post(f"keys/{name}/rotate").status == 200
    return client, name, first


def test_the_first_of_thousands_of_versions_still_opens(old):
    client, name, first = old
    assert client.decrypt(name, first) == HELLO
    assert client.encrypt(name).startswith(f"vault:v{MANY}:")
    for version in (1, 2, 999, MANY - 1):
        sealed = client.encrypt(name, key_version=version)
        assert sealed.startswith(f"vault:v{version}:") and client.decrypt(name, sealed) == HELLO
    data = client.key(name)
    # The newest of so many; all of them on request.
    assert data["latest_version"] == MANY and list(data["keys"]) == [str(n) for n in range(MANY - 63, MANY + 1)]
    assert len(client.get(f"keys/{name}?all_versions=true").data["keys"]) == MANY


def test_thousands_of_versions_are_raised_lowered_and_trimmed(old):
    client, name, first = old
    client.config(name, min_decryption_version=MANY)
    assert list(client.key(name)["keys"]) == [str(MANY)]
    client.config(name, min_decryption_version=1)
    assert client.decrypt(name, first) == HELLO
    client.config(name, min_decryption_version=MANY // 2, min_encryption_version=MANY // 2)
    assert client.post(f"keys/{name}/trim", min_available_version=MANY // 2).status == 200
    assert len(client.get(f"keys/{name}?all_versions=true").data["keys"]) == MANY // 2 + 1


# disabled_versions


def disabled(data):
    return data.get("disabled_versions") or []


def is_disabled(reply):
    assert reply.status == 400 and reply.error, reply


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "aes256-gcm-siv", "xchacha20-poly1305", "rsa-2048"])
def test_a_disabled_version_neither_seals_nor_opens(api, key_type):
    name = api.new_key(type=key_type, versions=3)
    sealed = {n: api.encrypt(name, key_version=n) for n in (1, 2, 3)}
    assert disabled(api.config(name, disabled_versions=[2]).data) == [2] == disabled(api.key(name))
    assert [api.decrypt(name, sealed[n]) for n in (1, 3)] == [HELLO] * 2
    is_disabled(api.post(f"decrypt/{name}", ciphertext=sealed[2]))
    is_disabled(api.post(f"rewrap/{name}", ciphertext=sealed[2]))
    is_disabled(api.post(f"encrypt/{name}", plaintext=HELLO, key_version=2))
    is_disabled(api.post(f"rewrap/{name}", ciphertext=sealed[1], key_version=2))
    is_disabled(api.post(f"datakey/plaintext/{name}", key_version=2))
    assert api.encrypt(name).startswith("vault:v3:") and api.encrypt(name, key_version=1).startswith("vault:v1:")
    reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": text} for text in sealed.values()])
    assert reply.status == 400 and ["error" in item for item in reply.results] == [False, True, False]
    assert disabled(api.config(name, disabled_versions=[]).data) == []
    assert [api.decrypt(name, text) for text in sealed.values()] == [HELLO] * 3


def test_the_old_spelling_of_version_one_is_disabled_with_it(api):
    name = api.new_key(versions=2)
    sealed = api.encrypt(name, key_version=1)
    api.config(name, disabled_versions=[1])
    for spelling in ("v0", "v1", "v01", "v+1"):
        is_disabled(api.post(f"decrypt/{name}", ciphertext=sealed.replace(":v1:", f":{spelling}:")))


@pytest.mark.parametrize("parameters", [{"type": "ecdsa-p256"}, {"type": "ed25519", "derived": True}])
def test_a_disabled_version_neither_signs_nor_verifies(api, parameters):
    name = api.new_key(versions=3, **parameters)
    context = {"context": CONTEXT} if "derived" in parameters else {}
    made = {n: api.post(f"sign/{name}", input=HELLO, key_version=n, **context).data["signature"] for n in (1, 2, 3)}
    api.config(name, disabled_versions=[1, 2])
    for version in (1, 2):
        is_disabled(api.post(f"verify/{name}", input=HELLO, signature=made[version], **context))
        is_disabled(api.post(f"sign/{name}", input=HELLO, key_version=version, **context))
    assert api.post(f"verify/{name}", input=HELLO, signature=made[3], **context).data == {"valid": True}
    items = [{"input": HELLO, "signature": text, **context} for text in made.values()]
    reply = api.post(f"verify/{name}", batch_input=items)
    assert reply.status == 200 and [item["valid"] for item in reply.results] == [False, False, True]
    assert ["error" in item for item in reply.results] == [True, True, False]
    api.config(name, disabled_versions=[1])
    assert api.post(f"verify/{name}", input=HELLO, signature=made[2], **context).data == {"valid": True}


@pytest.mark.parametrize("key_type", ["hmac", "aes256-gcm96", "ecdsa-p256"])
def test_a_disabled_version_computes_and_verifies_no_hmac(api, key_type):
    name = api.new_key(type=key_type, versions=2)
    codes = {n: api.post(f"hmac/{name}", input=HELLO, key_version=n).data["hmac"] for n in (1, 2)}
    api.config(name, disabled_versions=[1])
    is_disabled(api.post(f"verify/{name}", input=HELLO, hmac=codes[1]))
    is_disabled(api.post(f"hmac/{name}", input=HELLO, key_version=1))
    assert api.post(f"verify/{name}", input=HELLO, hmac=codes[2]).data == {"valid": True}
    api.config(name, disabled_versions=[])
    assert api.post(f"verify/{name}", input=HELLO, hmac=codes[1]).data == {"valid": True}


@pytest.mark.parametrize(
    "key_type, operation", [("aes256-cmac", "cmac"), ("x-wing", "decapsulate"), ("x-wing", "hpke")]
)
def test_a_disabled_version_does_nothing_else_either(api, key_type, operation):
    name = api.new_key(type=key_type, versions=2)
    if operation == "cmac":
        code = api.post(f"cmac/{name}", input=HELLO, key_version=1).data["cmac"]
        path, body = f"verify/{name}", {"input": HELLO, "cmac": code}
        makes, asked = f"cmac/{name}", {"input": HELLO, "key_version": 1}
    elif operation == "decapsulate":
        sealed = api.post(f"encapsulate/{name}", key_version=1).data["ciphertext"]
        path, body = f"decapsulate/{name}", {"ciphertext": sealed}
        makes, asked = f"encapsulate/{name}", {"key_version": 1}
    else:
        sealed = api.post(f"hpke/seal/{name}", plaintext=HELLO, key_version=1).data["ciphertext"]
        path, body = f"hpke/open/{name}", {"ciphertext": sealed}
        makes, asked = f"hpke/seal/{name}", {"plaintext": HELLO, "key_version": 1}
    assert api.post(path, body).status == api.post(makes, asked).status == 200
    api.config(name, disabled_versions=[1])
    is_disabled(api.post(path, body))
    is_disabled(api.post(makes, asked))
    api.config(name, disabled_versions=[])
    assert api.post(path, body).status == api.post(makes, asked).status == 200


@pytest.mark.parametrize(
    "value", [[3], [1, 3], [1, 2, 3], [4], [0], [-1], [2**40], ["x"], "x", [1.5], [[1]], {"a": 1}, True]
)
def test_lists_of_versions_that_are_refused(api, value):
    name = api.new_key(versions=3)
    sealed = api.encrypt(name, key_version=1)
    before = api.key(name)
    reply = api.post(f"keys/{name}/config", disabled_versions=value, deletion_allowed=True)
    if value is True:
        assert reply.status in (200, 400)
    else:
        assert reply.status == 400 and reply.error, reply
        assert api.key(name) == before
        assert api.decrypt(name, sealed) == HELLO


def test_a_configuration_without_the_list_leaves_it(api):
    name = api.new_key(versions=3)
    api.config(name, disabled_versions=[1, 2])
    assert disabled(api.config(name, deletion_allowed=True).data) == [1, 2]
    assert disabled(api.post(f"keys/{name}/rotate").data) == [1, 2]
    assert disabled(api.config(name, disabled_versions=[2, 1, 2]).data) == [1, 2]
    is_disabled(api.post(f"decrypt/{name}", ciphertext=wire(bytes(40))))
    api.config(name, disabled_versions=[3])
    assert disabled(api.key(name)) == [3]


def test_a_version_that_was_the_latest_can_be_disabled_after_a_rotation(api):
    name = api.new_key()
    sealed = api.encrypt(name)
    is_disabled(api.post(f"keys/{name}/config", disabled_versions=[1]))
    api.post(f"keys/{name}/rotate")
    api.config(name, disabled_versions=[1])
    is_disabled(api.post(f"decrypt/{name}", ciphertext=sealed))
    assert api.decrypt(name, api.encrypt(name)) == HELLO


def test_disabled_versions_survive_a_backup(api):
    name = api.new_key(versions=2, exportable=True, allow_plaintext_backup=True)
    sealed = api.encrypt(name, key_version=1)
    api.config(name, disabled_versions=[1])
    copy = f"{name}-copy"
    api.post(f"restore/{copy}", backup=api.get(f"backup/{name}").data["backup"]).is_empty()
    assert disabled(api.key(copy)) == [1]
    is_disabled(api.post(f"decrypt/{copy}", ciphertext=sealed))
