"""Many clients at once: nothing is lost, mixed up or counted wrongly."""

import base64
import random
import threading
import time

from blackbox_client import SOFT_DELETED, TOO_OLD, TYPES, Client

THREADS = 8
SECONDS = 3
TRANSIENT = {
    TOO_OLD,
    "no such key version",
    "requested version for encryption is less than the minimum encryption key version",
}


class Worker(threading.Thread):
    """Works on the shared keys and remembers what it sealed."""

    def __init__(self, server, keys, number, deadline):
        super().__init__()
        self.client = Client(server.host, server.port, keep_alive=True)
        self.keys, self.number, self.deadline = keys, number, deadline
        self.random = random.Random(number)
        self.sealed = []
        self.failure = None

    def run(self):
        try:
            count = 0
            while time.monotonic() < self.deadline:
                count += 1
                self.step(count)
        except BaseException as failure:  # handed to the test, which raises it
            self.failure = failure

    def step(self, count):
        name = self.random.choice(self.keys)
        if self.number == 0 and count % 10 == 0:
            assert self.client.post(f"keys/{name}/rotate").status == 200
        elif self.number == 1 and count % 5 == 0:
            self.configure(name)
        elif self.sealed and self.random.random() < 0.4:
            self.open(*self.random.choice(self.sealed))
        elif self.random.random() < 0.3:
            self.seal_batch(name, count)
        else:
            self.seal(name, count)

    def configure(self, name):
        latest = self.client.key(name)["latest_version"]
        minimum = self.random.randint(1, latest)
        self.client.config(name, min_decryption_version=minimum, deletion_allowed=bool(minimum % 2))
        self.client.config(name, min_decryption_version=1)

    def text(self, count):
        return base64.b64encode(f"{self.number}-{count}".encode()).decode()

    def seal(self, name, count):
        data = self.client.post(f"encrypt/{name}", plaintext=self.text(count)).data
        assert data["ciphertext"].startswith(f"vault:v{data['key_version']}:")
        self.sealed.append((name, data["ciphertext"], self.text(count)))

    def seal_batch(self, name, count):
        reply = self.client.post(f"encrypt/{name}", batch_input=[{"plaintext": self.text(count)}] * 20)
        assert reply.status == 200
        assert len({item["key_version"] for item in reply.results}) == 1
        self.sealed += [(name, item["ciphertext"], self.text(count)) for item in reply.results]

    def open(self, name, ciphertext, text):
        reply = self.client.post(f"decrypt/{name}", ciphertext=ciphertext)
        if reply.status == 200:
            assert reply.data["plaintext"] == text
        else:
            assert reply.error in TRANSIENT


def test_eight_clients_seal_open_rotate_and_configure_and_everything_still_opens(server, api):
    keys = [api.new_key(type=key_type) for key_type in TYPES]
    deadline = time.monotonic() + SECONDS
    workers = [Worker(server, keys, number, deadline) for number in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(SECONDS + 30)
    for worker in workers:
        assert not worker.is_alive()
        if worker.failure:
            raise worker.failure
    sealed = [entry for worker in workers for entry in worker.sealed]
    assert len(sealed) > 200
    for name in keys:
        mine = [(ciphertext, text) for key, ciphertext, text in sealed if key == name]
        reply = api.post(f"decrypt/{name}", batch_input=[{"ciphertext": ciphertext} for ciphertext, _ in mine])
        assert reply.status == 200
        assert [item["plaintext"] for item in reply.results] == [text for _, text in mine]
        data = api.key(name)
        assert sum(data["usage"].values()) == len(mine)
        assert len(data["keys"]) == data["latest_version"]


def test_a_key_that_many_clients_create_at_once_exists_once(server, api):
    from blackbox_client import unique

    for _ in range(10):
        name, start, ciphertexts = unique(), threading.Barrier(THREADS), []

        def create():
            client = Client(server.host, server.port)
            start.wait()
            ciphertexts.append(client.post(f"encrypt/{name}", plaintext="YQ==").data["ciphertext"])

        threads = [threading.Thread(target=create) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ciphertexts) == THREADS
        assert api.key(name)["latest_version"] == 1
        assert {api.decrypt(name, ciphertext) for ciphertext in ciphertexts} == {"YQ=="}


def test_rotations_at_once_make_as_many_versions(server, api):
    name = api.new_key()
    versions = []

    def rotate():
        client = Client(server.host, server.port, keep_alive=True)
        for _ in range(5):
            versions.append(client.post(f"keys/{name}/rotate").data["latest_version"])

    threads = [threading.Thread(target=rotate) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == list(range(2, 5 * THREADS + 2))
    assert api.key(name)["latest_version"] == 5 * THREADS + 1


def test_soft_deletion_and_encryption_at_once_either_seal_or_refuse(server, api):
    name = api.new_key()
    stop, outcomes = threading.Event(), []

    def seal():
        client = Client(server.host, server.port, keep_alive=True)
        while not stop.is_set():
            reply = client.post(f"encrypt/{name}", plaintext="YQ==")
            outcomes.append(reply.data["ciphertext"] if reply.status == 200 else reply.error)

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        api.delete(f"keys/{name}/soft-delete")
        api.post(f"keys/{name}/soft-delete-restore")
    stop.set()
    for thread in threads:
        thread.join()
    sealed = [outcome for outcome in outcomes if outcome != SOFT_DELETED]
    assert sealed and all(ciphertext.startswith("vault:v1:") for ciphertext in sealed)
    assert api.post(f"decrypt/{name}", batch_input=[{"ciphertext": c} for c in sealed]).status == 200
