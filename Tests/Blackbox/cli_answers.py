"""Answers of a server as the wire facts have them, for the tests of commands."""


def envelope(data=None, **members):
    base = {
        "request_id": "5f3c1a9e-0000-4000-8000-000000000001", "lease_id": "", "renewable": False, "lease_duration": 0,
        "data": data, "wrap_info": None, "warnings": None, "auth": None,
    }
    return 200, {**base, **members}


def mount(path, kind, **members):
    return {
        "accessor": f"{kind}_0123abcd", "config": {"default_lease_ttl": 0, "max_lease_ttl": 3600}, "description": "",
        "local": False, "options": None, "seal_wrap": False, "type": kind,
        "uuid": "5f3c1a9e-0000-4000-8000-000000000002", **members,
    }


KV2 = {**mount("secret/", "kv", options={"version": "2"}), "path": "secret/"}
KV1 = {**mount("old/", "kv", options={"version": "1"}), "path": "old/"}
TIME = "2026-11-27T04:00:00.000000001Z"
VERSION = {"created_time": TIME, "custom_metadata": None, "deletion_time": "", "destroyed": False, "version": 3}
AUTH = {
    "client_token": "hvs." + "A" * 24, "accessor": "B" * 24, "policies": ["default", "readers"],
    "token_policies": ["default", "readers"], "metadata": {"username": "alice"}, "lease_duration": 2764800,
    "renewable": True, "entity_id": "", "token_type": "service", "orphan": True,
}
DONE = (204, None)
SEALED = {
    "type": "shamir", "initialized": True, "sealed": True, "t": 3, "n": 5, "progress": 1, "nonce": "abc",
    "version": "1.18.0", "storage_type": "sqlite",
}
OPEN = {**SEALED, "sealed": False, "progress": 0, "nonce": "", "cluster_name": "main", "cluster_id": "id"}
REKEY = {
    "nonce": "n-1", "started": True, "t": 2, "n": 3, "progress": 1, "required": 2, "verification_required": False,
}
ROOT = {
    "nonce": "n-2", "started": True, "progress": 0, "required": 2, "complete": False, "encoded_token": "",
    "otp": "", "otp_length": 28,
}

