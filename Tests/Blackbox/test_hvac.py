"""hvac, the Python client in use, unchanged: all its calls that are in scope."""

import base64
import hashlib

import hvac
import pytest
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, ParamValidationError, UnexpectedError

from blackbox_client import CONTEXT, HELLO, KEY_NOT_FOUND, NONCE_NOT_ALLOWED, TAG_FAILURE, TOKEN, TYPES, unique

WORLD = "d29ybGQ="


@pytest.fixture
def vault(server):
    return hvac.Client(url=server.address, token=TOKEN)


@pytest.fixture
def transit(vault):
    return vault.secrets.transit


@pytest.fixture
def key(transit):
    name = unique("hvac")
    transit.create_key(name)
    return name


def seal(transit, name, plaintext=HELLO, **options):
    return transit.encrypt_data(name, plaintext, **options)["data"]["ciphertext"]


def unseal(transit, name, ciphertext, **options):
    return transit.decrypt_data(name, ciphertext, **options)["data"]["plaintext"]


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "chacha20-poly1305", None])
def test_create_key_and_read_key_of_the_types_that_hvac_knows(transit, key_type):
    name = unique("hvac")
    transit.create_key(name, key_type=key_type)
    data = transit.read_key(name)["data"]
    assert (data["name"], data["type"], data["latest_version"]) == (name, key_type or "aes256-gcm96", 1)
    assert unseal(transit, name, seal(transit, name)) == HELLO


@pytest.mark.parametrize("key_type", TYPES)
def test_write_data_creates_keys_of_every_type(vault, transit, key_type):
    name = unique("hvac")
    created = vault.write_data(f"transit/keys/{name}", data={"type": key_type})
    assert created["data"]["type"] == vault.read(f"transit/keys/{name}")["data"]["type"] == key_type
    assert unseal(transit, name, seal(transit, name)) == HELLO


def test_create_key_with_every_flag(transit):
    name = unique("hvac")
    transit.create_key(
        name,
        convergent_encryption=True,
        derived=True,
        exportable=True,
        allow_plaintext_backup=True,
        key_type="chacha20-poly1305",
        auto_rotate_period="1h",
    )
    data = transit.read_key(name)["data"]
    assert data["type"] == "chacha20-poly1305" and data["auto_rotate_period"] == 3600
    assert all(data[flag] for flag in ("convergent_encryption", "derived", "exportable", "allow_plaintext_backup"))


def test_create_key_refused(transit):
    with pytest.raises(InvalidRequest, match="auto rotate period must be 0 to disable or at least an hour"):
        transit.create_key(unique("hvac"), auto_rotate_period="5m")
    with pytest.raises(ParamValidationError):
        transit.create_key(unique("hvac"), convergent_encryption=True)


def test_read_key_of_nothing_is_invalid_path(transit):
    with pytest.raises(InvalidPath):
        transit.read_key(unique("absent"))


def test_list_keys(vault, transit):
    mount = unique("hvac")
    vault.sys.enable_secrets_engine("transit", path=mount)
    with pytest.raises(InvalidPath):
        transit.list_keys(mount_point=mount)
    for name in ("b", "a", "c"):
        transit.create_key(name, mount_point=mount)
    assert transit.list_keys(mount_point=mount)["data"]["keys"] == ["a", "b", "c"]
    assert vault.list(f"{mount}/keys")["data"]["keys"] == ["a", "b", "c"]
    vault.sys.disable_secrets_engine(mount)


def test_delete_key(transit, key):
    with pytest.raises(InvalidRequest, match=f"error deleting policy {key}: deletion is not allowed for this key"):
        transit.delete_key(key)
    transit.update_key_configuration(key, deletion_allowed=True)
    assert transit.delete_key(key).status_code == 204
    with pytest.raises(InvalidPath):
        transit.read_key(key)


def test_update_key_configuration(transit, key):
    for _ in range(3):
        transit.rotate_key(key)
    transit.update_key_configuration(
        key,
        min_decryption_version=2,
        min_encryption_version=3,
        deletion_allowed=True,
        exportable=True,
        allow_plaintext_backup=True,
        auto_rotate_period="2h",
    )
    data = transit.read_key(key)["data"]
    assert (data["min_decryption_version"], data["min_encryption_version"]) == (2, 3)
    assert (data["deletion_allowed"], data["exportable"], data["allow_plaintext_backup"]) == (True, True, True)
    assert data["auto_rotate_period"] == 7200 and list(data["keys"]) == ["2", "3", "4"]
    with pytest.raises(InvalidRequest, match="cannot set min decryption version of 9, latest key version is 4"):
        transit.update_key_configuration(key, min_decryption_version=9)


def test_rotate_key(transit, key):
    old = seal(transit, key)
    transit.rotate_key(key)
    assert transit.read_key(key)["data"]["latest_version"] == 2
    assert seal(transit, key).startswith("vault:v2:") and unseal(transit, key, old) == HELLO
    with pytest.raises(InvalidRequest, match="key not found"):
        transit.rotate_key(unique("absent"))


