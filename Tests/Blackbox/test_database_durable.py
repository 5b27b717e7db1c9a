"""Leases and database users against a durable server that is killed, and started again, again and again.

`STRONGROOM_DATABASE_KILLS=200` and `STRONGROOM_AWAY_SECONDS=60` for the release's figures.
"""

import os
import random
import threading
import time

import pytest
import requests

from databases import PostgreSQL
from durable import DurableServer

KILLS = int(os.environ.get("STRONGROOM_DATABASE_KILLS", "8"))
AWAY_SECONDS = float(os.environ.get("STRONGROOM_AWAY_SECONDS", "3"))


@pytest.fixture(scope="module")
def postgresql():
    with PostgreSQL() as running:
        yield running


@pytest.fixture
def durable(binary, tmp_path):
    with DurableServer(binary, tmp_path, 'default_lease_ttl = "2h"\nmax_lease_ttl = "5h"') as running:
        yield running


def mount_on(durable, database, **role):
    vault = durable.client()
    vault.sys.enable_secrets_engine("database", path="db")
    details = dict(database.details)
    vault.secrets.database.configure("one", details.pop("plugin_name"), allowed_roles="*", mount_point="db", **details)
    vault.secrets.database.create_role("ro", "one", database.creation, mount_point="db", **role)
    return vault


def eventually(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


class Asker(threading.Thread):
    """Makes and revokes users until the server is gone; keeps what it was told."""

    def __init__(self, durable):
        super().__init__()
        self.address, self.headers = durable.address, {"X-Vault-Token": durable.token}
        self.live, self.uncertain, self.odd = {}, set(), []

    def run(self):
        with requests.Session() as session:
            session.headers.update(self.headers)
            while True:
                try:
                    if self.live and random.random() < 0.4:
                        lease = random.choice(list(self.live))
                        self.uncertain.add(lease)
                        reply = session.put(f"{self.address}/v1/sys/leases/revoke", json={"lease_id": lease}, timeout=30)
                        if reply.status_code != 204:
                            self.odd.append((reply.status_code, reply.text))
                        self.uncertain.discard(lease)
                        del self.live[lease]
                    else:
                        reply = session.get(f"{self.address}/v1/db/creds/ro", timeout=30)
                        if reply.status_code != 200:
                            self.odd.append((reply.status_code, reply.text))
                            continue
                        made = reply.json()
                        self.live[made["lease_id"]] = made["data"]
                except requests.RequestException:
                    return


def test_no_user_is_left_after_kills_at_random_instants(durable, postgresql):
    vault = mount_on(durable, postgresql)
    live, uncertain, acknowledged = {}, set(), 0
    for _ in range(KILLS):
        askers = [Asker(durable) for _ in range(6)]
        for asker in askers:
            asker.start()
        time.sleep(random.uniform(0.0, 0.5))
        durable.kill()
        for asker in askers:
            asker.join()
            assert asker.odd == []
            live.update(asker.live)
            uncertain |= asker.uncertain
            acknowledged += len(asker.live)
        durable.start()
        if random.random() < 0.2:
            # Killed while it opens.
            time.sleep(random.uniform(0.0, 0.1))
            durable.kill()
            durable.start()
        durable.wait_until_open()
    assert acknowledged > KILLS
    # What was told to somebody is there; what was not has a lease, or goes.
    leases = lambda: vault.adapter.get("/v1/sys/leases/count")["data"]["lease_count"]  # noqa: E731
    assert eventually(lambda: len(postgresql.users()) == leases()), (len(postgresql.users()), leases())
    users = set(postgresql.users())
    lost = [lease for lease, data in live.items() if lease not in uncertain and data["username"] not in users]
    assert lost == []
    for lease, data in random.sample(sorted(live.items()), min(5, len(live))):
        if lease not in uncertain:
            assert postgresql.admits(data["username"], data["password"])
    vault.adapter.put("/v1/sys/leases/revoke-prefix/db", json={"sync": True})
    assert leases() == 0 and postgresql.users() == []
    print(f"{KILLS} kills, {acknowledged} users told of, none lost, none left")


def test_leases_go_on_after_a_restart_and_a_database_that_was_away(durable, postgresql):
    vault = mount_on(durable, postgresql)
    made = [vault.secrets.database.generate_credentials("ro", mount_point="db") for _ in range(10)]
    # The times of the configuration file hold for the mount, and for tokens.
    assert made[0]["lease_duration"] == 7200
    assert vault.sys.renew_lease(made[0]["lease_id"], increment="9h")["lease_duration"] in range(17990, 18001)
    assert vault.auth.token.create(policies=["default"])["auth"]["lease_duration"] == 7200
    assert vault.auth.token.create(policies=["default"], ttl="9h")["auth"]["lease_duration"] == 18000
    tuned = vault.sys.read_mount_configuration("db")["data"]
    assert (tuned["default_lease_ttl"], tuned["max_lease_ttl"]) == (7200, 18000)
    durable.restart()
    assert len(vault.sys.list_leases("db/creds/ro")["data"]["keys"]) == 10
    assert all(postgresql.admits(one["data"]["username"], one["data"]["password"]) for one in made)
    postgresql.stop()
    began = time.monotonic()
    vault.sys.revoke_prefix("db/creds/ro")
    queue = vault.adapter.get("/v1/sys/leases/queue")["data"]
    assert queue["queue"] and queue["mounts"][0]["reason"]
    durable.restart()
    time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))
    postgresql.start()
    # A pause is 45 seconds at most.
    assert eventually(lambda: postgresql.users() == [], 60)
    assert vault.adapter.get("/v1/sys/leases/count")["data"]["lease_count"] == 0
    print(f"away {AWAY_SECONDS} s, all ended {time.monotonic() - began - AWAY_SECONDS:.1f} s later")


def test_static_roles_keep_their_schedule_across_restarts(durable, postgresql):
    vault = mount_on(durable, postgresql)
    postgresql.ask("DROP ROLE IF EXISTS app; CREATE ROLE app LOGIN PASSWORD 'first'")
    vault.secrets.database.create_static_role("app", "one", "app", [], rotation_period=6, mount_point="db")

    def told():
        return vault.secrets.database.get_static_credentials("app", mount_point="db")["data"]

    def seconds(data):
        return time.mktime(time.strptime(data["last_vault_rotation"][:19], "%Y-%m-%dT%H:%M:%S"))

    first = told()
    time.sleep(2)
    durable.restart()
    assert told()["last_vault_rotation"] == first["last_vault_rotation"]
    assert eventually(lambda: told()["password"] != first["password"], 10)
    second = told()
    assert abs(seconds(second) - seconds(first) - 6) <= 1
    assert postgresql.admits("app", second["password"]) and not postgresql.admits("app", first["password"])
    # It is due while nobody is there: then it is done at once, and the next one is a period later.
    durable.kill()
    time.sleep(7)
    durable.start()
    durable.wait_until_open()
    opened = time.time()
    assert eventually(lambda: told()["password"] != second["password"], 5)
    assert time.time() - opened < 1.5
    # Readers always get a password that works.
    faults = []
    ends = time.monotonic() + 4
    while time.monotonic() < ends:
        data = told()
        if not postgresql.admits("app", data["password"]) and told()["password"] == data["password"]:
            faults.append(data)
    assert faults == []
