"""export and byok-export: transit.md 4.21 and 4.22."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding

from blackbox_client import HELLO, SOFT_DELETED, unique
from blackbox_crypto import (
    CIPHER_SIZES,
    EC_TYPES,
    WRAP_HASHES,
    b64,
    import_private,
    import_public,
    oaep,
    pkcs8,
    private_key,
    raw_public,
    spki,
    spki_pem,
    unb64,
    wrapping_key,
)

PAIRS = [*EC_TYPES, "ed25519", "rsa-2048"]
KINDS = ["encryption-key", "signing-key", "hmac-key", "public-key"]
FORMATS = ["", "raw", "der", "pem"]
NOT_EXPORTABLE = "private key material is not exportable"
NO_SYMMETRIC_FORMAT = "unknown format for HMAC key; supported values are `` or `raw`"
NO_PAIR_FORMAT = "unknown key format for {} key; supported values are ``, `der`, or `pem`"
ENCRYPTS, SIGNS = "encryption not supported for the key", "signing not supported for the key"


@pytest.fixture(scope="module")
def pairs(api):
    return {t: import_private(api, t, private_key(t), exportable=True) for t in PAIRS}


@pytest.fixture(scope="module")
def ciphers(api):
    return {t: import_private(api, t, bytes(range(size)), exportable=True) for t, size in CIPHER_SIZES.items()}


def export(api, kind, name, form="", version=""):
    return api.get(f"export/{kind}/{name}{version}" + (f"?format={form}" if form else ""))


def private_text(key_type, form):
    """What the table of 4.21 says for the private half, or None where it is an error."""
    key, encoding = private_key(key_type), serialization.Encoding.PEM
    if key_type == "ed25519" and form in ("", "raw"):
        return b64(key.private_bytes_raw() + raw_public(key))
    if form == "raw":
        return None
    if form == "der":
        return b64(pkcs8(key))
    layout = serialization.PrivateFormat.PKCS8 if form == "pem" else serialization.PrivateFormat.TraditionalOpenSSL
    text = key.private_bytes(encoding, layout, serialization.NoEncryption()).decode()
    return text if key_type.startswith("rsa") else text.rstrip("\n")


def public_text(key_type, form):
    key = private_key(key_type)
    if key_type == "ed25519" and form in ("", "raw"):
        return b64(raw_public(key))
    if form == "raw":
        return None
    if form == "der":
        return b64(spki(key))
    return spki_pem(key) if key_type.startswith("rsa") else spki_pem(key).rstrip("\n")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("key_type", PAIRS)
def test_the_halves_of_a_pair_in_every_format(api, pairs, key_type, form):
    name = pairs[key_type]
    kinds = {"signing-key": private_text, "public-key": public_text}
    if key_type.startswith("rsa"):
        kinds["encryption-key"] = private_text
    for kind, text_of in kinds.items():
        reply, expected = export(api, kind, name, form), text_of(key_type, form)
        if expected is None:
            reply.fails(NO_PAIR_FORMAT.format("rsa" if key_type.startswith("rsa") else "ec"))
        else:
            assert list(reply.data) == ["keys", "name", "type"]
            assert reply.data == {"keys": {"1": expected}, "name": name, "type": key_type}


@pytest.mark.parametrize("key_type", [*EC_TYPES, "ed25519"])
def test_pairs_that_do_not_encrypt_export_no_encryption_key(api, pairs, key_type):
    for form in ("", "der"):
        export(api, "encryption-key", pairs[key_type], form).fails(ENCRYPTS)


@pytest.mark.parametrize("key_type", CIPHER_SIZES)
def test_the_keys_of_a_cipher_in_every_format(api, ciphers, key_type):
    name = ciphers[key_type]
    expected = {"keys": {"1": b64(bytes(range(CIPHER_SIZES[key_type])))}, "name": name, "type": key_type}
    for form in ("", "raw"):
        assert export(api, "encryption-key", name, form).data == expected
        assert len(unb64(export(api, "hmac-key", name, form).data["keys"]["1"])) == 32
    for form in ("der", "pem"):
        export(api, "encryption-key", name, form).fails(NO_SYMMETRIC_FORMAT)
        export(api, "hmac-key", name, form).fails(NO_SYMMETRIC_FORMAT)
    export(api, "signing-key", name).fails(SIGNS)


def test_a_cipher_has_no_public_key(api, ciphers):
    name = ciphers["aes256-gcm96"]
    export(api, "public-key", name).fails("unknown key type aes256-gcm96 for export type public-key")


@pytest.mark.parametrize("form", FORMATS)
def test_hmac_keys_in_every_format(api, pairs, form):
    own = import_private(api, "hmac", bytes(range(64)), exportable=True)
    for name in (own, *pairs.values()):
        reply = export(api, "hmac-key", name, form)
        if form in ("der", "pem"):
            reply.fails(NO_SYMMETRIC_FORMAT)
        else:
            assert len(unb64(reply.data["keys"]["1"])) == (64 if name == own else 32)
    assert export(api, "hmac-key", own).data["keys"]["1"] == b64(bytes(range(64)))
    export(api, "encryption-key", own).fails(ENCRYPTS)
    export(api, "signing-key", own).fails(SIGNS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_refusals_common_to_all(api, pairs, kind):
    export(api, kind, unique("absent")).is_not_found()
    name = pairs["rsa-2048"]
    export(api, kind, name, "foo").fails("invalid format: foo")
    export(api, kind, name, "PEM").fails("invalid format: PEM")
    for version, text in (
        ("/foo", "invalid key version"),
        ("/v", "invalid key version"),
        ("/1x", "invalid key version"),
        ("/0", "version for export is below minimum decryption version"),
        ("/2", "version does not exist or cannot be found"),
        ("/999999999", "version does not exist or cannot be found"),
    ):
        export(api, kind, name, version=version).fails(text)


@pytest.mark.parametrize("kind", ["foo", "Signing-Key", "private-key", "key"])
def test_a_kind_that_is_none(api, pairs, kind):
    export(api, kind, pairs["ed25519"]).fails(f"invalid export type: {kind}")


@pytest.mark.parametrize("key_type", [*PAIRS, "aes256-gcm96", "hmac"])
def test_private_material_needs_the_flag(api, key_type):
    name = api.new_key(type=key_type)
    kinds = ["hmac-key"]
    if key_type in PAIRS:
        kinds.append("signing-key")
        assert list(export(api, "public-key", name).data["keys"]) == ["1"]
    if key_type in ("rsa-2048", "aes256-gcm96"):
        kinds.append("encryption-key")
    for kind in kinds:
        export(api, kind, name).fails(NOT_EXPORTABLE)
    api.config(name, exportable=True)
    for kind in kinds:
        assert list(export(api, kind, name).data["keys"]) == ["1"]


def test_the_versions_asked_for(api):
    name = api.new_key(type="ed25519", exportable=True, versions=11)
    every = export(api, "signing-key", name).data["keys"]
    assert list(every) == sorted(str(n) for n in range(1, 12))
    for version, number in (("/1", "1"), ("/v1", "1"), ("/11", "11"), ("/v10", "10"), ("/latest", "11")):
        assert export(api, "signing-key", name, version=version).data["keys"] == {number: every[number]}
    api.config(name, min_decryption_version=10)
    assert export(api, "signing-key", name).data["keys"] == {n: every[n] for n in ("10", "11")}
    export(api, "signing-key", name, version="/9").fails("version for export is below minimum decryption version")


def test_the_private_value_of_a_public_half_is_empty(api):
    for key_type in ("ecdsa-p256", "ed25519", "rsa-2048"):
        name = import_public(api, key_type, private_key(key_type), exportable=True)
        assert export(api, "signing-key", name).data["keys"] == {"1": ""}
        assert export(api, "public-key", name).data["keys"] == {"1": public_text(key_type, "")}


def test_a_soft_deleted_key_is_not_exported(api):
    name = api.new_key(type="ed25519", exportable=True)
    api.delete(f"keys/{name}/soft-delete")
    export(api, "signing-key", name).fails(SOFT_DELETED)


# certificate-chain


def test_a_chain_is_only_there_when_one_was_set(api, pairs, ciphers):
    text = "certificate chain not supported for keys that do not support signing"
    export(api, "certificate-chain", ciphers["aes256-gcm96"]).fails(text)
    text = "selected key version does not have a certificate chain imported"
    export(api, "certificate-chain", pairs["ecdsa-p256"], version="/1").fails(text)


# byok-export


@pytest.fixture(scope="module")
def destination(api):
    """This mount's own wrapping key as a key of the mount, so that what is exported can be imported."""
    return import_public(api, "rsa-4096", wrapping_key(api))