def test_trim_key(transit, key):
    for _ in range(3):
        transit.rotate_key(key)
    with pytest.raises(InvalidRequest, match="when minimum encryption version is not set"):
        transit.trim_key(key, 2)
    transit.update_key_configuration(key, min_decryption_version=2, min_encryption_version=3)
    transit.trim_key(key, min_version=2)
    assert transit.read_key(key)["data"]["min_available_version"] == 2


def test_encrypt_and_decrypt_data(transit, key):
    sealed = transit.encrypt_data(key, HELLO)["data"]
    assert sealed["key_version"] == 1 and sealed["ciphertext"].startswith("vault:v1:")
    assert unseal(transit, key, sealed["ciphertext"]) == HELLO
    with pytest.raises(InvalidRequest, match="illegal base64 data at input byte 3"):
        transit.encrypt_data(key, "not base64!")
    with pytest.raises(InvalidRequest, match="invalid ciphertext: no prefix"):
        transit.decrypt_data(key, "foo")
    with pytest.raises(InvalidRequest, match=KEY_NOT_FOUND):
        transit.decrypt_data(unique("absent"), sealed["ciphertext"])


def test_encrypt_data_creates_a_key_of_the_type_asked_for(transit):
    name = unique("hvac")
    ciphertext = seal(transit, name, type="chacha20-poly1305", context=CONTEXT, convergent_encryption=True)
    data = transit.read_key(name)["data"]
    assert data["type"] == "chacha20-poly1305" and data["convergent_encryption"] is True
    assert seal(transit, name, context=CONTEXT) == ciphertext


def test_encrypt_data_with_a_key_version(transit, key):
    transit.rotate_key(key)
    assert seal(transit, key, key_version=1).startswith("vault:v1:")
    with pytest.raises(InvalidRequest, match="higher than the latest key version"):
        transit.encrypt_data(key, HELLO, key_version=3)


def test_a_context_derives_the_key(transit):
    name = unique("hvac")
    transit.create_key(name, derived=True)
    ciphertext = seal(transit, name, context=CONTEXT)
    assert unseal(transit, name, ciphertext, context=CONTEXT) == HELLO
    with pytest.raises(InvalidRequest, match="missing 'context' for key derivation"):
        transit.decrypt_data(name, ciphertext)
    with pytest.raises(InvalidRequest, match=TAG_FAILURE):
        transit.decrypt_data(name, ciphertext, context=WORLD)


def test_convergent_encryption(transit):
    name = unique("hvac")
    transit.create_key(name, derived=True, convergent_encryption=True)
    assert seal(transit, name, context=CONTEXT) == seal(transit, name, context=CONTEXT)
    assert seal(transit, name, context=CONTEXT) != seal(transit, name, context=WORLD)


def test_associated_data(transit, key):
    ciphertext = seal(transit, key, associated_data=CONTEXT)
    assert unseal(transit, key, ciphertext, associated_data=CONTEXT) == HELLO
    with pytest.raises(InvalidRequest, match=TAG_FAILURE):
        transit.decrypt_data(key, ciphertext, associated_data=WORLD)


def test_a_nonce_is_refused(transit, key):
    with pytest.raises(InvalidRequest, match=NONCE_NOT_ALLOWED):
        transit.encrypt_data(key, HELLO, nonce=base64.b64encode(bytes(12)).decode())


def test_batches(transit, key):
    texts = [HELLO, "", WORLD]
    sealed = transit.encrypt_data(key, batch_input=[{"plaintext": text} for text in texts])["data"]["batch_results"]
    assert [item["key_version"] for item in sealed] == [1, 1, 1]
    items = [{"ciphertext": item["ciphertext"]} for item in sealed]
    opened = transit.decrypt_data(key, batch_input=items)["data"]["batch_results"]
    assert [item["plaintext"] for item in opened] == texts
    with pytest.raises(InvalidRequest) as failed:
        transit.encrypt_data(key, batch_input=[{"plaintext": HELLO}, {"plaintext": "!!"}])
    results = failed.value.json["data"]["batch_results"]
    assert unseal(transit, key, results[0]["ciphertext"]) == HELLO
    assert results[1]["error"] == "illegal base64 data at input byte 0"


def test_batches_with_contexts(transit):
    name = unique("hvac")
    transit.create_key(name, derived=True)
    items = [{"plaintext": HELLO, "context": CONTEXT}, {"plaintext": WORLD, "context": WORLD}]
    sealed = transit.encrypt_data(name, batch_input=items)["data"]["batch_results"]
    items = [{"ciphertext": s["ciphertext"], "context": i["context"]} for s, i in zip(sealed, items, strict=True)]
    opened = transit.decrypt_data(name, batch_input=items)["data"]["batch_results"]
    assert [item["plaintext"] for item in opened] == [HELLO, WORLD]


