"""derive-key by ECDH: transit.md 4.28, 5.3 and the vector of 8.1."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from blackbox_client import HELLO, unique
from blackbox_crypto import (
    EC_TYPES,
    HASHES,
    b64,
    import_private,
    import_public,
    payload,
    private_key,
    public_key,
    spki,
    spki_pem,
    wycheproof,
)

SHARED = bytes.fromhex("3ac897775b44cb5e33998817bde5678bd604ffabf6f393d8210ebcddc094c558")
OURS, PEER = (ec.derive_private_key(int.from_bytes(bytes([n]) * 32, "big"), ec.SECP256R1()) for n in (0x11, 0x22))
WORDS = {
    "aes128": "aes128-gcm96",
    "aes256": "aes256-gcm96",
    "chacha": "chacha20-poly1305",
    "xchacha": "xchacha20-poly1305",
}


@pytest.fixture(scope="module")
def base(api):
    return import_private(api, "ecdsa-p256", OURS)


def ask(api, name, base, **parameters):
    body = {"key_derivation_algorithm": "ecdh", "base_key_name": base, "peer_public_key": spki_pem(PEER)}
    body.update(parameters)
    return api.post(f"derive-key/{name}", {member: value for member, value in body.items() if value is not None})


def agree(api, base, **parameters):
    name = unique("agreed")
    ask(api, name, base, **parameters).is_empty()
    return name


def expand(secret, length=32):
    return HKDF(HASHES["sha2-256"], length, None, b"").derive(secret)


@pytest.mark.parametrize("word, key_type", [(None, "aes256-gcm96"), *WORDS.items(), ("AES128", "aes128-gcm96")])
def test_the_vector(api, base, word, key_type):
    assert expand(OURS.exchange(ec.ECDH(), PEER.public_key())) == SHARED
    name = agree(api, base, derived_key_type=word)
    data = api.key(name)
    assert (data["type"], data["imported_key"], data["exportable"], data["derived"]) == (key_type, True, False, False)
    assert data["imported_key_allow_rotation"] is False and data["latest_version"] == 1
    key = SHARED[:16] if "128" in key_type else SHARED
    twin = import_private(api, key_type, key)
    assert api.decrypt(twin, api.encrypt(name)) == api.decrypt(name, api.encrypt(twin)) == HELLO
    if key_type.startswith("aes"):
        sealed = payload(api.encrypt(name))
        assert AESGCM(key).decrypt(sealed[:12], sealed[12:], None) == b"hello"
    api.get(f"export/encryption-key/{name}").fails("private key material is not exportable")
    assert api.post(f"keys/{name}/rotate").status == 400


@pytest.mark.parametrize("key_type", EC_TYPES)
def test_both_sides_of_every_curve_agree(api, key_type):
    one, two = api.new_key(type=key_type), api.new_key(type=key_type)
    public = {name: spki_pem(public_key(api, name)) for name in (one, two)}
    here, there = agree(api, one, peer_public_key=public[two]), agree(api, two, peer_public_key=public[one])
    assert api.decrypt(there, api.encrypt(here)) == HELLO
    mine = private_key(key_type)
    name = agree(api, one, peer_public_key=spki_pem(mine))
    key = expand(mine.exchange(ec.ECDH(), public_key(api, one)))
    sealed = payload(api.encrypt(name))
    assert AESGCM(key).decrypt(sealed[:12], sealed[12:], None) == b"hello"


def test_short_coordinates_are_padded(api):
    """Among sixteen hundred peers there are shared points whose X begins with a zero byte."""
    peers = (ec.derive_private_key(n, ec.SECP256R1()) for n in range(2, 1600))
    short = [key for key in peers if OURS.exchange(ec.ECDH(), key.public_key())[0] == 0]
    base = import_private(api, "ecdsa-p256", OURS)
    for peer in short[:3]:
        name = agree(api, base, peer_public_key=spki_pem(peer))
        sealed = payload(api.encrypt(name))
        key = expand(OURS.exchange(ec.ECDH(), peer.public_key()))
        assert AESGCM(key).decrypt(sealed[:12], sealed[12:], None) == b"hello"
    assert short


def test_the_version_of_the_base_key(api):
    base = api.new_key(type="ecdsa-p256", versions=3)
    for asked, version in ((None, 3), (0, 3), (1, 1), (2, 2)):
        key = expand(PEER.exchange(ec.ECDH(), public_key(api, base, version)))
        sealed = payload(api.encrypt(agree(api, base, base_key_version=asked)))
        assert AESGCM(key).decrypt(sealed[:12], sealed[12:], None) == b"hello"
    refused = "requested version of the base key is "
    ask(api, unique(), base, base_key_version=-1).fails(refused + "negative")
    ask(api, unique(), base, base_key_version=4).fails(refused + "higher than the latest key version")
    api.config(base, min_decryption_version=2, min_encryption_version=2)
    api.post(f"keys/{base}/trim", min_available_version=2)
    ask(api, unique(), base, base_key_version=1).fails(refused + "less than the minimum available key version")


def test_a_second_agreement_appends_a_version(api, base):
    name = agree(api, base)
    sealed = api.encrypt(name)
    ask(api, name, base, peer_public_key=spki_pem(private_key("ecdsa-p256"))).is_empty()
    assert api.key(name)["latest_version"] == 2
    assert api.encrypt(name).startswith("vault:v2:") and api.decrypt(name, sealed) == HELLO


@pytest.mark.parametrize(
    "parameters, text",
    [
        ({"key_derivation_algorithm": "foo"}, "key derivation algorithm foo not supported"),
        ({"peer_public_key": None}, "peer public key not provided"),
        ({"peer_public_key": ""}, "peer public key not provided"),
        ({"base_key_name": "absent-base"}, "specified base key not found"),
        ({"derived_key_type": "foo"}, "unknown key type foo"),
        ({"peer_public_key": spki_pem(private_key("ed25519"))}, "supplied peer public key is not an ECDSA key"),
        ({"peer_public_key": spki_pem(private_key("rsa-2048"))}, "supplied peer public key is not an ECDSA key"),
        (
            {"peer_public_key": spki_pem(private_key("ecdsa-p384"))},
            "base private key type ecdsa-p256 does not match peer public key curve",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused(api, base, parameters, text):
    name = unique("refused")
    ask(api, name, base, **parameters).fails(text)
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "ed25519", "rsa-2048", "hmac"])
def test_a_base_of_another_type(api, key_type):
    text = f"base key type {key_type} does not support key agreement"
    ask(api, unique(), api.new_key(type=key_type)).fails(text)


def test_peers_that_cannot_be_parsed(api, base):
    good = spki_pem(PEER)
    off_curve = spki(PEER)[:-1] + bytes([spki(PEER)[-1] ^ 1])
    body = b64(off_curve)
    bent = f"-----BEGIN PUBLIC KEY-----\n{body[:64]}\n{body[64:]}\n-----END PUBLIC KEY-----\n"
    for given in ("foo", good[:60], bent):
        reply = ask(api, unique(), base, peer_public_key=given)
        assert reply.status == 400 and reply.error.startswith("failed to parse supplied peer public key PEM"), reply
    half = import_public(api, "ecdsa-p256", OURS)
    assert ask(api, unique(), half).status == 400


def test_wycheproof_ecdh(api):
    """A sample of the valid and all of the invalid public keys of the file; the private key goes in by import."""
    seen, bases = 0, {}
    for group in wycheproof("ecdh_secp256r1"):
        for number, case in enumerate(group["tests"]):
            if case["result"] == "valid" and number % 8:
                continue
            secret = int(case["private"], 16)
            if secret not in bases:
                bases[secret] = import_private(api, "ecdsa-p256", ec.derive_private_key(secret, ec.SECP256R1()))
            body = b64(bytes.fromhex(case["public"]))
            lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
            peer = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
            name = unique("ecdh")
            reply = ask(api, name, bases[secret], peer_public_key=peer)
            if case["result"] == "valid":
                reply.is_empty()
            if reply.status == 204:
                assert case["result"] != "invalid", case["tcId"]
                sealed = payload(api.encrypt(name))
                key = expand(bytes.fromhex(case["shared"]))
                assert AESGCM(key).decrypt(sealed[:12], sealed[12:], None) == b"hello", case["tcId"]
            else:
                assert reply.status == 400, case["tcId"]
            seen += 1
    assert seen > 100


def test_the_pem_may_carry_line_ends_of_any_kind(api, base):
    agree(api, base, peer_public_key=spki_pem(PEER).replace("\n", "\r\n"))
