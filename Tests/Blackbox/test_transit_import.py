"""Import of keys made elsewhere: transit.md 4.9 to 4.11, 5.3 and 5.9."""

import itertools
import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from blackbox_client import CONTEXT, HELLO, UNSUPPORTED_OPERATION, unique
from blackbox_crypto import (
    CIPHER_SIZES,
    CMAC_SIZES,
    EC_TYPES,
    RSA_TYPES,
    RSASSA_PSS_OID,
    WRAP_HASHES,
    b64,
    der,
    der_integer,
    flip,
    import_private,
    import_public,
    mac,
    payload,
    pkcs8,
    private_key,
    public_key,
    raw_public,
    rsa_pkcs8,
    spki,
    spki_pem,
    unb64,
    wrap,
    wrapping_key,
)

K = bytes(range(32))
RAW = {**CIPHER_SIZES, **CMAC_SIZES, "hmac": 64}
PAIRS = [*EC_TYPES, "ed25519", *RSA_TYPES]
EXISTS = "the import path cannot be used with an existing key; use import-version to rotate an existing imported key"
DERIVED_PUBLIC = (
    "error importing key: unable to import only public key for derived Ed25519 key: imported key should not be an "
    "Ed25519 key pair but is instead an HKDF key"
)
COUNTER_KDF = bytes.fromhex("4aab67edfbc3b7493ae960bc91527edc3de82a0a4e71c19dd268ee1d244d920c")
PARSING = "error importing key: error parsing asymmetric key: "


def kind_of(key_type):
    if key_type in CMAC_SIZES:
        return "cmac-key"
    if key_type == "hmac":
        return "hmac-key"
    return "encryption-key" if key_type in CIPHER_SIZES else "signing-key"


def refused(api, text, name=None, **parameters):
    """The import is refused with the text and leaves no key behind."""
    name = name or unique("refused")
    api.post(f"keys/{name}/import", **parameters).fails(text)
    api.get(f"keys/{name}").is_not_found()


def refused_somehow(api, **parameters):
    name = unique("refused")
    reply = api.post(f"keys/{name}/import", **parameters)
    assert reply.status == 400 and reply.error, reply
    api.get(f"keys/{name}").is_not_found()
    return reply.error


# wrapping_key


def test_the_wrapping_key_is_an_rsa_4096_key_that_stays(api):
    data = api.get("wrapping_key").data
    assert list(data) == ["public_key"] and data["public_key"].endswith("-----END PUBLIC KEY-----\n")
    public = wrapping_key(api)
    assert public.key_size == 4096 and spki_pem(public) == data["public_key"]
    assert api.get("wrapping_key").data == data
    api.post("wrapping_key").fails(UNSUPPORTED_OPERATION, 405)
    api.delete("wrapping_key").fails(UNSUPPORTED_OPERATION, 405)
    assert api.get("keys/import/").status in (301, 404)


def test_every_mount_has_its_own_wrapping_key(api, own_mount):
    assert spki_pem(wrapping_key(own_mount)) != spki_pem(wrapping_key(api))
    listed = own_mount.list("keys")
    assert listed.status == 404 or listed.data["keys"] == ["import/"]
    sealed = wrap(api, K)
    own_mount.post(f"keys/{unique()}/import", ciphertext=sealed).fails("crypto/rsa: decryption error")
    assert own_mount.key(import_private(own_mount, "aes256-gcm96", K))["imported_key"] is True


# What can be imported


@pytest.mark.parametrize("key_type", RAW)
def test_raw_keys_of_every_type_come_back_as_they_were(api, key_type):
    key = os.urandom(RAW[key_type])
    name = import_private(api, key_type, key, exportable=True)
    data = api.key(name)
    assert (data["type"], data["imported_key"], data["imported_key_allow_rotation"]) == (key_type, True, False)
    assert (data["derived"], data["latest_version"], data["exportable"]) == (False, 1, True)
    assert unb64(api.get(f"export/{kind_of(key_type)}/{name}").data["keys"]["1"]) == key
    if key_type in CIPHER_SIZES:
        assert api.decrypt(name, api.encrypt(name, associated_data="YWFk"), associated_data="YWFk") == HELLO


@pytest.mark.parametrize("key_type", PAIRS)
def test_pairs_of_every_type_come_back_as_they_were(api, key_type):
    key = private_key(key_type)
    name = import_private(api, key_type, key, exportable=True)
    assert spki(public_key(api, name)) == spki(key)
    assert (api.key(name)["type"], api.key(name)["imported_key"]) == (key_type, True)
    exported = api.get(f"export/signing-key/{name}?format=der").data["keys"]["1"]
    assert unb64(exported) == pkcs8(key)
    made = api.post(f"sign/{name}", input=HELLO).data["signature"]
    assert api.post(f"verify/{name}", input=HELLO, signature=made).data == {"valid": True}


