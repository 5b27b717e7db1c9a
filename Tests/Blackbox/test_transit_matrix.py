"""Every key type with every combination of flags at every operation: works, or 4xx with a JSON error, never more."""

import itertools

import pytest

from blackbox_client import CONTEXT, HELLO, NONCE_LENGTH, NONCE_NOT_ALLOWED, unique
from blackbox_crypto import CMAC_SIZES, EC_TYPES, b64, import_private, private_key, spki_pem, wire

CIPHERS = [
    "aes128-gcm96",
    "aes256-gcm96",
    "chacha20-poly1305",
    "xchacha20-poly1305",
    "aes256-gcm-siv",
    "xaes256-gcm192",
]
CONVERGENT = CIPHERS
KEMS = ["ml-kem-768", "ml-kem-1024", "x-wing"]
HYBRID = {"type": "hybrid", "parameter_set": "65", "hybrid_key_type_pqc": "ml-dsa"}
SUBJECTS = {
    **{name: {"type": name} for name in [*CIPHERS, *EC_TYPES, "ed25519", "rsa-2048", "hmac", *CMAC_SIZES, *KEMS]},
    "ml-dsa-65": {"type": "ml-dsa", "parameter_set": "65"},
    "ml-dsa-87": {"type": "ml-dsa", "parameter_set": "87"},
    "hybrid-ecdsa-p256": {**HYBRID, "hybrid_key_type_ec": "ecdsa-p256"},
    "hybrid-ed25519": {**HYBRID, "hybrid_key_type_ec": "ed25519"},
}
ASYMMETRIC = [*EC_TYPES, "ed25519", "rsa-2048"]
SIGNERS = [*ASYMMETRIC, "ml-dsa-65", "ml-dsa-87", "hybrid-ecdsa-p256", "hybrid-ed25519"]
FLAGS = ["derived", "convergent_encryption", "exportable", "allow_plaintext_backup"]
COMBINATIONS = [dict(zip(FLAGS, values, strict=True)) for values in itertools.product([False, True], repeat=4)]
AEAD_OR_RSA = [*CIPHERS, "rsa-2048"]
HPKE = [*EC_TYPES, *KEMS]
WORKS_FOR = {
    "encrypt": AEAD_OR_RSA,
    "datakey/plaintext": AEAD_OR_RSA,
    "datakey/wrapped": AEAD_OR_RSA,
    "datakeys/plaintext": AEAD_OR_RSA,
    "hmac": [*CIPHERS, *ASYMMETRIC, "hmac"],
    "cmac": list(CMAC_SIZES),
    "sign": SIGNERS,
    "encapsulate": KEMS,
    "hpke/seal": HPKE,
}
BODIES = {
    "encrypt": {"plaintext": HELLO},
    "datakeys/plaintext": {"count": 2},
    "hmac": {"input": HELLO},
    "cmac": {"input": HELLO},
    "sign": {"input": HELLO},
    "hpke/seal": {"plaintext": HELLO},
}
# The table of types says nothing of hmac for these.
MAY_HMAC = [*KEMS, "ml-dsa-65", "ml-dsa-87", "hybrid-ecdsa-p256", "hybrid-ed25519"]
# What undoes an operation: its path, and the members that it takes from the answer and from the request.
INVERSES = {
    "encrypt": [("decrypt", ["ciphertext"], []), ("rewrap", ["ciphertext"], [])],
    "datakey/plaintext": [("decrypt", ["ciphertext"], [])],
    "hmac": [("verify", ["hmac"], ["input"])],
    "cmac": [("verify", ["cmac"], ["input"])],
    "sign": [("verify", ["signature"], ["input"])],
    "encapsulate": [("decapsulate", ["ciphertext"], [])],
    "hpke/seal": [("hpke/open", ["ciphertext"], [])],
}
ITEMS = {
    "encrypt": {"plaintext": HELLO},
    "decrypt": {"ciphertext": wire(bytes(64))},
    "rewrap": {"ciphertext": wire(bytes(64))},
    "hmac": {"input": HELLO},
    "cmac": {"input": HELLO},
    "sign": {"input": HELLO},
    "verify": {"input": HELLO, "signature": wire(bytes(64))},
}
JUNK = [b"", bytes(1), bytes(12), bytes(28), bytes(64), bytes(256), bytes(1200), bytes(6000), b"\xff" * 64]
KINDS = ["encryption-key", "signing-key", "hmac-key", "cmac-key", "public-key", "certificate-chain"]
EXPORTS = {
    "encryption-key": AEAD_OR_RSA,
    "signing-key": ASYMMETRIC,
    "hmac-key": [*CIPHERS, *ASYMMETRIC, "hmac"],
    "cmac-key": list(CMAC_SIZES),
    "public-key": ASYMMETRIC,
}


