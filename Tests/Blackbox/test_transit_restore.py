"""restore of blobs written by hand: transit.md 4.20, 5, 6, 7.3 and the vectors of 8.1."""

import copy
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blackbox_backup import TYPE_NUMBERS, K, blob, entry, minimal, pair_entry
from blackbox_client import CONTEXT, HELLO, unique
from blackbox_crypto import CIPHER_SIZES, EC_TYPES, b64, flip, private_key, public_key, raw_public, spki

EXISTS = 'key "{}" already exists'
CONVERGENT = {"derived": True, "convergent_encryption": True, "kdf": 1}
OLD_CONVERGENT = "refusing to support decryption with old convergent encryption key: version {}"
FAILED = 'failed to restore the policy "{}": '
SIGNATURE = "vault:v1:4af8qUqDUSeIW5ni66cz1u5b9dxGPtg4Xrbx3KoRF8DxUXUKEPRvWzeWqRIDV49wLIXGfDNLVomlFihNSZ9xDw=="
DERIVED_PUBLIC = "1JaXc+lEExVBA++Zij/lDeNgyXCEOGIlhtYkBzVFDCI="
DERIVED_SIGNATURE = "vault:v1:Af/sC40qLRoD2sMor2dAjT7cNtbThBIEMsZhyWc1q4oASL14UVeEcjM+Gt07WYXFp1mX3ixuM9RaMxmYscpIBA=="
MAC_256 = "vault:v1:GuwHRQLyRjkSoZHKTZPHcFJDZ8iv1Ar4dmzwqWiIvYw="
MAC_512 = "vault:v1:jg4Ek6NligDGyIHdeWP1f7E8C7/hWIJNPmZ1mE1YMO00xY20zNx+hAhTTC43qSYntBaGRKSza8X3CZXPDF/IhQ=="


def restore(api, *entries, archive=None, **members):
    """Restores a minimal blob under a name of its own."""
    name = unique("restored")
    api.post("restore", backup=blob(minimal(name, *entries, **members), archive)).is_empty()
    return name


# The vectors of 8.1


@pytest.mark.parametrize(
    "key_type, key, ciphertext",
    [
        ("aes256-gcm96", K, "vault:v1:xpJrtEpbgE5B+ibyHbfvAfK6qsNB11n0cYYpf59/hOJ1"),
        ("aes128-gcm96", K[:16], "vault:v1:a/J21hFm/u8IwpN5tGkUI+y0c8ZLQO/hh9jsHZmRRoFQ"),
        ("chacha20-poly1305", K, "vault:v1:xpJrtEpbgE5B+ibyUeHCnZC68Ijj3baYYStv6pglx55W"),
    ],
)
@pytest.mark.parametrize("place", ["entry", "policy"])
def test_convergent_version_3(api, key_type, key, ciphertext, place):
    where = {"entry": {"convergent_version": 3}, "policy": {}}[place]
    policy = {"entry": -1, "policy": 3}[place]
    members = {**CONVERGENT, "convergent_version": policy, "type": TYPE_NUMBERS[key_type]}
    name = restore(api, entry(key, **where), **members)
    assert api.encrypt(name, context=CONTEXT) == ciphertext
    assert api.decrypt(name, ciphertext, context=CONTEXT) == HELLO


@pytest.mark.parametrize(
    "version, ciphertext, more",
    [
        (2, "vault:v1:8xZqOkBFmdIEbtKq4QkXkyVYSMfg3D3f6P8s8IJMQLq8", {}),
        (1, "vault:v1:smlRHkdlrzdSMaofjtGHLik284iS", {"nonce": b64(bytes(12))}),
    ],
)
def test_older_convergent_versions_are_right_or_refused(api, version, ciphertext, more):
    name = unique("convergent")
    policy = minimal(name, entry(convergent_version=version), **CONVERGENT, convergent_version=version)
    reply = api.post("restore", backup=blob(policy))
    if reply.status == 400:
        return
    opened = api.post(f"decrypt/{name}", ciphertext=ciphertext, context=CONTEXT, **more)
    if opened.status == 200:
        assert opened.data == {"plaintext": HELLO}
    else:
        assert opened.error in (OLD_CONVERGENT.format(version), "nonce provided when not allowed")
    sealed = api.post(f"encrypt/{name}", plaintext=HELLO, context=CONTEXT, **more)
    assert sealed.status == 400 or sealed.data["ciphertext"] == ciphertext


