"""ML-DSA, hybrid signatures, KEM keys and HPKE: our own contract, checked with python's `cryptography`."""

import hashlib
import itertools

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, mlkem, x25519

from blackbox_client import HELLO, KEY_NOT_FOUND, SOFT_DELETED, TOO_OLD, unique
from blackbox_crypto import EC_TYPES, b64, flip, payload, public_key, unb64, wire

ML_DSA = {"65": (mldsa.MLDSA65PublicKey, 1952, 3309), "87": (mldsa.MLDSA87PublicKey, 2592, 4627)}
HYBRID = {"type": "hybrid", "parameter_set": "65", "hybrid_key_type_pqc": "ml-dsa"}
HYBRIDS = [{**HYBRID, "hybrid_key_type_ec": other} for other in ("ecdsa-p256", "ed25519")]
SIGNERS = [*({"type": "ml-dsa", "parameter_set": size} for size in ML_DSA), *HYBRIDS]
CIPHERTEXT = {"ml-kem-768": 1088, "ml-kem-1024": 1568, "x-wing": 1120}
PUBLIC = {"ml-kem-768": 1184, "ml-kem-1024": 1568, "x-wing": 1216}
ENC = {**CIPHERTEXT, "ecdsa-p256": 65, "ecdsa-p384": 97, "ecdsa-p521": 133}
XWING_LABEL = b"\\.//^\\"
SUITES = list(
    itertools.product(
        (hpke.KDF.HKDF_SHA256, hpke.KDF.HKDF_SHA384, hpke.KDF.HKDF_SHA512, hpke.KDF.SHAKE128, hpke.KDF.SHAKE256),
        (hpke.AEAD.AES_128_GCM, hpke.AEAD.AES_256_GCM, hpke.AEAD.CHACHA20_POLY1305),
    )
)


def label(parameters):
    return "-".join(parameters.values()).replace("hybrid-65-ml-dsa", "hybrid")


def raw_key(api, name, version=1):
    """The bytes of a public key shown as base64 or as PEM."""
    text = api.key(name)["keys"][str(version)]["public_key"]
    if not text.startswith("-----"):
        return unb64(text)
    loaded = serialization.load_pem_public_key(text.encode())
    return loaded.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


signers = pytest.mark.parametrize("parameters", SIGNERS, ids=label)
kems = pytest.mark.parametrize("key_type", CIPHERTEXT)
sealers = pytest.mark.parametrize("key_type", ENC)


# Signatures


@signers
def test_a_signing_key_is_created_read_and_rotated(api, parameters):
    name = unique()
    data = api.post(f"keys/{name}", **parameters).data
    assert data["type"] == parameters["type"] and data["parameter_set"] == parameters["parameter_set"]
    assert (data["supports_signing"], data["supports_encryption"], data["supports_derivation"]) == (True, False, False)
    assert data["keys"]["1"]["public_key"]
    rotated = api.post(f"keys/{name}/rotate").data
    assert rotated["latest_version"] == 2
    assert rotated["keys"]["1"]["public_key"] != rotated["keys"]["2"]["public_key"]


@signers
def test_signatures_are_valid_for_their_message_only(api, parameters):
    name, other = (api.new_key(**parameters) for _ in range(2))
    for message in (b"", b"hello", bytes(5000)):
        data = api.post(f"sign/{name}", input=b64(message)).data
        assert data["key_version"] == 1
        asked = {"input": b64(message), "signature": data["signature"]}
        assert api.post(f"verify/{name}", asked).data == {"valid": True}
        assert api.post(f"verify/{other}", asked).data == {"valid": False}
        assert api.post(f"verify/{name}", {**asked, "input": b64(message + b"x")}).data == {"valid": False}