def test_rewrap_data(transit, key):
    old = seal(transit, key)
    transit.rotate_key(key)
    data = transit.rewrap_data(key, old)["data"]
    assert data["key_version"] == 2 and unseal(transit, key, data["ciphertext"]) == HELLO
    assert transit.rewrap_data(key, old, key_version=1)["data"]["key_version"] == 1
    batch = transit.rewrap_data(key, None, batch_input=[{"ciphertext": old}, {"ciphertext": "x"}])
    results = batch["data"]["batch_results"]
    assert results[0]["ciphertext"].startswith("vault:v2:") and "no prefix" in results[1]["error"]


@pytest.mark.parametrize("bits, length", [(None, 32), (128, 16), (256, 32), (512, 64)])
def test_generate_data_key(transit, key, bits, length):
    data = transit.generate_data_key(key, "plaintext", bits=bits)["data"]
    assert len(base64.b64decode(data["plaintext"])) == length
    assert unseal(transit, key, data["ciphertext"]) == data["plaintext"]
    assert "plaintext" not in transit.generate_data_key(key, "wrapped", bits=bits)["data"]


def test_generate_data_key_with_a_context(transit):
    name = unique("hvac")
    transit.create_key(name, derived=True)
    data = transit.generate_data_key(name, "plaintext", context=CONTEXT)["data"]
    assert unseal(transit, name, data["ciphertext"], context=CONTEXT) == data["plaintext"]


def test_generate_random_bytes(transit):
    assert len(base64.b64decode(transit.generate_random_bytes()["data"]["random_bytes"])) == 32
    assert len(transit.generate_random_bytes(n_bytes=16, output_format="hex")["data"]["random_bytes"]) == 32
    with pytest.raises(InvalidRequest, match="cannot be less than 1"):
        transit.generate_random_bytes(n_bytes=0)


@pytest.mark.parametrize("algorithm", ["sha2-224", "sha2-256", "sha2-384", "sha2-512"])
def test_hash_data(transit, algorithm):
    digest = hashlib.new(algorithm.replace("sha2-", "sha"), b"hello")
    assert transit.hash_data(HELLO, algorithm=algorithm)["data"]["sum"] == digest.hexdigest()
    encoded = transit.hash_data(HELLO, algorithm=algorithm, output_format="base64")["data"]["sum"]
    assert base64.b64decode(encoded) == digest.digest()


def test_generate_hmac(transit, key):
    codes = [
        transit.generate_hmac(key, HELLO, algorithm=algorithm)["data"]["hmac"]
        for algorithm in (None, "sha2-224", "sha2-256", "sha2-384", "sha2-512")
    ]
    assert codes[0] == codes[2] and len(set(codes)) == 4
    transit.rotate_key(key)
    assert transit.generate_hmac(key, HELLO)["data"]["hmac"].startswith("vault:v2:")
    assert transit.generate_hmac(key, HELLO, key_version=1)["data"]["hmac"] == codes[0]


def test_secrets_engines_are_listed_enabled_and_disabled(vault, transit):
    mount = unique("hvac")
    assert vault.sys.enable_secrets_engine("transit", path=mount, description="d").status_code == 204
    listed = vault.sys.list_mounted_secrets_engines()
    assert listed["data"][f"{mount}/"]["type"] == "transit" and f"{mount}/" in listed
    transit.create_key("k", mount_point=mount)
    with pytest.raises(InvalidRequest, match="path is already in use"):
        vault.sys.enable_secrets_engine("transit", path=mount)
    assert vault.sys.disable_secrets_engine(mount).status_code == 204
    assert f"{mount}/" not in vault.sys.list_mounted_secrets_engines()["data"]
    with pytest.raises(InvalidPath):
        transit.read_key("k", mount_point=mount)


def test_health_and_seal_status(vault):
    assert vault.sys.read_health_status(method="GET")["sealed"] is False
    assert vault.sys.read_health_status(method="HEAD").status_code == 200
    assert vault.sys.read_seal_status()["sealed"] is False
    assert vault.sys.is_sealed() is False and vault.seal_status["initialized"] is True


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_the_token_everything_is_forbidden(server, token):
    stranger = hvac.Client(url=server.address, token=token)
    stranger.token = token
    with pytest.raises(Forbidden, match="permission denied"):
        stranger.secrets.transit.read_key("any")
    with pytest.raises(Forbidden, match="permission denied"):
        stranger.secrets.transit.encrypt_data("any", HELLO)
    with pytest.raises(Forbidden):
        stranger.sys.list_mounted_secrets_engines()
    assert stranger.sys.is_sealed() is False


def test_an_unsupported_operation_is_an_unexpected_error_405(vault, key):
    with pytest.raises(UnexpectedError, match="unsupported operation"):
        vault.delete(f"transit/encrypt/{key}")
