"""Key pairs and hmac keys, created, read and refused: transit.md 3, 4.1, 4.2 and 4.6."""

import re
import time
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from blackbox_client import CONTEXT, HELLO, unique
from blackbox_crypto import EC_NAMES, EC_TYPES, HASHES, RSA_TYPES, b64, public_key, raw_public, spki_pem, unb64

SIGNERS = [*EC_TYPES, "ed25519"]
PAIRS = [*SIGNERS, *RSA_TYPES]
ALWAYS = {
    "allow_plaintext_backup": False,
    "auto_rotate_period": 0,
    "deletion_allowed": False,
    "derived": False,
    "exportable": False,
    "imported_key": False,
    "latest_version": 1,
    "min_available_version": 0,
    "min_decryption_version": 1,
    "min_encryption_version": 0,
    "soft_deleted": False,
}
ONLY_SOMETIMES = [
    "backup_info",
    "convergent_encryption",
    "convergent_encryption_version",
    "imported_key_allow_rotation",
    "kdf",
    "kdf_mode",
    "key_size",
    "restore_info",
]
NO_DERIVATION = "key derivation and convergent encryption not supported for keys of type {}"
NEEDS_DERIVATION = "convergent encryption requires derivation to be enabled"


def supports(key_type):
    encrypts = key_type.startswith("rsa")
    return {
        "supports_encryption": encrypts,
        "supports_decryption": encrypts,
        "supports_signing": key_type != "hmac",
        "supports_derivation": key_type == "ed25519",
    }


def check_key(data, name, key_type, **changed):
    expected = {**ALWAYS, **supports(key_type), **changed, "name": name, "type": key_type}
    assert {member: data.get(member) for member in expected} == expected
    allowed = {*changed, "key_size"} if key_type == "hmac" else changed
    assert [member for member in ONLY_SOMETIMES if member in data and member not in allowed] == []
    assert list(data["keys"]) == sorted(str(n + 1) for n in range(expected["latest_version"]))


