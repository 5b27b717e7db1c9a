"""Real database servers, each in a folder of its own, on a free port, as a user without rights."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

NOBODY = 65534
PASSWORD = "root-password"
_AS_NOBODY = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
_POSTGRESQL = "/usr/lib/postgresql/15/bin/"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class DatabaseServer:
    """One server process; `start` and `stop` may be called again and again."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="strongroom-db-")
        if _AS_NOBODY:
            os.chown(self.folder, NOBODY, NOBODY)
        self.port = free_port()
        self.process = None
        self.environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": self.folder, "TMPDIR": self.folder, "LC_ALL": "C"}

    def __enter__(self):
        self.prepare()
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self):
        """Makes what the server needs before its first start."""

    def once(self, *arguments):
        subprocess.run(
            arguments, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=True,
            **_AS_NOBODY,
        )

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.process = subprocess.Popen(
                self.arguments(), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, **_AS_NOBODY,
            )
        for _ in range(600):
            if self.admits(self.admin, PASSWORD):
                return
            assert self.process.poll() is None, open(f"{self.folder}/log", encoding="utf-8").read()[-2000:]
            time.sleep(0.05)
        raise TimeoutError(open(f"{self.folder}/log", encoding="utf-8").read()[-2000:])

    def stop(self):
        """Ends the server at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def query(self, text, name, password):
        """One statement as somebody: whether it went well, and what it printed."""
        outcome = subprocess.run(
            self.client(text, name, password), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
            env={**self.environment, "PGPASSWORD": password, "MYSQL_PWD": password, "REDISCLI_AUTH": password}, check=False,
        )
        return outcome.returncode == 0 and "WRONGPASS" not in outcome.stdout + outcome.stderr, outcome.stdout.strip()

    def ask(self, text):
        """One statement as the administrator, which has to go well."""
        good, output = self.query(text, self.admin, PASSWORD)
        assert good, output
        return output

    def admits(self, name, password):
        return self.query(self.smallest, name, password)[0]


class PostgreSQL(DatabaseServer):
    admin, smallest = "postgres", "SELECT 1"
    creation = (
        "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; "
        'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{{name}}"'
    )

    def prepare(self):
        with open(f"{self.folder}/pw", "w", encoding="utf-8") as file:
            file.write(PASSWORD)
        self.once(
            _POSTGRESQL + "initdb", "-D", f"{self.folder}/data", "-U", self.admin, "--auth=scram-sha-256",
            f"--pwfile={self.folder}/pw", "--no-sync", "-E", "UTF8",
        )

    def arguments(self):
        settings = ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=60"]
        flags = [flag for setting in settings for flag in ("-c", setting)]
        return [_POSTGRESQL + "postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-k", self.folder, *flags]

    def stop(self):
        # A postmaster that is killed leaves children behind for a moment: they are asked to go first.
        subprocess.run(
            [_POSTGRESQL + "pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-W", "stop"],
            env=self.environment, capture_output=True, check=False, **_AS_NOBODY,
        )
        self.process.wait(30)

    def client(self, text, name, password):
        return [_POSTGRESQL + "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", name, "-d", "postgres", "-Atc", text]

    @property
    def details(self):
        return {
            "plugin_name": "postgresql-database-plugin", "username": self.admin, "password": PASSWORD,
            "connection_url": f"postgresql://{{{{username}}}}:{{{{password}}}}@127.0.0.1:{self.port}/postgres?sslmode=disable",
        }

    def users(self):
        return self.ask("SELECT rolname FROM pg_roles WHERE rolname LIKE 'v-%' ORDER BY 1").split()


class MariaDB(DatabaseServer):
    admin, smallest = "admin", "SELECT 1"
    creation = "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'; GRANT SELECT ON *.* TO '{{name}}'@'%'"

    def prepare(self):
        self.once(
            "/usr/bin/mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/data",
            "--auth-root-authentication-method=normal", "--skip-test-db",
        )
        with open(f"{self.folder}/init.sql", "w", encoding="utf-8") as file:
            file.write(
                f"CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY '{PASSWORD}';\n"
                "GRANT ALL PRIVILEGES ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n"
                "DELETE FROM mysql.global_priv WHERE User = '';\nFLUSH PRIVILEGES;\n"
            )

    def arguments(self):
        return [
            "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder}/data", f"--port={self.port}",
            f"--socket={self.folder}/s", "--bind-address=127.0.0.1", f"--init-file={self.folder}/init.sql",
            f"--pid-file={self.folder}/pid", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
        ]

    def client(self, text, name, password):
        return [
            "/usr/bin/mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", str(self.port), "--protocol=tcp", "-u", name,
            "-N", "-B", "-e", text,
        ]

    @property
    def details(self):
        return {
            "plugin_name": "mysql-database-plugin", "username": self.admin, "password": PASSWORD,
            "connection_url": f"{{{{username}}}}:{{{{password}}}}@tcp(127.0.0.1:{self.port})/",
        }

    def users(self):
        return self.ask("SELECT user FROM mysql.user WHERE user LIKE 'v-%' ORDER BY 1").split()


class Redis(DatabaseServer):
    admin, smallest = "default", "PING"
    creation = '["~*", "+@read", "+ping"]'

    def arguments(self):
        return [
            "/usr/bin/redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir",
            self.folder, "--aclfile", f"{self.folder}/acl",
        ]

    def prepare(self):
        with open(f"{self.folder}/acl", "w", encoding="utf-8") as file:
            file.write(f"user default on >{PASSWORD} ~* &* +@all\n")
        os.chmod(f"{self.folder}/acl", 0o666)

    def client(self, text, name, password):
        return ["/usr/bin/redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "--user", name, "-e", *text.split()]

    @property
    def details(self):
        return {
            "plugin_name": "redis-database-plugin", "host": "127.0.0.1", "port": self.port, "username": self.admin,
            "password": PASSWORD, "persistence_mode": "ACLFILE",
        }

    def users(self):
        return [name for name in self.ask("ACL USERS").split() if name.startswith("v-")]