@signers
def test_no_part_of_a_signature_can_be_changed(api, parameters):
    """A hybrid signature is valid only when both of its halves are."""
    name = api.new_key(**parameters)
    body = payload(api.post(f"sign/{name}", input=HELLO).data["signature"])
    for at in (*range(0, len(body), len(body) // 40), *range(len(body) - 80, len(body))):
        reply = api.post(f"verify/{name}", input=HELLO, signature=wire(flip(body, at)))
        assert reply.status == 400 or reply.data == {"valid": False}, at
    for cut in (body[:-1], body[1:], body + b"\0", body[:64], body[-64:], b"", body * 2, body[:3309], body[3309:]):
        reply = api.post(f"verify/{name}", input=HELLO, signature=wire(cut))
        if cut != body:
            assert reply.status == 400 or reply.data == {"valid": False}, len(cut)


@pytest.mark.parametrize("size", ML_DSA)
def test_ml_dsa_is_that_of_fips_204(api, size):
    kind, key_length, signature_length = ML_DSA[size]
    name = api.new_key(type="ml-dsa", parameter_set=size, versions=2)
    for version in (1, 2):
        assert len(raw_key(api, name, version)) == key_length
        public = kind.from_public_bytes(raw_key(api, name, version))
        signature = api.post(f"sign/{name}", input=HELLO, key_version=version).data["signature"]
        assert len(payload(signature, version)) == signature_length
        public.verify(payload(signature, version), b"hello")


@signers
def test_batches_of_signatures(api, parameters):
    name = api.new_key(**parameters)
    items = [{"input": HELLO, "reference": "a"}, {"input": "!!"}, {}, {"input": ""}]
    signed = api.post(f"sign/{name}", batch_input=items)
    assert signed.status == 200 and ["error" in item for item in signed.results] == [False, True, True, False]
    items = [{"input": HELLO, "signature": signed.results[n]["signature"]} for n in (0, 3)]
    assert [item["valid"] for item in api.post(f"verify/{name}", batch_input=items).results] == [True, False]


@signers
def test_versions_and_malformed_signatures(api, parameters):
    name = api.new_key(**parameters, versions=2)
    old = api.post(f"sign/{name}", input=HELLO, key_version=1).data["signature"]
    moved = wire(payload(old), 2)
    assert api.post(f"verify/{name}", input=HELLO, signature=moved).data == {"valid": False}
    for text, error in (
        ("foo", "invalid signature: no prefix"),
        ("vault:v7:AAAA", "invalid signature: version is too new"),
    ):
        api.post(f"verify/{name}", input=HELLO, signature=text).fails(error)
    api.config(name, min_decryption_version=2)
    api.post(f"verify/{name}", input=HELLO, signature=old).fails(TOO_OLD)


# Encapsulation


@kems
def test_a_kem_key_is_created_read_and_rotated(api, key_type):
    name = unique()
    data = api.post(f"keys/{name}", type=key_type).data
    assert data["type"] == key_type and data["supports_signing"] is False
    assert len(raw_key(api, name)) == PUBLIC[key_type]
    assert api.post(f"keys/{name}/rotate").data["latest_version"] == 2
    assert raw_key(api, name, 1) != raw_key(api, name, 2)


@kems
def test_what_is_encapsulated_is_decapsulated(api, key_type):
    name = api.new_key(type=key_type, versions=2)
    secrets = set()
    for version, asked in ((2, {}), (2, {"key_version": 0}), (1, {"key_version": 1})):
        data = api.post(f"encapsulate/{name}", **asked).data
        assert list(data) == ["ciphertext", "key_version", "shared_secret"] and data["key_version"] == version
        assert len(unb64(data["shared_secret"])) == 32
        assert len(payload(data["ciphertext"], version)) == CIPHERTEXT[key_type]
        opened = api.post(f"decapsulate/{name}", ciphertext=data["ciphertext"]).data
        assert opened == {"shared_secret": data["shared_secret"]}
        secrets.add(data["shared_secret"])
    assert len(secrets) == 3


def encapsulate(key_type, public):
    """A ciphertext and its secret, made here."""
    if key_type == "ml-kem-1024":
        secret, sealed = mlkem.MLKEM1024PublicKey.from_public_bytes(public).encapsulate()
        return sealed, secret
    inner, sealed = mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184]).encapsulate()
    if key_type == "ml-kem-768":
        return sealed, inner
    once = x25519.X25519PrivateKey.generate()
    theirs = x25519.X25519PublicKey.from_public_bytes(public[1184:])
    mine = once.public_key().public_bytes_raw()
    mixed = inner + once.exchange(theirs) + mine + public[1184:] + XWING_LABEL
    return sealed + mine, hashlib.sha3_256(mixed).digest()