def test_a_ciphertext_with_and_without_associated_data(api):
    name = restore(api)
    assert api.decrypt(name, "vault:v1:AAAAAAAAAAAAAAAAZtnZstoODEZ586glJPXgSZJx4W8w") == HELLO
    with_data = "vault:v1:AAAAAAAAAAAAAAAAZtnZstrKum09XlL5HFKB2JMgOFvb"
    assert api.decrypt(name, with_data, associated_data="YWFk") == HELLO


def ed25519_entry():
    public = raw_public(Ed25519PrivateKey.from_private_bytes(K))
    return entry(K + public, public_key=b64(public))


def test_ed25519(api):
    name = restore(api, ed25519_entry(), type=2)
    assert api.post(f"sign/{name}", input=HELLO).data["signature"] == SIGNATURE
    name = restore(api, ed25519_entry(), type=2, derived=True, kdf=1)
    data = api.post(f"sign/{name}", input=HELLO, context=CONTEXT).data
    assert (data["public_key"], data["signature"]) == (DERIVED_PUBLIC, DERIVED_SIGNATURE)
    assert api.get(f"keys/{name}?context={CONTEXT}").data["keys"]["1"]["public_key"] == DERIVED_PUBLIC


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "ed25519", "ecdsa-p256"])
def test_hmac(api, key_type):
    value = {"ed25519": ed25519_entry, "ecdsa-p256": lambda: pair_entry("ecdsa-p256")}.get(key_type, entry)()
    name = restore(api, value, type=TYPE_NUMBERS[key_type])
    assert api.post(f"hmac/{name}", input=HELLO).data["hmac"] == MAC_256
    assert api.post(f"hmac/{name}/sha2-512", input=HELLO).data["hmac"] == MAC_512


@pytest.mark.parametrize("key_type", ["aes256-gcm96", "chacha20-poly1305"])
def test_derived_keys_of_the_counter_kdf_keep_it(api, key_type):
    name = restore(api, derived=True, kdf=0, type=TYPE_NUMBERS[key_type])
    assert api.key(name)["kdf"] == api.key(name)["kdf_mode"] == "hmac-sha256-counter"
    sealed = api.encrypt(name, context=CONTEXT)
    assert api.decrypt(name, sealed, context=CONTEXT) == HELLO
    assert api.post(f"keys/{name}/rotate").status == 200
    assert api.decrypt(name, sealed, context=CONTEXT) == HELLO


# Forms of blobs


@pytest.mark.parametrize("key_type", [*EC_TYPES, "ed25519", "rsa-2048"])
def test_pairs_with_bare_numbers(api, key_type):
    name = restore(api, pair_entry(key_type), pair_entry(key_type, 1), type=TYPE_NUMBERS[key_type])
    assert [spki(public_key(api, name, n + 1)) for n in (0, 1)] == [spki(private_key(key_type, n)) for n in (0, 1)]
    made = api.post(f"sign/{name}", input=HELLO, key_version=1).data["signature"]
    assert api.post(f"verify/{name}", input=HELLO, signature=made).data == {"valid": True}


def test_rsa_without_what_can_be_computed(api):
    value = pair_entry("rsa-2048")
    del value["rsa_key"]["Precomputed"]
    name = restore(api, value, type=3)
    assert api.decrypt(name, api.encrypt(name)) == HELLO


@pytest.mark.parametrize("key_type", [t for t in CIPHER_SIZES if t in TYPE_NUMBERS])
def test_ciphers(api, key_type):
    name = restore(api, entry(K[: CIPHER_SIZES[key_type]]), type=TYPE_NUMBERS[key_type])
    assert api.key(name)["type"] == key_type and api.decrypt(name, api.encrypt(name)) == HELLO


