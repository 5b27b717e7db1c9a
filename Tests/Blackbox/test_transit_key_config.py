"""keys/:name/config, rotate, trim: transit.md 4.5 to 4.7 and 7."""

import pytest

from blackbox_client import HELLO, TOO_OLD, TYPES, unique

TOO_LOW = "requested version for encryption is less than the minimum encryption key version"


def minimum(what, wanted, latest):
    return f"cannot set min {what} version of {wanted}, latest key version is {latest}"


def disagree(encryption, decryption):
    return (
        f"cannot set min encryption/decryption values; min encryption version of {encryption} must be greater than or "
        f"equal to min decryption version of {decryption}"
    )


def settings(data):
    return {member: value for member, value in data.items() if member != "usage"}


def versions_of(api, name):
    data = api.key(name)
    return [data[f"min_{what}_version"] for what in ("decryption", "encryption", "available")] + [
        data["latest_version"]
    ]


def test_configuring_an_absent_key_is_400(api):
    name = unique("absent")
    api.post(f"keys/{name}/config", deletion_allowed=True).fails(f"no existing key named {name} could be found")


@pytest.mark.parametrize("body", [b"", {}, {"min_encryption_version": 0}])
def test_a_configuration_that_changes_nothing_answers_the_key_object(api, body):
    name = api.new_key(versions=2)
    before = settings(api.key(name))
    assert settings(api.post(f"keys/{name}/config", body).data) == before == settings(api.key(name))


def test_configuration_answers_the_changed_key_object(api):
    name = api.new_key(versions=3)
    data = api.config(name, min_decryption_version=2, min_encryption_version=3, deletion_allowed=True).data
    assert (data["min_decryption_version"], data["min_encryption_version"], data["deletion_allowed"]) == (2, 3, True)
    assert list(data["keys"]) == ["2", "3"]
    assert settings(data) == settings(api.key(name))


@pytest.mark.parametrize(
    "parameters, text",
    [
        ({"min_decryption_version": -1}, "min decryption version cannot be negative"),
        ({"min_decryption_version": 4}, minimum("decryption", 4, 3)),
        ({"min_encryption_version": -1}, "min encryption version cannot be negative"),
        ({"min_encryption_version": 4}, minimum("encryption", 4, 3)),
        ({"min_decryption_version": 2, "min_encryption_version": 1}, disagree(1, 2)),
        ({"min_decryption_version": 3, "min_encryption_version": 2}, disagree(2, 3)),
        ({"auto_rotate_period": 3599}, "auto rotate period must be 0 to disable or at least an hour"),
        ({"min_decryption_version": -1, "min_encryption_version": -1}, "min decryption version cannot be negative"),
        ({"min_decryption_version": 9, "min_encryption_version": -1}, minimum("decryption", 9, 3)),
        ({"min_encryption_version": 2**31}, minimum("encryption", 2**31, 3)),
    ],
)
def test_a_refused_configuration_changes_nothing(api, parameters, text):
    name = api.new_key(versions=3)
    before = api.key(name)
    api.post(f"keys/{name}/config", deletion_allowed=True, exportable=True, **parameters).fails(text)
    assert api.key(name) == before


def test_a_minimum_decryption_version_above_the_encryption_minimum_in_force_is_refused(api):
    name = api.new_key(versions=3)
    api.config(name, min_encryption_version=2)
    api.post(f"keys/{name}/config", min_decryption_version=3).fails(disagree(2, 3))
    assert versions_of(api, name) == [1, 2, 0, 3]


def test_minimum_decryption_version_zero_becomes_one_with_a_warning(api):
    name = api.new_key(versions=2)
    api.config(name, min_decryption_version=2)
    reply = api.config(name, min_decryption_version=0)
    assert reply.data["min_decryption_version"] == 1
    assert len(reply.warnings) == 1
    assert reply.warnings[0].startswith("since Vault 0.3")
    assert reply.warnings[0].endswith("transit key numbering starts at 1; forcing minimum to 1")
    assert versions_of(api, name) == [1, 0, 0, 2]