@kems
def test_what_is_encapsulated_elsewhere_is_decapsulated(api, key_type):
    name = api.new_key(type=key_type, versions=2)
    for version in (1, 2):
        for _ in range(3):
            sealed, secret = encapsulate(key_type, raw_key(api, name, version))
            opened = api.post(f"decapsulate/{name}", ciphertext=wire(sealed, version)).data
            assert opened == {"shared_secret": b64(secret)}


@kems
def test_a_changed_ciphertext_gives_another_secret_or_an_error(api, key_type):
    name, other = (api.new_key(type=key_type) for _ in range(2))
    data = api.post(f"encapsulate/{name}").data
    body = payload(data["ciphertext"])
    for at in range(0, len(body), len(body) // 12):
        reply = api.post(f"decapsulate/{name}", ciphertext=wire(flip(body, at)))
        assert reply.status == 400 or reply.data["shared_secret"] != data["shared_secret"]
    reply = api.post(f"decapsulate/{other}", ciphertext=data["ciphertext"])
    assert reply.status == 400 or reply.data["shared_secret"] != data["shared_secret"]
    for cut in (b"", body[:-1], body + b"\0", body[:32]):
        assert api.post(f"decapsulate/{name}", ciphertext=wire(cut)).status == 400


@kems
def test_refusals_of_encapsulation(api, key_type):
    name = api.new_key(type=key_type)
    sealed = api.post(f"encapsulate/{name}").data["ciphertext"]
    for operation, body in (("encapsulate", {}), ("decapsulate", {"ciphertext": sealed})):
        api.post(f"{operation}/{unique('absent')}", body).fails(KEY_NOT_FOUND)
        assert api.post(f"{operation}/{api.new_key()}", body).status == 400
    for version in (2, -1, 2**40):
        assert api.post(f"encapsulate/{name}", key_version=version).status == 400
    for text in ("", "foo", "vault:v1", "vault:v9:AAAA", "vault:vx:AAAA", "vault:v1:!!"):
        assert api.post(f"decapsulate/{name}", ciphertext=text).status == 400
    assert api.post(f"decapsulate/{name}").status == 400
    api.post(f"keys/{name}/rotate")
    api.config(name, min_decryption_version=2)
    api.post(f"decapsulate/{name}", ciphertext=sealed).fails(TOO_OLD)
    api.delete(f"keys/{name}/soft-delete")
    api.post(f"encapsulate/{name}").fails(SOFT_DELETED)


# HPKE


@sealers
@pytest.mark.parametrize(
    "extra", [{}, {"info": b64(b"i")}, {"associated_data": "YWFk"}, {"info": "", "associated_data": ""}]
)
def test_what_is_sealed_is_opened(api, key_type, extra):
    name = api.new_key(type=key_type, versions=2)
    for text in ("", HELLO, b64(bytes(5000))):
        for version, asked in ((2, {}), (1, {"key_version": 1})):
            data = api.post(f"hpke/seal/{name}", plaintext=text, **asked, **extra).data
            sealed = payload(data["ciphertext"], version)
            assert len(sealed) == ENC[key_type] + len(unb64(text)) + 16
            assert data.get("encapsulated_key_length", ENC[key_type]) == ENC[key_type]
            opened = api.post(f"hpke/open/{name}", ciphertext=data["ciphertext"], **extra).data
            assert opened == {"plaintext": text}
    again = api.post(f"hpke/seal/{name}", plaintext=text, key_version=1, **extra).data["ciphertext"]
    assert payload(again)[:32] != sealed[:32]


@sealers
def test_what_is_sealed_opens_with_the_same_words_only(api, key_type):
    name, other = (api.new_key(type=key_type) for _ in range(2))
    words = {"info": b64(b"i"), "associated_data": "YWFk"}
    sealed = api.post(f"hpke/seal/{name}", plaintext=HELLO, **words).data["ciphertext"]
    for changed in ({}, {"info": words["info"]}, {**words, "info": b64(b"j")}, {**words, "associated_data": ""}):
        assert api.post(f"hpke/open/{name}", ciphertext=sealed, **changed).status == 400
    assert api.post(f"hpke/open/{other}", ciphertext=sealed, **words).status == 400
    body = payload(sealed)
    for at in (0, 1, ENC[key_type] - 1, ENC[key_type], len(body) - 1):
        assert api.post(f"hpke/open/{name}", ciphertext=wire(flip(body, at)), **words).status == 400
    for cut in (b"", body[:10], body[: ENC[key_type]], body[: ENC[key_type] + 15], body[:-1], body + b"\0"):
        assert api.post(f"hpke/open/{name}", ciphertext=wire(cut), **words).status == 400
    for bad in ({"info": "!!"}, {"associated_data": "!!"}):
        assert api.post(f"hpke/open/{name}", ciphertext=sealed, **bad).status == 400
        assert api.post(f"hpke/seal/{name}", plaintext=HELLO, **bad).status == 400
    for body in ({}, {"plaintext": "!!"}, {"plaintext": HELLO, "key_version": 9}):
        assert api.post(f"hpke/seal/{name}", body).status == 400


def hpke_public(api, name, key_type):
    if key_type in EC_TYPES:
        return public_key(api, name)
    raw = raw_key(api, name)
    if key_type == "ml-kem-1024":
        return mlkem.MLKEM1024PublicKey.from_public_bytes(raw)
    inner = mlkem.MLKEM768PublicKey.from_public_bytes(raw[:1184])
    if key_type == "ml-kem-768":
        return inner
    return hpke.MLKEM768X25519PublicKey(inner, x25519.X25519PublicKey.from_public_bytes(raw[1184:]))


KEM_OF = {
    "ecdsa-p256": hpke.KEM.P256,
    "ecdsa-p384": hpke.KEM.P384,
    "ecdsa-p521": hpke.KEM.P521,
    "ml-kem-768": hpke.KEM.MLKEM768,
    "ml-kem-1024": hpke.KEM.MLKEM1024,
    "x-wing": hpke.KEM.MLKEM768_X25519,
}


@sealers
def test_what_another_hpke_seals_is_opened(api, key_type):
    """The contract names no KDF and AEAD: exactly one suite of the standard must be the server's."""
    name = api.new_key(type=key_type)
    public, fitting = hpke_public(api, name, key_type), []
    for kdf, aead in SUITES:
        sealed = hpke.Suite(KEM_OF[key_type], kdf, aead).encrypt(b"hello", public, b"i")
        reply = api.post(f"hpke/open/{name}", ciphertext=wire(sealed), info=b64(b"i"))
        if reply.status == 200:
            assert reply.data == {"plaintext": HELLO}
            fitting.append((kdf, aead))
        assert api.post(f"hpke/open/{name}", ciphertext=wire(sealed), info=b64(b"j")).status == 400
    assert len(fitting) == 1, fitting


@pytest.mark.parametrize("key_type", EC_TYPES)
def test_what_is_sealed_is_opened_by_another_hpke(api, key_type):
    name = api.new_key(type=key_type, exportable=True)
    text = api.get(f"export/signing-key/{name}").data["keys"]["1"]
    private = serialization.load_pem_private_key(text.encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    sealed = payload(api.post(f"hpke/seal/{name}", plaintext=HELLO, info=b64(b"i")).data["ciphertext"])
    opened = []
    for kdf, aead in SUITES:
        try:
            opened.append(hpke.Suite(KEM_OF[key_type], kdf, aead).decrypt(sealed, private, b"i"))
        except InvalidTag:
            continue
    assert opened == [b"hello"]


def test_keys_that_neither_seal_nor_open(api):
    for parameters in ({}, {"type": "hmac"}, {"type": "ml-dsa", "parameter_set": "65"}):
        name = api.new_key(**parameters)
        assert api.post(f"hpke/seal/{name}", plaintext=HELLO).status == 400
        assert api.post(f"hpke/open/{name}", ciphertext=wire(bytes(200))).status == 400
    api.post(f"hpke/seal/{unique('absent')}", plaintext=HELLO).fails(KEY_NOT_FOUND)
    api.post(f"hpke/open/{unique('absent')}", ciphertext=wire(bytes(200))).fails(KEY_NOT_FOUND)
