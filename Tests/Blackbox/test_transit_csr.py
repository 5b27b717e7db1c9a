"""keys/:name/csr and set-certificate, read with python's `cryptography`: transit.md 4.25."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from blackbox_client import UNSUPPORTED_OPERATION, unique
from blackbox_crypto import HASHES, b64, import_private, import_public, private_key, public_key, spki, spki_pem

ALGORITHMS = {
    "rsa-2048": SignatureAlgorithmOID.RSA_WITH_SHA256,
    "ecdsa-p256": SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    "ecdsa-p384": SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    "ecdsa-p521": SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    "ed25519": SignatureAlgorithmOID.ED25519,
}
PEM = serialization.Encoding.PEM
PERSIST = "failed to persist certificate chain: "
NO_CHAIN = "could not decode a PEM block in the certificate chain"


@pytest.fixture(scope="module")
def names(api):
    """Keys of each type whose pairs are known here."""
    return {key_type: import_private(api, key_type, private_key(key_type)) for key_type in ALGORITHMS}


def signing_hash(key):
    return None if hasattr(key, "private_bytes_raw") else HASHES["sha2-256"]


def subject(name):
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "O")]
    )


def template(signer=None):
    signer = signer or private_key("ecdsa-p256", 3)
    alternatives = [x509.DNSName("a.example"), x509.DNSName("*.b.example"), x509.RFC822Name("me@example.com")]
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject("template"))
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.sign(signer, signing_hash(signer))


def certificate(key, name, issuer_key=None, issuer=None, is_authority=False):
    now = datetime.datetime(2026, 1, 1)
    signer = issuer_key or key
    builder = x509.CertificateBuilder(subject(issuer or name), subject(name), serial_number=x509.random_serial_number())
    builder = builder.public_key(key if hasattr(key, "verify") else key.public_key())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(3650))
    builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    return builder.sign(signer, signing_hash(signer)).public_bytes(PEM).decode()


@pytest.fixture(scope="module")
def authority():
    return private_key("ecdsa-p256", 9)


@pytest.fixture(scope="module")
def root(authority):
    return certificate(authority, "root", is_authority=True)


def leaf(key, authority):
    return certificate(key, "leaf", authority, "root")


@pytest.mark.parametrize("key_type", ALGORITHMS)
def test_a_request_without_a_template_has_an_empty_subject(api, names, key_type):
    data = api.post(f"keys/{names[key_type]}/csr").data
    assert (data["name"], data["type"]) == (names[key_type], key_type)
    assert data["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----\n") and data["csr"].endswith("-----\n")
    request = x509.load_pem_x509_csr(data["csr"].encode())
    assert request.is_signature_valid and request.signature_algorithm_oid == ALGORITHMS[key_type]
    assert spki(request.public_key()) == spki(private_key(key_type))
    assert list(request.subject) == [] and list(request.extensions) == []
    if key_type == "rsa-2048":
        assert isinstance(request.signature_algorithm_parameters, padding.PKCS1v15)


@pytest.mark.parametrize("key_type", ALGORITHMS)
def test_a_template_keeps_its_subject_and_extensions(api, names, key_type):
    given = template()
    data = api.post(f"keys/{names[key_type]}/csr", csr=given.public_bytes(PEM).decode()).data
    request = x509.load_pem_x509_csr(data["csr"].encode())
    assert request.is_signature_valid and request.signature_algorithm_oid == ALGORITHMS[key_type]
    assert spki(request.public_key()) == spki(private_key(key_type))
    assert request.subject == given.subject
    assert {e.oid: (e.critical, e.value) for e in request.extensions} == {
        e.oid: (e.critical, e.value) for e in given.extensions
    }


def test_a_template_of_another_signature_algorithm_is_only_a_template(api, names):
    for key_type in ALGORITHMS:
        given = template(private_key(key_type, 4)).public_bytes(PEM).decode()
        request = x509.load_pem_x509_csr(api.post(f"keys/{names['ed25519']}/csr", csr=given).data["csr"].encode())
        assert request.signature_algorithm_oid == SignatureAlgorithmOID.ED25519 and request.is_signature_valid


def test_the_version_of_the_request(api):
    name = api.new_key(type="ecdsa-p256", versions=2)
    for asked, version in (({}, 2), ({"version": 1}, 1), ({"version": 2}, 2)):
        request = x509.load_pem_x509_csr(api.post(f"keys/{name}/csr", **asked).data["csr"].encode())
        assert spki(request.public_key()) == spki(public_key(api, name, version))
    api.post(f"keys/{name}/csr", version=3).fails("could not create the csr: no such key version")
    assert api.post(f"keys/{name}/csr", version=-1).status == 400
    assert api.post(f"keys/{name}/csr", version=0).status in (200, 400)


@pytest.mark.parametrize("operation", ["csr", "set-certificate"])
def test_keys_without_certificates(api, operation, root):
    body = {"certificate_chain": root} if operation == "set-certificate" else {}
    absent = unique("absent")
    api.post(f"keys/{absent}/{operation}", body).fails(f"key with provided name '{absent}' not found")
    for key_type in ("aes256-gcm96", "hmac"):
        text = f"key type '{key_type}' does not support signing"
        api.post(f"keys/{api.new_key(type=key_type)}/{operation}", body).fails(text)
    derived = api.new_key(type="ed25519", derived=True)
    text = "operation not supported for keys with derivation enabled"
    api.post(f"keys/{derived}/{operation}", body).fails(text)
    api.get(f"keys/{derived}/{operation}").fails(UNSUPPORTED_OPERATION, 405)


def test_templates_that_are_none(api, names):
    good = template().public_bytes(PEM).decode()
    api.post(f"keys/{names['ecdsa-p256']}/csr", csr="foo").fails("could not decode PEM CSR")
    for given in (
        good.replace("MII", "AAA", 1),
        good[:200] + "\n-----END CERTIFICATE REQUEST-----\n",
        spki_pem(private_key("ed25519")),
    ):
        assert api.post(f"keys/{names['ecdsa-p256']}/csr", csr=given).status == 400


def test_a_public_half_makes_no_request(api):
    name = import_public(api, "ecdsa-p256", private_key("ecdsa-p256"))
    text = "could not create the csr: private key not imported for key version selected"
    api.post(f"keys/{name}/csr").fails(text)


# set-certificate


@pytest.mark.parametrize("key_type", ALGORITHMS)
def test_a_chain_is_kept_shown_and_exported(api, key_type, authority, root):
    name = import_private(api, key_type, private_key(key_type))
    chain = leaf(private_key(key_type), authority) + root
    data = api.post(f"keys/{name}/set-certificate", certificate_chain=chain).data
    assert data == {"certificate_chain": chain, "name": name, "type": key_type}
    shown = "\n".join(block.strip() for block in (leaf_of(chain), root))
    assert api.key(name)["keys"]["1"]["certificate_chain"] == shown
    exported = api.get(f"export/certificate-chain/{name}").data
    assert exported == {"keys": {"1": shown}, "name": name, "type": key_type}
    assert api.get(f"export/certificate-chain/{name}/1").data == exported


def leaf_of(chain):
    end = "-----END CERTIFICATE-----\n"
    return chain[: chain.index(end) + len(end)]


def test_a_second_chain_replaces_the_first(api, authority, root):
    name = import_private(api, "ed25519", private_key("ed25519"))
    for _ in range(2):
        chain = leaf(private_key("ed25519"), authority) + root
        api.post(f"keys/{name}/set-certificate", certificate_chain=chain)
        assert api.key(name)["keys"]["1"]["certificate_chain"].startswith(leaf_of(chain).strip())


def test_other_blocks_are_skipped(api, authority, root):
    name = import_private(api, "ed25519", private_key("ed25519"))
    leaf_text = leaf(private_key("ed25519"), authority)
    chain = spki_pem(private_key("ed25519")) + leaf_text + root.replace(" CERTIFICATE", " X509 CERTIFICATE")
    assert api.post(f"keys/{name}/set-certificate", certificate_chain=chain).status == 200
    assert api.key(name)["keys"]["1"]["certificate_chain"].startswith(leaf_text.strip())


def test_chains_that_are_refused(api, names, authority, root):
    name = names["ecdsa-p256"]
    mine = leaf(private_key("ecdsa-p256"), authority)
    other = leaf(private_key("ecdsa-p256", 5), authority)
    foreign = leaf(private_key("rsa-2048"), authority)
    none = "provided certificate chain did not contain any valid PEM encoded certificate"
    mismatch = (
        "could not validate key match between leaf certificate key and key entry in transit: provided leaf certificate "
        "public key algorithm 'RSA' does not match the transit key type 'ecdsa-p256'"
    )
    for chain, text in (
        ("foo", NO_CHAIN),
        (spki_pem(private_key("ed25519")), none),
        (root + mine, PERSIST + "certificate in the first element is not a valid leaf certificate"),
        (mine + mine, PERSIST + "certificate in the last element is not a valid CA certificate"),
        (foreign + root, PERSIST + mismatch),
        (other + root, PERSIST + "leaf certificate public key does not match the selected key version"),
    ):
        api.post(f"keys/{name}/set-certificate", certificate_chain=chain).fails(text)
        assert api.key(name)["keys"]["1"].get("certificate_chain", "") == ""
    broken = f"-----BEGIN CERTIFICATE-----\n{b64(bytes(60))}\n-----END CERTIFICATE-----\n"
    reply = api.post(f"keys/{name}/set-certificate", certificate_chain=broken)
    assert reply.status == 400
    assert reply.error.startswith("could not parse a certificate in the certificate chain: ")
    reply = api.post(f"keys/{name}/set-certificate", certificate_chain=mine + root, version=9)
    reply.fails(PERSIST + "no such key version")
    assert api.post(f"keys/{name}/set-certificate").status == 400


def test_the_version_of_the_chain(api, authority, root):
    name = import_private(api, "ecdsa-p256", private_key("ecdsa-p256"), allow_rotation=True)
    api.post(f"keys/{name}/rotate")
    chain = leaf(private_key("ecdsa-p256"), authority) + root
    assert api.post(f"keys/{name}/set-certificate", certificate_chain=chain).status == 400
    assert api.post(f"keys/{name}/set-certificate", certificate_chain=chain, version=1).status == 200
    shown = api.key(name)["keys"]
    assert shown["1"]["certificate_chain"] and shown["2"].get("certificate_chain", "") == ""
    latest = leaf(public_key(api, name, 2), authority) + root
    assert api.post(f"keys/{name}/set-certificate", certificate_chain=latest).status == 200
    assert list(api.get(f"export/certificate-chain/{name}").data["keys"]) == ["1", "2"]