def flag_id(flags):
    return "+".join(flag for flag in FLAGS if flags[flag]) or "plain"


def is_possible(subject, flags):
    if flags["convergent_encryption"]:
        return flags["derived"] and subject in CONVERGENT
    return not flags["derived"] or subject in [*CIPHERS, "ed25519"]


def is_refused(reply):
    """A client's mistake, in the form of the API: the one text of an error, a batch of errors, or nothing found."""
    assert 400 <= reply.status < 500, reply
    assert isinstance(reply.json, dict), reply
    if "errors" in reply.json:
        assert reply.status == 404 or reply.error
    else:
        assert all(item["error"] for item in reply.results), reply


@pytest.fixture(scope="module")
def made(api):
    """Creates each key once: `made(subject, flags)` gives its name."""
    names = {}

    def make(subject, flags):
        place = (subject, flag_id(flags))
        if place not in names:
            names[place] = api.new_key(**SUBJECTS[subject], **flags)
        return names[place]

    return make


POSSIBLE = [(s, f) for s in SUBJECTS for f in COMBINATIONS if is_possible(s, f)]
IMPOSSIBLE = [(s, f) for s in SUBJECTS for f in COMBINATIONS if not is_possible(s, f)]
possible = pytest.mark.parametrize("subject, flags", POSSIBLE, ids=[f"{s}-{flag_id(f)}" for s, f in POSSIBLE])


@pytest.mark.parametrize("subject, flags", IMPOSSIBLE, ids=[f"{s}-{flag_id(f)}" for s, f in IMPOSSIBLE])
def test_flags_that_do_not_suit_the_type_are_refused(api, subject, flags):
    name = unique("odd")
    is_refused(api.post(f"keys/{name}", **SUBJECTS[subject], **flags))
    api.get(f"keys/{name}").is_not_found()


@possible
def test_what_the_type_can_do_works_and_is_undone(api, made, subject, flags):
    name = made(subject, flags)
    context = {"context": CONTEXT} if flags["derived"] else {}
    for operation, subjects in WORKS_FOR.items():
        request = {**BODIES.get(operation, {}), **context}
        reply = api.post(f"{operation}/{name}", request)
        if subject not in subjects:
            if operation != "hmac" or subject not in MAY_HMAC or reply.status != 200:
                is_refused(reply)
            continue
        answer = reply.data
        for path, from_answer, from_request in INVERSES.get(operation, []):
            back = {**{m: answer[m] for m in from_answer}, **{m: request[m] for m in from_request}, **context}
            data = api.post(f"{path}/{name}", back).data
            assert data.get("valid", True) is True
            if "plaintext" in data:
                assert data["plaintext"] == answer.get("plaintext", HELLO)
            if "shared_secret" in data:
                assert data["shared_secret"] == answer["shared_secret"]


