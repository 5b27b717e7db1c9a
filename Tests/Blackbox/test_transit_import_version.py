"""import_version, rotation of imported keys, and keys that must be refused quickly: transit.md 4.6 and 4.10."""

import secrets
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x25519

from blackbox_client import CONTEXT, HELLO, unique
from blackbox_crypto import (
    EC_TYPES,
    b64,
    import_private,
    import_public,
    payload,
    pem,
    private_key,
    public_key,
    rsa_pkcs8,
    rsa_spki,
    spki,
    spki_pem,
    unb64,
    wire,
    wrap,
)

K = bytes(range(32))
NOT_IMPORTED = "the import_version endpoint can only be used with an imported key"
SECONDS = 1


def add(api, name, key=None, **parameters):
    if key is not None:
        parameters["ciphertext"] = wrap(api, key)
    return api.post(f"keys/{name}/import_version", **parameters)


def add_public(api, name, key, **parameters):
    return api.post(f"keys/{name}/import_version", public_key=spki_pem(key), **parameters)


@pytest.mark.parametrize("hash_function", [None, "SHA1", "sha512"])
def test_a_further_version_is_imported(api, hash_function):
    name = import_private(api, "aes256-gcm96", K, exportable=True)
    first = api.encrypt(name)
    options = {} if hash_function is None else {"hash_function": hash_function}
    api.post(
        f"keys/{name}/import_version", ciphertext=wrap(api, K[::-1], hash_function or "SHA256"), **options
    ).is_empty()
    data = api.key(name)
    assert (data["latest_version"], data["imported_key"]) == (2, True)
    assert api.get(f"export/encryption-key/{name}").data["keys"] == {"1": b64(K), "2": b64(K[::-1])}
    assert api.encrypt(name).startswith("vault:v2:") and api.decrypt(name, first) == HELLO


def test_keys_to_which_no_version_can_be_imported(api):
    name = unique("absent")
    text = f"no key found with name {name}; to import a new key, use the import/ endpoint"
    add(api, name, K).fails(text)
    api.get(f"keys/{name}").is_not_found()
    add(api, api.new_key(), K).fails(NOT_IMPORTED)
    convergent = api.new_key(derived=True, convergent_encryption=True)
    other = "import_version cannot be used on keys with convergent encryption enabled"
    assert add(api, convergent, K).error in (NOT_IMPORTED, other)
    assert api.key(convergent)["latest_version"] == 1


def test_rotation_of_an_import_must_have_been_allowed(api):
    name = import_private(api, "aes256-gcm96", K)
    api.post(f"keys/{name}/rotate").fails(f"imported key {name} does not allow rotation within Vault")
    assert api.key(name)["latest_version"] == 1


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "ecdsa-p256", "ed25519", "hmac"])
def test_a_rotation_ends_the_imports(api, key_type):
    target = private_key(key_type) if key_type in (*EC_TYPES, "ed25519") else K
    name = import_private(api, key_type, target, allow_rotation=True)
    rotated = api.post(f"keys/{name}/rotate").data
    assert (rotated["latest_version"], rotated["imported_key"]) == (2, False)
    add(api, name, target).fails(NOT_IMPORTED)
    assert api.post(f"keys/{name}/rotate").data["latest_version"] == 3


