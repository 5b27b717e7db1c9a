"""keys/:name (create, read, delete) and LIST keys: transit.md 4.1 to 4.4."""

import time

import pytest

from blackbox_client import CONTEXT, CONVERGENT_TYPES, HELLO, TYPES, UNSUPPORTED_PATH, unique

ALWAYS = {
    "allow_plaintext_backup": False,
    "auto_rotate_period": 0,
    "deletion_allowed": False,
    "derived": False,
    "exportable": False,
    "imported_key": False,
    "latest_version": 1,
    "min_available_version": 0,
    "min_decryption_version": 1,
    "min_encryption_version": 0,
    "soft_deleted": False,
    "supports_decryption": True,
    "supports_derivation": True,
    "supports_encryption": True,
    "supports_signing": False,
}
ONLY_SOMETIMES = [
    "backup_info",
    "convergent_encryption",
    "convergent_encryption_version",
    "imported_key_allow_rotation",
    "kdf",
    "kdf_mode",
    "key_size",
    "restore_info",
]
TOO_OFTEN = "auto rotate period must be 0 to disable or at least an hour"


def check_key(data, name, key_type, **changed):
    expected = {**ALWAYS, **changed, "name": name, "type": key_type}
    assert {member: data.get(member) for member in expected} == expected
    assert [member for member in ONLY_SOMETIMES if member in data and member not in changed] == []
    assert list(data["keys"]) == sorted(str(n + 1) for n in range(expected["latest_version"]))
    for created in data["keys"].values():
        assert type(created) is int and abs(created - time.time()) < 120


@pytest.mark.parametrize("key_type", TYPES)
def test_creating_a_key_of_each_type_answers_the_key_object_and_reading_answers_the_same(api, key_type):
    name = unique()
    created = api.post(f"keys/{name}", type=key_type).data
    check_key(created, name, key_type)
    check_key(api.key(name), name, key_type)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b" {} "])
def test_a_key_created_without_parameters_is_aes256_gcm96(api, body):
    name = unique()
    check_key(api.post(f"keys/{name}", body).data, name, "aes256-gcm96")


@pytest.mark.parametrize("key_type", TYPES)
def test_a_derived_key_of_each_type_names_its_kdf_and_no_convergence(api, key_type):
    name = unique()
    api.post(f"keys/{name}", type=key_type, derived=True)
    data = api.key(name)
    assert data["derived"] is True and data["kdf"] == "hkdf_sha256"
    assert data["convergent_encryption"] is False
    assert "convergent_encryption_version" not in data and "kdf_mode" not in data


@pytest.mark.parametrize("key_type", CONVERGENT_TYPES)
def test_a_convergent_key_shows_version_minus_one(api, key_type):
    name = unique()
    check_key(
        api.post(f"keys/{name}", type=key_type, derived=True, convergent_encryption=True).data,
        name,
        key_type,
        derived=True,
        convergent_encryption=True,
        convergent_encryption_version=-1,
        kdf="hkdf_sha256",
    )


@pytest.mark.parametrize("flag", ["exportable", "allow_plaintext_backup"])
def test_the_flags_given_on_creation_are_read_back(api, flag):
    name = unique()
    api.post(f"keys/{name}", **{flag: True})
    check_key(api.key(name), name, "aes256-gcm96", **{flag: True})


@pytest.mark.parametrize("key_type", ["foo", "AES256-GCM96", "aes256-gcm96 ", "aes192-gcm96", "<b>&"])
def test_an_unknown_type_is_refused_and_creates_nothing(api, key_type):
    name = unique()
    api.post(f"keys/{name}", type=key_type).fails(f"unknown key type {key_type}")
    api.get(f"keys/{name}").is_not_found()


