"""Identity tokens by hvac: keys, roles, tokens that others verify, introspection, well-known documents."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hvac.exceptions import InvalidPath, InvalidRequest

from blackbox_client import unique
from logins import Method, policy, root

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"]
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@pytest.fixture
def vault(server):
    return root(server)


@pytest.fixture
def identity(vault):
    return vault.secrets.identity


@pytest.fixture
def bob(server, vault):
    """Somebody who may ask for identity tokens."""
    method = Method(server, vault)
    method.user("bob", token_policies=policy(vault, 'path "identity/oidc/token/*" { capabilities = ["read"] }'))
    client = method.login("bob")
    client.method = method
    yield client
    method.end()


@pytest.fixture
def key(identity):
    name = unique("key")
    identity.create_named_key(name, algorithm="ES256", allowed_client_ids=["*"])
    return name


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def number(text):
    return int.from_bytes(decode(text), "big")


def verify(token, keys):
    """The claims of a token that the published keys verify, by other code than the server's."""
    head, body, signature = token.split(".")
    header = json.loads(decode(head))
    [key] = [one for one in keys if one["kid"] == header["kid"]]
    assert key["use"] == "sig" and key["alg"] == header["alg"]
    signed, raw = f"{head}.{body}".encode(), decode(signature)
    digest = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}.get(header["alg"][2:])
    if key["kty"] == "RSA":
        public = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
        public.verify(raw, signed, padding.PKCS1v15(), digest())
    elif key["kty"] == "EC":
        public = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), CURVES[key["crv"]]).public_key()
        half = len(raw) // 2
        assert half == (public.key_size + 7) // 8
        pair = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        public.verify(pair, signed, ec.ECDSA(digest()))
    else:
        ed25519.Ed25519PublicKey.from_public_bytes(decode(key["x"])).verify(raw, signed)
    return json.loads(decode(body))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_every_algorithm_is_verified_by_other_code(server, identity, bob, algorithm):
    key, role = unique("key"), unique("role")
    identity.create_named_key(key, algorithm=algorithm, allowed_client_ids=["*"])
    identity.create_or_update_role(role, key=key, ttl="1h")
    made = bob.secrets.identity.generate_signed_id_token(role)["data"]
    assert made["ttl"] == 3600 and made["client_id"] == identity.read_role(role)["data"]["client_id"]
    claims = verify(made["token"], identity.read_active_public_keys()["keys"])
    assert claims["sub"] == bob.granted["entity_id"] and claims["aud"] == made["client_id"]
    assert claims["iss"] == server.address + "/v1/identity/oidc"
    assert claims["exp"] - claims["iat"] == 3600 and claims["namespace"] == "root"
    assert identity.introspect_signed_id_token(made["token"], made["client_id"]) == {"active": True}


def test_a_key_is_made_read_rotated_and_deleted(api, identity, bob):
    # hvac 2.4 asks for no rotation where it says that it rotates.
    def rotate(seconds):
        api.request("POST", f"identity/oidc/key/{key}/rotate", {"verification_ttl": seconds}).is_empty()

    key, role = unique("key"), unique("role")
    identity.create_named_key(key, rotation_period="2h", verification_ttl="3h", algorithm="ES256")
    data = identity.read_named_key(key)["data"]
    assert (data["algorithm"], data["rotation_period"], data["verification_ttl"]) == ("ES256", 7200, 10800)
    assert key in identity.list_named_keys()["data"]["keys"]
    identity.create_named_key(key, allowed_client_ids=["*"], rotation_period="2h", verification_ttl="3h", algorithm="ES256")
    identity.create_or_update_role(role, key=key)
    old = bob.secrets.identity.generate_signed_id_token(role)["data"]["token"]
    assert identity.rotate_named_key(key, verification_ttl="3h").status_code == 204
    rotate("1h")
    new = bob.secrets.identity.generate_signed_id_token(role)["data"]["token"]
    keys = identity.read_active_public_keys()["keys"]
    assert verify(old, keys) and verify(new, keys) and old.split(".")[0] != new.split(".")[0]
    assert identity.introspect_signed_id_token(old) == {"active": True}
    rotate(0)
    assert identity.introspect_signed_id_token(new)["active"] is False, "a key without a time to verify verifies nothing"
    with pytest.raises(InvalidRequest, match=f"currently referenced by these roles: {role}"):
        identity.delete_named_key(key)
    identity.delete_role(role)
    identity.delete_named_key(key)
    with pytest.raises(InvalidPath):
        identity.read_named_key(key)


def test_what_keys_refuse(api):
    for fields, text in (
        ({"algorithm": "zz"}, 'unknown signing algorithm "zz"'), ({"algorithm": "none"}, 'unknown signing algorithm "none"'),
        ({"rotation_period": "30s"}, "rotation_period must be at least one minute"),
    ):
        assert text in api.request("POST", f"identity/oidc/key/{unique()}", fields).error
    for value in (-1, "-5m", "x", 10**30, [], {}):
        assert api.request("POST", f"identity/oidc/key/{unique()}", {"rotation_period": value}).status == 400, value
        assert api.request("POST", f"identity/oidc/key/{unique()}", {"verification_ttl": value}).status == 400, value


def test_a_role_is_made_read_and_deleted(identity, key):
    role = unique("role")
    identity.create_or_update_role(role, key=key, template='{"a":{{identity.entity.name}}}', ttl="5m")
    data = identity.read_role(role)["data"]
    assert (data["key"], data["template"], data["ttl"]) == (key, '{"a":{{identity.entity.name}}}', 300)
    assert len(data["client_id"]) == 26 and data["client_id"].isalnum()
    assert role in identity.list_roles()["data"]["keys"]
    identity.delete_role(role)
    with pytest.raises(InvalidPath):
        identity.read_role(role)


