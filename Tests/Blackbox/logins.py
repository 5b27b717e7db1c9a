"""What the tests of logins and identity share."""

import hvac

from blackbox_client import TOKEN, unique


def root(server):
    return hvac.Client(url=server.address, token=TOKEN)


def bearer(server, token):
    return hvac.Client(url=server.address, token=token)


class Method:
    """A userpass mount of the test's own."""

    def __init__(self, server, vault):
        self.server, self.vault, self.path = server, vault, unique("people")
        vault.sys.enable_auth_method("userpass", path=self.path)

    @property
    def accessor(self):
        return self.vault.sys.list_auth_methods()["data"][f"{self.path}/"]["accessor"]

    def user(self, name, **fields):
        self.vault.write_data(f"auth/{self.path}/users/{name}", data={"password": "pass-" + name, **fields})

    def login(self, name, password=None):
        """A client that has logged in; `auth` is what the login answered."""
        client = hvac.Client(url=self.server.address)
        answer = client.auth.userpass.login(name, password or "pass-" + name, mount_point=self.path)
        client.token = answer["auth"]["client_token"]
        client.answer, client.granted = answer, answer["auth"]
        return client

    def end(self):
        self.vault.sys.disable_auth_method(self.path)


def policy(vault, text, stem="policy"):
    """A policy of the test's own; its name."""
    name = unique(stem)
    vault.sys.create_or_update_policy(name, text)
    return name