@pytest.mark.parametrize("hash_function", [*WRAP_HASHES, "sha256", "Sha512", "sha1"])
@pytest.mark.parametrize("key_type", [*RAW, *PAIRS])
def test_every_hash_function_of_the_wrapping(api, hash_function, key_type):
    target = private_key(key_type) if key_type in PAIRS else os.urandom(RAW[key_type])
    name, sealed = unique("imported"), wrap(api, target, hash_function)
    api.post(f"keys/{name}/import", type=key_type, ciphertext=sealed, hash_function=hash_function).is_empty()
    other = "SHA384" if hash_function.upper() != "SHA384" else "SHA256"
    refused(api, "crypto/rsa: decryption error", type=key_type, ciphertext=sealed, hash_function=other)


@pytest.mark.parametrize("size", [32, 33, 100, 512])
def test_hmac_keys_of_every_size(api, size):
    key = os.urandom(size)
    name = import_private(api, "hmac", key)
    code = api.post(f"hmac/{name}", input=HELLO).data["hmac"]
    assert payload(code) == mac("sha2-256", key, b"hello")
    assert api.key(name).get("key_size", size) == size


def test_the_type_may_be_written_in_capitals_and_is_aes256_gcm96_by_default(api):
    assert api.key(import_private(api, "ECDSA-P256", private_key("ecdsa-p256")))["type"] == "ecdsa-p256"
    name = unique("imported")
    api.post(f"keys/{name}/import", ciphertext=wrap(api, K)).is_empty()
    assert api.key(name)["type"] == "aes256-gcm96"
    sealed = payload(api.encrypt(name))
    assert AESGCM(K).decrypt(sealed[:12], sealed[12:], None) == b"hello"


def test_the_flags_of_an_import_are_read_back(api):
    flags = {"exportable": True, "allow_plaintext_backup": True, "allow_rotation": True, "auto_rotate_period": "2h"}
    data = api.key(import_private(api, "aes128-gcm96", K[:16], **flags))
    assert data["exportable"] and data["allow_plaintext_backup"] and data["imported_key_allow_rotation"]
    assert data["auto_rotate_period"] == 7200


def test_line_ends_in_the_ciphertext_are_skipped_and_the_ciphertext_wins_over_a_public_key(api):
    name, sealed = unique("imported"), wrap(api, private_key("ed25519"))
    both = {"ciphertext": sealed[:76] + "\r\n" + sealed[76:], "public_key": spki_pem(private_key("ed25519", 5))}
    api.post(f"keys/{name}/import", type="ed25519", **both).is_empty()
    assert raw_public(public_key(api, name)) == raw_public(private_key("ed25519"))


def test_rsa_keys_under_the_oid_of_pss_are_taken(api):
    key = private_key("rsa-2048")
    inner = pkcs8(key)[26:]
    assert inner[0] == 0x30
    target = der(0x30, der_integer(0), der(0x30, RSASSA_PSS_OID), der(4, inner))
    assert spki(public_key(api, import_private(api, "rsa-2048", target))) == spki(key)


@pytest.mark.parametrize("oid", ["06032b656e", "06092b06010401da470f01"], ids=["x25519", "nss"])
def test_ed25519_in_the_wrapper_of_an_ec_key_is_taken(api, oid):
    seed = bytes(range(32))
    oid = bytes.fromhex(oid)
    algorithm = der(0x30, bytes.fromhex("06072a8648ce3d0201"), oid)
    target = der(0x30, der_integer(0), algorithm, der(4, der(0x30, der_integer(1), der(4, seed))))
    name = import_private(api, "ed25519", target, exportable=True)
    assert unb64(api.get(f"export/signing-key/{name}").data["keys"]["1"])[:32] == seed


# Derived imports


@pytest.mark.parametrize("key_type", [t for t, size in CIPHER_SIZES.items() if size == 32])
def test_imported_derived_ciphers_use_the_counter_kdf(api, key_type):
    name = import_private(api, key_type, K, derived=True, exportable=True)
    data = api.key(name)
    assert (data["derived"], data["kdf"], data["kdf_mode"]) == (True, "hmac-sha256-counter", "hmac-sha256-counter")
    ciphertext = api.encrypt(name, context=CONTEXT)
    assert api.decrypt(name, ciphertext, context=CONTEXT) == HELLO
    assert api.post(f"decrypt/{name}", ciphertext=ciphertext, context="YWJk").status == 400
    assert mac("sha2-256", K, bytes(4) + b"abc" + (256).to_bytes(4, "big")) == COUNTER_KDF
    sealed = payload(ciphertext)
    if key_type == "aes256-gcm96":
        assert AESGCM(COUNTER_KDF).decrypt(sealed[:12], sealed[12:], None) == b"hello"
    if key_type == "chacha20-poly1305":
        assert ChaCha20Poly1305(COUNTER_KDF).decrypt(sealed[:12], sealed[12:], None) == b"hello"