def test_a_rotated_derived_import_keeps_the_counter_kdf(api):
    name = import_private(api, "aes256-gcm96", K, derived=True, allow_rotation=True)
    first = api.encrypt(name, context=CONTEXT)
    assert api.post(f"keys/{name}/rotate").status == 200
    assert api.decrypt(name, first, context=CONTEXT) == HELLO
    assert api.decrypt(name, api.encrypt(name, context=CONTEXT), context=CONTEXT) == HELLO
    assert api.key(name)["kdf"] == "hmac-sha256-counter"


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ed25519", "rsa-2048"])
def test_a_private_half_completes_the_latest_version(api, key_type):
    mine, other = private_key(key_type), private_key(key_type, 1)
    name = import_public(api, key_type, mine)
    assert api.post(f"sign/{name}", input=HELLO).status == 400
    add(api, name, mine).is_empty()
    assert api.key(name)["latest_version"] == 1
    made = api.post(f"sign/{name}", input=HELLO).data
    assert made["key_version"] == 1
    assert api.post(f"verify/{name}", input=HELLO, signature=made["signature"]).data == {"valid": True}
    add(api, name, other).is_empty()
    assert api.key(name)["latest_version"] == 2
    assert [spki(public_key(api, name, version)) for version in (1, 2)] == [spki(mine), spki(other)]


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ed25519", "rsa-2048"])
def test_a_private_half_that_does_not_match_becomes_a_version_of_its_own(api, key_type):
    name = import_public(api, key_type, private_key(key_type))
    add(api, name, private_key(key_type, 1)).is_empty()
    assert api.key(name)["latest_version"] == 2
    assert api.post(f"sign/{name}", input=HELLO).data["key_version"] == 2
    text = "requested version for signing does not contain a private part"
    api.post(f"sign/{name}", input=HELLO, key_version=1).fails(text)
    add_public(api, name, private_key(key_type, 2)).is_empty()
    assert api.key(name)["latest_version"] == 3


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ed25519", "rsa-2048"])
def test_a_private_half_for_a_version_that_is_named(api, key_type):
    first, second = private_key(key_type), private_key(key_type, 1)
    name = import_public(api, key_type, first)
    add_public(api, name, second).is_empty()
    add(api, name, first, version=9).fails("no such key version")
    add(api, name, first, version=2).fails("cannot import key, key pair does not match")
    text = "cannot add a public key to a key version that already has a public key set"
    add_public(api, name, first, version=1).fails(text)
    add(api, name, first, version=1).is_empty()
    add(api, name, first, version=1).fails("private key imported, key version cannot be updated")
    assert api.post(f"sign/{name}", input=HELLO, key_version=1).data["key_version"] == 1
    assert api.post(f"sign/{name}", input=HELLO).status == 400
    add(api, name, second, version=2).is_empty()
    assert api.post(f"sign/{name}", input=HELLO).data["key_version"] == 2
    assert api.key(name)["latest_version"] == 2


def test_a_version_of_a_symmetric_key_cannot_be_named(api):
    name = import_private(api, "aes256-gcm96", K)
    add(api, name, K[::-1], version=1).fails("provided type does not support importing key versions")
    assert api.key(name)["latest_version"] == 1


def test_a_refused_version_changes_nothing(api):
    name = import_private(api, "ecdsa-p256", private_key("ecdsa-p256"))
    before = api.key(name)
    add(api, name, private_key("ecdsa-p384")).fails("error importing key: invalid curve: expected P-256, got P-384")
    add(api, name, ciphertext=b64(bytes(512))).fails("provided ciphertext is too short")
    add(api, name, ciphertext="!!").fails("illegal base64 data at input byte 0")
    add(api, name, ciphertext=b64(bytes(600))).fails("crypto/rsa: decryption error")
    add(api, name, K, hash_function="md5").fails("unknown hash function: md5")
    add(api, name, public_key="foo").fails("error importing key: error parsing public key: not in PEM format")
    assert add(api, name).status == 400
    assert api.key(name) == before


@pytest.mark.parametrize("key_type", ["ed25519", "aes256-gcm96"])
def test_a_soft_deleted_key_takes_no_version(api, key_type):
    target = private_key(key_type) if key_type == "ed25519" else K
    name = import_private(api, key_type, target)
    api.delete(f"keys/{name}/soft-delete")
    add(api, name, target).fails("refusing to use soft-deleted key")


# CVE-2026-39829: keys so large that their arithmetic stops the server


def quickly(call):
    began = time.monotonic()
    reply = call()
    assert reply.status == 400 and reply.error
    assert time.monotonic() - began < SECONDS
    return reply