@pytest.mark.parametrize("number", [10, 11])
def test_the_number_of_hmac_keys_means_two_things(api, number):
    secret = bytes(range(64))
    value = {"key": b64(secret), "hmac_key": b64(secret)}
    name = restore(api, value, type=number, key_size=64)
    assert api.key(name)["type"] == "hmac"
    assert api.get(f"export/hmac-key/{name}").data["keys"]["1"] == b64(secret)


def test_eleven_without_a_size_is_xchacha(api):
    assert api.key(restore(api, type=11))["type"] == "xchacha20-poly1305"


@pytest.mark.parametrize("number", [10, 10000, 99, -1])
def test_types_that_cannot_be_restored_are_refused(api, number):
    name = unique("odd")
    value = {"hmac_key": b64(K)}
    assert api.post("restore", backup=blob(minimal(name, value, type=number))).status == 400
    api.get(f"keys/{name}").is_not_found()


def test_names_of_members_in_any_case_and_members_that_nobody_knows(api):
    name = unique("cases")
    policy = minimal(name)
    odd = {member.upper(): value for member, value in policy.items()}
    odd["KEYS"] = {"1": {"KEY": b64(K), "Hmac_Key": b64(K), "colour": [{"red": 1e3}], "Creation_Time": 5}}
    text = json.dumps({"POLICY": {**odd, "unknown": {"a": [None, True]}}, "other": 1})
    api.post("restore", backup=b64(text.encode())).is_empty()
    assert api.decrypt(name, "vault:v1:AAAAAAAAAAAAAAAAZtnZstoODEZ586glJPXgSZJx4W8w") == HELLO
    assert api.key(name)["keys"] == {"1": 5}


def test_a_key_without_an_hmac_key_gets_one(api):
    name = restore(api, {"key": b64(K)})
    code = api.post(f"hmac/{name}", input=HELLO).data["hmac"]
    assert code == api.post(f"hmac/{name}", input=HELLO).data["hmac"]
    other = restore(api, {"key": b64(K)})
    assert api.post(f"hmac/{other}", input=HELLO).data["hmac"] != code


def test_the_template_of_versions_is_kept_to(api):
    name = restore(api, version_template="my:{{version}};")
    sealed = api.encrypt(name)
    assert sealed.startswith("my:1;") and api.decrypt(name, sealed) == HELLO
    assert api.post(f"hmac/{name}", input=HELLO).data["hmac"] == MAC_256
    name = restore(api, ed25519_entry(), type=2, version_template="my:{{version}};")
    made = api.post(f"sign/{name}", input=HELLO).data["signature"]
    assert made == SIGNATURE.replace("vault:v1:", "my:1;")
    assert api.post(f"verify/{name}", input=HELLO, signature=made).data == {"valid": True}


def test_times_and_settings_are_kept(api):
    value = entry(time="2026-11-23T11:34:44.5Z", creation_time=1795433684)
    settings = {"auto_rotate_period": 7200 * 10**9, "deletion_allowed": True, "min_encryption_version": 1}
    name = restore(api, value, **settings, Imported=True, AllowImportedKeyRotation=True)
    data = api.key(name)
    assert data["keys"] == {"1": 1795433684} and data["auto_rotate_period"] == 7200
    assert data["imported_key"] and data["imported_key_allow_rotation"] and data["deletion_allowed"]
    value = {**pair_entry("ecdsa-p256"), "time": "2026-11-23T11:34:44.5Z", "creation_time": 1795433684}
    shown = api.key(restore(api, value, type=1))["keys"]["1"]
    assert shown["creation_time"] == "2026-11-23T11:34:44.5Z"


@pytest.mark.parametrize("archived", [0, 2])
def test_no_version_is_lost_when_the_archive_is_missing(api, archived):
    name = unique("archive")
    policy = minimal(name, entry(), entry(K[::-1]), archive_version=archived)
    reply = api.post("restore", backup=blob(policy))
    if reply.status == 400 and archived:
        return
    sealed = [api.encrypt(name, key_version=n) for n in (1, 2)]
    api.post(f"keys/{name}/rotate")
    api.config(name, min_decryption_version=3)
    api.config(name, min_decryption_version=1)
    assert [api.decrypt(name, text) for text in sealed] == [HELLO] * 2


