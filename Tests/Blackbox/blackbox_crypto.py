"""What python's `cryptography` computes for the tests: key pairs, wrapped imports, signatures, public keys."""

import base64
import functools
import hashlib
import hmac
import json
import os
import pathlib
import re

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

from blackbox_client import unique

EC_TYPES = {"ecdsa-p256": ec.SECP256R1(), "ecdsa-p384": ec.SECP384R1(), "ecdsa-p521": ec.SECP521R1()}
EC_NAMES = {"ecdsa-p256": "P-256", "ecdsa-p384": "P-384", "ecdsa-p521": "P-521"}
EC_WIDTH = {"ecdsa-p256": 32, "ecdsa-p384": 48, "ecdsa-p521": 66}
RSA_TYPES = {"rsa-2048": 2048, "rsa-3072": 3072, "rsa-4096": 4096}
CIPHER_SIZES = {
    "aes128-gcm96": 16,
    "aes256-gcm96": 32,
    "chacha20-poly1305": 32,
    "xchacha20-poly1305": 32,
    "aes256-gcm-siv": 32,
    "xaes256-gcm192": 32,
}
CMAC_SIZES = {"aes128-cmac": 16, "aes192-cmac": 24, "aes256-cmac": 32}
HASHES = {
    "sha1": hashes.SHA1(),
    "sha2-224": hashes.SHA224(),
    "sha2-256": hashes.SHA256(),
    "sha2-384": hashes.SHA384(),
    "sha2-512": hashes.SHA512(),
    "sha3-224": hashes.SHA3_224(),
    "sha3-256": hashes.SHA3_256(),
    "sha3-384": hashes.SHA3_384(),
    "sha3-512": hashes.SHA3_512(),
}
HASHLIB = {name: name.replace("sha2-", "sha").replace("-", "_") for name in HASHES}
WRAP_HASHES = {
    "SHA1": hashes.SHA1(),
    "SHA224": hashes.SHA224(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
RSASSA_PSS_OID = bytes.fromhex("06092a864886f70d01010a")
RSA_OID = bytes.fromhex("06092a864886f70d0101010500")
_wrapping_keys = {}


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


def digest(name, data):
    return hashlib.new(HASHLIB[name], data).digest()


def mac(name, key, data):
    return hmac.new(key, data, HASHLIB[name]).digest()


def payload(text, version=1, jws=False):
    """The bytes behind `vault:vN:`, of which base64 alphabet and padding are checked."""
    prefix, number, body = text.split(":")
    assert (prefix, number) == ("vault", f"v{version}"), text
    if not jws:
        return unb64(body)
    assert re.fullmatch(r"[A-Za-z0-9_-]*", body), text
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


def wire(data, version=1, jws=False):
    """The bytes as `vault:vN:…`."""
    body = base64.urlsafe_b64encode(data).decode().rstrip("=") if jws else b64(data)
    return f"vault:v{version}:{body}"


def flip(data, at):
    """The bytes with one bit turned over."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


@functools.cache
def private_key(key_type, number=0):
    """A key pair made here; the same number gives the same pair during one run."""
    if key_type in EC_TYPES:
        return ec.generate_private_key(EC_TYPES[key_type])
    if key_type == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, RSA_TYPES[key_type])


def pkcs8(key):
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())


def spki(key):
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def spki_pem(key):
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def raw_public(key):
    public = key.public_key() if hasattr(key, "public_key") else key
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def public_key(api, name, version=1, context=None):
    """The public key of a version as the key object shows it, loaded."""
    query = f"?context={context}" if context else ""
    entry = api.get(f"keys/{name}{query}").data["keys"][str(version)]
    if entry["public_key"].startswith("-----"):
        return serialization.load_pem_public_key(entry["public_key"].encode())
    return ed25519.Ed25519PublicKey.from_public_bytes(unb64(entry["public_key"]))


def wrapping_key(api):
    """The mount's RSA key for imports, read once."""
    place = (api.host, api.port, api.mount)
    if place not in _wrapping_keys:
        pem = api.get("wrapping_key").data["public_key"]
        _wrapping_keys[place] = serialization.load_pem_public_key(pem.encode())
    return _wrapping_keys[place]


def oaep(algorithm):
    return padding.OAEP(padding.MGF1(algorithm), algorithm, None)


def wrap(api, target, hash_function="SHA256", ephemeral=None):
    """The blob of an import: an AES key under RSA-OAEP, then the target under that AES key by RFC 5649."""
    ephemeral = os.urandom(32) if ephemeral is None else ephemeral
    target = target if isinstance(target, bytes) else pkcs8(target)
    sealed = wrapping_key(api).encrypt(ephemeral, oaep(WRAP_HASHES[hash_function.upper()]))
    return b64(sealed + aes_key_wrap_with_padding(ephemeral, target))


def import_private(api, key_type, target, name=None, **parameters):
    """Imports raw bytes or a private key under a name of its own."""
    name = name or unique("imported")
    api.post(f"keys/{name}/import", type=key_type, ciphertext=wrap(api, target), **parameters).is_empty()
    return name


def import_public(api, key_type, key, name=None, **parameters):
    name = name or unique("public")
    pem = key if isinstance(key, str) else spki_pem(key)
    api.post(f"keys/{name}/import", type=key_type, public_key=pem, **parameters).is_empty()
    return name


def pss(algorithm, salt=padding.PSS.MAX_LENGTH):
    return padding.PSS(padding.MGF1(algorithm), salt)


def ec_body(signature, key_type, jws):
    """An ECDSA signature as DER, from either marshaling, whose width is checked."""
    if not jws:
        return signature
    width = EC_WIDTH[key_type]
    assert len(signature) == 2 * width
    return utils.encode_dss_signature(*(int.from_bytes(half, "big") for half in (signature[:width], signature[width:])))


def to_jws(signature, key_type):
    """r and s side by side, from DER."""
    return b"".join(part.to_bytes(EC_WIDTH[key_type], "big") for part in utils.decode_dss_signature(signature))


def der(tag, *parts):
    """One DER value."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def der_integer(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def rsa_spki(modulus, exponent):
    """An RSA public key by hand, for numbers that no library takes."""
    key = der(0x30, der_integer(modulus), der_integer(exponent))
    return der(0x30, der(0x30, RSA_OID), der(3, b"\0", key))


def rsa_pkcs8(n, e, d, p, q, dp, dq, qinv, algorithm=RSA_OID):
    key = der(0x30, *(der_integer(number) for number in (0, n, e, d, p, q, dp, dq, qinv)))
    return der(0x30, der_integer(0), der(0x30, algorithm), der(4, key))


def pem(data, label="PUBLIC KEY"):
    text = b64(data)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def shared_folder():
    """The folder of recordings and vector files, beside the repository or named by STRONGROOM_SHARED."""
    named = os.environ.get("STRONGROOM_SHARED")
    return pathlib.Path(named) if named else pathlib.Path(__file__).resolve().parents[3] / "shared"


def shared_file(path):
    """A file of the shared folder; the test is left out where it is not present."""
    file = shared_folder() / path
    if not file.exists():
        pytest.skip(f"{path} is not beside the repository")
    return file


def wycheproof(name):
    """The test groups of a Wycheproof file."""
    return json.loads(shared_file(f"wycheproof/{name}_test.json").read_text())["testGroups"]