@pytest.mark.parametrize("bits", [8192, 16384, 65536])
@pytest.mark.parametrize("key_type", ["rsa-2048", "rsa-4096"])
def test_CVE_2026_39829_an_oversized_public_modulus_is_refused_quickly(api, bits, key_type):
    modulus = secrets.randbits(bits) | 1 << (bits - 1) | 1
    for exponent in (65537, modulus - 2):
        key = pem(rsa_spki(modulus, exponent))
        quickly(lambda key=key: api.post(f"keys/{unique()}/import", type=key_type, public_key=key))
    name = import_public(api, "rsa-2048", private_key("rsa-2048"))
    quickly(lambda: api.post(f"keys/{name}/import_version", public_key=key))


@pytest.mark.parametrize("bits", [8192, 14000])
def test_CVE_2026_39829_an_oversized_private_key_is_refused_quickly(api, bits):
    half = [secrets.randbits(bits // 2) | 1 << (bits // 2 - 1) | 1 for _ in range(5)]
    modulus = half[0] * half[1]
    sealed = wrap(api, rsa_pkcs8(modulus, 65537, modulus - 2, *half))
    quickly(lambda: api.post(f"keys/{unique()}/import", type="rsa-4096", ciphertext=sealed))


@pytest.mark.parametrize("exponent", [0, 1, 2, 65536, 1 << 40, 1 << 2000 | 1], ids=int.bit_length)
def test_odd_exponents_are_refused_quickly(api, exponent):
    modulus = private_key("rsa-2048").public_key().public_numbers().n
    key = pem(rsa_spki(modulus, exponent))
    quickly(lambda: api.post(f"keys/{unique()}/import", type="rsa-2048", public_key=key))


@pytest.mark.parametrize("form", ["even", "zero", "one"])
def test_odd_moduli_are_refused_quickly(api, form):
    number = private_key("rsa-2048").public_key().public_numbers().n
    modulus = {"even": number - 1, "zero": 0, "one": 1}[form]
    key = pem(rsa_spki(modulus, 65537))
    quickly(lambda: api.post(f"keys/{unique()}/import", type="rsa-2048", public_key=key))


@pytest.mark.parametrize("key_type", EC_TYPES)
def test_a_point_that_is_not_on_the_curve_is_refused(api, key_type):
    encoded, size = spki(private_key(key_type)), (EC_TYPES[key_type].key_size + 7) // 8
    for at in (-1, -size, -size - 1):
        changed = bytearray(encoded)
        changed[at] ^= 1
        quickly(lambda changed=changed: api.post(f"keys/{unique()}/import", type=key_type, public_key=pem(changed)))
    for point in (bytes(2 * size), b"\xff" * 2 * size):
        changed = encoded[: -2 * size] + point
        quickly(lambda changed=changed: api.post(f"keys/{unique()}/import", type=key_type, public_key=pem(changed)))


def test_a_curve_of_another_name_is_refused(api):
    for key in (
        ec.generate_private_key(ec.SECP256K1()),
        ec.generate_private_key(ec.BrainpoolP256R1()),
        x25519.X25519PrivateKey.generate(),
        ed448.Ed448PrivateKey.generate(),
    ):
        for key_type in ("ecdsa-p256", "ed25519"):
            quickly(lambda key=key, t=key_type: api.post(f"keys/{unique()}/import", type=t, public_key=spki_pem(key)))
            sealed = wrap(api, key)
            quickly(lambda sealed=sealed, t=key_type: api.post(f"keys/{unique()}/import", type=t, ciphertext=sealed))


def test_an_imported_pair_signs_for_the_world(api):
    name = import_private(api, "ed25519", private_key("ed25519"), exportable=True)
    made = api.post(f"sign/{name}", input=HELLO).data["signature"]
    assert made == wire(private_key("ed25519").sign(b"hello"))
    private_key("ed25519").public_key().verify(payload(made), b"hello")
    text = api.get(f"export/signing-key/{name}?format=pem").data["keys"]["1"]
    again = serialization.load_pem_private_key(text.encode(), None)
    assert again.private_bytes_raw() == private_key("ed25519").private_bytes_raw()
    raw = api.get(f"export/signing-key/{name}?format=raw").data["keys"]["1"]
    assert unb64(raw)[:32] == private_key("ed25519").private_bytes_raw()