@pytest.mark.parametrize("key_type", TYPES)
def test_raising_the_minimum_decryption_version_refuses_older_ciphertexts_until_it_is_lowered(api, key_type):
    name = api.new_key(type=key_type)
    first = api.encrypt(name)
    assert api.post(f"keys/{name}/rotate").status == 200
    second = api.encrypt(name)
    api.config(name, min_decryption_version=2)
    assert list(api.key(name)["keys"]) == ["2"]
    api.post(f"decrypt/{name}", ciphertext=first).fails(TOO_OLD)
    api.post(f"decrypt/{name}", ciphertext=first.replace(":v1:", ":v0:")).fails(TOO_OLD)
    assert api.decrypt(name, second) == HELLO
    api.config(name, min_decryption_version=1)
    assert list(api.key(name)["keys"]) == ["1", "2"]
    assert api.decrypt(name, first) == HELLO


def test_minimum_encryption_version_refuses_older_versions_and_zero_lifts_it(api):
    name = api.new_key(versions=3)
    api.config(name, min_encryption_version=3)
    api.post(f"encrypt/{name}", plaintext=HELLO, key_version=2).fails(TOO_LOW)
    assert api.encrypt(name).startswith("vault:v3:")
    api.config(name, min_encryption_version=0)
    assert api.encrypt(name, key_version=2).startswith("vault:v2:")


@pytest.mark.parametrize("flag", ["exportable", "allow_plaintext_backup"])
def test_the_flags_that_weaken_a_key_can_be_set_and_never_unset(api, flag):
    name = api.new_key()
    assert api.config(name, **{flag: False}).data[flag] is False
    assert api.config(name, **{flag: True}).data[flag] is True
    assert api.config(name, **{flag: False}).data[flag] is True
    assert api.key(name)[flag] is True


def test_deletion_can_be_allowed_and_forbidden_again(api):
    name = api.new_key()
    assert api.config(name, deletion_allowed=True).data["deletion_allowed"] is True
    assert api.config(name, deletion_allowed=False).data["deletion_allowed"] is False
    assert api.delete(f"keys/{name}").status == 400


def test_auto_rotate_period_is_set_kept_and_disabled(api):
    name = api.new_key()
    assert api.config(name, auto_rotate_period="2h").data["auto_rotate_period"] == 7200
    assert api.config(name, auto_rotate_period=None).data["auto_rotate_period"] == 7200
    assert api.config(name, deletion_allowed=True).data["auto_rotate_period"] == 7200
    assert api.config(name, auto_rotate_period=0).data["auto_rotate_period"] == 0


def test_a_negative_auto_rotate_period_is_refused_on_configuration(api):
    name = api.new_key()
    reply = api.post(f"keys/{name}/config", auto_rotate_period="-5")
    assert reply.status == 400 and "cannot provide negative value '-5'" in reply.error


def test_rotating_an_absent_key_is_400(api):
    api.post(f"keys/{unique('absent')}/rotate").fails("key not found")


@pytest.mark.parametrize("key_type", TYPES)
def test_rotation_adds_a_version_and_old_ciphertexts_stay_readable(api, key_type):
    name = api.new_key(type=key_type)
    ciphertexts = [api.encrypt(name)]
    for version in (2, 3):
        data = api.post(f"keys/{name}/rotate").data
        assert data["latest_version"] == version and data["type"] == key_type
        assert data["keys"] == api.key(name)["keys"] and len(data["keys"]) == version
        ciphertexts.append(api.encrypt(name))
    assert [text.split(":")[1] for text in ciphertexts] == ["v1", "v2", "v3"]
    assert [api.decrypt(name, text) for text in ciphertexts] == [HELLO] * 3


def test_rotation_keeps_the_minimum_versions(api):
    name = api.new_key(versions=2)
    api.config(name, min_decryption_version=2, min_encryption_version=2)
    api.post(f"keys/{name}/rotate")
    assert versions_of(api, name) == [2, 2, 0, 3]


@pytest.fixture
def trimmable(api):
    """Five versions, of which 4 and 5 encrypt and 3 to 5 decrypt."""
    name = api.new_key(versions=5)
    api.config(name, min_decryption_version=3, min_encryption_version=4)
    return name