def check_time(text):
    """RFC 3339 in UTC, up to nine digits of a second of which the last is no zero, and just now."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z", text), text
    seconds = datetime.fromisoformat(text.split(".")[0].rstrip("Z") + "+00:00").timestamp()
    assert abs(seconds - time.time()) < 120


def check_version(entry, key_type):
    assert list(entry) == ["creation_time", "name", "public_key"]
    assert entry["name"] == EC_NAMES.get(key_type, key_type)
    check_time(entry["creation_time"])
    if key_type == "ed25519":
        assert len(unb64(entry["public_key"])) == 32
        return ed25519.Ed25519PublicKey.from_public_bytes(unb64(entry["public_key"]))
    public = serialization.load_pem_public_key(entry["public_key"].encode())
    assert entry["public_key"] == spki_pem(public)
    assert entry["public_key"].endswith("-----END PUBLIC KEY-----\n")
    return public


@pytest.mark.parametrize("key_type", PAIRS)
def test_creating_a_pair_of_each_type_answers_the_key_object_and_reading_answers_the_same(api, key_type):
    name = unique()
    created = api.post(f"keys/{name}", type=key_type).data
    check_key(created, name, key_type)
    read = api.key(name)
    assert read["keys"] == created["keys"]
    check_key(read, name, key_type)
    public = check_version(read["keys"]["1"], key_type)
    if key_type in EC_TYPES:
        assert isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == EC_TYPES[key_type].name
    elif key_type in RSA_TYPES:
        assert isinstance(public, rsa.RSAPublicKey)
        assert (public.key_size, public.public_numbers().e) == (RSA_TYPES[key_type], 65537)


@pytest.mark.parametrize("key_type", SIGNERS)
def test_rotation_makes_a_new_pair_and_keeps_the_old(api, key_type):
    name = api.new_key(type=key_type)
    first = api.key(name)["keys"]["1"]
    rotated = api.post(f"keys/{name}/rotate").data
    check_key(rotated, name, key_type, latest_version=2)
    assert rotated["keys"]["1"] == first
    check_version(rotated["keys"]["2"], key_type)
    assert rotated["keys"]["2"]["public_key"] != first["public_key"]


def test_versions_below_the_minimum_are_not_shown(api):
    name = api.new_key(type="ecdsa-p256", versions=3)
    every = api.key(name)["keys"]
    api.config(name, min_decryption_version=2)
    assert api.key(name)["keys"] == {number: every[number] for number in ("2", "3")}
    api.config(name, min_decryption_version=1)
    assert api.key(name)["keys"] == every


@pytest.mark.parametrize("key_type", [*SIGNERS, "hmac"])
@pytest.mark.parametrize("flag", ["exportable", "allow_plaintext_backup"])
def test_the_flags_given_on_creation_are_read_back(api, key_type, flag):
    name = unique()
    api.post(f"keys/{name}", type=key_type, **{flag: True})
    check_key(api.key(name), name, key_type, **{flag: True})


@pytest.mark.parametrize("key_type", SIGNERS)
def test_no_member_of_the_key_object_holds_private_material(api, key_type):
    name = api.new_key(type=key_type, exportable=True)
    private = api.get(f"export/signing-key/{name}").data["keys"]["1"]
    text = api.get(f"keys/{name}").raw.decode()
    assert "PRIVATE" not in text and private[40:80] not in text


def test_creating_an_existing_pair_changes_nothing_and_answers_it(api):
    name = api.new_key(type="ed25519")
    before = api.key(name)
    again = api.post(f"keys/{name}", type="ecdsa-p384", exportable=True, derived=True).data
    assert again["type"] == "ed25519" and again["keys"] == before["keys"] and again["exportable"] is False


# Derived ed25519


def test_a_derived_ed25519_key_shows_its_public_key_only_for_a_context(api):
    name = api.new_key(type="ed25519", derived=True)
    check_key(api.key(name), name, "ed25519", derived=True, kdf="hkdf_sha256", convergent_encryption=False)
    assert api.key(name)["keys"]["1"]["public_key"] == ""
    shown = api.get(f"keys/{name}?context={CONTEXT}").data["keys"]["1"]
    check_version(shown, "ed25519")
    assert api.get(f"keys/{name}?context={CONTEXT}").data["keys"]["1"] == shown
    other = api.get(f"keys/{name}?context=YWJk").data["keys"]["1"]
    assert other["public_key"] not in (shown["public_key"], "")
    assert api.get(f"keys/{name}?context=").data["keys"]["1"]["public_key"] == ""


def test_the_derived_ed25519_key_is_hkdf_of_seed_and_public_half(api):
    name = api.new_key(type="ed25519", derived=True, exportable=True, versions=2)
    exported = api.get(f"export/signing-key/{name}").data["keys"]
    for version in ("1", "2"):
        material = unb64(exported[version])
        assert len(material) == 64
        own = ed25519.Ed25519PrivateKey.from_private_bytes(material[:32])
        assert raw_public(own) == material[32:]
        seed = HKDF(HASHES["sha2-256"], 32, None, b"abc").derive(material)
        derived = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        assert raw_public(public_key(api, name, version, CONTEXT)) == raw_public(derived)


@pytest.mark.parametrize("context", ["!!", "YWJ", "a"])
def test_a_bad_context_on_reading_is_refused(api, context):
    name = api.new_key(type="ed25519", derived=True)
    api.get(f"keys/{name}?context={context}").fails("failed to base64-decode context")


def test_a_context_changes_nothing_for_a_key_that_is_not_derived(api):
    name = api.new_key(type="ed25519")
    assert api.get(f"keys/{name}?context={CONTEXT}").data["keys"] == api.key(name)["keys"]


# hmac keys


@pytest.mark.parametrize("size", [None, 0, 32, 33, 64, 100, 512, "48"])
def test_an_hmac_key_of_each_size(api, size):
    name = unique()
    parameters = {} if size is None else {"key_size": size}
    created = api.post(f"keys/{name}", type="hmac", exportable=True, **parameters).data
    check_key(created, name, "hmac", exportable=True)
    expected = int(size or 0) or 32
    assert created.get("key_size", 32) == expected
    assert all(type(value) is int for value in created["keys"].values())
    for version in ("1", "2"):
        exported = api.get(f"export/hmac-key/{name}/{version}").data
        assert exported["type"] == "hmac" and len(unb64(exported["keys"][version])) == expected
        api.post(f"keys/{name}/rotate")


@pytest.mark.parametrize("size", [1, 16, 31, 513, 100000, -1])
def test_an_hmac_key_of_another_size_is_refused(api, size):
    name = unique()
    api.post(f"keys/{name}", type="hmac", key_size=size).fails(f"invalid key_size {size}")
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("key_type", PAIRS)
def test_key_size_is_refused_for_a_pair(api, key_type):
    name = unique()
    api.post(f"keys/{name}", type=key_type, key_size=32).fails(f"key_size is not valid for algorithm {key_type}")
    api.get(f"keys/{name}").is_not_found()


# Flags that do not suit the type


@pytest.mark.parametrize("key_type", [*EC_TYPES, *RSA_TYPES, "hmac"])
def test_derivation_is_refused_for_types_without_it(api, key_type):
    name = unique()
    for flags in ({"derived": True}, {"derived": True, "convergent_encryption": True}):
        api.post(f"keys/{name}", type=key_type, **flags).fails(NO_DERIVATION.format(key_type))
    reply = api.post(f"keys/{name}", type=key_type, convergent_encryption=True)
    assert reply.status == 400 and reply.error in (NEEDS_DERIVATION, NO_DERIVATION.format(key_type))
    api.get(f"keys/{name}").is_not_found()


def test_convergence_is_refused_for_ed25519(api):
    name = unique()
    text = "convergent encryption not supported for keys of type ed25519"
    api.post(f"keys/{name}", type="ed25519", derived=True, convergent_encryption=True).fails(text)
    reply = api.post(f"keys/{name}", type="ed25519", convergent_encryption=True)
    assert reply.status == 400 and reply.error in (NEEDS_DERIVATION, text)
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("key_type", ["ECDSA-P256", "ecdsa", "ecdsa-p224", "rsa", "rsa-1024", "RSA-2048", "Ed25519"])
def test_an_unknown_type_is_refused(api, key_type):
    api.post(f"keys/{unique()}", type=key_type).fails(f"unknown key type {key_type}")


@pytest.mark.parametrize("key_type", [*SIGNERS, "hmac"])
def test_keys_that_do_not_encrypt_say_so(api, key_type):
    name = api.new_key(type=key_type)
    no_encryption = f"message encryption not supported for key type {key_type}"
    no_decryption = f"message decryption not supported for key type {key_type}"
    api.post(f"encrypt/{name}", plaintext=HELLO).fails(no_encryption)
    api.post(f"decrypt/{name}", ciphertext="vault:v1:AAAA").fails(no_decryption)
    api.post(f"rewrap/{name}", ciphertext="vault:v1:AAAA").fails(no_decryption)
    api.post(f"datakey/plaintext/{name}").fails(no_encryption)
    batch = api.post(f"encrypt/{name}", batch_input=[{"plaintext": HELLO}] * 2)
    assert batch.status == 400 and [item["error"] for item in batch.results] == [no_encryption] * 2
    batch = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": "vault:v1:AAAA"}])
    assert batch.status == 400 and [item["error"] for item in batch.results] == [no_decryption]


@pytest.mark.parametrize("key_type", [*EC_TYPES, "ed25519", "rsa-2048", "hmac"])
def test_encrypting_with_an_absent_key_creates_no_pair(api, key_type):
    name = unique("absent")
    if key_type in EC_TYPES:
        text = f"key type {key_type} not supported for this operation"
    else:
        text = f"unknown key type {key_type}"
    api.post(f"encrypt/{name}", plaintext=HELLO, type=key_type).fails(text)
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("key_type", SIGNERS)
def test_two_keys_of_a_type_have_different_pairs_and_hmac_keys(api, key_type):
    names = [api.new_key(type=key_type, exportable=True) for _ in range(2)]
    public = {api.key(name)["keys"]["1"]["public_key"] for name in names}
    macs = {api.get(f"export/hmac-key/{name}").data["keys"]["1"] for name in names}
    assert len(public) == len(macs) == 2 and all(len(unb64(text)) == 32 for text in macs)
    assert len({api.post(f"hmac/{name}", input=b64(b"x")).data["hmac"] for name in names}) == 2