def test_convergent_encryption_needs_derivation(api):
    name = unique()
    refusal = "convergent encryption requires derivation to be enabled"
    api.post(f"keys/{name}", convergent_encryption=True).fails(refusal)
    api.post(f"keys/{name}", convergent_encryption=True, derived=False).fails(refusal)
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize(
    "period, seconds",
    [
        (0, 0),
        ("0", 0),
        (3600, 3600),
        ("3600", 3600),
        ("1h", 3600),
        ("90m", 5400),
        ("1h30m", 5400),
        ("24h", 86400),
        ("2d", 172800),
        ("3600000ms", 3600),
        (None, 0),
    ],
)
def test_auto_rotate_period_is_read_back_in_seconds(api, period, seconds):
    name = unique()
    assert api.post(f"keys/{name}", auto_rotate_period=period).data["auto_rotate_period"] == seconds
    assert api.key(name)["auto_rotate_period"] == seconds


@pytest.mark.parametrize("period", [1, 3599, "59m", "1s", "3599s"])
def test_an_auto_rotate_period_under_an_hour_is_refused(api, period):
    name = unique()
    api.post(f"keys/{name}", auto_rotate_period=period).fails(TOO_OFTEN)
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize("period", [-5, "-5"])
def test_a_negative_auto_rotate_period_is_refused(api, period):
    reply = api.post(f"keys/{unique()}", auto_rotate_period=period)
    assert reply.status == 400 and "cannot provide negative value '-5'" in reply.error


@pytest.mark.parametrize("key_type", TYPES)
@pytest.mark.parametrize("size", [32, 1, -1])
def test_key_size_is_refused_for_a_type_of_fixed_size(api, key_type, size):
    name = unique()
    api.post(f"keys/{name}", type=key_type, key_size=size).fails(f"key_size is not valid for algorithm {key_type}")
    api.get(f"keys/{name}").is_not_found()


def test_key_size_zero_is_no_key_size(api):
    name = unique()
    check_key(api.post(f"keys/{name}", key_size=0).data, name, "aes256-gcm96")


def test_context_is_accepted_and_ignored_on_creation(api):
    name = unique()
    check_key(api.post(f"keys/{name}", context=CONTEXT).data, name, "aes256-gcm96")


def test_creating_an_existing_key_changes_nothing_and_answers_it(api):
    name = api.new_key(type="chacha20-poly1305")
    ciphertext = api.encrypt(name)
    again = api.post(f"keys/{name}", type="aes128-gcm96", derived=True, exportable=True, auto_rotate_period="2h").data
    check_key(again, name, "chacha20-poly1305")
    check_key(api.key(name), name, "chacha20-poly1305")
    assert api.decrypt(name, ciphertext) == HELLO


def test_put_creates_like_post(api):
    name = unique()
    check_key(api.request("PUT", f"transit/keys/{name}", {"type": "aes128-gcm96"}).data, name, "aes128-gcm96")


@pytest.mark.parametrize("name", ["a", "_", "0", "a.b", "a-b", "Aa", "_x_", "9.9-9", "x" * 200])
def test_names_of_word_characters_with_inner_dots_and_hyphens_are_accepted(own_mount, name):
    check_key(own_mount.post(f"keys/{name}").data, name, "aes256-gcm96")
    check_key(own_mount.key(name), name, "aes256-gcm96")


def test_names_are_case_sensitive(own_mount):
    own_mount.post("keys/Name", type="aes128-gcm96")
    own_mount.get("keys/name").is_not_found()
    assert own_mount.key("Name")["type"] == "aes128-gcm96"