ANSWERS = {
    ("GET", "sys/internal/ui/mounts/secret/app"): envelope(KV2),
    ("GET", "sys/internal/ui/mounts/secret/gone"): envelope(KV2),
    ("GET", "sys/internal/ui/mounts/secret"): envelope(KV2),
    ("GET", "sys/internal/ui/mounts/old/app"): envelope(KV1),
    ("GET", "secret/data/app"): envelope({"data": {"password": "geheim", "user": "web"}, "metadata": VERSION}),
    ("GET", "secret/data/gone"): (
        404,
        envelope({"data": None, "metadata": {**VERSION, "deletion_time": TIME}})[1],
    ),
    ("PUT", "secret/data/app"): envelope(VERSION),
    ("PATCH", "secret/data/app"): envelope(VERSION),
    ("DELETE", "secret/data/app"): DONE,
    ("POST", "secret/delete/app"): DONE,
    ("POST", "secret/undelete/app"): DONE,
    ("POST", "secret/destroy/app"): DONE,
    ("LIST", "secret/metadata"): envelope({"keys": ["app", "team/"]}),
    ("LIST", "secret/metadata/"): envelope({"keys": ["app", "team/"]}),
    ("LIST", "secret/metadata/team/"): envelope({"keys": ["db"]}),
    ("GET", "secret/metadata/app"): envelope({
        "cas_required": False, "created_time": TIME, "current_version": 2, "custom_metadata": {"owner": "web"},
        "delete_version_after": "0s", "max_versions": 0, "oldest_version": 0, "updated_time": TIME,
        "versions": {
            "1": {"created_time": TIME, "deletion_time": "", "destroyed": False},
            "2": {"created_time": TIME, "deletion_time": TIME, "destroyed": False},
        },
    }),
    ("POST", "secret/metadata/app"): DONE,
    ("PATCH", "secret/metadata/app"): DONE,
    ("DELETE", "secret/metadata/app"): DONE,
    ("POST", "sys/mounts/old/tune"): (
        200, {**envelope()[1], "warnings": ["Upgrading mount from version 0 to version 2."]},
    ),
    ("GET", "old/app"): envelope({"a": "1"}, lease_duration=2764800),
    ("PUT", "old/app"): DONE,
    ("GET", "sys/mounts"): envelope({
        "secret/": mount("secret/", "kv", options={"version": "2"}, description="secrets of the house"),
        "transit/": mount("transit/", "transit"),
    }),
    ("POST", "sys/mounts/transit"): DONE,
    ("POST", "sys/mounts/team/kv"): DONE,
    ("DELETE", "sys/mounts/transit"): DONE,
    ("POST", "sys/mounts/transit/tune"): DONE,
    ("POST", "sys/remount"): envelope({"migration_id": "m-1"}),
    ("GET", "sys/remount/status/m-1"): envelope({"migration_info": {"status": "success"}}),
    ("GET", "sys/auth"): envelope({"token/": mount("token/", "token", description="token based credentials")}),
    ("POST", "sys/auth/userpass"): DONE,
    ("DELETE", "sys/auth/userpass"): DONE,
    ("POST", "sys/auth/userpass/tune"): DONE,
    ("LIST", "sys/policies/acl"): envelope({"keys": ["default", "readers", "root"]}),
    ("GET", "sys/policies/acl/readers"): envelope({"name": "readers", "policy": 'path "a/*" {\n  policy = "read"\n}\n'}),
    ("PUT", "sys/policies/acl/readers"): DONE,
    ("DELETE", "sys/policies/acl/readers"): DONE,
    ("POST", "auth/token/create"): envelope(auth=AUTH),
    ("POST", "auth/token/create-orphan"): envelope(auth=AUTH),
    ("GET", "auth/token/lookup-self"): envelope({
        "accessor": "B" * 24, "display_name": "root", "id": "root", "policies": ["root"], "ttl": 0, "renewable": False,
        "meta": None,
    }),
    ("POST", "auth/token/lookup"): envelope({"id": "x", "ttl": 60}),
    ("POST", "auth/token/lookup-accessor"): envelope({"id": "", "ttl": 60}),
    ("POST", "auth/token/renew-self"): envelope(auth=AUTH),
    ("POST", "auth/token/renew"): envelope(auth=AUTH),
    ("POST", "auth/token/revoke"): DONE,
    ("POST", "auth/token/revoke-self"): DONE,
    ("POST", "auth/token/revoke-orphan"): DONE,
    ("POST", "auth/token/revoke-accessor"): DONE,
    ("POST", "sys/capabilities-self"): envelope({"capabilities": ["read", "list"], "secret/data/app": ["read", "list"]}),
    ("POST", "sys/capabilities"): envelope({"capabilities": ["deny"], "secret/data/app": ["deny"]}),
    ("POST", "sys/capabilities-accessor"): envelope({"secret/data/app": ["read"]}),
    ("PUT", "auth/userpass/login/alice"): envelope(auth=AUTH),
    ("PUT", "auth/machines/login"): envelope(auth=AUTH),
    ("PUT", "sys/leases/lookup"): envelope({"id": "db/creds/a/1", "ttl": 60, "renewable": True}),
    ("LIST", "sys/leases/lookup/db/creds/"): envelope({"keys": ["a/"]}),
    ("PUT", "sys/leases/renew"): envelope(lease_id="db/creds/a/1", renewable=True, lease_duration=600),
    ("PUT", "sys/leases/revoke"): DONE,
    ("PUT", "sys/leases/revoke-prefix/db/creds"): DONE,
    ("PUT", "sys/leases/revoke-force/db/creds"): DONE,
    ("PUT", "sys/audit/file"): DONE,
    ("DELETE", "sys/audit/file"): DONE,
    ("GET", "sys/audit"): envelope({
        "file/": {"type": "file", "description": "", "local": False, "path": "file/", "options": {"file_path": "/a"}},
    }),
    ("GET", "sys/seal-status"): (200, OPEN),
    ("GET", "sys/init"): (200, {"initialized": False}),
    ("PUT", "sys/init"): (
        200, {"keys": ["aa", "bb"], "keys_base64": ["qg==", "uw=="], "root_token": "hvs." + "R" * 24},
    ),
    ("PUT", "sys/unseal"): (200, SEALED),
    ("PUT", "sys/seal"): DONE,
    ("PUT", "sys/step-down"): DONE,
    ("GET", "sys/key-status"): envelope({"term": 2, "install_time": TIME, "encryptions": 20}),
    ("PUT", "sys/rotate"): DONE,
    ("GET", "sys/rekey/init"): (200, REKEY),
    ("PUT", "sys/rekey/init"): (200, {**REKEY, "progress": 0}),
    ("DELETE", "sys/rekey/init"): DONE,
    ("PUT", "sys/rekey/update"): (
        200, {"nonce": "n-1", "complete": True, "keys": ["cc"], "keys_base64": ["zA=="]},
    ),
    ("GET", "sys/generate-root/attempt"): (200, ROOT),
    ("PUT", "sys/generate-root/attempt"): (200, {**ROOT, "otp": "O" * 28}),
    ("PUT", "sys/generate-root/update"): (
        200, {**ROOT, "progress": 2, "complete": True, "encoded_token": "JzkcYQ4ODg4ODg4ODg4ODg4ODg4ODg4ODg4ODg"},
    ),
    ("DELETE", "sys/generate-root/attempt"): DONE,
    ("GET", "sys/storage/raft/snapshot"): (200, {"not": "really a snapshot"}),
    ("POST", "sys/storage/raft/snapshot"): DONE,
    ("POST", "sys/storage/raft/snapshot-force"): DONE,
    ("PUT", "sys/wrapping/unwrap"): envelope({"a": "1"}),
    ("GET", "transit/keys/orders"): envelope({
        "name": "orders", "type": "aes256-gcm96", "latest_version": 2, "big": 12345678901234567890, "exact": 1.10,
        "keys": {"1": 1795752000},
    }),
    ("PUT", "transit/keys/orders"): DONE,
    ("PATCH", "some/thing"): DONE,
    ("DELETE", "transit/keys/orders"): DONE,
    ("LIST", "transit/keys"): envelope({"keys": ["orders", "signer"]}),
}
# What a wrapped answer looks like, whatever was asked.
WRAPPED = envelope(wrap_info={
    "token": "hvs." + "W" * 24, "accessor": "C" * 24, "ttl": 300, "creation_time": TIME, "creation_path": "old/app",
})
HELP = (200, {"help": "Request:        keys/orders\n\nOne key.", "see_also": None})