@pytest.fixture(scope="module")
def opener(api):
    """A destination whose private half is here."""
    return import_public(api, "rsa-4096", private_key("rsa-4096"))


def byok(api, destination, source, version="", hash_name=None):
    return api.get(f"byok-export/{destination}/{source}{version}" + (f"?hash={hash_name}" if hash_name else ""))


def unwrap(text, hash_name="SHA256"):
    data = unb64(text)
    ephemeral = private_key("rsa-4096").decrypt(data[:512], oaep(WRAP_HASHES[hash_name]))
    assert len(ephemeral) == 32
    return aes_key_unwrap_with_padding(ephemeral, data[512:])


@pytest.mark.parametrize("key_type", [*PAIRS, *CIPHER_SIZES, "hmac"])
def test_what_is_exported_wrapped_is_the_key(api, pairs, ciphers, opener, key_type):
    name = {**pairs, **ciphers}.get(key_type) or import_private(api, "hmac", bytes(range(64)), exportable=True)
    data = byok(api, opener, name).data
    assert list(data) == ["keys", "name", "type"]
    assert (data["name"], data["type"], list(data["keys"])) == (name, key_type, ["1"])
    expected = pkcs8(private_key(key_type)) if key_type in PAIRS else bytes(range(CIPHER_SIZES.get(key_type, 64)))
    assert unwrap(data["keys"]["1"]) == expected


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "chacha20-poly1305", "ecdsa-p384", "ed25519", "rsa-2048", "hmac"])
def test_what_is_exported_wrapped_can_be_imported_under_another_name(api, destination, key_type):
    source = api.new_key(type=key_type, exportable=True)
    wrapped = byok(api, destination, source).data["keys"]["1"]
    copy = unique("copy")
    api.post(f"keys/{copy}/import", type=key_type, ciphertext=wrapped, exportable=True).is_empty()
    kind = {"hmac": "hmac-key"}.get(key_type, "signing-key" if key_type in PAIRS else "encryption-key")
    assert export(api, kind, copy).data["keys"] == export(api, kind, source).data["keys"]
    if kind == "encryption-key":
        assert api.decrypt(copy, api.encrypt(source)) == HELLO
    elif kind == "signing-key":
        made = api.post(f"sign/{source}", input=HELLO).data["signature"]
        assert api.post(f"verify/{copy}", input=HELLO, signature=made).data == {"valid": True}