def test_versions_come_back_from_the_archive(api):
    zero = {"key": None, "hmac_key": None, "creation_time": 0}
    one, two, three = (entry(bytes([n]) * 32) for n in (1, 2, 3))
    name = unique("archive")
    policy = minimal(name, one, two, three, min_decryption_version=3, archive_version=3)
    policy["keys"] = {"3": three}
    api.post("restore", backup=blob(policy, [zero, one, two, three])).is_empty()
    assert list(api.key(name)["keys"]) == ["3"]
    api.config(name, min_decryption_version=1)
    exported = api.get(f"export/encryption-key/{name}").data["keys"]
    assert exported == {str(n): b64(bytes([n]) * 32) for n in (1, 2, 3)}
    trimmed = unique("archive")
    policy.update(name=trimmed, min_available_version=2, archive_min_version=2, min_encryption_version=3)
    api.post("restore", backup=blob(policy, [two, three])).is_empty()
    api.config(trimmed, min_decryption_version=2)
    assert api.get(f"export/encryption-key/{trimmed}/2").data["keys"] == {"2": b64(bytes([2]) * 32)}


# Names and force


def test_the_name_comes_from_the_path_or_from_the_blob(api):
    name, other, third = unique("a"), unique("b"), unique("c")
    text = blob(minimal(name))
    api.post(f"restore/{other}", backup=text).is_empty()
    api.get(f"keys/{name}").is_not_found()
    assert api.key(other)["name"] == other
    api.post("restore", backup=text, name=third).is_empty()
    api.get(f"keys/{third}").is_not_found()
    api.post("restore", backup=text, name=third).fails(EXISTS.format(name))
    api.post(f"restore/{other}", backup=text).fails(EXISTS.format(other))
    info = api.key(name)["restore_info"]
    assert list(info) == ["time", "version"] and info["version"] == 1


def test_force_overwrites(api):
    name = api.new_key()
    sealed = api.encrypt(name)
    text = blob(minimal(name))
    api.post(f"restore/{name}", backup=text).fails(EXISTS.format(name))
    api.post(f"restore/{name}", backup=text, force=False).fails(EXISTS.format(name))
    assert api.decrypt(name, sealed) == HELLO
    api.post(f"restore/{name}", backup=text, force=True).is_empty()
    assert api.post(f"decrypt/{name}", ciphertext=sealed).status == 400
    assert api.decrypt(name, "vault:v1:AAAAAAAAAAAAAAAAZtnZstoODEZ586glJPXgSZJx4W8w") == HELLO


@pytest.mark.parametrize("inner", ["", ".", "..", "a/b", "../x", "a b", "-a", "é", "x\x00y", None])
def test_the_name_in_the_blob_is_a_name(api, inner):
    assert api.post("restore", backup=blob(minimal(inner))).status == 400


# Refusals


def test_what_is_no_backup(api):
    missing = "'backup' must be supplied"
    for body in (b"", {}, {"backup": ""}, {"backup": None}, {"force": True}):
        api.post("restore", body).fails(missing)
    api.post("restore", backup="!!").fails("illegal base64 data at input byte 0")
    api.post("restore", backup=b64(b"hello")).fails("invalid character 'h' looking for beginning of value")
    api.post("restore/a/b", backup=blob(minimal("x"))).fails("key names cannot be paths")


@pytest.mark.parametrize(
    "document",
    [b"", b" ", b"{}", b"null", b"[]", b"5", b'{"policy":null}', b'{"policy":5}', b'{"policy":{}}', b'{"policy":[]}']
    + [b'{"archived_keys":{"keys":[]}}', b'{"policy":{"name":"x"}}', b'{"policy":{"name":5,"keys":{}}}']
    + [b'{"policy"', b'{"policy":{"name":"x","keys":{"1":null}}}', b'{"policy":' * 5000, b"[" * 100_000],
    ids=lambda document: document[:40].decode(),
)
def test_a_blob_without_a_policy_is_refused_and_nothing_dies(api, document):
    assert api.post("restore", backup=b64(document)).status == 400
    assert api.post(f"restore/{unique()}", backup=b64(document), force=True).status == 400


