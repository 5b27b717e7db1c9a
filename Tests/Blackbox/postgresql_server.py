"""A real PostgreSQL in a folder of its own, as a user without rights."""

import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

import pytest

PASSWORD = "root-password"


class PostgreSQL:
    def __init__(self, folder):
        places = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
        if not places:
            pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
        self.bin = os.path.dirname(places[-1])
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o755)
        (self.folder / "pw").write_text(PASSWORD)
        self.user = None
        if os.geteuid() == 0:
            self.user = pwd.getpwnam("nobody").pw_uid
            os.chown(self.folder, self.user, -1)
            os.chown(self.folder / "pw", self.user, -1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", f"{folder}/data", "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={folder}/pw",
                  "--no-sync", "-E", "UTF8")
        self.log = open(self.folder.parent / "postgresql.log", "wb")
        self.process = subprocess.Popen(
            [f"{self.bin}/postgres", "-D", f"{folder}/data", "-p", str(self.port), "-k", str(folder),
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
            user=self.user, cwd="/", stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode:
            assert self.process.poll() is None and time.monotonic() < deadline, "PostgreSQL does not start"
            time.sleep(0.1)

    def _run(self, name, *words):
        subprocess.run([f"{self.bin}/{name}", *words], user=self.user, cwd="/", check=True, capture_output=True)

    @property
    def url(self):
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def sql(self, text):
        """The rows of statements, each a list of texts."""
        done = subprocess.run(
            [f"{self.bin}/psql", self.url, "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1"], input=text, text=True, cwd="/",
            capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