@possible
def test_batches_work_or_are_refused(api, made, subject, flags):
    name = made(subject, flags)
    context = {"context": CONTEXT} if flags["derived"] else {}
    for operation, item in ITEMS.items():
        for items in ([{**item, **context}], [{**item, **context}] * 3):
            reply = api.post(f"{operation}/{name}", batch_input=items)
            if subject in WORKS_FOR.get(operation, []):
                assert reply.status == 200 and not any("error" in result for result in reply.results), reply
            elif reply.status == 200 and operation == "hmac":
                assert subject in MAY_HMAC
            elif reply.status == 200:
                assert operation in ("rewrap", "verify", "sign"), reply
                assert all("error" in result or not result.get("valid", False) for result in reply.results)
            else:
                is_refused(reply)
        assert api.post(f"{operation}/{name}", batch_input=[]).status == 400


@possible
def test_junk_is_refused_everywhere(api, made, subject, flags):
    name = made(subject, flags)
    context = {"context": CONTEXT} if flags["derived"] else {}
    for junk in map(wire, JUNK):
        for operation in ("decrypt", "rewrap", "decapsulate", "hpke/open"):
            reply = api.post(f"{operation}/{name}", ciphertext=junk, **context)
            if operation == "decapsulate" and subject in KEMS:
                assert reply.status in (200, 400)
            else:
                is_refused(reply)
        for member in ("signature", "hmac", "cmac"):
            reply = api.post(f"verify/{name}", {"input": HELLO, member: junk, **context})
            assert reply.status == 400 or reply.data["valid"] is False
    for operation in ("decrypt", "rewrap", "decapsulate", "hpke/open", "verify"):
        for text in ("", "foo", "vault:v1", "vault:v9:AAAA", "vault:v1:!!"):
            is_refused(api.post(f"{operation}/{name}", ciphertext=text, signature=text, input=HELLO, **context))


@possible
def test_a_missing_context_is_refused(api, made, subject, flags):
    if not flags["derived"]:
        pytest.skip("not derived")
    name = made(subject, flags)
    for operation in ("encrypt", "datakey/plaintext", "datakeys/plaintext", "sign"):
        is_refused(api.post(f"{operation}/{name}", **BODIES.get(operation, {})))
    is_refused(api.post(f"decrypt/{name}", ciphertext=wire(bytes(64))))


@possible
def test_exports_and_backups_go_by_the_flags(api, made, subject, flags):
    name = made(subject, flags)
    for kind in KINDS:
        for query in ("", "?format=der", "?format=pem", "?format=raw", "?format=foo"):
            reply = api.get(f"export/{kind}/{name}{query}")
            if reply.status == 200:
                assert kind in ("public-key", "certificate-chain") or flags["exportable"], reply
                assert reply.data["name"] == name and list(reply.data["keys"]) == ["1"]
            else:
                is_refused(reply)
        expected = subject in EXPORTS.get(kind, []) and (flags["exportable"] or kind == "public-key")
        if expected:
            assert api.get(f"export/{kind}/{name}").status == 200
    reply = api.get(f"backup/{name}")
    if flags["exportable"] and flags["allow_plaintext_backup"]:
        api.post(f"restore/{unique('copy')}", backup=reply.data["backup"]).is_empty()
    else:
        is_refused(reply)


@possible
def test_csr_certificate_and_key_agreement(api, made, subject, flags):
    name = made(subject, flags)
    reply = api.post(f"keys/{name}/csr")
    if subject in ASYMMETRIC and not flags["derived"]:
        assert "CERTIFICATE REQUEST" in reply.data["csr"]
    elif subject not in SIGNERS or flags["derived"]:
        is_refused(reply)
    is_refused(api.post(f"keys/{name}/csr", csr="foo"))
    for chain in ("", "foo", spki_pem(private_key("ecdsa-p256"))):
        is_refused(api.post(f"keys/{name}/set-certificate", certificate_chain=chain))
    new = unique("agreed")
    asked = {"base_key_name": name, "key_derivation_algorithm": "ecdh"}
    peer = spki_pem(private_key("ecdsa-p256"))
    reply = api.post(f"derive-key/{new}", **asked, peer_public_key=peer)
    if subject == "ecdsa-p256":
        reply.is_empty()
    else:
        is_refused(reply)
        api.get(f"keys/{new}").is_not_found()
    is_refused(api.post(f"derive-key/{unique()}", **asked, peer_public_key="foo"))