@pytest.mark.parametrize(
    "version, text",
    [
        (0, "minimum available version should be positive"),
        (-1, "minimum available version cannot be decremented"),
        (4, "minimum available version cannot be greater than minimum decryption version"),
        (5, "minimum available version cannot be greater than minmum encryption version"),
        (99, "minimum available version cannot be greater than minmum encryption version"),
    ],
)
def test_a_refused_trim_changes_nothing(api, trimmable, version, text):
    api.post(f"keys/{trimmable}/trim", min_available_version=version).fails(text)
    assert versions_of(api, trimmable) == [3, 4, 0, 5]


def test_trim_without_its_parameter_is_400(api, trimmable):
    api.post(f"keys/{trimmable}/trim").fails("missing min_available_version")


def test_trimming_an_absent_key_is_400(api):
    api.post(f"keys/{unique('absent')}/trim", min_available_version=1).fails("invalid key name")


def test_trim_needs_a_minimum_encryption_version(api):
    name = api.new_key(versions=2)
    text = "minimum available version cannot be set when minimum encryption version is not set"
    api.post(f"keys/{name}/trim", min_available_version=1).fails(text)


def test_trim_destroys_older_versions_for_good(api, trimmable):
    data = api.post(f"keys/{trimmable}/trim", min_available_version=3).data
    assert data["min_available_version"] == 3
    assert versions_of(api, trimmable) == [3, 4, 3, 5]
    again = "minimum available version cannot be decremented"
    api.post(f"keys/{trimmable}/trim", min_available_version=2).fails(again)
    api.post(f"keys/{trimmable}/trim", min_available_version=0).fails(again)
    assert api.post(f"keys/{trimmable}/trim", min_available_version=3).status == 200
    below = "min decryption version should not be less then min available version"
    api.post(f"keys/{trimmable}/config", min_decryption_version=2).fails(below)
    below = "min encryption version should not be less than min available version"
    api.post(f"keys/{trimmable}/config", min_encryption_version=0).fails(below)
    assert versions_of(api, trimmable) == [3, 4, 3, 5]


def test_a_trimmed_key_still_opens_what_it_kept_and_nothing_older(api):
    name = api.new_key()
    ciphertexts = [api.encrypt(name)]
    for _ in range(2):
        api.post(f"keys/{name}/rotate")
        ciphertexts.append(api.encrypt(name))
    api.config(name, min_decryption_version=2, min_encryption_version=2)
    assert api.post(f"keys/{name}/trim", min_available_version=2).status == 200
    api.post(f"decrypt/{name}", ciphertext=ciphertexts[0]).fails(TOO_OLD)
    assert [api.decrypt(name, text) for text in ciphertexts[1:]] == [HELLO] * 2
    api.post(f"keys/{name}/rotate")
    assert [api.decrypt(name, text) for text in ciphertexts[1:]] == [HELLO] * 2
    assert list(api.key(name)["keys"]) == ["2", "3", "4"]


@pytest.mark.parametrize("what", ["decryption", "encryption"])
def test_an_archived_version_comes_back_unchanged_after_rotations(api, what):
    name = api.new_key()
    first = api.encrypt(name)
    api.post(f"keys/{name}/rotate")
    api.config(name, min_decryption_version=2)
    for _ in range(3):
        api.post(f"keys/{name}/rotate")
    api.config(name, min_decryption_version=1)
    if what == "decryption":
        assert api.decrypt(name, first) == HELLO
    else:
        again = api.encrypt(name, key_version=1)
        assert again.startswith("vault:v1:") and api.decrypt(name, again) == HELLO


def test_encrypting_with_an_archived_version_is_refused(api):
    name = api.new_key(versions=2)
    api.config(name, min_decryption_version=2)
    api.post(f"encrypt/{name}", plaintext=HELLO, key_version=1).fails("no such key version")
    api.post(f"datakey/plaintext/{name}", key_version=1).fails("no such key version")
    api.post(f"hmac/{name}", input=HELLO, key_version=1).fails("no such key version")
