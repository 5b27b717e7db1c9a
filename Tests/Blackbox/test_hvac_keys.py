"""hvac, unchanged, on key pairs: sign, verify, export, backup and restore."""

import hvac
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hvac.exceptions import InvalidPath, InvalidRequest, ParamValidationError

from blackbox_client import CONTEXT, HELLO, TOKEN, unique
from blackbox_crypto import HASHES, payload

WORLD = "d29ybGQ="


@pytest.fixture
def transit(server):
    return hvac.Client(url=server.address, token=TOKEN).secrets.transit


@pytest.fixture
def pair(transit):
    name = unique("hvac")
    transit.create_key(name, key_type="ecdsa-p256", exportable=True, allow_plaintext_backup=True)
    return name


@pytest.mark.parametrize("key_type", ["ed25519", "ecdsa-p256", "rsa-2048"])
def test_create_key_sign_data_and_verify_signed_data(transit, key_type):
    name = unique("hvac")
    transit.create_key(name, key_type=key_type)
    assert transit.read_key(name)["data"]["keys"]["1"]["public_key"]
    signature = transit.sign_data(name, HELLO)["data"]["signature"]
    assert transit.verify_signed_data(name, HELLO, signature=signature)["data"]["valid"] is True
    assert transit.verify_signed_data(name, WORLD, signature=signature)["data"]["valid"] is False


@pytest.mark.parametrize("hash_algorithm", ["sha2-224", "sha2-256", "sha2-384", "sha2-512"])
@pytest.mark.parametrize("marshaling", ["asn1", "jws"])
def test_sign_data_with_words(transit, pair, hash_algorithm, marshaling):
    words = {"hash_algorithm": hash_algorithm, "marshaling_algorithm": marshaling}
    signature = transit.sign_data(pair, HELLO, **words)["data"]["signature"]
    assert transit.verify_signed_data(pair, HELLO, signature=signature, **words)["data"]["valid"] is True
    if marshaling == "asn1":
        public = serialization.load_pem_public_key(transit.read_key(pair)["data"]["keys"]["1"]["public_key"].encode())
        public.verify(payload(signature), b"hello", ec.ECDSA(HASHES[hash_algorithm]))


@pytest.mark.parametrize("algorithm", ["pss", "pkcs1v15"])
def test_sign_data_with_rsa(transit, algorithm):
    name = unique("hvac")
    transit.create_key(name, key_type="rsa-2048")
    words = {"signature_algorithm": algorithm, "hash_algorithm": "sha2-512"}
    signature = transit.sign_data(name, HELLO, **words)["data"]["signature"]
    assert transit.verify_signed_data(name, HELLO, signature=signature, **words)["data"]["valid"] is True
    ciphertext = transit.encrypt_data(name, HELLO)["data"]["ciphertext"]
    assert transit.decrypt_data(name, ciphertext)["data"]["plaintext"] == HELLO


def test_sign_data_with_a_context(transit):
    name = unique("hvac")
    transit.create_key(name, key_type="ed25519", derived=True)
    signature = transit.sign_data(name, HELLO, context=CONTEXT)["data"]["signature"]
    assert transit.verify_signed_data(name, HELLO, signature=signature, context=CONTEXT)["data"]["valid"] is True
    with pytest.raises(InvalidRequest, match="missing 'context' for key derivation"):
        transit.sign_data(name, HELLO)


def test_verify_signed_data_by_hmac(transit, pair):
    code = transit.generate_hmac(pair, HELLO)["data"]["hmac"]
    assert transit.verify_signed_data(pair, HELLO, hmac=code)["data"]["valid"] is True
    assert transit.verify_signed_data(pair, WORLD, hmac=code)["data"]["valid"] is False
    with pytest.raises(ParamValidationError):
        transit.verify_signed_data(pair, HELLO)


def test_sign_data_refused(transit):
    with pytest.raises(InvalidRequest, match="signing key not found"):
        transit.sign_data(unique("absent"), HELLO)
    name = unique("hvac")
    transit.create_key(name)
    with pytest.raises(InvalidRequest, match="key type aes256-gcm96 does not support signing"):
        transit.sign_data(name, HELLO)


@pytest.mark.parametrize("kind", ["signing-key", "hmac-key"])
def test_export_key(transit, pair, kind):
    every = transit.export_key(pair, kind)["data"]
    assert (every["name"], every["type"], list(every["keys"])) == (pair, "ecdsa-p256", ["1"])
    assert transit.export_key(pair, kind, version="1")["data"]["keys"] == every["keys"]
    with pytest.raises(InvalidPath):
        transit.export_key(unique("absent"), kind)
    with pytest.raises(InvalidRequest, match="encryption not supported for the key"):
        transit.export_key(pair, "encryption-key")


def test_backup_key_and_restore_key(transit, pair):
    signature = transit.sign_data(pair, HELLO)["data"]["signature"]
    text = transit.backup_key(pair)["data"]["backup"]
    copy = unique("hvac")
    assert transit.restore_key(text, name=copy).status_code == 204
    assert transit.verify_signed_data(copy, HELLO, signature=signature)["data"]["valid"] is True
    with pytest.raises(InvalidRequest, match="already exists"):
        transit.restore_key(text, name=copy)
    assert transit.restore_key(text, name=copy, force=True).status_code == 204
    with pytest.raises(InvalidRequest, match="exporting is disallowed on the policy"):
        name = unique("hvac")
        transit.create_key(name)
        transit.backup_key(name)
