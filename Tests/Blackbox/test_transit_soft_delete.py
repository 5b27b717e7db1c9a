"""keys/:name/soft-delete and soft-delete-restore: transit.md 4.8."""

import pytest

from blackbox_client import HELLO, SOFT_DELETED, UNSUPPORTED_OPERATION, unique


@pytest.fixture
def deleted(api):
    """A soft-deleted key and a ciphertext of it."""
    name = api.new_key()
    ciphertext = api.encrypt(name)
    assert api.delete(f"keys/{name}/soft-delete").data["soft_deleted"] is True
    return name, ciphertext


def test_soft_deletion_needs_no_permission_and_is_undone(api, deleted):
    name, ciphertext = deleted
    data = api.key(name)
    assert data["soft_deleted"] is True and data["deletion_allowed"] is False
    restored = api.post(f"keys/{name}/soft-delete-restore")
    assert restored.data["soft_deleted"] is False and restored.warnings is None
    assert api.key(name)["soft_deleted"] is False
    assert api.decrypt(name, ciphertext) == HELLO


def test_repeating_either_step_warns(api, deleted):
    name, _ = deleted
    again = api.delete(f"keys/{name}/soft-delete")
    assert again.data["soft_deleted"] is True and again.warnings == ["key was already marked as soft deleted"]
    assert api.post(f"keys/{name}/soft-delete-restore").warnings is None
    again = api.post(f"keys/{name}/soft-delete-restore")
    assert again.data["soft_deleted"] is False and again.warnings == ["key was already restored"]


def test_both_steps_answer_204_for_an_absent_key(api):
    name = unique("absent")
    api.delete(f"keys/{name}/soft-delete").is_empty()
    api.post(f"keys/{name}/soft-delete-restore").is_empty()
    api.get(f"keys/{name}").is_not_found()


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "soft-delete"),
        ("GET", "soft-delete"),
        ("GET", "soft-delete-restore"),
        ("DELETE", "soft-delete-restore"),
    ],
)
def test_other_methods_are_unsupported(api, method, path):
    name = api.new_key()
    api.request(method, f"transit/keys/{name}/{path}").fails(UNSUPPORTED_OPERATION, 405)
    assert api.key(name)["soft_deleted"] is False


@pytest.mark.parametrize(
    "path, member",
    [
        ("encrypt/{}", {"plaintext": HELLO}),
        ("decrypt/{}", {"ciphertext": ...}),
        ("rewrap/{}", {"ciphertext": ...}),
        ("datakey/plaintext/{}", {}),
        ("datakey/wrapped/{}", {}),
        ("hmac/{}", {"input": HELLO}),
        ("keys/{}/rotate", {}),
    ],
)
def test_a_soft_deleted_key_refuses_work(api, deleted, path, member):
    name, ciphertext = deleted
    body = {key: ciphertext if value is ... else value for key, value in member.items()}
    api.post(path.format(name), **body).fails(SOFT_DELETED)
    assert api.key(name)["latest_version"] == 1


@pytest.mark.parametrize(
    "operation, item, status",
    [
        ("encrypt", {"plaintext": HELLO}, 400),
        ("decrypt", {"ciphertext": ...}, 400),
        ("rewrap", {"ciphertext": ...}, 200),
        ("hmac", {"input": HELLO}, 200),
    ],
)
def test_a_batch_on_a_soft_deleted_key_carries_the_refusal_in_each_item(api, deleted, operation, item, status):
    name, ciphertext = deleted
    item = {key: ciphertext if value is ... else value for key, value in item.items()}
    reply = api.post(f"{operation}/{name}", batch_input=[item, item])
    assert reply.status == status
    assert [result["error"] for result in reply.results] == [SOFT_DELETED] * 2


def test_a_soft_deleted_key_can_be_read_listed_configured_trimmed_and_deleted(own_mount):
    name = own_mount.new_key(versions=2)
    own_mount.delete(f"keys/{name}/soft-delete")
    assert own_mount.list("keys").data["keys"] == [name]
    data = own_mount.config(name, min_decryption_version=2, min_encryption_version=2, deletion_allowed=True).data
    assert data["soft_deleted"] is True and data["min_decryption_version"] == 2
    assert own_mount.post(f"keys/{name}/trim", min_available_version=2).data["min_available_version"] == 2
    own_mount.delete(f"keys/{name}").is_empty()
    own_mount.get(f"keys/{name}").is_not_found()


def test_creating_a_soft_deleted_key_again_does_not_restore_it(api, deleted):
    name, _ = deleted
    assert api.post(f"keys/{name}").data["soft_deleted"] is True
    api.post(f"encrypt/{name}", plaintext=HELLO).fails(SOFT_DELETED)
