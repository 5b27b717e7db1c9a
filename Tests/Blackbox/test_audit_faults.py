"""Every 2xx has both its entries in at least one device, whatever happens to the devices and the server.

STRONGROOM_AUDIT_REQUESTS sets how many requests there are; the figure of the release is 1,000,000.
"""

import os
import random
import threading
import time

import pytest

from audit_storm import Collector, Ledger, Life, Tiny, shoot

REQUESTS = int(os.environ.get("STRONGROOM_AUDIT_REQUESTS", "20000"))
LIVES = int(os.environ.get("STRONGROOM_AUDIT_LIVES", "21"))
CONNECTIONS = 4


def enable(life, path, kind, options):
    status, reply = life.ask("PUT", f"sys/audit/{path}", {"type": kind, "options": options})
    assert status == 204, reply


def wait_failing(life, path, since, limit=1.3):
    """Seconds from `since` until the device is known to have failed. The clock includes our own requests."""
    while time.monotonic() - since < limit + 4:
        status, reply = life.ask("GET", "sys/audit")
        if status == 200 and not reply["data"][path + "/"]["status"]["recording"]:
            return time.monotonic() - since
        time.sleep(0.02)
    return None


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path)


class Trouble(threading.Thread):
    """Removes the first file, fills the second's disk, blocks the third's reader, one after the other."""

    def __init__(self, life, folder, tiny, collector, kept, seed):
        super().__init__(daemon=True)
        self.life, self.folder, self.tiny, self.collector, self.kept = life, folder, tiny, collector, kept
        self.rng, self.over = random.Random(seed), threading.Event()

    def run(self):
        while not self.over.is_set():
            kind = self.rng.randrange(3)
            if kind == 0:
                self.remove()
            elif kind == 1:
                self.fill()
            else:
                self.block()
            time.sleep(self.rng.random() * 0.2)

    def remove(self):
        path = os.path.join(self.folder, "a.log")
        try:
            # What was written before the removal was recorded: it is read through the open file in the end.
            self.kept.append(("a", open(path, "rb")))
            os.unlink(path)
        except FileNotFoundError:
            pass

    def fill(self):
        if not self.tiny.is_mounted:
            return
        filler = os.path.join(self.tiny.path, "filler")
        try:
            with open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
        except OSError:
            pass
        time.sleep(0.3)
        # Room is made the way operators make it: the full log is put away.
        log = os.path.join(self.tiny.path, "b.log")
        try:
            with open(log, "rb") as file:
                with open(os.path.join(self.folder, f"b.{time.monotonic_ns()}"), "wb") as copy:
                    os.unlink(log)
                    copy.write(file.read())
            os.unlink(filler)
        except OSError:
            pass

    def block(self):
        self.collector.blocked.set()
        time.sleep(self.rng.random() * 1.6)
        self.collector.blocked.clear()


def test_every_2xx_is_recorded_through_full_disks_removed_files_blocked_sockets_and_kills(binary, folder):
    tiny, kept = Tiny(folder), []
    collector = Collector(os.path.join(folder, "c.sock"))
    ids, refused = [], []
    started = time.monotonic()
    try:
        for number in range(LIVES):
            life = Life(binary)
            collector.blocked.clear()
            enable(life, "a", "file", {"file_path": os.path.join(folder, "a.log")})
            enable(life, "b", "file", {"file_path": os.path.join(tiny.path, "b.log")})
            enable(life, "c", "socket", {"address": collector.path, "socket_type": "unix"})
            assert life.ask("POST", "transit/keys/k", {})[0] == 200
            trouble = Trouble(life, folder, tiny, collector, kept, number)
            trouble.start()
            share = REQUESTS // LIVES // CONNECTIONS + 1
            shooters = [
                threading.Thread(target=shoot, args=(life, share, ids, refused, number * 10 + index))
                for index in range(CONNECTIONS)
            ]
            before = len(ids)
            for shooter in shooters:
                shooter.start()
            if number < LIVES - 1:
                # Killed in the middle of it.
                mark = before + random.Random(number).randrange(share * CONNECTIONS * 7 // 10, share * CONNECTIONS)
                while len(ids) < mark and any(shooter.is_alive() for shooter in shooters):
                    time.sleep(0.002)
            else:
                for shooter in shooters:
                    shooter.join()
            life.end()
            for shooter in shooters:
                shooter.join(30)
            trouble.over.set()
            trouble.join(30)
        collector.blocked.clear()
        time.sleep(1)
        devices = {"a": Ledger(), "b": Ledger(), "c": Ledger()}
        for name in os.listdir(folder):
            if name.startswith("b.") or name == "a.log":
                with open(os.path.join(folder, name), "rb") as file:
                    devices[name[0]].take(file.read())
        if os.path.exists(os.path.join(tiny.path, "b.log")):
            with open(os.path.join(tiny.path, "b.log"), "rb") as file:
                devices["b"].take(file.read())
        for name, file in kept:
            devices[name].take(file.read())
        for stream in collector.streams:
            devices["c"].take(bytes(stream))
        missing = set(ids) - devices["a"].whole - devices["b"].whole - devices["c"].whole
        print(f"{len(ids)} recorded of {len(ids) + len(refused)} answered, {LIVES} lives, "
              f"{time.monotonic() - started:.0f} s; a {len(devices['a'].whole)}, b {len(devices['b'].whole)}, "
              f"c {len(devices['c'].whole)}; torn lines {[d.torn for d in devices.values()]}; missing {len(missing)}")
        assert not missing, sorted(missing)[:5]
        assert len(ids) > REQUESTS // 3
    finally:
        tiny.end()
        for _, file in kept:
            file.close()


def test_a_failing_device_is_known_within_a_second(binary, folder):
    tiny = Tiny(folder, "256k")
    collector = Collector(os.path.join(folder, "c.sock"))
    life = Life(binary)
    over = threading.Event()
    try:
        enable(life, "a", "file", {"file_path": os.path.join(folder, "a.log")})
        enable(life, "c", "socket", {"address": collector.path, "socket_type": "unix"})
        life.ask("POST", "transit/keys/k", {})

        def load():
            while not over.is_set():
                shoot(life, 32, [], [], 1)

        loader = threading.Thread(target=load, daemon=True)
        loader.start()
        # A reader that stops: the kernel takes some hundred KB more; from then on the second counts.
        collector.blocked.set()
        time.sleep(0.2)
        seconds = wait_failing(life, "c", time.monotonic())
        assert seconds is not None and seconds < 1.5, seconds
        # A removed file is made anew.
        os.unlink(os.path.join(folder, "a.log"))
        since = time.monotonic()
        while not os.path.exists(os.path.join(folder, "a.log")):
            assert time.monotonic() - since < 1
            time.sleep(0.01)
        if tiny.is_mounted:
            enable(life, "b", "file", {"file_path": os.path.join(tiny.path, "b.log")})
            with open(os.path.join(tiny.path, "filler"), "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"x" * 4096)
                except OSError:
                    pass
            seconds = wait_failing(life, "b", time.monotonic())
            assert seconds is not None and seconds < 1, seconds
    finally:
        over.set()
        life.end()
        tiny.end()
        collector.over.set()