@pytest.mark.parametrize(
    "members, text",
    [
        ({"min_decryption_version": 0}, "minimum decryption version of 0 is less than 1"),
        ({"latest_version": 0}, None),
        ({"min_decryption_version": 2, "min_encryption_version": 1, "latest_version": 2}, None),
        ({"min_decryption_version": 9}, ""),
        ({"archive_version": 9}, ""),
        ({"latest_version": 9}, None),
        ({"latest_version": 2**40}, None),
        ({"latest_version": -1}, None),
        ({"min_available_version": 9}, None),
        ({"min_available_version": -1}, None),
        ({"min_encryption_version": -1}, None),
        ({"auto_rotate_period": -1}, None),
        ({"auto_rotate_period": 2**70}, None),
        ({"convergent_version": 77, "convergent_encryption": True, "derived": True}, None),
        ({"kdf": 9, "derived": True}, None),
        ({"keys": {}}, None),
        ({"keys": {"0": entry()}}, None),
        ({"keys": {"x": entry()}}, None),
        ({"keys": {"2": entry()}}, None),
        ({"keys": {"1": {}}}, None),
        ({"keys": {"1": {"key": "!!"}}}, None),
        ({"keys": {"1": {"key": 5}}}, None),
        ({"type": "aes256-gcm96"}, None),
        ({"derived": "yes"}, None),
        ({"min_decryption_version": 1.5}, None),
    ],
    ids=repr,
)
def test_a_policy_that_contradicts_itself_is_refused(api, members, text):
    name = unique("contrary")
    reply = api.post("restore", backup=blob(minimal(name, **members)))
    assert reply.status == 400 and reply.error, reply
    if text is not None:
        assert reply.error.startswith(FAILED.format(name) + text)
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("key_type", [*EC_TYPES, "ed25519", "rsa-2048", "aes256-gcm96", "aes128-gcm96"])
def test_key_material_that_is_none_is_refused(api, key_type):
    good = pair_entry(key_type) if key_type not in CIPHER_SIZES else entry(K[: CIPHER_SIZES[key_type]])
    for damage in damages(key_type):
        value = copy.deepcopy(good)
        damage(value)
        name = unique("damaged")
        reply = api.post("restore", backup=blob(minimal(name, value, type=TYPE_NUMBERS[key_type])))
        assert reply.status == 400, (damage, reply)
        api.get(f"keys/{name}").is_not_found()


def damages(key_type):
    if key_type in EC_TYPES:
        yield lambda value: value.update(ec_x=value["ec_x"] + 1)
        yield lambda value: value.update(ec_y=0, ec_x=0)
        yield lambda value: value.update(ec_d=0)
        yield lambda value: value.update(ec_d=2**600)
        yield lambda value: value.update(ec_d=-5)
        yield lambda value: value.update(ec_x=10**5000)
        yield lambda value: value.update(ec_x=None, ec_y=None, ec_d=None)
        yield lambda value: value.update(ec_d=value["ec_d"] + 1)
    elif key_type == "rsa-2048":
        yield lambda value: value["rsa_key"].update(N=value["rsa_key"]["N"] + 2)
        yield lambda value: value["rsa_key"].update(Primes=[])
        yield lambda value: value["rsa_key"].update(Primes=[3, 5, 7])
        yield lambda value: value["rsa_key"].update(E=1)
        yield lambda value: value["rsa_key"].update(D=0)
        yield lambda value: value["rsa_key"].update(N=2**16384 + 1)
    else:
        # Of a key pair the public half may come alone.
        if key_type != "ed25519":
            yield lambda value: value.update(key=None)
            yield lambda value: value.update(key="")
        yield lambda value: value.update(key=b64(bytes(31)))
        yield lambda value: value.update(key=b64(bytes(65)))
        if key_type == "ed25519":
            raw = private_key("ed25519").private_bytes_raw() + raw_public(private_key("ed25519"))
            yield lambda value: value.update(key=b64(flip(raw, 40)))
