"""Backup blobs written by hand and read back: transit.md 6."""

import base64
import json
import sys

from blackbox_crypto import EC_TYPES, b64, private_key, raw_public, spki_pem

# RSA numbers have more digits than python writes unasked.
sys.set_int_max_str_digits(0)

K = bytes(range(32))
MAC_KEY = bytes(range(32, 64))
TYPE_NUMBERS = {
    "aes256-gcm96": 0,
    "ecdsa-p256": 1,
    "ed25519": 2,
    "rsa-2048": 3,
    "rsa-4096": 4,
    "chacha20-poly1305": 5,
    "ecdsa-p384": 6,
    "ecdsa-p521": 7,
    "aes128-gcm96": 8,
    "rsa-3072": 9,
    "xchacha20-poly1305": 11,
    "aes128-cmac": 12,
    "aes256-cmac": 13,
    "aes192-cmac": 16,
}
POLICY_ORDER = [
    "name",
    "key_size",
    "keys",
    "derived",
    "kdf",
    "convergent_encryption",
    "exportable",
    "min_decryption_version",
    "min_encryption_version",
    "latest_version",
    "archive_version",
    "archive_min_version",
    "min_available_version",
    "deletion_allowed",
    "convergent_version",
    "type",
    "backup_info",
    "restore_info",
    "allow_plaintext_backup",
    "version_template",
    "storage_prefix",
    "auto_rotate_period",
    "Imported",
    "AllowImportedKeyRotation",
    "soft_deleted",
]
OPTIONAL_IN_POLICY = ["key_size", "soft_deleted"]
ENTRY_ORDER = [
    "key",
    "hmac_key",
    "time",
    "ec_x",
    "ec_y",
    "ec_d",
    "rsa_key",
    "rsa_public_key",
    "public_key",
    "convergent_version",
    "creation_time",
    "certificate_chain",
    "external_key_ref",
]
NEVER = "0001-01-01T00:00:00Z"


def blob(policy, archive=None):
    """base64 of the JSON and its line end, as a backup is written."""
    document = {"policy": policy}
    if archive is not None:
        document["archived_keys"] = {"keys": archive}
    return b64(json.dumps(document, separators=(",", ":")).encode() + b"\n")


def unblob(text):
    """The JSON text and its value."""
    raw = base64.b64decode(text, validate=True)
    assert raw.endswith(b"}\n"), raw[-20:]
    return raw.decode(), json.loads(raw)


def entry(key=K, **members):
    return {"key": b64(key), "hmac_key": b64(MAC_KEY), **members}


def minimal(name, *entries, **members):
    """The smallest policy that restores, with what a case adds."""
    keys = {str(n + 1): value for n, value in enumerate(entries or [entry()])}
    return {
        "name": name,
        "keys": keys,
        "min_decryption_version": 1,
        "latest_version": len(keys),
        "exportable": True,
        "allow_plaintext_backup": True,
        **members,
    }


def pair_entry(key_type, number=0):
    """An entry for a key pair made here, with its numbers bare."""
    key = private_key(key_type, number)
    if key_type == "ed25519":
        return entry(key.private_bytes_raw() + raw_public(key), public_key=b64(raw_public(key)))
    numbers = key.private_numbers()
    if key_type in EC_TYPES:
        point = numbers.public_numbers
        ours = {"ec_x": point.x, "ec_y": point.y, "ec_d": numbers.private_value, "public_key": spki_pem(key)}
        return {"key": None, "hmac_key": b64(MAC_KEY), **ours}
    rsa_key = {
        "N": numbers.public_numbers.n,
        "E": numbers.public_numbers.e,
        "D": numbers.d,
        "Primes": [numbers.p, numbers.q],
        "Precomputed": {"Dp": numbers.dmp1, "Dq": numbers.dmq1, "Qinv": numbers.iqmp, "CRTValues": []},
    }
    return {"key": None, "hmac_key": b64(MAC_KEY), "rsa_key": rsa_key}


def check_order(members, order):
    """Those members that the spec knows stand in its order."""
    known = [member for member in members if member in order]
    assert known == [member for member in order if member in known]
    return known