@possible
def test_wrapped_exports(api, made, subject, flags):
    name = made(subject, flags)
    source = api.new_key(exportable=True)
    reply = api.get(f"byok-export/{name}/{source}")
    if subject == "rsa-2048":
        assert list(reply.data["keys"]) == ["1"]
    else:
        is_refused(reply)


@possible
def test_CVE_2023_4680_a_nonce_of_the_caller_is_refused_by_every_type(api, made, subject, flags):
    name = made(subject, flags)
    context = {"context": CONTEXT} if flags["derived"] else {}
    for length in (12, 24, 1):
        nonce = b64(bytes(length))
        for operation in ("encrypt", "datakey/plaintext"):
            reply = api.post(f"{operation}/{name}", plaintext=HELLO, nonce=nonce, **context)
            if subject in CIPHERS:
                reply.fails(NONCE_NOT_ALLOWED)
            else:
                is_refused(reply)


@pytest.mark.parametrize("key_type", CIPHERS)
def test_CVE_2023_4680_imported_and_restored_keys_refuse_nonces_too(api, key_type):
    size = 16 if key_type.startswith("aes128") else 32
    name = import_private(api, key_type, bytes(size), exportable=True, allow_plaintext_backup=True)
    copy = unique("copy")
    api.post(f"restore/{copy}", backup=api.get(f"backup/{name}").data["backup"]).is_empty()
    nonce = b64(bytes(NONCE_LENGTH[key_type]))
    for key in (name, copy):
        api.post(f"encrypt/{key}", plaintext=HELLO, nonce=nonce).fails(NONCE_NOT_ALLOWED)


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "ml-dsa"},
        {"type": "ml-dsa", "parameter_set": "66"},
        {"type": "ml-dsa", "parameter_set": ""},
        {"type": "hybrid"},
        {"type": "hybrid", "parameter_set": "65"},
        {**HYBRID},
        {**HYBRID, "hybrid_key_type_ec": "rsa-2048"},
        {**HYBRID, "hybrid_key_type_ec": "ecdsa-p256", "hybrid_key_type_pqc": "ml-kem"},
        {**HYBRID, "hybrid_key_type_ec": "ecdsa-p256", "parameter_set": "1"},
        {"type": "managed_key"},
        {"type": "managed_key", "managed_key_name": "x"},
        {"type": "external-key"},
        {"type": "external-key", "external_key_ref": "a:b"},
        {"type": "slh-dsa", "parameter_set": "foo"},
    ],
    ids=repr,
)
def test_types_without_what_they_need_are_refused(api, parameters):
    name = unique("lacking")
    is_refused(api.post(f"keys/{name}", **parameters))
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_type_is_rotated_configured_trimmed_and_deleted(api, subject):
    name = api.new_key(**SUBJECTS[subject], versions=2)
    data = api.config(name, min_decryption_version=2, min_encryption_version=2, deletion_allowed=True).data
    assert list(data["keys"]) == ["2"] and data["type"] == SUBJECTS[subject]["type"]
    assert api.post(f"keys/{name}/trim", min_available_version=2).data["min_available_version"] == 2
    assert api.post(f"keys/{name}/rotate").data["latest_version"] == 3
    for operation, subjects in WORKS_FOR.items():
        if subject in subjects:
            assert api.post(f"{operation}/{name}", BODIES.get(operation, {})).status == 200
    api.delete(f"keys/{name}/soft-delete")
    for operation, subjects in WORKS_FOR.items():
        if subject in subjects:
            is_refused(api.post(f"{operation}/{name}", BODIES.get(operation, {})))
    api.post(f"keys/{name}/soft-delete-restore")
    api.delete(f"keys/{name}").is_empty()
    api.get(f"keys/{name}").is_not_found()