def test_GHSA_8w8f_derived_imports_of_types_that_cannot_derive_are_refused(api):
    for key_type in ("aes128-gcm96", *PAIRS, "hmac", *CMAC_SIZES):
        target = private_key(key_type) if key_type in PAIRS else K[: RAW[key_type]].ljust(RAW[key_type], b"k")
        refused_somehow(api, type=key_type, ciphertext=wrap(api, target), derived=True)
        if key_type in PAIRS and key_type != "ed25519":
            refused_somehow(api, type=key_type, public_key=spki_pem(private_key(key_type)), derived=True)
    refused(api, DERIVED_PUBLIC, type="ed25519", derived=True, public_key=spki_pem(private_key("ed25519")))


# Refusals


def test_parameters_that_an_import_does_not_take(api):
    sealed = wrap(api, K)
    refused(api, "unknown key type: foo", type="foo", ciphertext=sealed)
    refused(api, "unknown hash function: md5", ciphertext=sealed, hash_function="md5")
    text = "import cannot be used on keys with convergent encryption enabled"
    refused(api, text, ciphertext=sealed, convergent_encryption=True, derived=True)
    text = "allow_rotation must be set to true if auto-rotation is enabled"
    refused(api, text, ciphertext=sealed, auto_rotate_period="2h")


def test_an_existing_key_is_not_imported_over(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    api.post(f"keys/{name}/import", ciphertext=wrap(api, K)).fails(EXISTS)
    assert api.decrypt(name, ciphertext) == HELLO and api.key(name)["imported_key"] is False


@pytest.mark.parametrize("length", [0, 1, 511, 512])
def test_a_blob_without_a_wrapped_key_is_too_short(api, length):
    refused(api, "provided ciphertext is too short", ciphertext=b64(bytes(length)))


def test_a_blob_that_is_no_base64(api):
    refused(api, "illegal base64 data at input byte 0", ciphertext="!!")


@pytest.mark.parametrize("size", [16, 24])
def test_the_ephemeral_key_has_256_bits(api, size):
    sealed = wrap(api, K, ephemeral=bytes(size))
    refused(api, "expected ephemeral AES key to be 256-bit", ciphertext=sealed)


@pytest.mark.parametrize("at", [0, 1, 255, 511])
def test_a_blob_changed_in_its_rsa_part(api, at):
    refused(api, "crypto/rsa: decryption error", ciphertext=b64(flip(unb64(wrap(api, K)), at)))


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "ed25519", "rsa-2048"])
def test_a_blob_changed_in_its_wrapped_key(api, key_type):
    sealed = unb64(wrap(api, private_key(key_type) if key_type in PAIRS else K))
    for changed in (
        *(flip(sealed, at) for at in (512, 513, 519, 520, -9, -8, -1)),
        *(sealed[:-length] for length in (1, 7, 8, 16)),
        *(sealed + bytes(length) for length in (1, 8)),
        sealed[:520],
        sealed[:513],
    ):
        text = refused_somehow(api, type=key_type, ciphertext=b64(changed))
        assert b64(K)[:20] not in text


@pytest.mark.parametrize("key_type", list(CIPHER_SIZES) + list(CMAC_SIZES))
def test_a_raw_key_of_the_wrong_size(api, key_type):
    for size in {16, 24, 31, 32, 33, 64} - {RAW[key_type]}:
        text = f"error importing key: invalid key size {size} bytes for key type {key_type}"
        refused(api, text, type=key_type, ciphertext=wrap(api, bytes(size)))


@pytest.mark.parametrize("size", [16, 31, 513, 8192])
def test_an_hmac_key_of_a_size_out_of_range(api, size):
    refused_somehow(api, type="hmac", ciphertext=wrap(api, bytes(size)))


def test_a_pair_of_another_algorithm(api):
    shown = {"ecdsa-p256": "*ecdsa.{}Key", "ed25519": "ed25519.{}Key", "rsa-2048": "*rsa.{}Key"}
    for wanted, given in itertools.permutations(shown, 2):
        text = f"error importing key: invalid key type: expected {wanted}, got {shown[given]}"
        key = private_key(given)
        refused(api, text.format("Private"), type=wanted, ciphertext=wrap(api, key))
        refused(api, text.format("Public"), type=wanted, public_key=spki_pem(key))