@pytest.mark.parametrize("name", [".a", "a.", "-a", "a-", "-", "a%20b", "a+b", "a%2Fb", "a@b", "%C3%A9", "a:b"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_name_outside_the_pattern_is_an_unsupported_path(api, method, name):
    api.request(method, f"transit/keys/{name}").fails(UNSUPPORTED_PATH, 404)


def test_reading_an_absent_key_is_404_without_a_text(api):
    api.get(f"keys/{unique('absent')}").is_not_found()


def test_reading_shows_every_version_with_its_creation_time(api):
    name = api.new_key(versions=11)
    data = api.key(name)
    check_key(data, name, "aes256-gcm96", latest_version=11)
    assert list(data["keys"])[:4] == ["1", "10", "11", "2"]


def test_reading_does_not_show_key_material(api):
    name = api.new_key(exportable=True)
    assert all(type(value) is int for value in api.key(name)["keys"].values())


def test_listing_an_empty_mount_is_404_without_a_text(own_mount):
    own_mount.list("keys").is_not_found()
    own_mount.get("keys?list=true").is_not_found()


def fill(mount):
    names = ["b", "a", "B", "a.1", "a-1", "10", "9", "_"]
    for name in names:
        assert mount.post(f"keys/{name}").status == 200
    return sorted(names)


def test_listing_sorts_names_by_byte_in_every_spelling_of_list(own_mount):
    names = fill(own_mount)
    assert own_mount.list("keys").data == {"keys": names}
    assert own_mount.list("keys/").data == {"keys": names}
    for truth in ("true", "1", "t", "T", "TRUE", "True"):
        assert own_mount.get(f"keys?list={truth}").data == {"keys": names}


def test_listing_after_a_name_and_up_to_a_limit(own_mount):
    names = fill(own_mount)
    assert own_mount.list("keys?after=B").data["keys"] == [n for n in names if n > "B"]
    assert own_mount.list("keys?after=A").data["keys"] == [n for n in names if n > "A"]
    assert own_mount.list("keys?limit=3").data["keys"] == names[:3]
    assert own_mount.list("keys?limit=2&after=9").data["keys"] == [n for n in names if n > "9"][:2]
    assert own_mount.list("keys?limit=0").data["keys"] == names
    assert own_mount.list("keys?limit=-1").data["keys"] == names
    own_mount.list("keys?after=zzz").is_not_found()


def test_a_list_parameter_that_is_no_boolean_is_400_without_a_text(api):
    reply = api.get("keys?list=perhaps")
    assert (reply.status, reply.raw) == (400, b'{"errors":[]}\n')


def test_a_deleted_key_leaves_the_list(own_mount):
    names = fill(own_mount)
    own_mount.config("B", deletion_allowed=True)
    own_mount.delete("keys/B").is_empty()
    assert own_mount.list("keys").data["keys"] == [n for n in names if n != "B"]


def test_a_key_is_only_deleted_after_deletion_was_allowed(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    api.delete(f"keys/{name}").fails(f"error deleting policy {name}: deletion is not allowed for this key")
    assert api.decrypt(name, ciphertext) == HELLO
    api.config(name, deletion_allowed=True)
    api.delete(f"keys/{name}").is_empty()
    api.get(f"keys/{name}").is_not_found()
    api.post(f"decrypt/{name}", ciphertext=ciphertext).fails("encryption key not found")


def test_deleting_an_absent_key_is_400(api):
    name = unique("absent")
    api.delete(f"keys/{name}").fails(f"error deleting policy {name}: could not delete key; not found")


def test_a_key_created_anew_under_a_deleted_name_cannot_read_the_old_ciphertexts(api):
    name = api.new_key()
    ciphertext = api.encrypt(name)
    api.config(name, deletion_allowed=True)
    api.delete(f"keys/{name}").is_empty()
    api.post(f"keys/{name}")
    check_key(api.key(name), name, "aes256-gcm96")
    api.post(f"decrypt/{name}", ciphertext=ciphertext).fails("cipher: message authentication failed")


def test_the_same_name_in_two_mounts_is_two_keys(api, own_mount):
    name = api.new_key()
    own_mount.get(f"keys/{name}").is_not_found()
    own_mount.post(f"keys/{name}")
    own_mount.post(f"decrypt/{name}", ciphertext=api.encrypt(name)).fails("cipher: message authentication failed")
