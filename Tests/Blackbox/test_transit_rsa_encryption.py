"""RSA encryption: transit.md 4.12 to 4.15, 5.5 and 11, both ways against python's `cryptography`."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding

from blackbox_client import HELLO, TOO_OLD
from blackbox_crypto import (
    HASHES,
    b64,
    flip,
    import_private,
    import_public,
    oaep,
    payload,
    private_key,
    public_key,
    unb64,
    wire,
    wycheproof,
)

TOO_LONG = "failed to RSA encrypt the plaintext: crypto/rsa: message too long for RSA public key size"
DECRYPTION = "failed to RSA decrypt the ciphertext: crypto/rsa: decryption error"
NO_PRIVATE = "cannot decrypt ciphertext, key version does not have a private counterpart"
OAEP_HASHES = ["sha1", "sha2-224", "sha2-256", "sha2-384", "sha2-512"]
LONGEST = {name: 256 - 2 * HASHES[name].digest_size - 2 for name in OAEP_HASHES}
ITEM = ["ciphertext", "key_version", "reference"]
NO_AEAD = "'[{}].associated_data' provided for non-AEAD cipher suite rsa-2048"


@pytest.fixture(scope="module")
def ours(api):
    return api.new_key(type="rsa-2048", versions=2)


@pytest.fixture(scope="module")
def theirs(api):
    return import_private(api, "rsa-2048", private_key("rsa-2048"), exportable=True)


def opened(ciphertext, scheme, key_type="rsa-2048"):
    return private_key(key_type).decrypt(payload(ciphertext), scheme)


def sealed(message, scheme):
    return wire(private_key("rsa-2048").public_key().encrypt(message, scheme))


@pytest.mark.parametrize("length", [0, 1, 32, 190])
def test_oaep_with_sha2_256_is_what_rsa_keys_do_by_default(api, ours, theirs, length):
    message = bytes(range(length))
    data = api.post(f"encrypt/{theirs}", plaintext=b64(message)).data
    assert list(data) == ["ciphertext", "key_version"] and data["key_version"] == 1
    assert len(payload(data["ciphertext"])) == 256
    assert opened(data["ciphertext"], oaep(HASHES["sha2-256"])) == message
    assert unb64(api.decrypt(theirs, sealed(message, oaep(HASHES["sha2-256"])))) == message
    for version in (1, 2):
        ciphertext = api.encrypt(ours, b64(message), key_version=version)
        assert unb64(api.decrypt(ours, ciphertext)) == message
        made = public_key(api, ours, version).encrypt(message, oaep(HASHES["sha2-256"]))
        assert unb64(api.decrypt(ours, wire(made, version))) == message


def test_encryption_is_randomised(api, theirs):
    for scheme in ("oaep", "pkcs1v15"):
        assert len({api.encrypt(theirs, padding_scheme=scheme) for _ in range(5)}) == 5


@pytest.mark.parametrize("key_type, longest", [("rsa-2048", 190), ("rsa-3072", 318), ("rsa-4096", 446)])
def test_the_longest_plaintext_of_each_size(api, key_type, longest):
    name = import_public(api, key_type, private_key(key_type))
    data = api.post(f"encrypt/{name}", plaintext=b64(bytes(longest))).data
    assert opened(data["ciphertext"], oaep(HASHES["sha2-256"]), key_type) == bytes(longest)
    api.post(f"encrypt/{name}", plaintext=b64(bytes(longest + 1))).fails(TOO_LONG)
    reply = api.post(f"encrypt/{name}", batch_input=[{"plaintext": HELLO}, {"plaintext": b64(bytes(longest + 1))}])
    assert reply.status == 400 and [item.get("error") for item in reply.results] == [None, TOO_LONG]


@pytest.mark.parametrize("hash_name", OAEP_HASHES)
def test_the_hash_of_oaep_can_be_chosen(api, theirs, hash_name):
    scheme, longest = oaep(HASHES[hash_name]), LONGEST[hash_name]
    for extra in ({}, {"padding_scheme": "oaep"}):
        ciphertext = api.encrypt(theirs, b64(bytes(longest)), hash_algorithm=hash_name, **extra)
        assert opened(ciphertext, scheme) == bytes(longest)
        made = sealed(b"hello", scheme)
        assert api.decrypt(theirs, made, hash_algorithm=hash_name, **extra) == HELLO
        batch = api.post(f"decrypt/{theirs}", batch_input=[{"ciphertext": made}], hash_algorithm=hash_name, **extra)
        item = {"ciphertext": made, "hash_algorithm": hash_name}
        if batch.status != 200:
            batch = api.post(f"decrypt/{theirs}", batch_input=[item])
        assert batch.results == [{"plaintext": HELLO, "reference": ""}]
    api.post(f"encrypt/{theirs}", plaintext=b64(bytes(longest + 1)), hash_algorithm=hash_name).fails(TOO_LONG)
    other = "sha2-384" if hash_name != "sha2-384" else "sha2-256"
    api.post(f"decrypt/{theirs}", ciphertext=made, hash_algorithm=other).fails(DECRYPTION)


@pytest.mark.parametrize("hash_name", ["foo", "SHA2-256", "md5", "none"])
def test_a_hash_that_is_none_is_refused(api, theirs, hash_name):
    assert api.post(f"encrypt/{theirs}", plaintext=HELLO, hash_algorithm=hash_name).status == 400
    made = sealed(b"hello", oaep(HASHES["sha2-256"]))
    assert api.post(f"decrypt/{theirs}", ciphertext=made, hash_algorithm=hash_name).status == 400


@pytest.mark.parametrize("length", [0, 1, 100, 245])
def test_padding_of_pkcs1v15(api, theirs, length):
    message = bytes(range(length))
    ciphertext = api.encrypt(theirs, b64(message), padding_scheme="pkcs1v15")
    assert opened(ciphertext, padding.PKCS1v15()) == message
    assert unb64(api.decrypt(theirs, ciphertext, padding_scheme="pkcs1v15")) == message
    made = sealed(message, padding.PKCS1v15())
    assert unb64(api.decrypt(theirs, made, padding_scheme="pkcs1v15")) == message
    api.post(f"decrypt/{theirs}", ciphertext=made).fails(DECRYPTION)


def test_too_long_a_plaintext_for_pkcs1v15(api, theirs):
    reply = api.post(f"encrypt/{theirs}", plaintext=b64(bytes(246)), padding_scheme="pkcs1v15")
    assert reply.status == 400 and reply.error.startswith("failed to RSA encrypt the plaintext: ")


@pytest.mark.parametrize("scheme", ["foo", "OAEP", "PKCS1v15", "pss"])
def test_an_unknown_padding_is_refused(api, theirs, scheme):
    text = f"unknown padding scheme: {scheme}"
    api.post(f"encrypt/{theirs}", plaintext=HELLO, padding_scheme=scheme).fails(text)
    api.post(f"decrypt/{theirs}", ciphertext=wire(bytes(256)), padding_scheme=scheme).fails(text)
    api.post(f"datakey/plaintext/{theirs}", padding_scheme=scheme).fails(text)
    made = sealed(b"hello", oaep(HASHES["sha2-256"]))
    for member in ("decrypt_padding_scheme", "encrypt_padding_scheme"):
        api.post(f"rewrap/{theirs}", {"ciphertext": made, member: scheme}).fails(text)


@pytest.mark.parametrize("length", [0, 1, 3, 255, 257, 512])
def test_a_ciphertext_of_the_wrong_length_is_a_decryption_error(api, theirs, length):
    api.post(f"decrypt/{theirs}", ciphertext=wire(b"\x01" * length)).fails(DECRYPTION)
    reply = api.post(f"decrypt/{theirs}", batch_input=[{"ciphertext": wire(b"\x01" * length)}])
    assert reply.status == 400
    assert reply.results == [{"plaintext": "", "error": DECRYPTION, "reference": ""}]
    api.post(f"rewrap/{theirs}", ciphertext=wire(b"\x01" * length)).fails(DECRYPTION)


@pytest.mark.parametrize("at", [0, 1, 100, 255])
def test_a_changed_ciphertext_is_a_decryption_error_that_says_no_more(api, theirs, at):
    made = flip(payload(sealed(b"hello", oaep(HASHES["sha2-256"]))), at)
    api.post(f"decrypt/{theirs}", ciphertext=wire(made)).fails(DECRYPTION)
    for number in (bytes(256), b"\xff" * 256, bytes(255) + b"\x01"):
        api.post(f"decrypt/{theirs}", ciphertext=wire(number)).fails(DECRYPTION)


def test_bad_padding_of_pkcs1v15_tells_nothing(api, theirs):
    """Either one error for all, or random bytes as of implicit rejection."""
    secret = b"the hidden message"
    number = private_key("rsa-2048").public_key().public_numbers()
    for block in (
        b"\x00\x01" + b"\xff" * 200,
        b"\x00\x02" + b"\x01" * 7 + b"\x00",
        b"\x01\x02" + b"\x01" * 9 + b"\x00",
    ):
        plain = int.from_bytes((block + secret).ljust(256, b"\x07"), "big") % number.n
        made = wire(pow(plain, number.e, number.n).to_bytes(256, "big"))
        reply = api.post(f"decrypt/{theirs}", ciphertext=made, padding_scheme="pkcs1v15")
        if reply.status == 200:
            assert secret not in unb64(reply.data["plaintext"])
        else:
            reply.fails(DECRYPTION)


def test_the_ciphertext_of_another_key_or_version_is_refused(api, ours, theirs):
    ciphertext = api.encrypt(ours, key_version=1)
    api.post(f"decrypt/{theirs}", ciphertext=ciphertext).fails(DECRYPTION)
    api.post(f"decrypt/{ours}", ciphertext=ciphertext.replace(":v1:", ":v2:")).fails(DECRYPTION)


def test_versions_are_kept_to_as_with_any_key(api):
    name = import_private(api, "rsa-2048", private_key("rsa-2048"), allow_rotation=True)
    first = api.encrypt(name)
    assert api.post(f"keys/{name}/rotate").data["latest_version"] == 2
    text = "requested version for encryption is "
    api.post(f"encrypt/{name}", plaintext=HELLO, key_version=3).fails(text + "higher than the latest key version")
    api.post(f"encrypt/{name}", plaintext=HELLO, key_version=-1).fails(text + "negative")
    api.config(name, min_encryption_version=2)
    too_low = text + "less than the minimum encryption key version"
    api.post(f"encrypt/{name}", plaintext=HELLO, key_version=1).fails(too_low)
    assert api.decrypt(name, first) == HELLO
    api.config(name, min_decryption_version=2)
    api.post(f"decrypt/{name}", ciphertext=first).fails(TOO_OLD)


def test_rewrap_changes_version_and_padding(api, ours, theirs):
    first = api.encrypt(ours, key_version=1)
    data = api.post(f"rewrap/{ours}", ciphertext=first).data
    assert data["key_version"] == 2 and api.decrypt(ours, data["ciphertext"]) == HELLO
    old = api.encrypt(theirs, padding_scheme="pkcs1v15")
    api.post(f"rewrap/{theirs}", ciphertext=old).fails(DECRYPTION)
    moved = api.post(f"rewrap/{theirs}", ciphertext=old, decrypt_padding_scheme="pkcs1v15").data["ciphertext"]
    assert opened(moved, oaep(HASHES["sha2-256"])) == b"hello"
    back = api.post(f"rewrap/{theirs}", ciphertext=moved, encrypt_padding_scheme="pkcs1v15").data["ciphertext"]
    assert opened(back, padding.PKCS1v15()) == b"hello"
    both = {"decrypt_padding_scheme": "pkcs1v15", "encrypt_padding_scheme": "pkcs1v15"}
    again = api.post(f"rewrap/{theirs}", ciphertext=back, **both).data["ciphertext"]
    assert again != back and opened(again, padding.PKCS1v15()) == b"hello"


def test_a_batch_rewrap_of_rsa(api, ours):
    items = [{"ciphertext": api.encrypt(ours, key_version=1)}, {"ciphertext": "vault:v9:AAAA"}]
    reply = api.post(f"rewrap/{ours}", batch_input=items)
    assert reply.status == 200 and list(reply.results[0]) == ITEM
    assert api.decrypt(ours, reply.results[0]["ciphertext"]) == HELLO
    assert reply.results[1]["error"] == "invalid ciphertext: version is too new"


@pytest.mark.parametrize("scheme", [None, "oaep", "pkcs1v15"])
@pytest.mark.parametrize("bits", [128, 256, 512])
def test_data_keys(api, theirs, scheme, bits):
    options = {} if scheme is None else {"padding_scheme": scheme}
    data = api.post(f"datakey/plaintext/{theirs}", bits=bits, **options).data
    assert list(data) == ["ciphertext", "key_version", "plaintext"]
    form = padding.PKCS1v15() if scheme == "pkcs1v15" else oaep(HASHES["sha2-256"])
    assert opened(data["ciphertext"], form) == unb64(data["plaintext"]) and len(unb64(data["plaintext"])) == bits // 8


def test_associated_data_is_refused(api, theirs):
    api.post(f"encrypt/{theirs}", plaintext=HELLO, associated_data="YWFk").fails(NO_AEAD.format(0))
    made = sealed(b"hello", oaep(HASHES["sha2-256"]))
    api.post(f"decrypt/{theirs}", ciphertext=made, associated_data="YWFk").fails(NO_AEAD.format(0))
    text = "'associated_data' provided for non-AEAD cipher suite rsa-2048"
    api.post(f"datakey/plaintext/{theirs}", associated_data="YWFk").fails(text)


def test_associated_data_in_a_batch_fails_its_item(api, theirs):
    items = [{"plaintext": HELLO}, {"plaintext": HELLO, "associated_data": "YWFk"}]
    reply = api.post(f"encrypt/{theirs}", batch_input=items)
    assert reply.status in (200, 400)
    assert [item.get("error") for item in reply.results] == [None, NO_AEAD.format(1)]
    assert opened(reply.results[0]["ciphertext"], oaep(HASHES["sha2-256"])) == b"hello"


def test_a_batch_of_encryptions_and_decryptions(api, theirs):
    texts = ["", HELLO, "!!", b64(bytes(190)), b64(bytes(191))]
    reply = api.post(f"encrypt/{theirs}", batch_input=[{"plaintext": t, "reference": t} for t in texts])
    assert reply.status == 400
    assert [item["reference"] for item in reply.results] == texts
    errors = [None, None, "illegal base64 data at input byte 0", None, TOO_LONG]
    assert [item.get("error") for item in reply.results] == errors
    good = [item["ciphertext"] for item in reply.results if "ciphertext" in item]
    opened_again = api.post(f"decrypt/{theirs}", batch_input=[{"ciphertext": text} for text in good])
    assert opened_again.status == 200
    assert [item["plaintext"] for item in opened_again.results] == ["", HELLO, b64(bytes(190))]


def test_a_public_key_alone_encrypts_and_does_not_decrypt(api):
    name = import_public(api, "rsa-2048", private_key("rsa-2048", 1))
    ciphertext = api.encrypt(name)
    assert private_key("rsa-2048", 1).decrypt(payload(ciphertext), oaep(HASHES["sha2-256"])) == b"hello"
    api.post(f"decrypt/{name}", ciphertext=ciphertext).fails(NO_PRIVATE)
    api.post(f"rewrap/{name}", ciphertext=ciphertext).fails(NO_PRIVATE)
    reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": ciphertext}])
    assert reply.status == 400 and reply.results[0]["error"] == NO_PRIVATE


def test_a_context_means_nothing(api, theirs):
    assert api.decrypt(theirs, api.encrypt(theirs, context="YWJj"), context="YWJk") == HELLO


@pytest.mark.parametrize("sha, hash_name", [("sha1", "sha1"), ("sha256", "sha2-256")])
def test_wycheproof_oaep(api, sha, hash_name):
    seen = 0
    for group in wycheproof(f"rsa_oaep_2048_{sha}_mgf1{sha}"):
        private = serialization.load_der_private_key(bytes.fromhex(group["privateKeyPkcs8"]), None)
        name = import_private(api, "rsa-2048", private)
        for case in group["tests"]:
            ciphertext = wire(bytes.fromhex(case["ct"]))
            reply = api.post(f"decrypt/{name}", ciphertext=ciphertext, hash_algorithm=hash_name)
            if case["result"] == "valid" and not case["label"]:
                assert reply.data == {"plaintext": b64(bytes.fromhex(case["msg"]))}, case["tcId"]
            else:
                assert reply.status == 400, case["tcId"]
                reply.fails(DECRYPTION)
            seen += 1
    assert seen > 30