def test_a_pair_of_another_curve_or_size(api):
    names = {"ecdsa-p256": "P-256", "ecdsa-p384": "P-384", "ecdsa-p521": "P-521"}
    for wanted, given in itertools.permutations(names, 2):
        text = f"error importing key: invalid curve: expected {names[wanted]}, got {names[given]}"
        refused(api, text, type=wanted, ciphertext=wrap(api, private_key(given)))
        refused(api, text, type=wanted, public_key=spki_pem(private_key(given)))
    for wanted, given in itertools.permutations(RSA_TYPES, 2):
        sizes = [RSA_TYPES[key_type] // 8 for key_type in (wanted, given)]
        text = "error importing key: invalid key size: expected {} bytes, got {} bytes".format(*sizes)
        refused(api, text, type=wanted, ciphertext=wrap(api, private_key(given)))
        refused(api, text, type=wanted, public_key=spki_pem(private_key(given)))


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ed25519", "rsa-2048"])
def test_a_pair_that_cannot_be_parsed(api, key_type):
    encoded = pkcs8(private_key(key_type))
    for target in (K, bytes(100), encoded[:-1], encoded[4:], b"-----BEGIN PRIVATE KEY-----\n" + b64(encoded).encode()):
        text = refused_somehow(api, type=key_type, ciphertext=wrap(api, target))
        assert text.startswith(PARSING), text


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "chacha20-poly1305", "hmac"])
def test_a_public_key_for_a_type_that_has_none(api, key_type):
    text = "provided type does not support public_key import"
    refused(api, text, type=key_type, public_key=spki_pem(private_key("ed25519")))
    refused(api, text, type=key_type)


@pytest.mark.parametrize("key_type", ["ecdsa-p256", "ed25519", "rsa-2048"])
def test_a_public_key_that_is_no_pem(api, key_type):
    text = "error importing key: error parsing public key: not in PEM format"
    for given in ("", "foo", b64(spki(private_key(key_type)))):
        refused(api, text, type=key_type, public_key=given)
    refused(api, text, type=key_type)
    good = spki_pem(private_key(key_type))
    for given in (good.replace("M", "A", 1), good.replace(good.split("\n")[1] + "\n", "")):
        refused_somehow(api, type=key_type, public_key=given)


@pytest.mark.parametrize("key_type", PAIRS)
def test_a_public_key_alone(api, key_type):
    name = import_public(api, key_type, private_key(key_type), exportable=True)
    data = api.key(name)
    assert (data["type"], data["imported_key"], data["latest_version"]) == (key_type, True, 1)
    assert spki(public_key(api, name)) == spki(private_key(key_type))
    assert api.get(f"export/signing-key/{name}").data["keys"] == {"1": ""}


# Numbers that are no keys


def test_an_rsa_key_whose_numbers_do_not_fit_is_refused(api):
    numbers = private_key("rsa-2048").private_numbers()
    n, e, d, p, q = numbers.public_numbers.n, 65537, numbers.d, numbers.p, numbers.q
    rest = (numbers.dmp1, numbers.dmq1, numbers.iqmp)
    assert import_private(api, "rsa-2048", rsa_pkcs8(n, e, d, p, q, *rest))
    for wrong in (
        (n, e, d, p, q + 2, *rest),
        (n - 2, e, d, p, q, *rest),
        (n, e, d + 2, p, q, *rest),
        (n, 1, 1, p, q, 1, 1, numbers.iqmp),
        (n, 65536, d, p, q, *rest),
        (n, e, d, 1, n, *rest),
        (n, e, 0, p, q, *rest),
        (n - 1, e, d, p, q, *rest),
    ):
        refused_somehow(api, type="rsa-2048", ciphertext=wrap(api, rsa_pkcs8(*wrong)))


@pytest.mark.parametrize("key_type", EC_TYPES)
def test_an_ec_key_whose_numbers_do_not_fit_is_refused(api, key_type):
    size = (EC_TYPES[key_type].key_size + 7) // 8
    encoded = pkcs8(private_key(key_type))
    secret = private_key(key_type).private_numbers().private_value.to_bytes(size, "big")
    assert encoded.count(secret) == 1
    for wrong in (bytes(size), b"\xff" * size):
        refused_somehow(api, type=key_type, ciphertext=wrap(api, encoded.replace(secret, wrong)))


@pytest.mark.parametrize("key_type", EC_TYPES)
def test_a_private_key_never_keeps_a_public_half_that_is_not_its_own(api, key_type):
    mine, other = private_key(key_type), private_key(key_type, 7)
    point = {key: spki(key)[-2 * ((EC_TYPES[key_type].key_size + 7) // 8) :] for key in (mine, other)}
    target = pkcs8(mine).replace(point[mine], point[other])
    assert target != pkcs8(mine)
    name = unique("mixed")
    reply = api.post(f"keys/{name}/import", type=key_type, ciphertext=wrap(api, target))
    assert reply.status == 400 or spki(public_key(api, name)) == spki(mine)