@pytest.mark.parametrize("template", ['{"a":', "[]", '{"a":{{identity.entity.name}', '"x"', '{"sub":"other"}', '{"exp":99}'])
def test_templates_that_cannot_be_are_refused(api, key, template):
    reply = api.request("POST", f"identity/oidc/role/{unique('role')}", {"key": key, "template": template})
    assert reply.status == 400, reply


def test_a_template_tells_of_entity_alias_and_groups(identity, bob, key):
    known, accessor = bob.granted["entity_id"], bob.method.accessor
    identity.update_entity(known, name=unique('q"uo\\te'), metadata={"team": 'a","sub":"root'})
    group = unique("group")
    identity.create_or_update_group(name=group, member_entity_ids=[known])
    template = (
        '{"name":{{identity.entity.name}},"team":{{identity.entity.metadata.team}},"groups":{{identity.entity.groups.names}},'
        '"alias":{{identity.entity.aliases.%s.name}},"when":{"at":{{time.now}}}}' % accessor)
    role = unique("role")
    encoded = base64.b64encode(template.encode()).decode()
    identity.create_or_update_role(role, key=key, template=encoded)
    claims = verify(
        bob.secrets.identity.generate_signed_id_token(role)["data"]["token"], identity.read_active_public_keys()["keys"])
    assert claims["name"] == identity.read_entity(known)["data"]["name"]
    assert claims["team"] == 'a","sub":"root' and claims["sub"] == known, "a value cannot break out of its claim"
    assert claims["groups"] == [group] and claims["alias"] == "bob" and claims["when"]["at"] == claims["iat"]


def test_who_gets_no_token(vault, identity, bob, key):
    role = unique("role")
    with pytest.raises(InvalidRequest, match=f'role "{role}" not found'):
        bob.secrets.identity.generate_signed_id_token(role)
    identity.create_or_update_role(role, key=key)
    with pytest.raises(InvalidRequest, match="no entity associated with the request's token"):
        identity.generate_signed_id_token(role)
    closed = unique("key")
    identity.create_named_key(closed, algorithm="ES256", allowed_client_ids=["another"])
    identity.create_or_update_role(role, key=closed)
    with pytest.raises(InvalidRequest, match="does not list the client ID of the role"):
        bob.secrets.identity.generate_signed_id_token(role)
    client = identity.read_role(role)["data"]["client_id"]
    identity.create_named_key(closed, algorithm="ES256", allowed_client_ids=[client])
    assert bob.secrets.identity.generate_signed_id_token(role)["data"]["token"]


def test_introspection_tells_what_is_wrong(identity, bob, key):
    role = unique("role")
    identity.create_or_update_role(role, key=key)
    token = bob.secrets.identity.generate_signed_id_token(role)["data"]["token"]
    head, body, signature = token.split(".")
    other = json.loads(decode(body)) | {"sub": "root"}
    forged = base64.urlsafe_b64encode(json.dumps(other).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"%s"}' % json.loads(decode(head))["kid"].encode()).decode().rstrip("=")
    for bad in ("", "x", "a.b.c", f"{head}.{forged}.{signature}", f"{none}.{body}.", f"{none}.{body}.{signature}", token[:-4]):
        answer = identity.introspect_signed_id_token(bad)
        assert answer["active"] is False and answer["error"], bad
    assert identity.introspect_signed_id_token(token, "another client")["active"] is False
    identity.update_entity(bob.granted["entity_id"], disabled=True)
    assert identity.introspect_signed_id_token(token)["active"] is False
    identity.update_entity(bob.granted["entity_id"], disabled=False)
    assert identity.introspect_signed_id_token(token) == {"active": True}


def test_well_known_documents_need_no_token_and_have_no_envelope(api, server):
    for token in (None, "hvs.bad"):
        reply = api.request("GET", "identity/oidc/.well-known/openid-configuration", token=token)
        issuer = server.address + "/v1/identity/oidc"
        assert reply.status == 200 and reply.json["issuer"] == issuer
        assert reply.json["jwks_uri"] == issuer + "/.well-known/keys"
        assert set(reply.json["id_token_signing_alg_values_supported"]) == set(ALGORITHMS)
        reply = api.request("GET", "identity/oidc/.well-known/keys", token=token)
        assert reply.status == 200 and "keys" in reply.json and "request_id" not in reply.json
        assert not any(private in reply.raw for private in (b'"d":', b'"p":', b'"q":', b"PRIVATE"))
    assert api.request("GET", "identity/oidc/key/x", token=None).status in (400, 403)


def test_the_issuer_is_set_and_unset(identity, api, server):
    assert identity.read_tokens_backend_configuration()["data"]["issuer"] == ""
    try:
        answer = identity.configure_tokens_backend(issuer="https://h.example:8200")
        assert answer["warnings"]
        assert identity.read_well_known_configurations()["issuer"] == "https://h.example:8200/v1/identity/oidc"
        for bad in ("h.example", "https://h/path", "ftp://h", "https://h?x", "https://"):
            reply = api.request("POST", "identity/oidc/config", {"issuer": bad})
            assert "invalid issuer, which must include only a scheme, host" in reply.error
    finally:
        assert api.request("POST", "identity/oidc/config", {"issuer": ""}).status == 204
    assert identity.read_well_known_configurations()["issuer"].startswith(server.address)