@pytest.mark.parametrize("hash_name", WRAP_HASHES)
def test_the_hash_of_the_wrapping(api, ciphers, opener, hash_name):
    wrapped = byok(api, opener, ciphers["aes128-gcm96"], hash_name=hash_name).data["keys"]["1"]
    assert unwrap(wrapped, hash_name) == bytes(range(16))


def test_the_versions_that_are_wrapped(api, opener):
    source = api.new_key(exportable=True, versions=3)
    every = export(api, "encryption-key", source).data["keys"]
    assert {n: b64(unwrap(text)) for n, text in byok(api, opener, source).data["keys"].items()} == every
    for version, number in (("/2", "2"), ("/latest", "3")):
        assert list(byok(api, opener, source, version).data["keys"]) == [number]
    byok(api, opener, source, "/foo").fails("invalid key version")
    byok(api, opener, source, "/9").fails("version does not exist or cannot be found")
    byok(api, opener, source, "/0").fails("version for export is below minimum decryption version")


def test_what_cannot_be_exported_wrapped(api, pairs, ciphers, opener):
    source, absent = ciphers["aes256-gcm96"], unique("absent")
    byok(api, absent, source).fails("no such destination key to export to")
    byok(api, opener, absent).fails("no such source key for export")
    byok(api, opener, source, hash_name="md5").fails("unknown hash function: md5")
    byok(api, opener, api.new_key()).fails("key is not exportable")
    for key_type in ("ecdsa-p256", "ed25519"):
        byok(api, pairs[key_type], source).fails("unsupported key type in use; must be a rsa key")
    text = "key wrapping (requring message signing) is not supported for key type aes256-gcm96"
    byok(api, source, pairs["ed25519"]).fails(text)


def test_a_soft_deleted_key_takes_no_part(api, opener):
    deleted = api.new_key(exportable=True)
    api.delete(f"keys/{deleted}/soft-delete")
    byok(api, opener, deleted).fails("for source key: " + SOFT_DELETED)
    gone = import_public(api, "rsa-2048", private_key("rsa-2048"))
    api.delete(f"keys/{gone}/soft-delete")
    byok(api, gone, api.new_key(exportable=True)).fails("for destination key: " + SOFT_DELETED)
